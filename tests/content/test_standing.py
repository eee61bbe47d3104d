"""A queue, and the pictures to decide on, say of each story what the rules say of it by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import PageRequest
from chassis.people import Person, find_by_subject
from services.content.domain import rounds
from services.content.domain.deciders import Delegator
from services.content.domain.rounds import AlreadyDecided
from services.content.domain.stories import Story, made_by
from services.content.store.concerned import to_decide_on
from services.content.store.stories import get_story
from services.content.store.waiting import Filters, waiting_for
from tests.content.approving import REVIEWERS, a_stage, hired, made
from tests.content.conftest import Newsroom
from tests.content.darkroom import developed
from tests.content.test_pictures_in_stories import naming
from tests.content.test_regulation import regulated

ACTORS = ("ana", "ravi", "rosa", "pia", "lea", "paul", "emil")
ABSENT = ("ravi", "rosa", "lea", "paul")
PAIRS_STEP = 5
"""Of all pairs of delegations every fifth: it meets each with several others."""

Standings = dict[UUID, UUID | None]
"""In whose name somebody may decide on which story; None is their own."""


@dataclass(frozen=True)
class Desk:
    """All that waits in a company, with the pictures in it, and how its policies are called."""

    newsroom: Newsroom
    pictures: dict[UUID, UUID]
    policy_ids: Sequence[UUID]


@pytest.fixture
async def desk(newsroom: Newsroom) -> Desk:
    """Stories at stages of all kinds: with policies and without, begun, decided once, escaped."""
    await regulated(newsroom)
    lea = await hired(newsroom, "lea", "employee")
    await hired(newsroom, "nils", "employee", "author")
    press = await made(newsroom, a_stage("press", quorum=2), kinds=["news"])
    jobs = await made(
        newsroom,
        a_stage("legal", deciders={"person_ids": [lea], "roles": ["program_manager"]}),
        a_stage("press", deciders=REVIEWERS),
        kinds=["job"],
    )
    pictures = {}

    async def submitted(by: str = "ana", **fields: Any) -> dict[str, Any]:
        media = await developed(newsroom, who=by)
        story = await newsroom.submitted(by, **naming(media), **fields)
        pictures[UUID(story["story_id"])] = UUID(media["media_id"])
        return story

    await submitted()
    await submitted("ravi")
    await submitted("nils", contributor_ids=[lea], kind="job")
    await submitted(kind="job")
    await submitted(kind="news")
    await newsroom.approve(await submitted(kind="news"))
    await newsroom.approve(await submitted())
    return Desk(newsroom, pictures, [UUID(one["policy_id"]) for one in (press, jobs)])


async def test_whoever_asks_and_for_whom_they_stand_in_everybody_says_the_same(desk: Desk) -> None:
    context, tenant_id = desk.newsroom.content.context, desk.newsroom.tenant.tenant_id
    async with context.database.transaction(tenant_id) as session:
        stories = [await get_story(session, story_id) for story_id in desk.pictures]
        people = {name: await person(session, name) for name in {*ACTORS, *ABSENT}}
        met: set[bool] = set()
        for delegators in delegations(desk, [people[name] for name in ABSENT]):
            for actor in (people[name] for name in ACTORS):
                standings = by_the_rules(stories, actor, delegators)
                queued = await waiting_for(
                    session, actor, delegators, PageRequest(100, None), Filters(),
                    at=context.clock.now(),
                )  # fmt: skip
                asked = to_decide_on(session, actor, delegators)
                seen = set((await (await session.connection()).execute(asked)).scalars())

                assert {one.story_id: one.on_behalf_of for one in queued} == standings
                assert seen == {desk.pictures[story_id] for story_id in standings}
                met |= {name is None for name in standings.values()}

    assert met == {True, False}


def by_the_rules(
    stories: Sequence[Story], actor: Person, delegators: Sequence[Delegator]
) -> Standings:
    standings = {}
    for story in stories:
        assert story.round is not None
        try:
            by = rounds.standing(story.round, actor, delegators, barred=made_by(story))
        except AlreadyDecided:
            continue
        if by is not None:
            standings[story.story_id] = by.on_behalf_of
    return standings


def delegations(desk: Desk, absent: Sequence[Person]) -> list[tuple[Delegator, ...]]:
    """Answer no delegation, each by itself, and some of two at once, in either order."""
    press, jobs = desk.policy_ids
    scopes = [(None, None), (press, None), (None, "press"), (jobs, "legal"), (None, "principal")]
    each = [
        Delegator(one.person_id, one.roles, one.team_id, policy_id, stage)
        for one in absent
        for policy_id, stage in scopes
    ]
    two = list(combinations(each, 2))[::PAIRS_STEP]
    return [(), *((one,) for one in each), *two, *(pair[::-1] for pair in two)]


async def person(session: AsyncSession, name: str) -> Person:
    found = await find_by_subject(session, name)
    assert found is not None
    return found
