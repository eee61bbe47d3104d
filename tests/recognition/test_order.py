"""There is no order between topics: what is earned does not depend on which one is read first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.ids import derived_id, new_id
from chassis.people import TenantNotKnown
from contracts.events import Event
from contracts.metrics import SharePerformed
from contracts.recognition import PointsAwarded, PointsReversed
from contracts.sharing import AdvocateJoined, AdvocateLeft, ConsentGiven, ConsentWithdrawn
from contracts.topics import DIRECTORY
from services.recognition.domain.stays import Stay
from services.recognition.store import people
from tests.news import a_share_is_out, a_story_is_live
from tests.recognition.story import PROGRAM, Story
from tests.world import News, OpenService, World, problem_of

BEGIN = datetime(2026, 5, 6, 6, tzinfo=UTC)
OTHER_PROGRAM = derived_id(PROGRAM, "other")
PERSON = derived_id(PROGRAM, "ana")
SHARES = [derived_id(PROGRAM, "share", number) for number in range(2)]
STORIES_MAX = 2
SAYS = {"agrees": ConsentGiven, "disagrees": ConsentWithdrawn}
EARNED = """
    select person_id, trigger, share_id, sum(points) from ledger group by 1, 2, 3
    having sum(points) <> 0 order by 1, 2, 3
"""
STAYS = "select joined_at, left_at from stays order by 1, 2"
ENROLMENTS = "select program_id from enrolments order by 1"
RANKED = "select given, as_of from ranking_consents"


def at(minute: int) -> datetime:
    """Answer a moment of the day on which all this happens."""
    return BEGIN + timedelta(minutes=minute)


async def test_a_share_earns_before_it_is_heard_that_its_owner_joined(story: Story) -> None:
    ana = await story.colleague("ana")

    await story.shared(ana.person_id, at=at(2))
    await story.performed(ana.person_id, delta=3, at=at(0))
    await story.joins(ana, at=at(1))

    assert await story.points("ana") == 10 + 3


async def test_a_story_waits_until_it_is_heard_that_its_author_had_joined(story: Story) -> None:
    ana = await story.colleague("ana")

    await story.wrote(ana.person_id, at=at(2))
    before = await story.points("ana")
    await story.joins(ana, at=at(1))

    assert (before, await story.points("ana")) == (0, 20)
    assert await story.rows("select 1 from early_happenings") == []


async def test_an_author_who_joins_only_after_the_publication_earns_nothing(story: Story) -> None:
    ana, bo = await story.colleague("ana"), await story.colleague("bo")

    await story.wrote(ana.person_id, at=at(1))
    await story.joins(ana, at=at(2))
    await story.joins(bo, at=at(2))
    await story.wrote(bo.person_id, at=at(1))

    assert (await story.points("ana"), await story.points("bo")) == (0, 0)


async def test_what_happened_before_leaving_counts_though_it_is_heard_later(story: Story) -> None:
    ana = await story.colleague("ana")
    await story.joins(ana, at=at(1))
    await story.leaves(ana, at=at(60))

    await story.performed(ana.person_id, delta=3, at=at(45))
    await story.performed(ana.person_id, delta=5, at=at(75))

    assert await story.points("ana") == 3


async def test_what_happened_after_leaving_is_taken_back_when_that_is_heard(story: Story) -> None:
    ana = await story.colleague("ana")
    await story.joins(ana, at=at(1))
    await story.performed(ana.person_id, delta=3, at=at(45))
    await story.performed(ana.person_id, delta=5, at=at(75))

    await story.leaves(ana, at=at(60))

    assert await story.points("ana") == 3
    announced = await story.service.announced(story.tenant)
    assert [(type(one), getattr(one, "points", None)) for one in announced] == [
        (PointsAwarded, 3),
        (PointsAwarded, 5),
        (PointsReversed, -5),
    ]


async def test_who_comes_back_earns_for_what_happens_from_then_on(story: Story) -> None:
    ana = await story.colleague("ana")
    await story.performed(ana.person_id, delta=5, at=at(75))
    await story.performed(ana.person_id, delta=7, at=at(105))

    await story.joins(ana, at=at(1))
    await story.leaves(ana, at=at(60))
    away = await story.points("ana")
    await story.joins(ana, at=at(90))

    assert (away, await story.points("ana")) == (0, 7)


async def test_what_waits_is_swept_after_all_that_could_be_read_again(story: Story) -> None:
    bo, eva = await story.colleague("bo"), await story.colleague("eva")
    await story.wrote(bo.person_id, at=at(1))
    await story.rows("update early_happenings set kept_at = now() - interval '16 days' returning 1")

    await story.wrote(eva.person_id, at=at(2))

    assert await story.rows("select person_id from early_happenings") == [(eva.person_id,)]


async def test_points_cannot_be_read_before_the_company_is_known(
    world: World, recognition: OpenService
) -> None:
    known, new = Story(recognition, world.new_tenant()), Story(recognition, world.new_tenant())
    ana = await known.colleague("ana")
    await new.hear(ana)

    answer = await new.as_("ana").get("/v1/points/me")

    assert (answer.status_code, problem_of(answer)) == (503, "tenant-not-known")
    assert answer.headers["retry-after"] == "2"


@dataclass(frozen=True)
class Told:
    """A piece of news, and the line that it stands in: one line keeps its order."""

    line: str
    event: Event
    at: datetime
    event_id: UUID


def lives() -> st.SearchStrategy[list[Told]]:
    """Draw what happens to one person, in the order in which it happens."""
    kinds = ["joins", "joins", "leaves", "joins other", "leaves other", "shares", "writes", "click"]
    kinds += ["click", "click too", "agrees", "disagrees"]
    return st.lists(st.sampled_from(kinds), min_size=3, max_size=14).map(_live)


def _live(kinds: Sequence[str]) -> list[Told]:
    programs: set[UUID] = set()
    published: list[UUID] = []
    told: list[Told] = []
    for number, kind in enumerate(kinds):
        # A third story of a day is cut by the cap, and a cap is filled in the order of reading.
        if kind == "writes" and kinds[:number].count("writes") >= STORIES_MAX:
            continue
        if found := _happen(kind, number, programs, published):
            line, event = found
            told.append(Told(line, event, at(number * 7), derived_id(PROGRAM, "news", number)))
    return told


def _happen(
    kind: str, number: int, programs: set[UUID], published: list[UUID]
) -> tuple[str, Event] | None:
    """Answer the news of something that can happen now, or None: only an advocate can share."""
    program_id = OTHER_PROGRAM if kind.endswith("other") else PROGRAM
    fields: dict[str, Any] = {"person_id": PERSON, "program_id": program_id}
    if kind.startswith("joins") and program_id not in programs:
        programs.add(program_id)
        return "advocate", AdvocateJoined(**fields)
    if kind.startswith("leaves") and program_id in programs:
        programs.remove(program_id)
        return "advocate", AdvocateLeft(**fields)
    if kind in SAYS and programs:
        return "advocate", SAYS[kind](
            person_id=PERSON, purpose="rankings", network=None, text_version="1"
        )
    if kind == "writes":
        story_id = derived_id(PROGRAM, "story", number)
        return f"story {number}", a_story_is_live(story_id=story_id, author_id=PERSON)
    if kind == "shares" and programs and len(published) < len(SHARES):
        published.append(SHARES[len(published)])
        return f"share {published[-1]}", a_share_is_out(person_id=PERSON, share_id=published[-1])
    if kind.startswith("click") and published:
        share_id = published[-1] if kind.endswith("too") else published[0]
        return f"clicks {share_id}", _clicks(share_id, number)
    return None


def _clicks(share_id: UUID, number: int) -> SharePerformed:
    since_window_began = timedelta(minutes=number * 7 % 15)
    return SharePerformed(
        share_id=share_id,
        story_id=PROGRAM,
        campaign_id=None,
        person_id=PERSON,
        kind="click",
        window_start=at(number * 7) - since_window_began,
        # No corrections: nothing announces one yet, and one that is heard before both what it
        # corrects and a stay's end is not taken back rightly (recognition's README).
        delta=2,
        total=2,
        revision=number,
    )


@settings(max_examples=60, deadline=None)
@given(life=lives(), chance=st.randoms(use_true_random=False))
async def test_the_same_is_earned_in_whatever_order_the_topics_are_read(
    world: World, recognition: OpenService, life: list[Told], chance: Any
) -> None:
    await as_it_was_and_otherwise(world, recognition, life, interleaved(life, chance), chance)


@settings(max_examples=60, deadline=None)
@given(life=lives(), chance=st.randoms(use_true_random=False))
async def test_the_same_is_earned_however_late_it_is_replayed_that_somebody_joined_or_left(
    world: World, recognition: OpenService, life: list[Told], chance: Any
) -> None:
    late = [replace(one, line=str(one.event_id)) if one.line == "advocate" else one for one in life]

    await as_it_was_and_otherwise(world, recognition, life, interleaved(late, chance), chance)


async def as_it_was_and_otherwise(
    world: World, recognition: OpenService, life: list[Told], other: list[Told], chance: Any
) -> None:
    """Tell one tenant what happened as it did, another one in another order, and compare them."""
    as_it_was, otherwise = (Story(recognition, world.new_tenant()) for _ in range(2))
    for story, news in ((as_it_was, life), (otherwise, other)):
        directory = Told(
            "directory", world.registered(story.tenant), BEGIN, derived_id(PROGRAM, "tenant")
        )
        place = 0 if story is as_it_was else chance.randint(0, len(news))
        await read(story, [*news[:place], directory, *news[place:]], chance)

    earned = await as_it_was.rows(EARNED)
    assert await otherwise.rows(EARNED) == earned
    for known in (STAYS, ENROLMENTS, RANKED):
        assert await otherwise.rows(known) == await as_it_was.rows(known)
    balance = sum(row[-1] for row in earned)
    for story in (as_it_was, otherwise):
        [(kept,)] = await story.rows("select coalesce(sum(points), 0) from balances")
        [(months,)] = await story.rows("select coalesce(sum(points), 0) from month_totals")
        assert (kept, months) == (balance, balance)


def interleaved(life: Sequence[Told], chance: Any) -> list[Told]:
    """Answer the same news in another order that keeps the order of each line."""
    lines: dict[str, list[Told]] = {}
    for one in life:
        lines.setdefault(one.line, []).append(one)
    order = [one.line for one in life]
    chance.shuffle(order)
    return [lines[line].pop(0) for line in order]


async def read(story: Story, news: Sequence[Told], chance: Any) -> None:
    """Let recognition take news in, in batches, as a worker does that may be behind."""
    consumer, left = story.service.consumer, list(news)
    while left:
        size = chance.randint(1, 4)
        batch, left = left[:size], left[size:]
        records = [_record(story, one) for one in batch]
        try:
            await consumer.take_in(records, may_be_behind=True)
        except TenantNotKnown:
            states = [one for one in left if one.event.topic is DIRECTORY]
            await consumer.take_in([_record(story, one) for one in states])
            await consumer.take_in(records)


def _record(story: Story, told: Told) -> Any:
    # Ids are each tenant's own: the inbox does not know whose they are.
    event_id = derived_id(story.tenant.tenant_id, told.event_id)
    return News(told.event, event_id, told.at).record(story.tenant, BEGIN)


async def test_who_is_only_heard_to_have_left_had_joined_before(story: Story) -> None:
    ana = await story.colleague("ana")

    await story.leaves(ana, at=at(60))
    await story.wrote(ana.person_id, at=at(30))
    await story.wrote(ana.person_id, at=at(90))

    assert await story.points("ana") == 20
    async with story.service.context.database.transaction(story.tenant.tenant_id) as session:
        stays = await people.stays_of(session, [ana.person_id])
    assert stays[ana.person_id] == [Stay(None, at(60))]


async def test_nothing_is_booked_twice_by_whoever_leaves_twice(story: Story) -> None:
    ana = await story.colleague("ana")
    share_id = new_id()
    await story.performed(ana.person_id, delta=4, at=at(120), share_id=share_id)

    for joined, left in ((1, 30), (60, 90)):
        await story.joins(ana, at=at(joined))
        await story.leaves(ana, at=at(left))
    away = await story.points("ana")
    await story.joins(ana, at=at(110))

    assert (away, await story.points("ana")) == (0, 4)
