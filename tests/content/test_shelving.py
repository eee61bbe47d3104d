"""Stories are pinned, put away, and begun anew from others."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import SystemClock
from services.content.domain.shelving import PINNED_MAX
from tests.content.approving import a_stage, as_owner, hired, made, queue
from tests.content.conftest import Newsroom, approval_of, done, refusal_of
from tests.content.darkroom import developed
from tests.content.test_people_shown import showing_emil, take_back
from tests.world import problem_of


async def titles(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    page = done(await newsroom.as_(who).get("/v1/stories", **query))
    return [line["title"] for line in page["items"]]


async def test_what_is_pinned_stands_first_among_what_is_live(newsroom: Newsroom) -> None:
    first = await newsroom.live(title="First")
    await newsroom.live(title="Second")
    until = (SystemClock().now() + timedelta(days=1)).isoformat()
    await newsroom.do("pia", first, "pin", {"until": until})

    pinned = await titles(newsroom, "emil", state="live")
    page = done(await newsroom.as_("emil").get("/v1/stories", state="live", limit=1))
    rest = await titles(newsroom, "emil", state="live", limit=1, cursor=page["next_cursor"])
    only = await titles(newsroom, "emil", pinned="true")
    await newsroom.do("ada", first, "unpin")

    assert (pinned, only, rest) == (["First", "Second"], ["First"], ["Second"])
    assert page["items"][0]["pinned"] is True
    assert await titles(newsroom, "emil", state="live") == ["Second", "First"]


async def test_only_so_many_are_pinned(newsroom: Newsroom) -> None:
    stories = [await newsroom.live() for _ in range(PINNED_MAX + 1)]
    for story in stories[:PINNED_MAX]:
        await newsroom.do("pia", story, "pin", {})

    again = await newsroom.try_to("pia", stories[0], "pin", {})
    one_more = await newsroom.try_to("pia", stories[-1], "pin", {})
    await newsroom.do("pia", stories[0], "withdraw")
    in_its_place = await newsroom.try_to("pia", stories[-1], "pin", {})

    assert (again.status_code, in_its_place.status_code) == (200, 200)
    assert (one_more.status_code, problem_of(one_more)) == (409, "pins-used-up")


async def test_a_pin_is_of_a_live_story_and_ends_later(newsroom: Newsroom) -> None:
    waiting, live = await newsroom.submitted(), await newsroom.live()

    not_live = await newsroom.try_to("pia", waiting, "pin", {})
    over = await newsroom.try_to("pia", live, "pin", {"until": "2020-01-01T00:00:00Z"})

    assert (not_live.status_code, problem_of(not_live)) == (409, "story-not-live")
    assert (over.status_code, problem_of(over)) == (422, "pin-end-is-over")


async def test_what_was_put_away_is_in_no_list_unless_asked_for(newsroom: Newsroom) -> None:
    story = await newsroom.written(title="Old")
    archived = await newsroom.do("ana", story, "archive")

    seen = [await titles(newsroom, "ana", archived=asked) for asked in ("false", "true")]
    edited = await newsroom.as_("ana").patch(f"/v1/stories/{story['story_id']}", {"title": "New"})
    taken_out = await newsroom.do("ana", story, "unarchive")

    assert archived["archived_at"] is not None
    assert seen == [[], ["Old"]]
    assert (edited.status_code, problem_of(edited)) == (409, "story-archived")
    assert taken_out == story
    assert await titles(newsroom, "ana") == ["Old"]
    trail = done(await newsroom.as_("ana").get(f"/v1/stories/{story['story_id']}/trail"))
    assert [one["act"] for one in trail["items"]] == ["created", "archived", "unarchived"]


@pytest.mark.parametrize("state", ["submitted", "approved", "live"])
async def test_what_is_in_use_is_not_put_away(newsroom: Newsroom, state: str) -> None:
    story = await getattr(newsroom, state)()

    answer = await newsroom.try_to("pia", story, "archive")

    assert (answer.status_code, problem_of(answer)) == (409, "story-in-use")


async def test_others_put_nothing_away(newsroom: Newsroom) -> None:
    story = await newsroom.submitted()
    await newsroom.do("ravi", story, "review", refusal_of(story, "reject"))

    by_reviewer = await newsroom.try_to("ravi", story, "archive")
    by_manager = await newsroom.try_to("pia", story, "archive")

    assert (by_reviewer.status_code, problem_of(by_reviewer)) == (403, "not-allowed-on-story")
    assert by_manager.status_code == 200


async def test_a_story_is_begun_anew_from_another(newsroom: Newsroom) -> None:
    campaign = done(
        await newsroom.as_("pia").post("/v1/campaigns", {"name": "Spring", "purpose": "traffic"}),
        201,
    )["campaign_id"]
    origin = await newsroom.live(title="A calm day", campaign_id=campaign, topics=["sea"])
    await newsroom.as_("pia").post(f"/v1/campaigns/{campaign}/close")

    path = f"/v1/stories/{origin['story_id']}/duplicate"
    begun = done(await newsroom.as_("emil").post(path), 201)

    assert (begun["state"], begun["author"]["display_name"]) == ("draft", "Emil")
    assert begun["origin_id"] == origin["story_id"]
    said = {"title": "A calm day", "topics": ["sea"], "campaign_id": None}
    assert {name: begun["working"][name] for name in said} == said
    assert done(await newsroom.as_("emil").get(f"/v1/stories/{begun['story_id']}")) == begun


async def test_what_is_begun_anew_leaves_out_pictures_and_people_that_are_gone(
    newsroom: Newsroom,
) -> None:
    carl, cleo = [await hired(newsroom, name, "employee") for name in ("carl", "cleo")]
    kept, (shown, permission) = await developed(newsroom), await showing_emil(newsroom)
    pictures = [{"media_id": one["media_id"]} for one in (shown, kept)]
    origin = await newsroom.live(media=pictures, contributor_ids=[carl, cleo])
    done(await take_back(newsroom, permission))
    async with as_owner(newsroom) as owner:
        await owner.execute("delete from known_people where person_id = $1", carl)

    path = f"/v1/stories/{origin['story_id']}/duplicate"
    begun = done(await newsroom.as_("emil").post(path), 201)

    assert begun["working"]["media"] == origin["working"]["media"][1:]
    assert [one["person_id"] for one in begun["working"]["contributors"]] == [cleo]


async def test_what_is_begun_anew_leaves_out_pictures_that_are_not_for_its_author(
    newsroom: Newsroom,
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await made(newsroom, a_stage(deciders={"person_ids": [lea]}))
    media = await developed(newsroom)
    origin = await newsroom.submitted(media=[{"media_id": media["media_id"]}])

    begun = done(await newsroom.as_("lea").post(f"/v1/stories/{origin['story_id']}/duplicate"), 201)

    assert begun["working"]["media"] == []


async def test_a_draft_of_another_is_not_duplicated(newsroom: Newsroom) -> None:
    draft = await newsroom.written()

    answer = await newsroom.try_to("emil", draft, "duplicate")

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")


async def test_who_contributed_to_a_story_does_not_decide_on_its_duplicate(
    newsroom: Newsroom,
) -> None:
    carl = await hired(newsroom, "carl", "employee", "reviewer")
    story = await newsroom.written(contributor_ids=[carl])
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"contributor_ids": []}))

    anew = done(await newsroom.try_to("ana", story, "duplicate"), 201)
    again = done(await newsroom.try_to("ana", anew, "duplicate"), 201)

    for begun in (anew, again):
        waits = await newsroom.do("ana", begun, "submit")
        assert await queue(newsroom, "carl") == []
        decided = await newsroom.try_to("carl", waits, "review", approval_of(waits))
        assert (decided.status_code, problem_of(decided)) == (403, "own-story")
        assert (await newsroom.approve(waits))["state"] == "approved"


async def test_who_wrote_a_story_does_not_decide_on_what_a_reader_begins_from_it(
    newsroom: Newsroom,
) -> None:
    await hired(newsroom, "carl", "employee", "reviewer")
    story = await newsroom.live("carl")
    begun = done(await newsroom.try_to("ana", story, "duplicate"), 201)
    edited = await newsroom.as_("ana").patch(f"/v1/stories/{begun['story_id']}", {"title": "Mine"})

    waits = await newsroom.do("ana", done(edited), "submit")
    decided = await newsroom.try_to("carl", waits, "review", approval_of(waits))

    assert (decided.status_code, problem_of(decided)) == (403, "own-story")
    assert (await newsroom.approve(waits))["state"] == "approved"
