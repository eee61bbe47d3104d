"""Deadlines: when working hours have passed, and what time says, once, to whom."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from chassis.ids import new_id
from contracts.content import (
    StoryReviewEscalated,
    StoryReviewOverdue,
    StoryReviewReminded,
)
from services.content.domain.deadlines import after_working_hours
from tests.content.approving import (
    a_stage,
    as_owner,
    hired,
    let_time_speak,
    made,
    queue,
    trail,
    verified,
    waiting,
)
from tests.content.conftest import Newsroom, approval_of
from tests.world import problem_of

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
HOUR = timedelta(hours=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN)


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2031-05-05T10:00", 4, "2031-05-05T14:00"),
        ("2031-05-05T10:00", 7, "2031-05-05T17:00"),
        ("2031-05-05T10:00", 8, "2031-05-06T10:00"),
        ("2031-05-05T06:00", 1, "2031-05-05T10:00"),
        ("2031-05-05T20:00", 1, "2031-05-06T10:00"),
        ("2031-05-09T16:30", 1, "2031-05-12T09:30"),
        ("2031-05-10T12:00", 8, "2031-05-12T17:00"),
        ("2031-05-05T09:00", 40, "2031-05-09T17:00"),
        # The clocks go forward on the night before the last Sunday of March.
        ("2031-03-28T16:00", 2, "2031-03-31T10:00"),
    ],
)
def test_working_hours_are_those_of_the_company(since: str, hours: int, until: str) -> None:
    assert after_working_hours(local(since), hours, zone=COPENHAGEN) == local(until)


DEADLINE = {
    "hours": 8,
    "working": False,
    "remind_after_hours": [2, 4],
    "escalate_after_hours": 10,
    "escalate_to": {"roles": ["admin"]},
}


async def heard_of_time(newsroom: Newsroom) -> list[Any]:
    kinds = (StoryReviewReminded, StoryReviewOverdue, StoryReviewEscalated)
    heard = await newsroom.content.announced(newsroom.tenant)
    return [event for event in heard if isinstance(event, kinds)]


async def told_by_time(newsroom: Newsroom) -> list[Any]:
    return [type(event) for event in await heard_of_time(newsroom)]


async def test_time_reminds_then_says_it_is_late_then_lets_others_decide(
    newsroom: Newsroom,
) -> None:
    await made(newsroom, a_stage(deadline=DEADLINE))
    story = await newsroom.submitted()
    acts = []

    for hours in (1, 2, 4, 8, 10):
        await let_time_speak(newsroom, after=hours * HOUR)
        acts.append([one["act"] for one in (await trail(newsroom, story))[2:]])

    assert acts[0] == []
    assert acts[-1] == ["reminded", "reminded", "overdue", "escalated"]
    assert [len(one) for one in acts] == [0, 1, 2, 3, 4]
    # Nobody did it.
    assert [one["actor"] for one in (await trail(newsroom, story))[2:]] == [None] * 4
    assert await told_by_time(newsroom) == [
        StoryReviewReminded,
        StoryReviewReminded,
        StoryReviewOverdue,
        StoryReviewEscalated,
    ]
    assert await waiting(newsroom, "ada") == [story["working"]["title"]]
    assert (await newsroom.do("ada", story, "review", approval_of(story)))["state"] == "approved"
    assert (await verified(newsroom, story))["intact"]


async def test_time_tells_whom_it_waits_for_by_role_team_and_person(newsroom: Newsroom) -> None:
    team = str(new_id())
    lea = await hired(newsroom, "lea", "employee", team_id=team)
    deciders = {"roles": ["reviewer"], "team_ids": [team], "person_ids": [lea]}
    await made(newsroom, a_stage(deciders=deciders, deadline=DEADLINE))
    await newsroom.submitted()

    for hours in (2, 4, 8, 10):
        await let_time_speak(newsroom, after=hours * HOUR)

    before = [f"person:{lea}", "role:reviewer", f"team:{team}"]
    after = sorted([*before, "role:admin"])
    told = [(type(event), event.waits_for) for event in await heard_of_time(newsroom)]
    assert told == [
        (StoryReviewReminded, before),
        (StoryReviewReminded, before),
        (StoryReviewOverdue, before),
        (StoryReviewEscalated, after),
    ]


async def test_others_may_not_decide_before_it_was_escalated(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage(deadline=DEADLINE))
    story = await newsroom.submitted()
    await let_time_speak(newsroom, after=9 * HOUR)

    answer = await newsroom.try_to("ada", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (403, "not-allowed-on-story")
    assert await waiting(newsroom, "ada") == []


async def test_several_workers_say_it_once_and_one_that_was_away_says_it_late(
    newsroom: Newsroom,
) -> None:
    await made(newsroom, a_stage(deadline=DEADLINE))
    story = await newsroom.submitted()

    await asyncio.gather(*[let_time_speak(newsroom, after=48 * HOUR) for _ in range(4)])

    acts = [one["act"] for one in (await trail(newsroom, story))[2:]]
    # Two reminders that nobody could have heeded are one.
    assert acts == ["reminded", "overdue", "escalated"]
    assert len(await told_by_time(newsroom)) == 3


async def test_what_is_late_is_seen_to_be(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage(deadline=DEADLINE))
    late, _early = await newsroom.submitted(title="Late"), await newsroom.submitted(title="Early")
    async with as_owner(newsroom) as owner:
        for table in ("review_rounds", "review_tasks"):
            await owner.execute(
                f"update {table} set due_at = due_at - interval '9 hours' where story_id = $1",
                UUID(late["story_id"]),
            )

    lines = await queue(newsroom, "ravi")

    assert [(line["title"], line["overdue"]) for line in lines] == [
        ("Late", True),
        ("Early", False),
    ]
    assert await waiting(newsroom, "ravi", overdue=True) == ["Late"]
    assert await waiting(newsroom, "ravi", overdue=False) == ["Early"]


async def test_each_stage_has_its_own_deadline_and_what_is_decided_waits_no_more(
    newsroom: Newsroom,
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    plain = {"hours": 20, "working": False}
    legal = a_stage("legal", deciders={"person_ids": [lea]}, deadline=plain)
    await made(newsroom, a_stage("brand", deadline=DEADLINE), legal)
    story = await newsroom.submitted()
    await newsroom.approve(story)
    [line] = await queue(newsroom, "lea")

    await let_time_speak(newsroom, after=12 * HOUR)
    before = await told_by_time(newsroom)
    await newsroom.do("lea", story, "review", approval_of(story, "legal"))
    await let_time_speak(newsroom, after=99 * HOUR)

    since, due = (datetime.fromisoformat(line[name]) for name in ("stage_since", "due_at"))
    assert (line["stage"], due - since) == ("legal", 20 * HOUR)
    assert line["stage_since"] > line["submitted_at"]
    assert before == await told_by_time(newsroom) == []
