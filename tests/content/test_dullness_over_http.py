"""The check for dullness as callers have it: any text, every story, and the rules (C5)."""

from typing import Any

import pytest

from services.content.domain.dullness.rules import RULE_IDS
from services.content.schemas.dullness import CHECKED_CHARS_MAX
from tests.content.conftest import Newsroom, done
from tests.world import problem_of

DULL = "We are proud to announce our market-leading platform."


async def checked(newsroom: Newsroom, text: str, language: str = "en") -> dict[str, Any]:
    body = {"text": text, "language": language}
    return done(await newsroom.as_("emil").post("/v1/dullness/check", body))


async def test_a_dull_text_is_told_by_which_rules_and_where(newsroom: Newsroom) -> None:
    text = f"  😀 {DULL}"

    answer = await checked(newsroom, text)

    assert (answer["checked"], answer["verdict"]) == (True, "dull")
    assert answer["score"] == sum(part["points"] for part in answer["parts"])
    assert {part["rule"] for part in answer["parts"]} >= {"press_release", "self_praise"}
    assert all(part["example"]["better"] and part["why"] for part in answer["parts"])
    places = {one["rule"]: one["place"] for one in answer["findings"]}
    start = text.index("proud to announce")
    assert places["press_release"] == {
        "start": start,
        "end": start + len("proud to announce"),
        "utf16_start": start + 1,
        "utf16_end": start + 1 + len("proud to announce"),
    }
    assert places["no_person"] is None


async def test_reasons_are_in_the_readers_language_and_examples_in_the_texts(
    newsroom: Newsroom,
) -> None:
    await newsroom.content.hire(newsroom.tenant, "dorte", "employee", language="da-DK")
    body = {"text": DULL, "language": "en-GB"}

    to_dorte = done(await newsroom.as_("dorte").post("/v1/dullness/check", body))
    to_emil = done(await newsroom.as_("emil").post("/v1/dullness/check", body))

    assert to_dorte["parts"][0]["name"] == "Pressemeddelelse"
    assert to_emil["parts"][0]["name"] == "Press release"
    assert to_dorte["parts"][0]["example"] == to_emil["parts"][0]["example"]
    assert to_dorte["score"] == to_emil["score"]


@pytest.mark.parametrize("language", ["de", "nb", "dan"])
async def test_another_language_is_answered_as_not_checked(
    quiet_newsroom: Newsroom, language: str
) -> None:
    answer = await checked(quiet_newsroom, "Wir freuen uns sehr.", language)

    assert answer == {
        "language": language,
        "checked": False,
        "score": None,
        "verdict": None,
        "parts": [],
        "findings": [],
    }


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"text": "", "language": "da"}, "validation-failed"),
        ({"text": " \n", "language": "da"}, "nothing-to-check"),
        ({"text": "a" * (CHECKED_CHARS_MAX + 1), "language": "da"}, "validation-failed"),
        ({"text": "a\u0000b", "language": "da"}, "validation-failed"),
        ({"text": "Hej", "language": "dansk, tak"}, "validation-failed"),
        ({"text": "Hej"}, "validation-failed"),
    ],
)
async def test_what_cannot_be_checked_is_refused(
    quiet_newsroom: Newsroom, body: dict[str, Any], problem: str
) -> None:
    answer = await quiet_newsroom.as_("emil").post("/v1/dullness/check", body)

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_a_storys_body_and_every_variant_are_checked(newsroom: Newsroom) -> None:
    variants = [
        {"network": "linkedin", "language": "en", "text": DULL},
        {"network": "x", "language": "da", "text": "Jeg glemte nøglen. Gør du?"},
        {"network": "x", "language": "de", "text": "Ich habe den Schlüssel vergessen."},
    ]
    story = await newsroom.live(variants=variants)

    answer = done(await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/dullness"))

    assert (answer["version"], answer["content_hash"]) == (1, story["content_hash"])
    assert answer["body"]["verdict"] == "lively"
    assert [
        (one["network"], one["dullness"]["language"], one["dullness"]["verdict"])
        for one in answer["variants"]
    ] == [("linkedin", "en", "dull"), ("x", "da", "lively"), ("x", "de", None)]


async def test_of_a_story_the_version_is_checked_that_one_may_see(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"body": DULL}))

    to_ana = done(await newsroom.as_("ana").get(f"{path}/dullness"))
    to_emil = done(await newsroom.as_("emil").get(f"{path}/dullness"))

    assert (to_ana["version"], to_ana["body"]["verdict"]) == (2, "dull")
    assert (to_emil["version"], to_emil["body"]["verdict"]) == (1, "lively")


async def test_a_draft_is_nobodys_to_check_but_its_authors(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    answer = await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/dullness")

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")


async def test_a_dull_story_goes_live_all_the_same(newsroom: Newsroom) -> None:
    live = await newsroom.live(body=DULL)

    answer = done(await newsroom.as_("ana").get(f"/v1/stories/{live['story_id']}/dullness"))

    assert (live["state"], answer["body"]["verdict"]) == ("live", "dull")


@pytest.mark.parametrize(
    ("language", "name"), [("da", "Pressemeddelelse"), ("en", "Press release")]
)
async def test_the_rules_are_listed_with_their_examples(
    quiet_newsroom: Newsroom, language: str, name: str
) -> None:
    answer = done(await quiet_newsroom.as_("emil").get("/v1/dullness/rules", language=language))

    assert [one["rule"] for one in answer["items"]] == list(RULE_IDS)
    assert answer["items"][0]["name"] == name
    assert all(one["example"]["dull"] and one["example"]["better"] for one in answer["items"])


async def test_rules_of_another_language_are_not_made_up(quiet_newsroom: Newsroom) -> None:
    answer = await quiet_newsroom.as_("emil").get("/v1/dullness/rules", language="de")

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
