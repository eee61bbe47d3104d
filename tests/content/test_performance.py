"""How a story did comes back from metrics: to its author, and to others once five have shared."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.engagement import EngagementKind
from contracts.metrics import SharePerformed
from services.content.domain import performance
from services.content.domain.performance import Performance, Subject
from tests.content.conftest import Newsroom, done
from tests.world import News, OpenService, World, problem_of

QUARTER = timedelta(minutes=15)
MORNING = datetime(2031, 5, 4, 8, tzinfo=UTC)
NOTHING = {"click": None, "reaction": None, "comment": None, "reshare": None}
PEOPLE = [UUID(int=number) for number in range(1, 7)]


def performed(
    story_id: UUID | str,
    delta: int = 1,
    *,
    kind: EngagementKind = "click",
    person_id: UUID = PEOPLE[0],
    window_start: datetime = MORNING,
) -> SharePerformed:
    return SharePerformed(
        share_id=new_id(),
        story_id=UUID(str(story_id)),
        campaign_id=None,
        person_id=person_id,
        kind=kind,
        window_start=window_start,
        delta=delta,
        total=max(delta, 0),
        revision=1,
    )


async def hear(newsroom: Newsroom, *events: SharePerformed, at: datetime | None = None) -> None:
    told = [News(event, at=at) for event in events]
    await newsroom.content.hear_all(newsroom.tenant, told)


async def read(newsroom: Newsroom, who: str, story: dict[str, Any]) -> dict[str, Any]:
    return done(await newsroom.as_(who).get(f"/v1/stories/{story['story_id']}/performance"))


async def mine(newsroom: Newsroom, who: str, **query: Any) -> dict[str, Any]:
    return done(await newsroom.as_(who).get("/v1/stories/performance/mine", **query))


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_what_was_told_adds_up_to_the_same_in_any_order(told: list[tuple[int, int, int]]) -> None:
    story_id = UUID(int=1)
    events = [
        (
            performed(story_id, delta, window_start=MORNING + window * QUARTER),
            MORNING + timedelta(hours=hour),
        )
        for delta, window, hour in told
    ]

    [(subject, change)] = performance.tally(events).items()
    backwards = performance.tally(reversed(events))

    assert subject == Subject(story_id, "click")
    assert change.delta == sum(delta for delta, _, _ in told)
    assert change.since == MORNING + min(window for _, window, _ in told) * QUARTER
    assert change.as_of == MORNING + timedelta(hours=max(hour for _, _, hour in told))
    assert backwards == {subject: change}


def test_others_cannot_tell_whether_nobody_shared_or_four_did() -> None:
    told = [Performance({"click": 9}, MORNING, MORNING, people) for people in (1, 4)]

    seen = [performance.shown(UUID(int=1), one, to_author=False) for one in (Performance(), *told)]

    assert seen[0] == seen[1] == seen[2]
    assert seen[0].suppressed


async def test_the_author_reads_what_came_of_a_story(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    before = await read(newsroom, "ana", story)

    later = MORNING + QUARTER
    await hear(
        newsroom,
        performed(story["story_id"], 3, window_start=later),
        performed(story["story_id"], 2),
        performed(story["story_id"], 1, kind="comment", window_start=later),
        at=later,
    )
    after = await read(newsroom, "ana", story)

    assert (before["totals"], before["since"], before["as_of"]) == (NOTHING, None, None)
    assert after["totals"] == NOTHING | {"click": 5, "comment": 1}
    assert (after["since"], after["as_of"]) == ("2031-05-04T08:00:00Z", "2031-05-04T08:15:00Z")
    assert after["coverage"]["source"] == "fortaler.share.performed.v1"
    assert (before["suppressed"], after["suppressed"]) == (False, False)


async def test_corrections_count_whenever_they_are_heard_and_nought_is_not_null(
    newsroom: Newsroom,
) -> None:
    stories = [await newsroom.live() for _ in range(6)]

    orders = list(permutations([+4, -3, -1]))
    for story, order in zip(stories, orders, strict=True):
        for delta in order:
            await hear(newsroom, performed(story["story_id"], delta))
            shown = (await read(newsroom, "ana", story))["totals"]["click"]
            assert shown >= 0

    assert [(await read(newsroom, "ana", story))["totals"] for story in stories] == [
        NOTHING | {"click": 0}
    ] * 6


async def test_the_same_news_counts_once_alone_or_in_a_batch(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    event = performed(story["story_id"], 3)
    event_id = new_id()

    for told in ([News(event, event_id)], [News(event, event_id)] * 2, [News(event, event_id)]):
        await newsroom.content.hear_all(newsroom.tenant, told)

    assert (await read(newsroom, "ana", story))["totals"]["click"] == 3


async def shared_by(newsroom: Newsroom, people: Sequence[UUID]) -> dict[str, Any]:
    story = await newsroom.live()
    for _ in range(2):
        for person_id in people:
            await hear(newsroom, performed(story["story_id"], person_id=person_id))
    return story


async def test_others_read_it_once_five_people_have_shared_it(newsroom: Newsroom) -> None:
    by_four = await shared_by(newsroom, PEOPLE[:4])
    by_five = await shared_by(newsroom, PEOPLE[:5])
    everybody = ("ana", "ravi", "pia", "ada", "emil")

    few = {who: (await read(newsroom, who, by_four))["totals"]["click"] for who in everybody}
    many = {who: (await read(newsroom, who, by_five))["totals"]["click"] for who in everybody}
    hidden = await read(newsroom, "emil", by_four)

    assert few == dict.fromkeys(everybody, None) | {"ana": 8}
    assert many == dict.fromkeys(everybody, 10)
    assert (hidden["suppressed"], hidden["since"], hidden["as_of"]) == (True, None, None)


async def test_no_more_people_are_remembered_than_are_needed_to_know_that_they_are_enough(
    newsroom: Newsroom,
) -> None:
    await shared_by(newsroom, PEOPLE)

    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        connection = await session.connection()
        known = await connection.exec_driver_sql("select count(*) from story_sharers")

    assert known.scalar() == performance.SHOWN_FROM


async def test_whoever_may_not_see_a_story_does_not_see_how_it_did(
    world: World, content: OpenService, newsroom: Newsroom
) -> None:
    story = await newsroom.live()
    draft = await newsroom.written()
    neighbour = world.new_tenant()
    await content.hire(neighbour, "bo", "admin")

    foreign = await content.as_(neighbour, "bo").get(f"/v1/stories/{story['story_id']}/performance")
    hidden = await newsroom.as_("ravi").get(f"/v1/stories/{draft['story_id']}/performance")

    assert (problem_of(foreign), problem_of(hidden)) == ("story-not-found", "story-not-found")


async def test_an_author_finds_what_came_of_each_of_their_stories(newsroom: Newsroom) -> None:
    withdrawn = await newsroom.live(title="Withdrawn")
    silent = await newsroom.live(title="Silent")
    await newsroom.live("emil", title="Not hers")
    await newsroom.written(title="Draft")
    await hear(newsroom, performed(withdrawn["story_id"], 7))
    await newsroom.do("ana", withdrawn, "withdraw")
    await newsroom.do("ana", silent, "revise")
    await newsroom.as_("ana").patch(f"/v1/stories/{silent['story_id']}", {"title": "Louder"})

    page = await mine(newsroom, "ana", limit=1)
    rest = await mine(newsroom, "ana", limit=1, cursor=page["next_cursor"])

    told = [
        (one["title"], one["state"], one["totals"]["click"])
        for one in (*page["items"], *rest["items"])
    ]
    assert told == [("Silent", "draft", None), ("Withdrawn", "withdrawn", 7)]
    assert rest["next_cursor"] is None
    assert (await mine(newsroom, "ravi"))["items"] == []


async def test_news_of_one_company_is_none_of_another(
    world: World, content: OpenService, newsroom: Newsroom
) -> None:
    story = await newsroom.live()
    neighbour = world.new_tenant()

    await content.hear(neighbour, performed(story["story_id"], 9))

    assert (await read(newsroom, "ana", story))["totals"] == NOTHING
