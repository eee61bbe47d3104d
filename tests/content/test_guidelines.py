"""Guidelines: versions of do's, don'ts and rules that people acknowledge (C4)."""

from collections.abc import Sequence
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.content import GuidelineAcknowledged, GuidelinePublished, GuidelineRetired
from services.content.domain import guidelines
from tests.content.conftest import Newsroom, done
from tests.world import problem_of

TONE: dict[str, Any] = {
    "kind": "words",
    "id": "no-superlatives",
    "severity": "warn",
    "terms": ["bedst"],
    "prefix": True,
    "alternatives": ["god til"],
}
SECRET: dict[str, Any] = {
    "kind": "confidential",
    "id": "not-yet-told",
    "severity": "refuse",
    "terms": ["Projekt Falk"],
    "reason": "Det fortæller vi om til foråret.",
}
ADVICE = {"language": "da", "dos": "Sig *hvad du så*.", "donts": "Pral ikke."}


def a_guideline(**fields: Any) -> dict[str, Any]:
    return {"name": "Sådan taler vi om os", "advice": [ADVICE], "rules": [TONE], **fields}


def path_of(guideline: dict[str, Any], verb: str = "") -> str:
    return f"/v1/guidelines/{guideline['guideline_id']}{verb}"


async def written(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post("/v1/guidelines", a_guideline(**fields)), 201)


async def edited(newsroom: Newsroom, guideline: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return done(await newsroom.as_("pia").patch(path_of(guideline), changes))


async def published(newsroom: Newsroom, **fields: Any) -> dict[str, Any]:
    return await publish(newsroom, await written(newsroom, **fields))


async def publish(newsroom: Newsroom, guideline: dict[str, Any]) -> dict[str, Any]:
    return done(await newsroom.as_("pia").post(path_of(guideline, "/publish")))


async def acknowledged(newsroom: Newsroom, who: str, guideline: dict[str, Any]) -> dict[str, Any]:
    body = {"version": guideline["published"]["version"]}
    return done(await newsroom.as_(who).post(path_of(guideline, "/acknowledge"), body))


async def asked_of(newsroom: Newsroom, who: str) -> list[str]:
    found = done(await newsroom.as_(who).get("/v1/guidelines", acknowledged="false"))
    return [one["name"] for one in found["items"]]


async def test_a_guideline_is_seen_once_it_is_published_with_html_beside_its_markdown(
    newsroom: Newsroom,
) -> None:
    guideline = await written(newsroom)
    before = await newsroom.as_("emil").get(path_of(guideline))

    await publish(newsroom, guideline)

    assert (before.status_code, problem_of(before)) == (404, "guideline-not-found")
    read = done(await newsroom.as_("emil").get(path_of(guideline)))
    assert read["published"]["advice"] == [
        {
            **ADVICE,
            "dos_html": "<p>Sig <em>hvad du så</em>.</p>\n",
            "donts_html": "<p>Pral ikke.</p>\n",
        }
    ]
    assert (read["state"], read["published"]["rules"][0]["terms"]) == ("published", ["bedst"])


async def test_what_is_worked_on_changes_nothing_of_what_holds(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    changed = await edited(newsroom, guideline, name="Ny tone", rules=[])

    assert (changed["working"]["version"], changed["published"]["version"]) == (2, 1)
    seen = done(await newsroom.as_("emil").get(path_of(guideline)))
    assert seen["working"] == seen["published"] == guideline["published"]


async def test_an_edit_that_changes_nothing_begins_no_version(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    same = await edited(newsroom, guideline, name=guideline["published"]["name"])

    assert same["working"]["version"] == 1


async def test_publishing_twice_is_the_same_as_once(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    again = await publish(newsroom, guideline)

    assert again == guideline
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [GuidelinePublished]


async def test_the_announcement_carries_the_rules_with_what_is_confidential(
    newsroom: Newsroom,
) -> None:
    await published(newsroom, rules=[TONE, SECRET])

    (told,) = await newsroom.content.announced(newsroom.tenant)

    assert isinstance(told, GuidelinePublished)
    assert not told.public
    assert [rule.id for rule in told.rules] == ["no-superlatives", "not-yet-told"]


@pytest.mark.parametrize(
    ("who", "terms"),
    [("emil", None), ("ana", None), ("ravi", ["Projekt Falk"]), ("ada", ["Projekt Falk"])],
)
async def test_confidential_terms_are_shown_to_who_writes_and_reviews_alone(
    newsroom: Newsroom, who: str, terms: list[str] | None
) -> None:
    guideline = await published(newsroom, rules=[SECRET])
    await edited(newsroom, guideline, rules=[{**SECRET, "terms": ["Projekt Falk", "Ørn"]}])
    await publish(newsroom, guideline)

    answers = [await newsroom.as_(who).get(path_of(guideline, part)) for part in ("", "/versions")]

    read, history = (done(one) for one in answers)
    assert history["items"][0]["changed"][0]["before"]["terms"] == terms
    assert (read["published"]["rules"][0]["terms"] is None) == (terms is None)
    assert any("Falk" in one.text for one in answers) == (terms is not None)
    assert read["published"]["rules"][0]["reason"] == SECRET["reason"]


async def test_versions_say_how_they_differ(newsroom: Newsroom) -> None:
    guideline = await published(newsroom, rules=[TONE, SECRET])
    tone = {**TONE, "severity": "hint"}
    critics = {"kind": "critics", "id": "critics", "severity": "hint", "answer": "Presse."}
    english = {"language": "en", "dos": "Say what you saw.", "donts": ""}
    await edited(newsroom, guideline, rules=[tone, critics], advice=[ADVICE, english])

    seen_by_editors, seen_by_all = [
        done(await newsroom.as_(who).get(path_of(guideline, "/versions")))["items"]
        for who in ("pia", "emil")
    ]

    second, first = seen_by_editors
    assert [one["version"] for one in seen_by_all] == [1]
    assert ids_of(first["added"]) == ["no-superlatives", "not-yet-told"]
    assert (ids_of(second["added"]), ids_of(second["removed"])) == (["critics"], ["not-yet-told"])
    assert [one["after"]["severity"] for one in second["changed"]] == ["hint"]
    assert (second["advice_languages"], second["published_at"]) == (["en"], None)


async def test_a_page_of_versions_is_compared_beyond_its_end(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)
    await edited(newsroom, guideline, name="To")
    await publish(newsroom, guideline)
    path = path_of(guideline, "/versions")

    newest = done(await newsroom.as_("emil").get(path, limit=1))
    oldest = done(await newsroom.as_("emil").get(path, limit=1, cursor=newest["next_cursor"]))

    assert [one["version"] for one in newest["items"]] == [2]
    assert newest["items"][0]["added"] == []
    assert [one["version"] for one in oldest["items"]] == [1]
    assert oldest["next_cursor"] is None


def ids_of(rules: Sequence[dict[str, Any]]) -> list[str]:
    return [rule["id"] for rule in rules]


async def test_what_is_asked_is_asked_until_it_is_acknowledged_and_anew_for_each_version(
    newsroom: Newsroom,
) -> None:
    guideline = await published(newsroom)
    asked = [await asked_of(newsroom, "emil")]

    await acknowledged(newsroom, "emil", guideline)
    asked.append(await asked_of(newsroom, "emil"))
    await edited(newsroom, guideline, name="Ny tone")
    asked.append(await asked_of(newsroom, "emil"))
    await publish(newsroom, guideline)
    asked.append(await asked_of(newsroom, "emil"))

    assert asked == [["Sådan taler vi om os"], [], [], ["Ny tone"]]


async def test_acknowledging_twice_is_the_same_as_once(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    once = await acknowledged(newsroom, "emil", guideline)
    twice = await acknowledged(newsroom, "emil", guideline)

    assert once == twice
    assert once["acknowledged_at"] is not None
    heard = await newsroom.content.announced(newsroom.tenant)
    told = [event for event in heard if isinstance(event, GuidelineAcknowledged)]
    assert [(one.version, one.public) for one in told] == [(1, False)]


async def test_what_was_read_must_be_what_holds(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)
    await edited(newsroom, guideline, name="Ny tone")
    await publish(newsroom, guideline)

    answer = await newsroom.as_("emil").post(path_of(guideline, "/acknowledge"), {"version": 1})

    assert (answer.status_code, problem_of(answer)) == (409, "version-not-current")
    assert answer.json()["version"] == 2


@pytest.mark.parametrize(
    ("audience", "asked"),
    [
        ({}, True),
        ({"countries": ["DK"]}, True),
        ({"countries": ["SE"]}, False),
        ({"languages": ["da-DK"]}, True),
        ({"languages": ["sv", "da"], "countries": ["DK"]}, True),
        ({"languages": ["sv"]}, False),
        ({"regions": ["Fyn"]}, True),
        ({"regions": ["Jylland"]}, False),
        ({"team_ids": [str(new_id())]}, False),
    ],
)
async def test_a_guideline_asks_those_whom_it_is_for(
    newsroom: Newsroom, audience: dict[str, Any], asked: bool
) -> None:
    await newsroom.content.hire(
        newsroom.tenant, "dorte", "employee", language="da-DK", region="Fyn"
    )

    await published(newsroom, audience=audience)

    assert bool(await asked_of(newsroom, "dorte")) == asked


async def test_what_is_acknowledged_can_be_found_too(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)
    await published(newsroom, name="En anden")
    await acknowledged(newsroom, "emil", guideline)

    found = done(await newsroom.as_("emil").get("/v1/guidelines", acknowledged="true"))["items"]

    assert [one["name"] for one in found] == ["Sådan taler vi om os"]


@pytest.mark.parametrize(
    ("asked", "acknowledged", "told"),
    [
        (20, 0, False),
        (20, 4, False),
        (20, 5, True),
        (20, 15, True),
        (20, 16, False),
        (20, 19, False),
        (20, 20, True),
        (4, 4, False),
    ],
)
def test_no_count_shows_who_has_not_acknowledged(asked: int, acknowledged: int, told: bool) -> None:
    tally = guidelines.tally(1, asked=asked, acknowledged=acknowledged)

    assert (tally.asked, tally.acknowledged) == ((asked, acknowledged) if told else (None, None))


async def test_acknowledgements_are_counted_and_nobody_is_named(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)
    for who in ("ana", "ravi", "rosa", "pia", "emil"):
        await acknowledged(newsroom, who, guideline)
    path = path_of(guideline, "/acknowledgements")

    five_of_six = done(await newsroom.as_("pia").get(path))
    await acknowledged(newsroom, "ada", guideline)
    all_six = done(await newsroom.as_("pia").get(path))

    assert five_of_six == {"version": 1, "asked": None, "acknowledged": None}
    assert all_six == {"version": 1, "asked": 6, "acknowledged": 6}


async def test_a_retired_guideline_holds_no_more_for_good(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    retired = done(await newsroom.as_("pia").post(path_of(guideline, "/retire")))
    twice = done(await newsroom.as_("pia").post(path_of(guideline, "/retire")))

    assert retired == twice
    assert (retired["state"], await asked_of(newsroom, "emil")) == ("retired", [])
    answers = [
        await newsroom.as_("pia").patch(path_of(guideline), {"name": "Igen"}),
        await newsroom.as_("pia").post(path_of(guideline, "/publish")),
        await newsroom.as_("emil").post(path_of(guideline, "/acknowledge"), {"version": 1}),
    ]
    assert {(one.status_code, problem_of(one)) for one in answers} == {(409, "guideline-over")}
    heard = await newsroom.content.announced(newsroom.tenant)
    assert [type(event) for event in heard] == [GuidelinePublished, GuidelineRetired]


async def test_what_was_never_published_can_neither_be_retired_nor_counted(
    newsroom: Newsroom,
) -> None:
    guideline = await written(newsroom)

    answers = [
        await newsroom.as_("pia").post(path_of(guideline, "/retire")),
        await newsroom.as_("pia").post(path_of(guideline, "/acknowledge"), {"version": 1}),
        await newsroom.as_("pia").get(path_of(guideline, "/acknowledgements")),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {
        (409, "guideline-not-published")
    }


async def test_lists_show_what_one_may_see(newsroom: Newsroom) -> None:
    await written(newsroom, name="Under arbejde")
    await published(newsroom, name="Gælder")

    found = {
        who: [one["name"] for one in done(await newsroom.as_(who).get("/v1/guidelines"))["items"]]
        for who in ("pia", "emil")
    }
    working = done(await newsroom.as_("pia").get("/v1/guidelines", state="working"))["items"]

    assert found == {"pia": ["Gælder", "Under arbejde"], "emil": ["Gælder"]}
    assert [one["name"] for one in working] == ["Under arbejde"]


async def test_only_program_managers_and_admins_write_guidelines(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)

    answers = [
        await newsroom.as_("ravi").post("/v1/guidelines", a_guideline()),
        await newsroom.as_("ravi").patch(path_of(guideline), {"name": "Min"}),
        await newsroom.as_("ravi").post(path_of(guideline, "/publish")),
        await newsroom.as_("ravi").post(path_of(guideline, "/retire")),
        await newsroom.as_("ravi").get(path_of(guideline, "/acknowledgements")),
    ]

    assert {(one.status_code, problem_of(one)) for one in answers} == {(403, "role-missing")}


async def test_an_empty_guideline_is_not_published(newsroom: Newsroom) -> None:
    guideline = await written(newsroom, advice=[], rules=[])

    answer = await newsroom.as_("pia").post(path_of(guideline, "/publish"))

    assert (answer.status_code, problem_of(answer)) == (409, "guideline-empty")


async def test_a_rule_that_contradicts_another_guideline_is_not_published(
    newsroom: Newsroom,
) -> None:
    def hashtag(use: str) -> dict[str, Any]:
        return {
            "kind": "hashtags", "id": use, "severity": "warn", "use": use, "tags": ["vind"],
        }  # fmt: skip

    holds = await published(newsroom, rules=[hashtag("required")])
    guideline = await written(newsroom, rules=[hashtag("forbidden")])

    answer = await newsroom.as_("pia").post(path_of(guideline, "/publish"))

    assert (answer.status_code, problem_of(answer)) == (409, "other-guideline-contradicts")
    assert answer.json()["guideline_id"] == holds["guideline_id"]


async def test_a_company_has_as_many_guidelines_as_people_keep_in_mind(
    newsroom: Newsroom,
) -> None:
    for number in range(guidelines.GUIDELINES_MAX):
        last = await published(newsroom, name=f"Nummer {number}", rules=[])
    another = await written(newsroom)

    answer = await newsroom.as_("pia").post(path_of(another, "/publish"))
    again = await publish(newsroom, await edited(newsroom, last, name="Ny"))

    assert (answer.status_code, problem_of(answer)) == (409, "guidelines-too-many")
    assert again["published"]["version"] == 2
