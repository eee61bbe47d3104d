"""What is counted is what is found: for each value of each facet, to each who asks."""

from collections.abc import Mapping
from itertools import product
from typing import Any, get_args

import pytest

from chassis.ids import new_id
from services.content.domain.stories import State
from services.content.domain.texts import Kind, Network
from tests.content.conftest import Newsroom, TimedNewsroom, done, refusal_of
from tests.world import problem_of

STATES = [*get_args(State), "expired"]


async def found(newsroom: Newsroom, who: str, **query: Any) -> list[str]:
    """Answer the titles that somebody finds."""
    page = done(await newsroom.as_(who).get("/v1/stories", limit=100, **query))
    return [line["title"] for line in page["items"]]


async def counted(newsroom: Newsroom, who: str, name: str, **query: Any) -> dict[str, int]:
    """Answer how many stories have which value, as somebody is told."""
    told = done(await newsroom.as_(who).get("/v1/stories/facets", **query))
    return {one["value"]: one["stories"] for one in told[name]}


async def test_facets_count_what_a_list_finds(newsroom: Newsroom) -> None:
    for number in range(25):
        await newsroom.written(title=f"Draft {number}", topics=[f"topic-{number:02}", "all"])
    await newsroom.live(
        title="Live", kind="news", language="da", topics=["all", "sun"], variants=[]
    )

    of_all = done(await newsroom.as_("ana").get("/v1/stories/facets"))
    of_news = done(await newsroom.as_("ana").get("/v1/stories/facets", kind="news", q="live"))
    of_none = done(await newsroom.as_("ana").get("/v1/stories/facets", q="nothing"))

    assert (of_all["counted"], of_all["more"]) == (26, False)
    assert of_all["topics"][0] == {"value": "all", "stories": 26}
    assert [one["value"] for one in of_all["topics"][1:]] == [
        "sun",
        *(f"topic-{number:02}" for number in range(18)),
    ]
    assert of_all["states"] == [{"value": "draft", "stories": 25}, {"value": "live", "stories": 1}]
    assert of_all["networks"] == [{"value": "linkedin", "stories": 25}]
    assert of_news == {
        "counted": 1,
        "more": False,
        "topics": [{"value": "all", "stories": 1}, {"value": "sun", "stories": 1}],
        "languages": [{"value": "da", "stories": 1}],
        "kinds": [{"value": "news", "stories": 1}],
        "networks": [],
        "campaigns": [],
        "states": [{"value": "live", "stories": 1}],
    }
    assert (of_none["counted"], of_none["kinds"]) == (0, [])


async def test_a_story_whose_end_is_over_counts_as_expired_and_not_as_live(
    timed_newsroom: TimedNewsroom,
) -> None:
    newsroom = timed_newsroom
    await newsroom.live(title="Lasting")
    await newsroom.live(title="Short", expires_at=newsroom.in_(minutes=10))

    newsroom.passes(minutes=10)
    await newsroom.worker_looks()

    everybody = ("ana", "ravi", "emil")
    told = [await counted(newsroom, who, "states") for who in everybody]
    assert told == [{"expired": 1, "live": 1}] * 3
    assert [await found(newsroom, who, state="expired") for who in everybody] == [["Short"]] * 3


async def test_a_live_story_under_revision_counts_in_both_states_that_find_it(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.live(title="Calm")
    await newsroom.do("ana", story, "revise")

    told = {who: await counted(newsroom, who, "states") for who in ("ana", "ravi", "emil")}

    assert told == {
        "ana": {"draft": 1, "live": 1},
        "ravi": {"draft": 1, "live": 1},
        "emil": {"live": 1},
    }


async def a_story_in_each_state(newsroom: TimedNewsroom) -> Mapping[str, list[str]]:
    """Write stories of all sorts; answers the values that each filter may be asked for."""
    campaigns = [
        done(
            await newsroom.as_("pia").post("/v1/campaigns", {"name": name, "purpose": "traffic"}),
            201,
        )["campaign_id"]
        for name in ("Spring", "Autumn")
    ]
    shapes: list[dict[str, Any]] = [
        {"topics": ["sun", "sea"], "language": "en-GB", "kind": "people", "variants": []},
        {"topics": ["sun"], "language": "da", "campaign_id": campaigns[0]},
        {"topics": [], "language": "en", "kind": "job", "campaign_id": campaigns[1]},
    ]
    ends = newsroom.in_(minutes=10)
    for number, shape in enumerate(shapes):
        by = ("ana", "emil", "ravi")[number]
        await newsroom.written(by, **shape)
        await newsroom.submitted(by, **shape)
        for decision in ("request_changes", "reject"):
            waits = await newsroom.submitted(by, **shape)
            await newsroom.do("rosa", waits, "review", refusal_of(waits, decision))
        last: dict[str, dict[str, Any]] = {}
        for state in ("approved", "live", "live", "ended", "ended", "put away"):
            end = ends if state == "ended" else None
            last[state] = await approved(newsroom, by, end, shape)
            if state != "approved":
                await newsroom.do(by, last[state], "publish")
        await newsroom.do(by, last["live"], "revise")
        await newsroom.do(by, last["ended"], "revise")
        await newsroom.do("pia", last["put away"], "withdraw")
        withdrawn = await newsroom.submitted(by, **shape)
        await newsroom.do("pia", withdrawn, "withdraw")
        await newsroom.do(by, last["put away"], "archive")
    newsroom.passes(minutes=10)
    await newsroom.worker_looks()
    return {
        "state": STATES,
        "kind": [*get_args(Kind)],
        "network": [*get_args(Network)],
        "topic": ["sun", "sea", "moon"],
        "language": ["en", "da", "de"],
        "campaign_id": [*campaigns, str(new_id())],
    }


async def approved(
    newsroom: TimedNewsroom, by: str, ends: str | None, shape: dict[str, Any]
) -> dict[str, Any]:
    """Answer a story that Rosa, who writes nothing herself, has approved."""
    story = await newsroom.submitted(by, expires_at=ends, **shape)
    told = {"decision": "approve", "content_hash": story["content_hash"]}
    return await newsroom.do("rosa", story, "review", told)


FACETS = {
    "state": "states",
    "kind": "kinds",
    "network": "networks",
    "topic": "topics",
    "language": "languages",
    "campaign_id": "campaigns",
}

BESIDES: list[dict[str, Any]] = [
    {},
    {"archived": "true"},
    {"state": "live"},
    {"language": "en", "q": "turbine"},
]
"""What is asked for besides a facet's value."""


async def test_each_value_counts_as_many_as_its_filter_finds(
    timed_newsroom: TimedNewsroom,
) -> None:
    values = await a_story_in_each_state(timed_newsroom)
    wrong: list[object] = []
    seen: set[tuple[str, str]] = set()

    for who, besides in product(("ana", "emil", "pia"), BESIDES):
        told = done(await timed_newsroom.as_(who).get("/v1/stories/facets", **besides))
        for name in FACETS.keys() - besides.keys():
            counts = {one["value"]: one["stories"] for one in told[FACETS[name]]}
            finds = {
                value: len(titles)
                for value in values[name]
                if (titles := await found(timed_newsroom, who, **besides, **{name: value}))
            }
            seen |= {(name, value) for value in finds}
            if counts != finds:
                wrong.append((who, besides, name, counts, finds))

    assert wrong == []
    assert {value for name, value in seen if name == "state"} == {*STATES}


async def test_an_audience_is_asked_for_by_interest_and_by_what_it_reads(
    newsroom: Newsroom,
) -> None:
    await newsroom.live(title="For all")
    await newsroom.live(title="Sailors", audience={"interests": ["sailing", "sea"]})
    await newsroom.live(title="Danish", audience={"languages": ["da"]})
    await newsroom.live(title="British", audience={"languages": ["en-GB"], "interests": ["tea"]})
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({"interest": "sea"}, {"For all", "Sailors", "Danish"}),
        ({"interest": ["tea", "sailing"]}, {"For all", "Sailors", "Danish", "British"}),
        ({"interest": "chess"}, {"For all", "Danish"}),
        ({"audience_language": "da"}, {"For all", "Sailors", "Danish"}),
        ({"audience_language": "da-DK"}, {"For all", "Sailors", "Danish"}),
        ({"audience_language": "en"}, {"For all", "Sailors"}),
        ({"audience_language": "en-gb"}, {"For all", "Sailors", "British"}),
        ({"audience_language": "de", "interest": "tea"}, {"For all"}),
    ]

    finds = [{*await found(newsroom, "emil", **query)} for query, _ in asked]

    assert finds == [titles for _, titles in asked]


async def test_stories_are_asked_for_by_who_made_them(newsroom: Newsroom) -> None:
    alone = await newsroom.live(title="Alone")
    other = await newsroom.live("emil", title="Other")
    ana, emil = (one["author"]["person_id"] for one in (alone, other))
    await newsroom.live(title="Together", contributor_ids=[emil])
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({"author_id": ana}, {"Alone", "Together"}),
        ({"author_id": emil}, {"Other"}),
        ({"author_id": str(new_id())}, set()),
        ({"author_id": ana, "author": "me"}, set()),
        ({"contributor_id": emil}, {"Together"}),
        ({"contributor_id": ana}, set()),
        ({"contributor_id": emil, "author_id": emil}, set()),
    ]

    finds = [{*await found(newsroom, "ravi", **query)} for query, _ in asked]

    assert finds == [titles for _, titles in asked]


@pytest.mark.parametrize(
    "query",
    [
        {"interest": "Sun"},
        {"interest": ["sun"] * 21},
        {"audience_language": "Danish"},
        {"author_id": "ana"},
        {"contributor_id": "ana"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/v1/stories", "/v1/stories/facets"])
async def test_these_filters_have_a_shape(
    quiet_newsroom: Newsroom, path: str, query: dict[str, Any]
) -> None:
    answer = await quiet_newsroom.as_("ana").get(path, **query)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
