"""Who is shown in a picture permits it, and takes that back with one call: then it is gone."""

from typing import Any
from uuid import UUID

import pytest

from contracts.content import MediaWithdrawn, StoryPublished
from contracts.directory import PersonDeactivated, PersonProvisioned
from services.content.store.due_media import DueMedia
from services.content.use_cases.sweeping_media import advance, ask
from tests.content import darkroom
from tests.content.conftest import Newsroom, a_story, approval_of, done
from tests.content.darkroom import begun, developed, sent
from tests.world import OpenService, problem_of


async def permitted(
    newsroom: Newsroom, media: dict[str, Any], who: str = "ana", **fields: Any
) -> dict[str, Any]:
    """Let somebody record a permission; answers it."""
    body = {"purposes": ["social_media"], "how_given": "By mail", **fields}
    path = f"/v1/media/{media['media_id']}/permissions"
    return done(await newsroom.as_(who).post(path, body), 201)


async def emils(newsroom: Newsroom) -> str:
    """Answer the id of Emil, who is shown."""
    answer = await newsroom.as_("emil").post("/v1/stories", a_story())
    person_id: str = answer.json()["author"]["person_id"]
    return person_id


async def showing_emil(newsroom: Newsroom, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer a picture of Emil, and his permission."""
    media = await developed(newsroom, people_shown=1)
    person_id = await emils(newsroom)
    return media, await permitted(newsroom, media, person_id=person_id, **fields)


async def take_back(newsroom: Newsroom, permission: dict[str, Any], who: str = "emil") -> Any:
    """Let somebody take a permission back."""
    path = f"/v1/media/{permission['media_id']}/permissions/{permission['permission_id']}"
    return await newsroom.as_(who).post(f"{path}/withdraw")


async def swept(newsroom: Newsroom, media: dict[str, Any]) -> None:
    """Let the sweeper do what is due to a picture now."""
    due = DueMedia(newsroom.tenant.tenant_id, UUID(media["media_id"]))
    await ask(newsroom.content.context, due)
    await advance(newsroom.content.context, due)


async def kept_of(newsroom: Newsroom, media: dict[str, Any]) -> list[str]:
    """Answer the keys under which anything of a picture lies."""
    folder = f"{newsroom.tenant.tenant_id}/{media['media_id']}"
    keys: list[str] = await newsroom.content.context.resources.keys_in(folder)
    return keys


async def test_a_person_sees_the_pictures_of_themselves(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    await developed(newsroom)

    found = done(await newsroom.as_("emil").get("/v1/media", shows="me"))
    given = done(await newsroom.as_("emil").get(f"/v1/media/{media['media_id']}/permissions"))

    assert [one["media_id"] for one in found["items"]] == [media["media_id"]]
    assert given["items"] == [permission]


async def test_one_call_takes_a_picture_away_everywhere(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    picture = {"media_id": media["media_id"]}
    story = await newsroom.live(media=[picture])
    (key,) = await kept_of(newsroom, media)
    assert key

    taken_back = done(await take_back(newsroom, permission))
    await swept(newsroom, media)

    gone = await newsroom.as_("emil").get(f"/v1/media/{media['media_id']}/download")
    assert taken_back["withdrawn_at"] is not None
    assert (gone.status_code, problem_of(gone)) == (410, "media-withdrawn")
    assert await kept_of(newsroom, media) == []
    announced = await newsroom.content.announced(newsroom.tenant)
    assert announced[-1] == MediaWithdrawn(media_id=UUID(media["media_id"]))
    listed = done(await newsroom.as_("ana").get("/v1/media/attention"))["items"]
    assert [(one["story_id"], one["working"], one["live"]) for one in listed] == [
        (story["story_id"], True, True)
    ]


async def test_an_address_that_is_out_leads_nowhere_after_a_withdrawal(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    found = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}/download"))
    path = found["url"].removeprefix(newsroom.content.context.settings.public_url)

    done(await take_back(newsroom, permission))
    await swept(newsroom, media)

    answer = await newsroom.content.client.get(path)
    assert (answer.status_code, problem_of(answer)) == (410, "object-missing")


async def test_a_permission_taken_back_twice_is_taken_back_once(newsroom: Newsroom) -> None:
    _, permission = await showing_emil(newsroom)

    first = done(await take_back(newsroom, permission))
    second = done(await take_back(newsroom, permission))

    announced = await newsroom.content.announced(newsroom.tenant)
    assert first == second
    assert sum(isinstance(one, MediaWithdrawn) for one in announced) == 1


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 403), ("pia", 403), ("ravi", 404), ("ada", 200)]
)
async def test_a_permission_is_its_givers_and_of_who_acts_for_them(
    newsroom: Newsroom, who: str, status: int
) -> None:
    _, permission = await showing_emil(newsroom)

    answer = await take_back(newsroom, permission, who)

    assert answer.status_code == status


async def test_nobody_learns_who_took_something_back(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    path = f"/v1/media/{media['media_id']}/permissions"
    assert done(await newsroom.as_("ana").get(path))["items"] == [permission]

    done(await take_back(newsroom, permission))

    seen = {
        who: len(done(await newsroom.as_(who).get(path))["items"])
        for who in ("ana", "pia", "ravi", "ada", "emil")
    }
    assert seen == {"ana": 0, "pia": 0, "ravi": 0, "ada": 1, "emil": 1}
    shown = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}"))
    assert shown["alt_texts"] == {}


@pytest.mark.parametrize("verb", ["submit", "approve", "publish"])
async def test_no_story_goes_on_with_a_withdrawn_picture(newsroom: Newsroom, verb: str) -> None:
    media, permission = await showing_emil(newsroom)
    pictures = [{"media_id": media["media_id"]}]
    story = await {
        "submit": newsroom.written,
        "approve": newsroom.submitted,
        "publish": newsroom.approved,
    }[verb](media=pictures)
    done(await take_back(newsroom, permission))

    if verb == "approve":
        answer = await newsroom.try_to("ravi", story, "review", approval_of(story))
    else:
        answer = await newsroom.try_to("ana", story, verb)

    assert (answer.status_code, problem_of(answer)) == (409, "picture-withdrawn")
    assert answer.json()["pointer"] == "/media/0"
    announced = await newsroom.content.announced(newsroom.tenant)
    assert not any(isinstance(one, StoryPublished) for one in announced)


async def test_a_story_is_mended_by_a_revision_without_the_picture(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    story = await newsroom.live(media=[{"media_id": media["media_id"]}])
    done(await take_back(newsroom, permission))

    revised = await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"media": []}))
    still = done(await newsroom.as_("ana").get("/v1/media/attention"))["items"]
    approved = await newsroom.approve(await newsroom.do("ana", revised, "submit"))
    await newsroom.do("ana", approved, "publish")

    assert [(one["working"], one["live"]) for one in still] == [(False, True)]
    assert done(await newsroom.as_("ana").get("/v1/media/attention"))["items"] == []


async def test_what_needs_attention_is_its_authors_and_overseers(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    pictures = [{"media_id": media["media_id"]}]
    drafted = await newsroom.written(media=pictures)
    submitted = await newsroom.submitted(media=pictures)
    done(await take_back(newsroom, permission))

    seen = {
        who: {
            one["story_id"]
            for one in done(await newsroom.as_(who).get("/v1/media/attention"))["items"]
        }
        for who in ("ana", "ravi", "emil")
    }

    assert seen["ana"] == {drafted["story_id"], submitted["story_id"]}
    assert seen["ravi"] == {submitted["story_id"]}
    assert seen["emil"] == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"purposes": ["internal"]},
        {"networks": ["instagram"]},
        {"holds_from": "2061-01-01T00:00:00Z"},
    ],
)
async def test_a_permission_for_something_else_is_none(
    newsroom: Newsroom, fields: dict[str, Any]
) -> None:
    media, _ = await showing_emil(newsroom, **fields)
    story = await newsroom.written(media=[{"media_id": media["media_id"]}])

    answer = await newsroom.try_to("ana", story, "submit")

    assert (answer.status_code, problem_of(answer)) == (409, "permission-missing")


async def test_a_permission_may_hold_until_the_end_of_all_calendars(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom, holds_until="9999-12-31T23:59:59Z")
    story = await newsroom.written(media=[{"media_id": media["media_id"]}])

    submitted = await newsroom.do("ana", story, "submit")

    assert permission["holds_until"] == "9999-12-31T23:59:59Z"
    assert submitted["state"] == "in_review"


async def test_a_job_advert_needs_a_permission_for_recruiting(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    story = await newsroom.written(kind="job", media=[{"media_id": media["media_id"]}])
    refused = await newsroom.try_to("ana", story, "submit")

    purposes = ["social_media", "recruiting"]
    await permitted(newsroom, media, person_id=permission["person_id"], purposes=purposes)

    assert refused.json()["purposes"] == ["recruiting", "social_media"]
    assert (await newsroom.do("ana", story, "submit"))["state"] == "in_review"


async def test_everybody_shown_has_to_permit(newsroom: Newsroom) -> None:
    media = await developed(newsroom, people_shown=2)
    await permitted(newsroom, media, outside_name="Karen Bek")
    await permitted(newsroom, media, outside_name="karen bek")
    story = await newsroom.written(media=[{"media_id": media["media_id"]}])

    refused = await newsroom.try_to("ana", story, "submit")
    await permitted(newsroom, media, outside_name="Jens Dam")

    assert problem_of(refused) == "permission-missing"
    assert (await newsroom.do("ana", story, "submit"))["state"] == "in_review"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "person-not-named"),
        ({"outside_name": "Karen", "person_id": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, None),
        ({"person_id": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, "person-not-named"),
        ({"outside_name": "Karen", "holds_until": "2001-01-01T00:00:00Z"}, "dates-out-of-order"),
        ({"outside_name": "Karen", "purposes": []}, "validation-failed"),
    ],
)
async def test_a_permission_that_says_too_little_is_refused(
    newsroom: Newsroom, fields: dict[str, Any], problem: str | None
) -> None:
    media = await developed(newsroom)
    body = {"purposes": ["internal"], "how_given": "By mail", **fields}

    answer = await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/permissions", body)

    assert (answer.status_code, problem_of(answer)) == (422, problem or "person-not-named")


async def test_whoever_leaves_has_their_pictures_looked_at(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    await developed(newsroom)

    await left(newsroom.content, newsroom, permission["person_id"])

    found = done(await newsroom.as_("pia").get("/v1/media", needs_review="true"))["items"]
    assert [one["media_id"] for one in found] == [media["media_id"]]
    done(await newsroom.as_("pia").post(f"/v1/media/{media['media_id']}/keep"))
    await left(newsroom.content, newsroom, permission["person_id"])
    assert done(await newsroom.as_("pia").get("/v1/media", needs_review="true"))["items"] == []


async def left(content: OpenService, newsroom: Newsroom, person_id: str) -> None:
    """Let content hear that somebody has left the company."""
    gone = PersonProvisioned(
        person_id=UUID(person_id),
        subject="emil",
        display_name="Emil",
        team_id=None,
        region=None,
        country=None,
        language=None,
        time_zone=None,
        leader=False,
        roles=["employee"],
        active=False,
    )
    await content.hear(newsroom.tenant, PersonDeactivated(**gone.model_dump()))


async def test_a_permission_that_runs_out_takes_the_picture_along(newsroom: Newsroom) -> None:
    media, _ = await showing_emil(newsroom, holds_until="2061-01-01T00:00:00Z")
    await swept(newsroom, media)
    before = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}"))

    await later(newsroom, media, "holds_until", "media_permissions")
    await swept(newsroom, media)

    after = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}"))
    assert (before["state"], after["state"]) == ("ready", "withdrawn")
    announced = await newsroom.content.announced(newsroom.tenant)
    assert announced[-1] == MediaWithdrawn(media_id=UUID(media["media_id"]))


async def test_what_was_never_completed_is_forgotten(newsroom: Newsroom) -> None:
    photo = darkroom.a_jpeg()
    media = (upload := await begun(newsroom, photo))["media"]
    await sent(newsroom, upload, photo)
    await permitted(newsroom, media, outside_name="Karen Bek")
    await swept(newsroom, media)
    assert len(await kept_of(newsroom, media)) == 1

    await later(newsroom, media, "created_at", "media")
    late = await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/complete")
    await swept(newsroom, media)

    assert (late.status_code, problem_of(late)) == (409, "upload-over")
    assert await kept_of(newsroom, media) == []
    assert (await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}")).status_code == 404


async def test_what_is_sent_after_the_picture_was_completed_is_removed(
    newsroom: Newsroom,
) -> None:
    photo = darkroom.a_jpeg()
    media = (upload := await begun(newsroom, photo))["media"]
    await sent(newsroom, upload, photo)
    done(await newsroom.as_("ana").post(f"/v1/media/{media['media_id']}/complete"))
    await sent(newsroom, upload, photo)
    assert len(await kept_of(newsroom, media)) == 2

    await later(newsroom, media, "created_at", "media")
    await swept(newsroom, media)

    (kept,) = await kept_of(newsroom, media)
    assert not kept.endswith("/raw")


async def later(newsroom: Newsroom, media: dict[str, Any], column: str, table: str) -> None:
    """Let an instant of a picture, or of its permissions, be long ago."""
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            f"update {table} set {column} = '2001-01-01' where media_id = '{media['media_id']}'"
        )
