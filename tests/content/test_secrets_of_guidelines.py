"""No guideline that holds tells everybody what another one calls confidential (C4)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from services.content.domain import guidelines
from services.content.domain.guidelines import (
    ADVICE_HELD_CHARS_MAX,
    Advice,
    AdviceTooMuch,
    Contents,
    Guideline,
)
from services.content.domain.rules import compose_rules
from services.content.domain.secrecy import SecretToldElsewhere
from services.content.domain.texts import Audience
from services.content.schemas.guidelines import ADVICE_MAX
from tests.content.conftest import Newsroom, done
from tests.content.test_guidelines import (
    ADVICE,
    SECRET,
    TONE,
    edited,
    path_of,
    publish,
    published,
    written,
)
from tests.counting import counted
from tests.world import problem_of

NOW = datetime(2031, 5, 4, 8, tzinfo=UTC)
SIGN_CALLS_MAX = 40
"""Calls for each sign of advice: it is looked through as it is written, and as it is shown."""

TELLING: Sequence[tuple[dict[str, Any], str]] = [
    ({"name": "Om projekt falk"}, "/name"),
    ({"advice": [{**ADVICE, "dos": "Nævn ikke Pro**jekt** Falk."}]}, "/advice/0/dos"),
    ({"advice": [{**ADVICE, "donts": "Nævn ikke Projekt-Falk."}]}, "/advice/0/donts"),
    ({"rules": [{**TONE, "reason": "Det hedder Projekt Falk."}]}, "/rules/0/reason"),
    ({"rules": [{**TONE, "id": "projekt-falk"}]}, "/rules/0/id"),
    ({"rules": [{**TONE, "alternatives": ["projekt falk"]}]}, "/rules/0/alternatives"),
]
PLACES = [place for _, place in TELLING]


@pytest.mark.parametrize(("fields", "place"), TELLING, ids=PLACES)
async def test_a_guideline_that_tells_the_secret_of_another_is_not_published(
    newsroom: Newsroom, fields: dict[str, Any], place: str
) -> None:
    holds = await published(newsroom, rules=[SECRET])
    guideline = await written(newsroom, **fields)

    answer = await newsroom.as_("pia").post(path_of(guideline, "/publish"))

    assert (answer.status_code, problem_of(answer)) == (409, "secret-of-another-told")
    told = answer.json()
    assert (told["guideline_id"], told["other_rule_id"]) == (holds["guideline_id"], SECRET["id"])
    assert told["place"] == place
    assert "falk" not in answer.text.casefold()
    assert (await newsroom.as_("emil").get(path_of(guideline))).status_code == 404


@pytest.mark.parametrize(("fields", "place"), TELLING, ids=PLACES)
async def test_what_another_guideline_tells_is_made_confidential_once_that_one_is_mended(
    newsroom: Newsroom, fields: dict[str, Any], place: str
) -> None:
    tells = await published(newsroom, **fields)
    guideline = await written(newsroom, rules=[SECRET])

    answer = await newsroom.as_("pia").post(path_of(guideline, "/publish"))
    await edited(newsroom, tells, name="Om os", advice=[ADVICE], rules=[TONE])
    early = await newsroom.as_("pia").post(path_of(guideline, "/publish"))
    await publish(newsroom, tells)
    mended = done(await newsroom.as_("pia").post(path_of(guideline, "/publish")))

    assert (answer.status_code, problem_of(answer)) == (409, "secret-told-elsewhere")
    told = answer.json()
    assert (told["guideline_id"], told["place"]) == (tells["guideline_id"], place)
    assert told["rule_id"] == SECRET["id"]
    assert "falk" not in answer.text.casefold()
    # What is only worked on tells nobody anything, and mends nothing.
    assert problem_of(early) == "secret-told-elsewhere"
    assert mended["state"] == "published"


async def test_a_retired_guideline_keeps_no_secret_and_stands_in_nobodys_way(
    newsroom: Newsroom,
) -> None:
    secret = await published(newsroom, rules=[SECRET])
    tells = await written(newsroom, name="Om Projekt Falk")
    done(await newsroom.as_("pia").post(path_of(secret, "/retire")))

    await publish(newsroom, tells)
    done(await newsroom.as_("pia").post(path_of(tells, "/retire")))

    again = await published(newsroom, rules=[SECRET])

    assert again["state"] == "published"


def guideline_of(
    *rules: dict[str, Any], name: str = "Tone", advice: tuple[Advice, ...] = ()
) -> Guideline:
    contents = Contents(name, advice, compose_rules(rules), Audience())
    return guidelines.write(new_id(), contents, at=NOW)


def held(*ones: Guideline) -> Mapping[UUID, Contents]:
    return {one.guideline_id: one.working.contents for one in ones}


def test_two_that_tell_each_others_secrets_are_mended_one_after_the_other() -> None:
    falk, eagle = SECRET, {**SECRET, "id": "neither", "terms": ["Havørn"]}
    one = guidelines.publish(guideline_of(falk, name="Havørn"), {}, at=NOW)
    other = guideline_of(eagle, name="Projekt Falk")
    mended = guidelines.edit(one, {"name": "Tone"}, at=NOW)

    # Both have held since before anybody looked.
    again = guidelines.publish(mended, held(other), at=NOW)

    assert again.published == again.working
    more = guidelines.edit(again, {"rules": [falk, {**falk, "id": "also"}]}, at=NOW)
    with pytest.raises(SecretToldElsewhere):
        guidelines.publish(more, held(other), at=NOW)


def test_a_secret_is_one_until_its_day() -> None:
    until = (NOW + timedelta(days=1)).isoformat()
    secret = guideline_of({**SECRET, "until": until})
    tells = guideline_of(TONE, name="Projekt Falk")

    published_late = guidelines.publish(tells, held(secret), at=NOW + timedelta(days=2))

    assert published_late.published is not None


def words(count: int, seed: str) -> str:
    return " ".join(f"{seed}{number:06}" for number in range(count // 10))


def test_all_that_holds_is_looked_through_with_work_that_grows_with_it_alone() -> None:
    text = words(5000, "ab*")
    advice = tuple(
        Advice(language, text, text) for language in ("da", "de", "en", "fr", "nb", "sv")
    )
    tells = guideline_of(TONE, advice=advice)
    secrets = [
        {**SECRET, "id": f"s{number}", "terms": [f"xy{number:02}{one:02}" for one in range(50)]}
        for number in range(50)
    ]
    secret = guideline_of(*secrets)

    _, few = counted(lambda: guidelines.publish(guideline_of(SECRET), held(tells), at=NOW))
    _, many = counted(lambda: guidelines.publish(secret, held(tells), at=NOW))

    signs = sum(len(one.dos) + len(one.donts) for one in advice)
    assert few < SIGN_CALLS_MAX * signs
    # The texts are folded once for all terms, not once for each of the fifty rules.
    assert many < 2 * few


def test_there_is_an_end_to_the_advice_that_holds_in_a_company() -> None:
    advice = tuple(Advice(f"x{number}", "a" * 5000, "b" * 5000) for number in range(ADVICE_MAX))
    full = [
        Contents("Tone", advice, (), Audience())
        for _ in range(ADVICE_HELD_CHARS_MAX // (ADVICE_MAX * 10_000))
    ]
    others = {new_id(): one for one in full}

    guidelines.publish(guideline_of(TONE), others, at=NOW)

    with pytest.raises(AdviceTooMuch):
        guidelines.publish(guideline_of(advice=(Advice("da", "a", ""),)), others, at=NOW)
