"""A line of a list is enough for a card: with link, picture and networks, as a single story has."""

import json
from hashlib import md5
from typing import Any
from uuid import UUID

from sqlalchemy import event, text

from chassis.clock import SystemClock
from chassis.paging import PageRequest
from chassis.settings import ServiceSettings
from services.content.domain.searching import Filters
from services.content.store.permissions import permissions_of_ready
from services.content.store.searching import stories_found
from tests.content.conftest import Newsroom, done
from tests.content.darkroom import developed
from tests.content.explaining import explaining, indexes, nodes
from tests.content.test_many_decisions import get_person
from tests.content.test_people_shown import showing_emil, take_back
from tests.content.test_pictures_in_stories import naming
from tests.content.test_uses_that_end import also_recruiting
from tests.servers import PostgresServer

PREVIEW = {"title": "A calm day", "description": None, "site_name": "Nordlys Energi"}


async def cards(newsroom: Newsroom, who: str = "emil") -> dict[str, Any]:
    """Answer the lines of what is live that somebody finds, by their titles."""
    page = done(await newsroom.as_(who).get("/v1/stories", limit=100, state="live"))
    return {line["title"]: line for line in page["items"]}


def in_(*networks: str) -> list[dict[str, str]]:
    """Answer suggested copy for these networks, some in two languages."""
    return [
        {"network": network, "language": language, "text": "Calm."}
        for network in networks
        for language in ("en", "da")
    ]


async def test_a_card_shows_what_the_single_story_shows(newsroom: Newsroom) -> None:
    media = await developed(newsroom, alt_texts={"en": "A fitter", "da": "En montør"})
    await newsroom.live(
        title="Rich",
        language="da",
        preview=PREVIEW,
        variants=in_("x", "linkedin", "mastodon"),
        **naming(media, await developed(newsroom, alt_texts={"da": "Havet"})),
    )
    await newsroom.live(title="Plain", link=None, variants=[])

    found = await cards(newsroom)
    single = done(await newsroom.as_("emil").get(f"/v1/stories/{found['Rich']['story_id']}"))

    rich, plain = found["Rich"], found["Plain"]
    assert rich["networks"] == ["linkedin", "mastodon", "x"]
    assert (rich["link"], rich["preview"]) == (single["live"]["link"], PREVIEW)
    assert rich["picture"].items() <= single["live"]["media"][0].items()
    assert rich["picture"]["alt_text"] == "En montør"
    assert [plain[name] for name in ("link", "preview", "picture", "networks")] == [
        None,
        None,
        None,
        [],
    ]


async def test_a_card_is_of_the_version_that_one_may_see(newsroom: Newsroom) -> None:
    first, second = await developed(newsroom), await developed(newsroom)
    story = await newsroom.live(title="Calm", variants=in_("x"), **naming(first))
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    changes = {"variants": in_("linkedin"), "preview": PREVIEW, **naming(second)}
    done(await newsroom.as_("ana").patch(path, changes))

    told = {who: (await cards(newsroom, who))["Calm"] for who in ("ana", "emil")}

    shown = {
        who: (one["picture"]["media_id"], one["networks"], one["preview"])
        for who, one in told.items()
    }
    assert shown == {
        "ana": (second["media_id"], ["linkedin"], PREVIEW),
        "emil": (first["media_id"], ["x"], None),
    }


async def test_a_withdrawn_picture_is_on_no_card_and_the_next_one_is(newsroom: Newsroom) -> None:
    media, permission = await showing_emil(newsroom)
    other = await developed(newsroom)
    await newsroom.live(title="Both", **naming(media, other))
    await newsroom.live(title="One", **naming(media))
    before = await cards(newsroom)

    done(await take_back(newsroom, permission))

    after = await cards(newsroom)
    everybody = [await cards(newsroom, who) for who in ("ana", "ravi")]
    assert {title: one["picture"]["media_id"] for title, one in before.items()} == {
        "Both": media["media_id"],
        "One": media["media_id"],
    }
    assert after["Both"]["picture"]["media_id"] == other["media_id"]
    assert after["One"]["picture"] is None
    assert [one["One"]["picture"] for one in everybody] == [None, None]


async def test_a_picture_is_on_no_card_from_the_moment_it_is_permitted_no_longer(
    newsroom: Newsroom,
) -> None:
    media = await also_recruiting(newsroom)
    await newsroom.live(title="Advert", kind="job", **naming(media))
    await newsroom.live(title="Story", **naming(media))
    before = await cards(newsroom)

    # No worker has looked yet: the picture itself is still there.
    database = newsroom.content.context.database
    async with database.transaction(newsroom.tenant.tenant_id) as session:
        await (await session.connection()).exec_driver_sql(
            "update media_permissions set holds_until = '2001-01-01'"
            f" where media_id = '{media['media_id']}' and holds_until is not null"
        )

    after = await cards(newsroom)
    picture = done(await newsroom.as_("ana").get(f"/v1/media/{media['media_id']}"))
    assert picture["state"] == "ready"
    assert None not in [one["picture"] for one in before.values()]
    assert after["Advert"]["picture"] is None
    assert after["Story"]["picture"]["media_id"] == media["media_id"]


async def test_the_pictures_of_a_page_are_one_question(newsroom: Newsroom) -> None:
    for number in range(3):
        media, _ = await showing_emil(newsroom)
        await newsroom.live(title=f"Story {number}", **naming(media))
    asked: list[str] = []
    engine = newsroom.content.context.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))

    async with newsroom.content.context.database.transaction(newsroom.tenant.tenant_id) as session:
        emil = await get_person(session, "emil")
        found = await stories_found(
            session,
            emil,
            Filters(state="live"),
            PageRequest(20, None),
            sort=None,
            at=SystemClock().now(),
        )

    assert len([one for one in found if one.picture]) == 3
    assert sum("media_permissions" in one for one in asked) == 1
    assert sum("story_versions" in one for one in asked) == 1


BLOCKS_MAX = 400
"""A few for each of the pictures of a page; the tables have thousands."""

PICTURES = 20_000
"""As many as a company may have, with five people on each."""

_FILL = """
    insert into media (tenant_id, media_id, state, content_type, bytes, alt_texts, origin,
                       people_shown, in_library, uploaded_by, object_name, created_at, cleared,
                       erased)
    select $1, md5(n::text)::uuid, 'ready', 'image/jpeg', 1, '{}', '{}', 5, true, $1, '', now(),
           false, false
    from generate_series(1, $2::integer) n
"""
_FILL_PERMISSIONS = """
    insert into media_permissions (tenant_id, permission_id, media_id, outside_name, purposes,
                                   networks, holds_from, holds_until, how_given, recorded_by,
                                   recorded_at)
    select $1, gen_random_uuid(), md5(n::text)::uuid, whose, '{social_media}', '{}', now(),
           null, 'By mail', $1, now()
    from generate_series(1, $2::integer) n cross join generate_series(1, 5) whose
"""


async def test_the_pictures_of_a_page_are_looked_up_by_index(
    postgres: PostgresServer, migrated: ServiceSettings
) -> None:
    async def fill(raw: Any, tenant_id: UUID) -> None:
        await raw.execute(_FILL, tenant_id, PICTURES)
        await raw.execute(_FILL_PERMISSIONS, tenant_id, PICTURES)
        await raw.execute("analyze media; analyze media_permissions")

    named = {UUID(md5(str(n).encode(), usedforsecurity=False).hexdigest()) for n in range(1, 21)}
    async with explaining(postgres, fill) as (session, plans):
        plans.clear()
        found = await permissions_of_ready(session, named)
        # A plan is told when its question is over, which is when the next one comes.
        await (await session.connection()).execute(text("select 1"))
        (plan,) = [one for one in plans if "media_permissions" in json.dumps(one)]

    assert [len(given) for given in found.values()] == [5] * 20
    assert [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"] == []
    assert indexes(plan) == {"media_pkey", "media_permissions_of_media"}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BLOCKS_MAX
