"""One call stops everything: who may, what it stops, and how it ends (C3)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Refusal
from chassis.people import find_by_subject
from contracts.content import PublishingPaused, PublishingResumed, StoryPublished
from services.content.domain import pauses
from services.content.domain.pauses import Pause
from services.content.domain.stories import Author
from services.content.store.pauses import keep_pauses_away
from services.content.use_cases import pauses as use_cases
from services.content.use_cases import stories
from tests.content.conftest import Newsroom, TimedNewsroom, done
from tests.content.test_stories import somebody_waits
from tests.world import OpenService, World, problem_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PIA = Author(UUID(int=3), "Pia")
ADA = Author(UUID(int=4), "Ada")
REASON = {"reason": "An accident at the plant."}


def a_pause(until: datetime | None = None) -> Pause:
    return Pause(UUID(int=9), "An accident", PIA, NOON, until)


async def paused(newsroom: Newsroom, by: str = "ravi", **more: Any) -> dict[str, Any]:
    return done(await newsroom.as_(by).post("/v1/pauses", REASON | more), 201)


async def lift(newsroom: Newsroom, pause: dict[str, Any], by: str = "ada") -> dict[str, Any]:
    return done(await newsroom.as_(by).post(f"/v1/pauses/{pause['pause_id']}/lift"))


async def told(newsroom: Newsroom) -> list[Any]:
    heard = await newsroom.content.announced(newsroom.tenant)
    return [one for one in heard if isinstance(one, PublishingPaused | PublishingResumed)]


@pytest.mark.parametrize(
    ("until", "at", "state"),
    [
        (None, NOON + 999 * HOUR, "active"),
        (NOON + HOUR, NOON + HOUR - timedelta(microseconds=1), "active"),
        (NOON + HOUR, NOON + HOUR, "over"),
    ],
    ids=["until somebody lifts it", "until its end", "and no longer"],
)
def test_a_pause_holds_until_its_end_without_anybody_noticing(
    until: datetime | None, at: datetime, state: str
) -> None:
    pause = pauses.settled(a_pause(until), at=at)

    assert pause.state == state
    assert pause.ended_at == (until if state == "over" else None)


@pytest.mark.parametrize(
    ("now", "wanted", "refusal"),
    [
        (NOON + HOUR, NOON + 2 * HOUR, None),
        (NOON + HOUR, None, None),
        (NOON + HOUR, NOON + HOUR, None),
        (NOON + 2 * HOUR, NOON + HOUR, pauses.PauseNotLonger),
        (None, NOON + HOUR, pauses.PauseNotLonger),
    ],
    ids=["later", "no end", "the same end", "sooner", "an end where there was none"],
)
def test_a_pause_is_only_ever_made_longer(
    now: datetime | None, wanted: datetime | None, refusal: type[Refusal] | None
) -> None:
    if refusal:
        with pytest.raises(refusal):
            pauses.prolong(a_pause(now), wanted)
    else:
        assert pauses.prolong(a_pause(now), wanted).until == wanted


@pytest.mark.parametrize(
    "end",
    [
        lambda pause: pauses.lift(pause, ADA, at=NOON),
        lambda pause: pauses.settled(pause, at=NOON + HOUR),
    ],
    ids=["lifted", "over"],
)
def test_what_has_ended_is_neither_prolonged_nor_lifted(end: Callable[[Pause], Pause]) -> None:
    ended = end(a_pause(NOON + HOUR))

    assert pauses.lift(ended, PIA, at=NOON + 2 * HOUR) is ended
    pauses.check_may_publish(ended, at=NOON)
    with pytest.raises(pauses.PauseEnded):
        pauses.prolong(ended, None)


@given(st.one_of(st.none(), st.timedeltas(min_value=HOUR)), st.timedeltas(min_value=HOUR))
def test_either_a_story_may_be_published_or_a_new_pause_must_wait(
    lasts: timedelta | None, later: timedelta
) -> None:
    until = None if lasts is None or lasts > timedelta(days=9999) else NOON + lasts
    at = NOON + min(later, timedelta(days=9999))
    pause = pauses.settled(a_pause(until), at=at)

    refused = []
    for check in (
        lambda: pauses.check_may_publish(pause, at=at),
        lambda: pauses.check_none_holds(pause),
    ):
        try:
            check()
        except Refusal as refusal:
            refused.append(type(refusal))

    assert refused in ([], [pauses.PublishingPaused, pauses.AlreadyPaused])


async def test_while_everything_is_paused_no_story_goes_live(newsroom: Newsroom) -> None:
    first = await newsroom.approved()
    revision = await newsroom.live(title="Live")
    await newsroom.do("ana", revision, "revise")
    revised = await newsroom.approve(await newsroom.do("ana", revision, "submit"))

    pause = await paused(newsroom)
    answers = [await newsroom.try_to("ana", story, "publish") for story in (first, revised)]

    assert [problem_of(answer) for answer in answers] == ["publishing-paused"] * 2
    assert {answer.json()["pause_id"] for answer in answers} == {pause["pause_id"]}
    assert (await newsroom.do("ravi", revision, "withdraw"))["state"] == "withdrawn"


async def test_when_it_is_lifted_stories_go_live_again(newsroom: Newsroom) -> None:
    story = await newsroom.approved()
    pause = await paused(newsroom)

    lifted = await lift(newsroom, pause)
    again = await lift(newsroom, pause, "pia")

    assert (lifted["state"], lifted["lifted_by"]["display_name"]) == ("lifted", "Ada")
    assert again == lifted
    assert (await newsroom.do("ana", story, "publish"))["state"] == "live"
    assert [type(one) for one in await told(newsroom)] == [PublishingPaused, PublishingResumed]


async def test_an_end_lifts_the_pause_by_itself_though_no_worker_is_there(
    timed_newsroom: TimedNewsroom,
) -> None:
    story = await timed_newsroom.approved()
    until = timed_newsroom.in_(minutes=10)
    await paused(timed_newsroom, until=until)

    timed_newsroom.passes(minutes=10)
    [shown] = done(await timed_newsroom.as_("ada").get("/v1/pauses"))["items"]

    assert (shown["state"], shown["ended_at"], shown["lifted_by"]) == ("over", shown["until"], None)
    assert datetime.fromisoformat(shown["until"]) == datetime.fromisoformat(until)
    assert (await timed_newsroom.do("ana", story, "publish"))["state"] == "live"


async def test_several_workers_announce_an_end_once(timed_newsroom: TimedNewsroom) -> None:
    pause = await paused(timed_newsroom, until=timed_newsroom.in_(minutes=10))

    await timed_newsroom.worker_looks()
    early = await told(timed_newsroom)
    timed_newsroom.passes(minutes=11)
    await timed_newsroom.worker_looks(times=3)
    await timed_newsroom.worker_looks()

    assert [type(one) for one in early] == [PublishingPaused]
    resumed = PublishingResumed(pause_id=UUID(pause["pause_id"]))
    assert [one for one in await told(timed_newsroom) if one not in early] == [resumed]


async def test_of_two_who_pause_at_once_one_is_told_which_pause_holds(newsroom: Newsroom) -> None:
    answers = await asyncio.gather(
        *(newsroom.as_(who).post("/v1/pauses", REASON) for who in ("ravi", "pia", "ada", "rosa"))
    )

    [pause] = [answer.json() for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert {problem_of(answer) for answer in others} == {"already-paused"}
    assert {answer.json()["pause_id"] for answer in others} == {pause["pause_id"]}
    assert len(await told(newsroom)) == 1


async def test_a_pause_that_is_over_gives_way_to_the_next_and_is_announced(
    timed_newsroom: TimedNewsroom,
) -> None:
    first = await paused(timed_newsroom, until=timed_newsroom.in_(minutes=10))
    timed_newsroom.passes(minutes=10)

    second = await paused(timed_newsroom, "pia")

    ids = [UUID(one["pause_id"]) for one in (first, first, second)]
    assert [one.pause_id for one in await told(timed_newsroom)] == ids
    listed = done(await timed_newsroom.as_("ravi").get("/v1/pauses"))["items"]
    assert [(one["state"], one["paused_by"]["display_name"]) for one in listed] == [
        ("active", "Pia"),
        ("over", "Ravi"),
    ]


async def test_a_pause_is_prolonged_without_a_gap(timed_newsroom: TimedNewsroom) -> None:
    story = await timed_newsroom.approved()
    pause = await paused(timed_newsroom, until=timed_newsroom.in_(minutes=10))
    path = f"/v1/pauses/{pause['pause_id']}/prolong"

    longer = done(await timed_newsroom.as_("rosa").post(path, {}))
    shorter = await timed_newsroom.as_("rosa").post(path, {"until": timed_newsroom.in_(minutes=5)})
    timed_newsroom.passes(minutes=11)
    await timed_newsroom.worker_looks()

    assert longer["until"] is None
    assert problem_of(shorter) == "pause-not-longer"
    assert problem_of(await timed_newsroom.try_to("ana", story, "publish")) == "publishing-paused"
    assert [one.until is None for one in await told(timed_newsroom)] == [False, True]


async def test_pauses_are_listed_by_their_state_as_it_is_now(
    timed_newsroom: TimedNewsroom,
) -> None:
    ada = timed_newsroom.as_("ada")
    await lift(timed_newsroom, await paused(timed_newsroom))
    await paused(timed_newsroom, until=timed_newsroom.in_(minutes=1))
    timed_newsroom.passes(minutes=2)
    await paused(timed_newsroom, until=timed_newsroom.in_(minutes=1))

    counted = {
        state: len(done(await ada.get("/v1/pauses", state=state))["items"])
        for state in ("active", "over", "lifted")
    }
    page = done(await ada.get("/v1/pauses", limit=2))
    rest = done(await ada.get("/v1/pauses", limit=2, cursor=page["next_cursor"]))

    assert counted == {"active": 1, "over": 1, "lifted": 1}
    assert [one["state"] for one in (*page["items"], *rest["items"])] == [
        "active",
        "over",
        "lifted",
    ]


async def test_whoever_may_stop_a_story_may_stop_everything_and_fewer_let_it_go_on(
    newsroom: Newsroom,
) -> None:
    everybody = ("ana", "emil", "ravi", "pia", "ada")

    seen = {who: (await newsroom.as_(who).get("/v1/pauses")).status_code for who in everybody}
    may_pause = {}
    for who in everybody:
        answer = await newsroom.as_(who).post("/v1/pauses", REASON)
        may_pause[who] = answer.status_code
        if answer.status_code == 201:
            await lift(newsroom, answer.json())
    pause = await paused(newsroom)
    path = f"/v1/pauses/{pause['pause_id']}/lift"
    may_lift = {who: (await newsroom.as_(who).post(path)).status_code for who in everybody}

    assert seen == {"ana": 403, "emil": 403, "ravi": 200, "pia": 200, "ada": 200}
    assert may_pause == {"ana": 403, "emil": 403, "ravi": 201, "pia": 201, "ada": 201}
    assert may_lift == {"ana": 403, "emil": 403, "ravi": 403, "pia": 200, "ada": 200}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"reason": "An accident", "until": "2020-01-01T00:00:00Z"}, "dates-out-of-order"),
        ({"reason": "An accident", "until": "tomorrow"}, "validation-failed"),
        ({"reason": " "}, "validation-failed"),
        ({"reason": "x" * 1001}, "validation-failed"),
        ({}, "validation-failed"),
    ],
    ids=["an end that is over", "no end at all", "no reason", "a book of reasons", "nothing"],
)
async def test_a_pause_that_cannot_be_is_refused_and_pauses_nothing(
    quiet_newsroom: Newsroom, body: dict[str, Any], problem: str
) -> None:
    refused = await quiet_newsroom.as_("ada").post("/v1/pauses", body)

    assert problem_of(refused) == problem
    assert done(await quiet_newsroom.as_("ada").get("/v1/pauses"))["items"] == []


async def test_a_pause_waits_for_what_is_being_published(newsroom: Newsroom) -> None:
    story = await newsroom.approved()
    context, tenant_id = newsroom.content.context, newsroom.tenant.tenant_id

    async with context.database.transaction(tenant_id) as session:
        ana = await find_by_subject(session, "ana")
        assert ana is not None
        await stories.publish_story(session, context.clock, ana, UUID(story["story_id"]))
        pausing = asyncio.create_task(newsroom.as_("ada").post("/v1/pauses", REASON))
        await somebody_waits(context.database, pausing)
        answered_before = pausing.done()
    answered = await pausing

    assert not answered_before
    assert done(answered, 201)["state"] == "active"
    order = [type(one) for one in await newsroom.content.announced(newsroom.tenant)]
    assert order[-2:] == [StoryPublished, PublishingPaused]


async def test_who_pauses_while_another_does_waits_and_is_told_which_pause_holds(
    newsroom: Newsroom,
) -> None:
    context, tenant_id = newsroom.content.context, newsroom.tenant.tenant_id

    async with context.database.transaction(tenant_id) as session:
        ravi = await find_by_subject(session, "ravi")
        assert ravi is not None
        first = await use_cases.pause_everything(session, context.clock, ravi, "An accident", None)
        second = asyncio.create_task(newsroom.as_("ada").post("/v1/pauses", REASON))
        await somebody_waits(context.database, second)
    answered = await second

    assert problem_of(answered) == "already-paused"
    assert answered.json()["pause_id"] == str(first.pause_id)


async def test_who_prolongs_waits_for_what_is_being_published_and_closes_no_gap_behind_it(
    timed_newsroom: TimedNewsroom,
) -> None:
    pause = await paused(timed_newsroom, until=timed_newsroom.in_(minutes=10))
    path = f"/v1/pauses/{pause['pause_id']}/prolong"
    database = timed_newsroom.content.context.database

    async with database.transaction(timed_newsroom.tenant.tenant_id) as session:
        await keep_pauses_away(session)
        prolonging = asyncio.create_task(timed_newsroom.as_("rosa").post(path, {}))
        await somebody_waits(database, prolonging)
        # What is published from now on is published rightly: the pause is over.
        timed_newsroom.passes(minutes=10)
    answer = await prolonging

    assert (answer.status_code, problem_of(answer)) == (409, "pause-ended")
    assert [one.until is None for one in await told(timed_newsroom)] == [False]


async def test_what_is_being_published_when_all_is_paused_is_either_before_or_refused(
    newsroom: Newsroom,
) -> None:
    approved = [await newsroom.approved() for _ in range(4)]

    pause, *answers = await asyncio.gather(
        newsroom.as_("ada").post("/v1/pauses", REASON),
        *(newsroom.try_to("ana", story, "publish") for story in approved),
    )

    assert done(pause, 201)["state"] == "active"
    order = [type(one).__name__ for one in await newsroom.content.announced(newsroom.tenant)]
    live = [answer for answer in answers if answer.status_code == 200]
    assert {problem_of(one) for one in answers if one not in live} <= {"publishing-paused"}
    assert order.count("StoryPublished") == len(live)
    assert "StoryPublished" not in order[order.index("PublishingPaused") :]


async def test_a_pause_stops_one_company_only(
    world: World, content: OpenService, newsroom: Newsroom
) -> None:
    neighbour = world.new_tenant()
    await content.hire(neighbour, "bo", "admin")

    pause = done(await content.as_(neighbour, "bo").post("/v1/pauses", REASON), 201)

    foreign = await newsroom.as_("ada").post(f"/v1/pauses/{pause['pause_id']}/lift")
    assert problem_of(foreign) == "pause-not-found"
    assert (await newsroom.live())["state"] == "live"
