"""What waits for whom, delegates, many decisions in one go, and two reviewers at once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.people import find_by_subject
from contracts.content import StoryReviewed
from services.content.domain.delegations import DELEGATIONS_MAX
from services.content.use_cases.delegations import delegate
from tests.content.approving import a_stage, ahead, delegated, hired, made, queue, trail, waiting
from tests.content.conftest import Newsroom, approval_of, done, refusal_of
from tests.content.test_guidelines import SECRET, published
from tests.content.test_people_shown import showing_emil, take_back
from tests.content.test_stories import somebody_waits
from tests.content.test_text_findings import TOLD
from tests.world import Caller, problem_of


async def test_what_waits_is_listed_with_its_age_the_oldest_first(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage("brand", quorum=2, deadline={"hours": 8}))
    first = await newsroom.submitted(title="First", kind="news")
    await newsroom.submitted(title="Second")
    await newsroom.approve(first)

    lines = await queue(newsroom, "rosa")

    assert [line["title"] for line in lines] == ["First", "Second"]
    assert [line["approvals_missing"] for line in lines] == [1, 2]
    assert {line["stage"] for line in lines} == {"brand"}
    assert lines[0]["content_hash"] == first["content_hash"]
    assert lines[0]["submitted_at"] == lines[0]["stage_since"] < lines[0]["due_at"]
    assert not lines[0]["overdue"]
    # Ravi has decided on the first, and Ana made both.
    assert await waiting(newsroom, "ravi") == ["Second"]
    assert await waiting(newsroom, "ana") == []
    assert await waiting(newsroom, "emil") == []


async def test_a_queue_is_narrowed_and_comes_in_pages(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage("press"), kinds=["news"])
    for title, kind in (("One", "news"), ("Two", "job"), ("Three", "news")):
        await newsroom.submitted(title=title, kind=kind)

    first = done(await newsroom.as_("ravi").get("/v1/reviews", waiting_for="me", limit=2))
    rest = await queue(newsroom, "ravi", limit=2, cursor=first["next_cursor"])

    assert [line["title"] for line in (*first["items"], *rest)] == ["One", "Two", "Three"]
    assert await waiting(newsroom, "ravi", stage="press") == ["One", "Three"]
    assert await waiting(newsroom, "ravi", kind="job") == ["Two"]
    assert await waiting(newsroom, "ravi", overdue=True) == []
    assert await waiting(newsroom, "ravi", **{"class": "interactive"}) == []


async def test_what_has_ended_waits_for_nobody(newsroom: Newsroom) -> None:
    approved, rejected, stopped = [await newsroom.submitted() for _ in range(3)]

    await newsroom.approve(approved)
    await newsroom.do("ravi", rejected, "review", refusal_of(rejected, "reject"))
    await newsroom.do("ana", stopped, "withdraw")

    assert await waiting(newsroom, "rosa") == []
    seen = done(await newsroom.as_("pia").get("/v1/reviews"))["items"]
    assert [line["state"] for line in seen] == ["approved", "rejected", "withdrawn"]


async def test_reviews_of_all_are_for_those_who_oversee_them(newsroom: Newsroom) -> None:
    answer = await newsroom.as_("emil").get("/v1/reviews")

    assert (answer.status_code, problem_of(answer)) == (403, "reviews-of-all-for-supervisors")


async def test_a_delegate_decides_in_anothers_name(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    story = await newsroom.submitted()
    [line] = await queue(newsroom, "lea")

    approved = await newsroom.do("lea", story, "review", approval_of(story))

    ravi = line["on_behalf_of"]
    assert approved["state"] == "approved"
    last = (await trail(newsroom, story))[-1]
    assert (last["actor"]["person_id"], last["on_behalf_of"]) == (lea, ravi)
    told = (await newsroom.content.announced(newsroom.tenant))[-1]
    assert isinstance(told, StoryReviewed)
    assert (str(told.reviewer_id), str(told.on_behalf_of)) == (lea, ravi)


async def test_a_delegate_reads_all_that_whoever_is_away_would(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    story = await newsroom.submitted()
    path = f"/v1/stories/{story['story_id']}"

    seen = [
        done(await newsroom.as_("lea").get(path + below))
        for below in ("", "/versions", "/versions/1", "/findings", "/dullness", "/comments")
    ]

    assert seen[0]["working"] == seen[2]
    assert [one["version"] for one in seen[1]["items"]] == [1]


async def test_whoever_sees_only_what_is_live_is_told_of_no_review(newsroom: Newsroom) -> None:
    plain, revised = await newsroom.live(), await newsroom.live()
    await newsroom.do("ana", revised, "revise")
    again = await newsroom.do("ana", revised, "submit")

    answers = [
        await newsroom.try_to("emil", story, "review", approval_of(again))
        for story in (plain, revised)
    ]

    assert [(one.status_code, problem_of(one)) for one in answers] == [
        (409, "wrong-story-state")
    ] * 2
    told = [{**one.json(), "instance": None} for one in answers]
    assert told[0] == told[1]


async def test_a_delegate_does_not_fill_the_quorum_twice(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee", "reviewer")
    await delegated(newsroom, "ravi", lea)
    await made(newsroom, a_stage(quorum=3))
    story = await newsroom.submitted()
    await newsroom.do("lea", story, "review", approval_of(story))

    again = await newsroom.try_to("lea", story, "review", approval_of(story))
    own = await newsroom.do("ravi", story, "review", approval_of(story))

    assert (again.status_code, problem_of(again)) == (409, "already-decided")
    assert own["state"] == "in_review"


async def test_whom_a_delegate_has_stood_in_for_does_not_decide_again(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    await made(newsroom, a_stage(quorum=2))
    story = await newsroom.submitted()
    await newsroom.do("lea", story, "review", approval_of(story))

    answer = await newsroom.try_to("ravi", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (409, "already-decided")
    assert await waiting(newsroom, "ravi") == await waiting(newsroom, "lea") == []


async def test_a_delegate_does_not_decide_for_whoever_has_decided(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    await made(newsroom, a_stage(quorum=2))
    story = await newsroom.submitted()
    await newsroom.approve(story)

    answer = await newsroom.try_to("lea", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (409, "already-decided")
    assert await waiting(newsroom, "lea") == []


async def test_nobody_decides_on_their_own_as_a_delegate_nor_by_one(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "ravi", lea)
    hers, his = await newsroom.submitted("lea"), await newsroom.submitted("ravi")

    answers = [
        await newsroom.try_to("lea", hers, "review", approval_of(hers)),
        await newsroom.try_to("lea", his, "review", approval_of(his)),
    ]

    assert [(one.status_code, problem_of(one)) for one in answers] == [
        (403, "own-story"),
        (403, "not-allowed-on-story"),
    ]
    assert await waiting(newsroom, "lea") == []


async def test_delegations_make_no_chain(newsroom: Newsroom) -> None:
    lea, emma = await hired(newsroom, "lea", "employee"), await hired(newsroom, "emma", "employee")
    await delegated(newsroom, "ravi", lea)
    await delegated(newsroom, "lea", emma)
    story = await newsroom.submitted()

    answer = await newsroom.try_to("emma", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")
    assert await waiting(newsroom, "emma") == []


async def test_a_delegation_holds_for_its_stage_and_until_it_ends(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await made(newsroom, a_stage("brand"))
    elsewhere = await delegated(newsroom, "ravi", lea, stage="legal")
    here = await delegated(newsroom, "rosa", lea, stage="brand")
    story = await newsroom.submitted()
    before = await waiting(newsroom, "lea")

    ended = done(await newsroom.as_("rosa").post(f"/v1/delegations/{here['delegation_id']}/end"))

    assert before == [story["working"]["title"]]
    assert await waiting(newsroom, "lea") == []
    seen = await newsroom.as_("lea").get(f"/v1/stories/{story['story_id']}")
    assert (seen.status_code, problem_of(seen)) == (404, "story-not-found")
    running = done(await newsroom.as_("lea").get("/v1/delegations", running=True))["items"]
    assert running == [elsewhere]
    mine = done(await newsroom.as_("rosa").get("/v1/delegations"))["items"]
    assert mine == [ended]
    assert ended["ended_at"] is not None


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"to_person_id": "me"}, "delegation-to-oneself"),
        ({"to_person_id": "0196a4c0-0000-7000-8000-000000000000"}, "delegate-unknown"),
        ({"ends_at": "2021-05-04T08:00:00Z"}, "dates-out-of-order"),
        ({"begins_at": ahead(days=9), "ends_at": ahead(days=8)}, "dates-out-of-order"),
        ({"ends_at": ahead(days=400)}, "delegation-too-long"),
        ({"policy_id": "0196a4c0-0000-7000-8000-000000000000"}, "policy-not-found"),
    ],
)
async def test_what_cannot_be_a_delegation_is_refused(
    newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    emma = await hired(newsroom, "emma", "employee")
    body = {"to_person_id": emma, "ends_at": ahead(days=3), **fields}
    if body["to_person_id"] == "me":
        body["to_person_id"] = lea

    answer = await newsroom.as_("lea").post("/v1/delegations", body)

    assert problem_of(answer) == problem
    assert answer.status_code == (404 if problem == "policy-not-found" else 422)


async def test_of_two_who_delegate_at_once_to_somebody_with_room_for_one_one_is_too_late(
    newsroom: Newsroom,
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    for _ in range(DELEGATIONS_MAX - 1):
        await delegated(newsroom, "ravi", lea)
    context, body = newsroom.content.context, {"to_person_id": lea, "ends_at": ahead(days=3)}

    async with context.database.transaction(newsroom.tenant.tenant_id) as session:
        rosa = await find_by_subject(session, "rosa")
        assert rosa is not None
        ends_at = context.clock.now() + timedelta(days=3)
        await delegate(
            session, context.clock, rosa, UUID(lea),
            begins_at=None, ends_at=ends_at, policy_id=None, stage=None,
        )  # fmt: skip
        late = asyncio.create_task(newsroom.as_("ravi").post("/v1/delegations", body))
        await somebody_waits(context.database, late)
    answer = await late

    assert (answer.status_code, problem_of(answer)) == (409, "delegations-too-many")


async def test_many_are_decided_in_one_go_each_by_itself(newsroom: Newsroom) -> None:
    fine, stale, own = (
        await newsroom.submitted(),
        await newsroom.submitted(),
        await newsroom.submitted("ravi"),
    )
    items = [
        {"story_id": stale["story_id"], "decision": "approve", "content_hash": "0" * 64},
        {"story_id": fine["story_id"], **approval_of(fine), "comment": "Well said."},
        {"story_id": own["story_id"], **approval_of(own)},
        {"story_id": "0196a4c0-0000-7000-8000-000000000000", **approval_of(fine)},
        {"story_id": fine["story_id"], **approval_of(fine)},
    ]

    answer = done(await newsroom.as_("ravi").post("/v1/reviews/decide", {"items": items}))

    found = answer["items"]
    assert [one["story_id"] for one in found] == [one["story_id"] for one in items]
    assert [one["state"] for one in found] == [None, "approved", None, None, None]
    problems = [one["problem"] and one["problem"]["type"].rsplit("/")[-1] for one in found]
    assert problems == [
        "content-changed",
        None,
        "own-story",
        "story-not-found",
        "wrong-story-state",
    ]
    assert found[0]["problem"]["content_hash"] == stale["content_hash"]
    assert (await trail(newsroom, fine))[-1]["comment"] == "Well said."
    assert [one["act"] for one in await trail(newsroom, stale)] == ["created", "submitted"]


async def test_each_of_many_is_looked_at_as_closely_as_one_by_itself(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    shows = await newsroom.submitted(media=[{"media_id": media["media_id"]}])
    tells, fine = await newsroom.submitted(**TOLD), await newsroom.submitted()
    done(await take_back(newsroom, permission))
    await published(newsroom, rules=[SECRET])
    items = [{"story_id": one["story_id"], **approval_of(one)} for one in (shows, tells, fine)]

    answer = done(await newsroom.as_("ravi").post("/v1/reviews/decide", {"items": items}))

    assert [one["state"] for one in answer["items"]] == [None, None, "approved"]
    problems = [
        one["problem"] and one["problem"]["type"].rsplit("/")[-1] for one in answer["items"]
    ]
    assert problems == ["picture-withdrawn", "story-against-guidelines", None]
    for story in (shows, tells):
        assert [one["act"] for one in await trail(newsroom, story)] == ["created", "submitted"]


async def test_many_decisions_with_one_key_are_made_once(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage(quorum=2))
    story = await newsroom.submitted()
    body = {"items": [{"story_id": story["story_id"], **approval_of(story)}]}

    first = done(await newsroom.as_("ravi").post("/v1/reviews/decide", body, key="once"))
    again = done(await newsroom.as_("ravi").post("/v1/reviews/decide", body, key="once"))

    assert first == again
    assert first["items"][0]["outcome"] == "decided"


@pytest.mark.parametrize("items", [[], [{"decision": "approve"}], "many"])
async def test_many_decisions_have_a_shape(quiet_newsroom: Newsroom, items: Any) -> None:
    if items == "many":
        one = {"story_id": "0196a4c0-0000-7000-8000-000000000000", "decision": "approve"}
        items = [{**one, "content_hash": "0" * 64}] * 51

    answer = await quiet_newsroom.as_("ravi").post("/v1/reviews/decide", {"items": items})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_reviewers_at_once_are_counted_one_by_one(newsroom: Newsroom) -> None:
    names = [f"reviewer-{number}" for number in range(6)]
    for name in names:
        await hired(newsroom, name, "reviewer")
    await made(newsroom, a_stage("brand", quorum=3), a_stage("legal", quorum=2))
    stories = [await newsroom.submitted() for _ in range(3)]

    async def decide(caller: Caller, story: dict[str, Any], stage: str | None) -> tuple[int, str]:
        path = f"/v1/stories/{story['story_id']}/review"
        answer = await caller.post(path, {**approval_of(story), "stage": stage})
        return answer.status_code, "" if answer.status_code == 200 else problem_of(answer)

    for story in stories:
        twice = [newsroom.as_(name) for name in names for _ in range(2)]
        first = await asyncio.gather(*[decide(caller, story, None) for caller in twice])
        second = await asyncio.gather(*[decide(caller, story, "legal") for caller in twice])

        acts = [one for one in await trail(newsroom, story) if one["act"] == "approved"]
        by_stage = {
            stage: [one["actor"]["person_id"] for one in acts if one["stage"] == stage]
            for stage in ("brand", "legal")
        }
        assert [len(found) for found in by_stage.values()] == [3, 2]
        assert all(len(set(found)) == len(found) for found in by_stage.values())
        assert sum(status == 200 for status, _ in first) == 3
        assert {problem for _, problem in first} <= {"", "already-decided", "another-stage-waits"}
        assert sum(status == 200 for status, _ in second) == 2
        assert {problem for _, problem in second} <= {"", "already-decided", "wrong-story-state"}


async def test_two_who_decide_on_the_same_stories_in_other_orders_both_are_answered(
    newsroom: Newsroom,
) -> None:
    await made(newsroom, a_stage(quorum=2))
    stories = [await newsroom.submitted() for _ in range(8)]
    items = [{"story_id": one["story_id"], **approval_of(one)} for one in stories]

    answers = await asyncio.gather(
        newsroom.as_("ravi").post("/v1/reviews/decide", {"items": items}),
        newsroom.as_("rosa").post("/v1/reviews/decide", {"items": items[::-1]}),
    )

    outcomes = [one["outcome"] for answer in answers for one in done(answer)["items"]]
    assert outcomes == ["decided"] * 16
    assert await waiting(newsroom, "ravi") == []
