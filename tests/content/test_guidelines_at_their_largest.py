"""Guidelines as large as they may be are looked through, and there is an end to what may hold."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis import markdown
from chassis.ids import new_id
from services.content.domain import guidelines
from services.content.domain.guidelines import (
    RULES_BYTES_MAX,
    RULES_HELD_BYTES_MAX,
    RULES_HELD_MAX,
    Contents,
    Guideline,
    RulesTooLarge,
    RulesTooMany,
    Shown,
)
from services.content.domain.rules import compose_rules
from services.content.domain.texts import Audience
from services.content.schemas.guidelines import view_guideline
from services.content.schemas.rules import RULES_MAX, TERMS_MAX
from tests.content.conftest import Newsroom, done
from tests.content.test_guidelines import ADVICE, TONE, path_of, published, written
from tests.counting import called_on_the_loop, counted
from tests.world import problem_of

NOW = datetime(2031, 5, 4, 8, tzinfo=UTC)
CALLS_MAX = 1_000_000
"""A dozen for each sign of the rules, of which there are less than a hundred thousand."""

LANGUAGES = ["da", "de", "en", "es", "fi", "fr", "is", "it", "nl", "sv"]


def rules(count: int, kind: str, **fields: Any) -> list[dict[str, Any]]:
    """Answer rules of a kind; a field that is a function is asked for each rule by its number."""
    return [
        {
            "kind": kind,
            "id": f"{kind}-{fields.get('use', 'rule')}-{number}",
            "severity": "warn",
            **{name: one(number) if callable(one) else one for name, one in fields.items()},
        }
        for number in range(count)
    ]


def names(begin: str, count: int, end: str = "") -> Any:
    return lambda number: [f"{begin}{number:02}{one:02}{end}" for one in range(count)]


def written_with(*fields: dict[str, Any]) -> Guideline:
    contents = Contents("Tone", (), compose_rules(fields), Audience())
    return guidelines.write(new_id(), contents, at=NOW)


LARGEST: Mapping[str, Sequence[dict[str, Any]]] = {
    "links": [
        *rules(50, "links", use="allowed", hosts=names("a", 70, ".dk")),
        *rules(50, "links", use="forbidden", hosts=names("b", 70, ".dk")),
    ],
    "hashtags that meet nowhere": [
        *rules(50, "hashtags", use="required", languages=LANGUAGES[:5], tags=names("a", 80)),
        *rules(50, "hashtags", use="forbidden", languages=LANGUAGES[5:], tags=names("a", 80)),
    ],
    "mentions": rules(100, "mentions", use="required", profiles=names("a", 80)),
    "secrets among words": [
        *rules(50, "words", terms=names("a", 80)),
        *rules(50, "confidential", prefix=True, terms=names("b", 80)),
    ],
}


@pytest.mark.parametrize("fields", LARGEST.values(), ids=LARGEST.keys())
def test_as_many_rules_as_there_may_be_are_compared_with_little_work(
    fields: Sequence[dict[str, Any]],
) -> None:
    guideline, calls = counted(lambda: written_with(*fields))

    assert len(guideline.working.contents.rules) == RULES_MAX
    # What they name is folded once each. Pair by pair it would be ten million calls and more.
    assert calls < CALLS_MAX


def test_what_is_too_large_is_not_looked_into() -> None:
    contradicting = [
        *rules(50, "links", use="allowed", hosts=names("a" * 50, TERMS_MAX, ".example")),
        *rules(50, "links", use="forbidden", hosts=names("a" * 50, TERMS_MAX, ".example")),
    ]

    with pytest.raises(RulesTooLarge):
        written_with(*contradicting)


def held(*guidelines_: Guideline) -> dict[UUID, Contents]:
    return {one.guideline_id: one.working.contents for one in guidelines_}


def test_rules_are_published_as_long_as_there_is_room_for_them() -> None:
    few = rules(RULES_MAX, "words", terms=["a"])
    others = held(*(written_with(*few) for _ in range(RULES_HELD_MAX // RULES_MAX - 1)))

    last = guidelines.publish(written_with(*few), others, at=NOW)

    others = {**others, **held(last)}
    with pytest.raises(RulesTooMany):
        guidelines.publish(written_with(TONE), others, at=NOW)


def test_what_rules_name_is_published_as_long_as_there_is_room_for_it() -> None:
    long = rules(9, "words", terms=lambda number: [f"{one:0100}" for one in range(TERMS_MAX)])
    others = held(*(written_with(*long) for _ in range(RULES_HELD_BYTES_MAX // RULES_BYTES_MAX)))

    guidelines.publish(written_with(TONE), others, at=NOW)

    with pytest.raises(RulesTooMany):
        guidelines.publish(written_with(*long), others, at=NOW)


async def test_there_is_an_end_to_the_rules_that_hold_in_a_company(newsroom: Newsroom) -> None:
    for _ in range(RULES_HELD_MAX // RULES_MAX):
        await published(newsroom, rules=rules(RULES_MAX, "words", terms=["a"]))
    another = await written(newsroom)

    answer = await newsroom.as_("pia").post(path_of(another, "/publish"))

    assert (answer.status_code, problem_of(answer)) == (409, "rules-too-many")


def test_what_is_worked_on_is_rendered_once_where_it_is_what_holds() -> None:
    guideline = guidelines.publish(written_with(TONE), {}, at=NOW)

    holds = view_guideline(Shown(guideline, None, with_terms=True))
    changed = guidelines.edit(guideline, {"name": "Voice"}, at=NOW)
    differs = view_guideline(Shown(changed, None, with_terms=True))

    assert holds.published is holds.working
    assert differs.published == holds.published != differs.working


async def test_a_guideline_is_rendered_beside_the_loop(newsroom: Newsroom) -> None:
    pia = newsroom.as_("pia")

    async def all_that_shows_it() -> None:
        guideline = await written(newsroom)
        tag = (await pia.get(path_of(guideline))).headers["etag"]
        advice = [{**ADVICE, "dos": "Lyt."}]
        done(await pia.patch(path_of(guideline), {"advice": advice}, if_match=tag))
        done(await pia.post(path_of(guideline, "/publish")))
        done(await pia.post(path_of(guideline, "/acknowledge"), {"version": 1}))
        done(await pia.post(path_of(guideline, "/retire")))

    _, called = await called_on_the_loop(all_that_shows_it())

    assert path_of.__code__ in called
    assert not {markdown.render.__code__, markdown.check.__code__} & called
