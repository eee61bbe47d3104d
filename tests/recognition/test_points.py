"""Who earns points, for what, and what they can read of it."""

import asyncio
import random
from copy import copy
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.recognition import PointsAwarded, PointsReversed
from services.recognition.main import SERVICE
from tests.recognition.story import PROGRAM, Story
from tests.world import World, problem_of

OTHER_PROGRAM = new_id()
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


async def test_effect_and_effort_are_rewarded_each_with_its_cause(story: Story) -> None:
    ana = await story.advocate("ana")
    share_id, cause_id = new_id(), new_id()

    await story.performed(ana.person_id, delta=3, share_id=share_id, event_id=cause_id)
    await story.performed(ana.person_id, kind="comment")
    await story.shared(ana.person_id)
    await story.wrote(ana.person_id)

    assert await story.points("ana") == 3 + 5 + 10 + 20
    entries = {entry["trigger"]: entry for entry in await story.statement("ana")}
    assert set(entries) == {"click", "comment", "own_words", "story_written"}
    assert entries["click"]["cause"] == "3 clicks on your share"
    assert entries["click"]["cause_id"] == str(cause_id)
    assert entries["click"]["share_id"] == str(share_id)
    assert entries["story_written"]["share_id"] is None


async def test_repeating_the_suggested_copy_earns_nothing(story: Story) -> None:
    ana = await story.advocate("ana")

    await story.shared(ana.person_id, own_words=False)

    assert await story.points("ana") == 0


async def test_nothing_is_written_about_who_did_not_join(story: Story) -> None:
    bo = await story.colleague("bo")

    await story.wrote(bo.person_id)

    assert await story.points("bo") == 0
    assert await story.service.announced(story.tenant) == []
    for table in ("ledger", "balances", "tallies", "month_totals"):
        assert await story.rows(f"select 1 from {table}") == []


async def test_who_left_earns_no_more_and_keeps_what_was_earned(story: Story) -> None:
    ana = await story.advocate("ana")
    await story.performed(ana.person_id, delta=3)

    await story.leaves(ana)
    await story.performed(ana.person_id, delta=4)

    assert await story.points("ana") == 3
    assert len(await story.statement("ana")) == 1


async def test_who_left_one_of_two_programs_still_takes_part(story: Story) -> None:
    ana = await story.advocate("ana")
    await story.joins(ana, OTHER_PROGRAM)

    await story.leaves(ana, PROGRAM)
    await story.performed(ana.person_id, delta=4)

    assert await story.points("ana") == 4


async def test_who_left_the_company_earns_no_more(story: Story) -> None:
    ana = await story.advocate("ana")

    await story.is_deactivated(ana)
    await story.performed(ana.person_id, delta=4)

    assert await story.rows("select 1 from ledger") == []


async def test_awards_and_reversals_are_announced(story: Story) -> None:
    ana = await story.advocate("ana")
    share_id, first, second = new_id(), new_id(), new_id()

    await story.performed(ana.person_id, delta=3, share_id=share_id, event_id=first)
    await story.performed(ana.person_id, delta=-5, share_id=share_id, event_id=second)

    awarded, reversed_ = await story.service.announced(story.tenant)
    assert isinstance(awarded, PointsAwarded)
    assert (awarded.person_id, awarded.points, awarded.cause_id) == (ana.person_id, 3, first)
    assert isinstance(reversed_, PointsReversed)
    assert (reversed_.person_id, reversed_.points, reversed_.cause_id) == (
        ana.person_id,
        -3,
        second,
    )
    assert await story.points("ana") == 0


@pytest.mark.parametrize("news", ["shared", "performed"])
async def test_the_award_goes_on_in_the_trace_of_what_it_is_for(story: Story, news: str) -> None:
    ana = await story.advocate("ana")

    if news == "shared":
        await story.shared(ana.person_id, traceparent=TRACEPARENT)
    else:
        await story.performed(ana.person_id, traceparent=TRACEPARENT)

    [(event, traceparent)] = await story.service.announced_with_trace(story.tenant)
    assert isinstance(event, PointsAwarded)
    assert traceparent is not None
    assert traceparent.split("-")[1] == TRACE


async def test_a_batch_is_booked_together_each_award_in_its_own_trace(story: Story) -> None:
    ana, bo = await story.advocate("ana"), await story.advocate("bo")
    eva = await story.advocate("eva")
    await story.leaves(eva)
    share_id = new_id()
    traces = [f"00-{number:032x}-00f067aa0ba902b7-00" for number in (1, 2, 3, 4, 5)]

    endings = await story.performed_together(
        story.performance(ana.person_id, delta=40, share_id=share_id),
        story.performance(bo.person_id, kind="comment"),
        story.performance(eva.person_id, delta=7),
        story.performance(ana.person_id, delta=40),
        story.performance(ana.person_id, delta=-10, share_id=share_id),
        traces=traces,
    )

    announced = await story.service.announced_with_trace(story.tenant)
    assert endings["done"] == 5
    assert [trace.split("-")[1][-1] for _, trace in announced if trace] == ["1", "2", "4", "5"]
    assert (await story.points("ana"), await story.points("bo")) == (40 + 10 - 10, 5)


async def test_one_piece_of_false_news_does_not_hold_up_the_batch(story: Story) -> None:
    ana = await story.advocate("ana")

    endings = await story.performed_together(
        story.performance(ana.person_id, delta=2),
        story.performance(ana.person_id, delta=10**7),
        story.performance(ana.person_id, delta=3),
    )

    assert (endings["done"], endings["parked"]) == (2, 1)
    assert await story.points("ana") == 5


async def test_the_same_news_told_again_is_a_duplicate(story: Story) -> None:
    ana = await story.advocate("ana")
    cause_id, share_id = new_id(), new_id()

    endings = [
        await story.performed(ana.person_id, event_id=cause_id, share_id=share_id) for _ in range(2)
    ]

    assert endings == ["done", "duplicate"]
    assert await story.points("ana") == 1


async def test_a_cause_is_booked_once_even_if_the_inbox_forgot_it(story: Story) -> None:
    ana = await story.advocate("ana")
    cause_id, share_id = new_id(), new_id()
    await story.performed(ana.person_id, event_id=cause_id, share_id=share_id)
    context = story.service.context
    # Another name in the inbox has seen nothing yet, as after the end of its retention.
    forgetful = Story(copy(story.service), story.tenant)
    forgetful.service.consumer = Consumer(
        "recognition-anew", SERVICE.handlers, context.database, context.clock
    )

    ending = await forgetful.performed(ana.person_id, event_id=cause_id, share_id=share_id)

    assert ending == "done"
    assert await story.points("ana") == 1


async def test_a_days_points_end_at_the_cap_in_the_tenants_own_day(story: Story) -> None:
    ana = await story.advocate("ana")
    # 25 October 2026 has 25 hours in Copenhagen: from 22:00 UTC the day before to 23:00 UTC.
    begins = datetime(2026, 10, 24, 22, tzinfo=UTC)

    await story.performed(ana.person_id, delta=40, at=begins)
    await story.performed(ana.person_id, delta=40, at=begins + timedelta(hours=24, minutes=45))
    await story.performed(ana.person_id, delta=40, at=begins + timedelta(hours=25))

    assert [entry["points"] for entry in await story.statement("ana")] == [40, 10, 40]


@pytest.mark.parametrize("wrong", [{"delta": 10**30}, {"at": datetime(2026, 5, 6, 12)}])  # noqa: DTZ001
async def test_news_that_cannot_be_true_is_parked(story: Story, wrong: dict[str, object]) -> None:
    ana = await story.advocate("ana")

    assert await story.performed(ana.person_id, **wrong) == "parked"  # type: ignore[arg-type]
    assert await story.performed(ana.person_id) == "done"


async def test_a_recount_of_the_ledger_always_gives_the_balances(story: Story) -> None:
    people = [await story.advocate(name) for name in ("ana", "bo", "eva")]
    chance = random.Random(7)
    shares = [(person.person_id, new_id()) for person in people for _ in range(2)]
    begins = datetime(2026, 5, 31, 20, tzinfo=UTC)
    news = [
        {
            "person_id": person_id,
            "share_id": share_id,
            "delta": chance.choice([-4, -1, 2, 9, 30]),
            "kind": chance.choice(["click", "comment"]),
            "at": begins + timedelta(minutes=15 * chance.randrange(20)),
            "event_id": new_id(),
        }
        for person_id, share_id in chance.choices(shares, k=40)
    ]

    await asyncio.gather(*(story.performed(**one) for one in [*news, *news[::3]]))  # type: ignore[arg-type]

    recount = await story.rows("select person_id, sum(points) from ledger group by 1 order by 1")
    assert len(recount) == 3
    assert recount == await story.rows("select person_id, points from balances order by 1")
    assert recount == await story.rows(
        "select person_id, sum(awarded) from tallies group by 1 order by 1"
    )
    assert await story.rows(
        "select date_trunc('month', day)::date, person_id, sum(points) from ledger group by 1, 2"
        " having sum(points) <> 0 order by 1, 2"
    ) == await story.rows(
        "select month, person_id, points from month_totals where points <> 0 order by 1, 2"
    )
    announced = await story.service.announced(story.tenant)
    told = [one.points for one in announced if isinstance(one, PointsAwarded | PointsReversed)]
    assert sum(told) == sum(points for _, points in recount)


@pytest.mark.parametrize("rewrite", ["update ledger set points = 9", "delete from ledger"])
async def test_the_service_itself_cannot_rewrite_the_ledger(story: Story, rewrite: str) -> None:
    connection = await story.service.context.database.connect("app")

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(rewrite)
    finally:
        await connection.close()


async def test_a_month_is_one_of_the_tenants_calendar(story: Story) -> None:
    ana = await story.advocate("ana")
    # In Copenhagen June begins at 22:00 UTC.
    june = datetime(2026, 5, 31, 22, tzinfo=UTC)

    await story.performed(ana.person_id, delta=2, at=june - timedelta(minutes=15))
    await story.performed(ana.person_id, delta=3, at=june)

    assert await story.rows("select month, points from month_totals order by month") == [
        (date(2026, 5, 1), 2),
        (date(2026, 6, 1), 3),
    ]


async def test_you_read_your_points_in_all_and_of_this_month(story: Story) -> None:
    ana = await story.advocate("ana")
    now = story.service.context.clock.now()

    await story.performed(ana.person_id, delta=2, at=now - timedelta(days=40))
    await story.performed(ana.person_id, delta=3, at=now)

    answer = await story.as_("ana").get("/v1/points/me")
    assert answer.json() == {"balance": 5, "this_month": 3}


async def test_a_statement_pages_newest_first_and_filters(story: Story) -> None:
    ana = await story.advocate("ana")
    noon = datetime(2026, 5, 6, 12, tzinfo=UTC)
    for day in range(5):
        await story.performed(ana.person_id, delta=day + 1, at=noon + timedelta(days=day))
    await story.performed(ana.person_id, kind="comment", at=noon)

    first = (await story.as_("ana").get("/v1/points/me/statement", limit=4)).json()
    rest = await story.statement("ana", limit=4, cursor=first["next_cursor"])
    clicks = await story.statement("ana", trigger="click")
    span = {"from": "2026-05-07T12:00:00Z", "to": "2026-05-09T14:00:00+02:00"}
    between = await story.statement("ana", **span)

    assert [entry["points"] for entry in first["items"]] == [5, 4, 3, 2]
    assert sorted(entry["points"] for entry in rest) == [1, 5]
    assert [entry["points"] for entry in clicks] == [5, 4, 3, 2, 1]
    assert [entry["points"] for entry in between] == [3, 2]


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ({"trigger": "reach"}, 422, "validation-failed"),
        ({"from": "yesterday"}, 422, "validation-failed"),
        ({"from": "2026-05-06T12:00:00"}, 422, "validation-failed"),
        ({"to": "9999-12-31T23:59:59-14:00"}, 422, "validation-failed"),
        ({"limit": 101}, 422, "validation-failed"),
        ({"cursor": "nonsense"}, 400, "cursor-unreadable"),
        ({"cursor": "WyJhIiwiYiJd"}, 400, "cursor-unreadable"),
        ({"from": "2026-05-06T12:00:00Z", "to": "2026-05-05T12:00:00Z"}, 422, "span-upside-down"),
    ],
)
async def test_a_statement_that_cannot_be_made_is_refused(
    story: Story, query: dict[str, object], status: int, problem: str
) -> None:
    await story.advocate("ana")

    answer = await story.as_("ana").get("/v1/points/me/statement", **query)

    assert (answer.status_code, problem_of(answer)) == (status, problem)


async def test_points_do_not_cross_tenants(world: World, story: Story) -> None:
    others = Story(story.service, world.new_tenant())
    ana = await story.advocate("ana")
    await others.advocate("ana")

    await story.performed(ana.person_id, delta=3)
    await others.performed(ana.person_id, delta=3)

    assert await story.points("ana") == 3
    assert await others.points("ana") == 0
    assert await others.statement("ana") == []
    assert await others.rows("select sum(points) from balances") == [(3,)]


async def test_there_is_no_door_to_somebody_elses_points(story: Story) -> None:
    ana = await story.advocate("ana")
    await story.colleague("ida", "admin")

    answer = await story.as_("ida").get(f"/v1/points/{ana.person_id}")

    assert (answer.status_code, problem_of(answer)) == (404, "not-found")
