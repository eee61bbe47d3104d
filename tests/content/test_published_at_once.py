"""What is published while something else happens comes before it, or heeds it (C3, D13)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chassis.people import find_by_subject
from services.content.domain.life import Verdict
from services.content.use_cases import reviews, stories
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import developed
from tests.content.test_guidelines import SECRET, path_of, written
from tests.content.test_pictures_in_stories import naming
from tests.content.test_stories import somebody_waits
from tests.world import problem_of

REGULATED = {"regulated": True, "retention_years": 3, "principals": {"roles": ["admin"]}}


@asynccontextmanager
async def being_published(newsroom: Newsroom, story: dict[str, Any]) -> AsyncIterator[None]:
    """Hold the transaction open in which Ana publishes a story."""
    context = newsroom.content.context
    async with context.database.transaction(newsroom.tenant.tenant_id) as session:
        ana = await find_by_subject(session, "ana")
        assert ana is not None
        await stories.publish_story(session, context.clock, ana, UUID(story["story_id"]))
        yield


async def regulating(newsroom: Newsroom) -> httpx2.Response:
    return await newsroom.as_("ada").put("/v1/approval_policies/settings", REGULATED)


async def forbidding(newsroom: Newsroom) -> httpx2.Response:
    guideline = await written(newsroom, rules=[SECRET])
    return await newsroom.as_("pia").post(path_of(guideline, "/publish"))


@pytest.mark.parametrize(
    ("changing", "problem"),
    [(regulating, "principal-approval-missing"), (forbidding, "story-against-guidelines")],
)
async def test_a_rule_waits_for_what_is_being_published_and_holds_for_what_is_next(
    newsroom: Newsroom, changing: Any, problem: str
) -> None:
    first, second = [await newsroom.approved(title=f"Projekt Falk {one}") for one in (1, 2)]

    async with being_published(newsroom, first):
        change = asyncio.create_task(changing(newsroom))
        await somebody_waits(newsroom.content.context.database, change)
        answered_before = change.done()
    answered = await change
    refused = await newsroom.try_to("ana", second, "publish")

    assert not answered_before
    assert done(answered)
    assert problem_of(refused) == problem


async def test_many_publish_at_once_and_none_waits_for_the_rules_of_another(
    newsroom: Newsroom,
) -> None:
    first, second = [await newsroom.approved() for _ in range(2)]

    async with being_published(newsroom, first):
        live = await newsroom.do("ana", second, "publish")

    assert live["state"] == "live"


async def test_who_decides_on_many_stories_keeps_no_picture_from_who_publishes_one(
    newsroom: Newsroom,
) -> None:
    media = await developed(newsroom)
    waiting, approved = (
        await newsroom.submitted(**naming(media)),
        await newsroom.approved(**naming(media)),
    )
    context = newsroom.content.context

    async with context.database.transaction(newsroom.tenant.tenant_id) as session:
        ravi = await find_by_subject(session, "ravi")
        assert ravi is not None
        verdict = Verdict(UUID(waiting["story_id"]), "approve", waiting["content_hash"])
        decided = await reviews.review_story(session, context.clock, ravi, verdict)
        live = await newsroom.do("ana", approved, "publish")

    assert (decided.state, live["state"]) == ("approved", "live")
