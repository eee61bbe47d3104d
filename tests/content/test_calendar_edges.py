"""The edges of a span of the calendar, and of a change: none, where all is as it was (C2).

Feeds tell a revision as SEQUENCE, by which other programs know that something is planned otherwise.
"""

from services.content.store.calendar import ENTRIES_MAX
from tests.content.conftest import Newsroom, done
from tests.content.test_calendar import CROWD, ITEMS, a_campaign, look, planned
from tests.tenants.conftest import Look
from tests.tenants.conftest import look_into as look_into


async def test_what_is_found_at_the_edge_of_a_span_is_told(newsroom: Newsroom) -> None:
    spring = (await a_campaign(newsroom))["campaign_id"]
    await planned(newsroom, campaign_id=spring, planned_at=None, planned_on="2031-05-10")
    one = await planned(newsroom, planned_at="2031-05-20T21:30:00Z", campaign_id=spring)
    two = await planned(newsroom, planned_at="2031-05-20T22:30:00Z", title="The day after")

    read = await look(newsroom, **{"from": "2031-05-18", "until": "2031-05-21"})

    assert [entry["item_id"] for entry in read["entries"]] == [one["item_id"]]
    assert [
        (told["rule"], told["begins_on"], told["ends_on"], told["item_ids"])
        for told in read["findings"]
    ] == [
        ("gap", "2031-05-11", "2031-05-19", []),
        ("collision", "2031-05-20", "2031-05-21", [one["item_id"], two["item_id"]]),
    ]


async def test_what_stands_around_a_span_does_not_make_it_too_full(
    newsroom: Newsroom, look_into: Look
) -> None:
    await planned(newsroom, planned_on="2031-05-11")
    async with look_into("content") as connection:
        await connection.execute(CROWD, newsroom.tenant.tenant_id, ENTRIES_MAX)
    await planned(newsroom, title="Open day", planned_on="2031-05-12")

    read = await look(newsroom, **{"from": "2031-05-12", "until": "2031-05-13"})

    assert [entry["title"] for entry in read["entries"]] == ["Open day"]
    assert read["findings"] == []


async def test_what_changes_nothing_of_a_plan_leaves_it_as_it_is(newsroom: Newsroom) -> None:
    story, audience = await newsroom.submitted(), {"regions": ["Jutland"], "languages": ["da"]}
    item = await planned(newsroom, audience=audience, story_id=story["story_id"])
    path = f"{ITEMS}/{item['item_id']}"
    given = ("title", "planned_at", "networks", "audience", "story_id")
    same = {name: item[name] for name in given}

    answers = [
        await newsroom.as_("pia").patch(path, changes)
        for changes in ({}, {"planned_at": item["planned_at"]}, same)
    ]
    moved = await newsroom.as_("pia").patch(path, {"planned_on": "2031-05-05"})

    assert [done(one) for one in answers] == [item] * 3
    # The tag is made of the revision.
    tags = {one.headers["ETag"] for one in answers}
    assert len(tags) == 1
    assert done(moved)["planned_on"] == "2031-05-05"
    assert moved.headers["ETag"] not in tags
