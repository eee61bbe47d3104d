"""Regulated companies: a principal approves before the use, and records are kept by law (D13)."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from tests.content.approving import (
    as_owner,
    delegated,
    hired,
    verified,
    waiting,
)
from tests.content.conftest import Newsroom, a_story, approval_of, done
from tests.world import problem_of

SETTINGS = "/v1/approval_policies/settings"


async def regulated(newsroom: Newsroom, **fields: Any) -> str:
    """Let the company be regulated, with Paul as its principal; answers his id."""
    paul = await hired(newsroom, "paul", "employee")
    body = {
        "regulated": True,
        "retention_years": 3,
        "principals": {"person_ids": [paul]},
        **fields,
    }
    done(await newsroom.as_("ada").put(SETTINGS, body))
    return paul


async def test_a_principal_approves_static_content_after_all_others(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    story = await newsroom.submitted()
    reviewed = await newsroom.approve(story)
    early = await newsroom.try_to("ana", story, "publish")

    assert await waiting(newsroom, "paul", stage="principal") == [story["working"]["title"]]
    approved = await newsroom.do("paul", story, "review", approval_of(story, "principal"))
    live = await newsroom.do("ana", story, "publish")

    assert (reviewed["state"], approved["state"], live["state"]) == (
        "in_review",
        "approved",
        "live",
    )
    assert (early.status_code, problem_of(early)) == (409, "wrong-story-state")


async def test_what_was_approved_before_the_company_was_regulated_is_not_used(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.approved()
    await regulated(newsroom)

    answer = await newsroom.try_to("ana", story, "publish")

    assert (answer.status_code, problem_of(answer)) == (409, "principal-approval-missing")


async def test_nobody_decides_for_a_principal(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "paul", lea)
    story = await newsroom.submitted()
    await newsroom.approve(story)

    seen = await newsroom.as_("lea").get(f"/v1/stories/{story['story_id']}")
    decided = await newsroom.try_to("lea", story, "review", approval_of(story))

    assert await waiting(newsroom, "lea") == []
    for answer in (seen, decided):
        assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")
    assert await waiting(newsroom, "paul") == [story["working"]["title"]]


async def test_each_version_of_the_settings_is_kept(newsroom: Newsroom) -> None:
    first = done(await newsroom.as_("pia").get(SETTINGS))
    paul = await regulated(newsroom)
    ada = newsroom.as_("ada")
    off = done(await ada.put(SETTINGS, {"regulated": False, "retention_years": 3}))

    changes = done(await ada.get(f"{SETTINGS}/changes"))["items"]

    assert (first["version"], first["regulated"]) == (0, False)
    assert changes[0] == off == done(await ada.get(SETTINGS))
    assert [one["version"] for one in changes] == [2, 1]
    assert changes[1]["principals"]["person_ids"] == [paul]
    assert changes[1]["changed_by"] is not None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"regulated": True, "retention_years": 3}, "principals-missing"),
        ({"regulated": True, "retention_years": 0}, "validation-failed"),
        (
            {
                "regulated": True,
                "retention_years": 3,
                "principals": {"person_ids": ["0196a4c0-0000-7000-8000-000000000000"]},
            },
            "decider-unknown",
        ),
    ],
)
async def test_what_cannot_be_regulation_is_refused(
    quiet_newsroom: Newsroom, body: dict[str, Any], problem: str
) -> None:
    answer = await quiet_newsroom.as_("ada").put(SETTINGS, body)

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_only_an_admin_says_so(quiet_newsroom: Newsroom) -> None:
    body = {"regulated": False, "retention_years": 3}

    answer = await quiet_newsroom.as_("pia").put(SETTINGS, body)

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


LOSING = {
    "the trail": "delete from story_trail where story_id = $1",
    "a round": "delete from review_rounds where story_id = $1",
    "a version": "delete from story_versions where story_id = $1",
}


@pytest.mark.parametrize("what", LOSING)
@pytest.mark.parametrize("switched_off", [False, True])
async def test_nobody_loses_a_record_before_its_time(
    newsroom: Newsroom, what: str, switched_off: bool
) -> None:
    await regulated(newsroom)
    story = done(await newsroom.as_("ana").post("/v1/stories", a_story()), 201)
    await newsroom.do("ana", story, "submit")
    if switched_off:
        done(await newsroom.as_("ada").put(SETTINGS, {"regulated": False, "retention_years": 1}))

    async with as_owner(newsroom) as owner:
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(LOSING[what], UUID(story["story_id"]))

    found = await verified(newsroom, story)
    assert found["intact"]
    assert found["retained_until"][:4] == str(int(story["created_at"][:4]) + 3)


async def test_what_was_never_regulated_is_not_held(newsroom: Newsroom) -> None:
    await regulated(newsroom)
    done(await newsroom.as_("ada").put(SETTINGS, {"regulated": False, "retention_years": 3}))
    story = await newsroom.submitted()

    found = await verified(newsroom, story)

    assert found["retained_until"] is None


@pytest.mark.parametrize(
    "table", ["stories", "story_versions", "review_rounds", "story_comments", "approval_settings"]
)
async def test_the_service_itself_deletes_no_record(newsroom: Newsroom, table: str) -> None:
    connection = await newsroom.content.context.database.connect("app")

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f"delete from {table} where tenant_id = $1", new_id())
    finally:
        await connection.close()
