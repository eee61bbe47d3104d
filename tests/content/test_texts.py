"""What a story may say, and the hash that stands for all of it."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chassis.errors import Refusal
from services.content.domain import texts
from services.content.domain.texts import Audience, Content, Example, Picture, Preview, Variant

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

words = st.text(max_size=12)
instants = st.none() | st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
variants = st.builds(
    Variant, network=st.sampled_from(["x", "linkedin"]), language=words, text=words
)
audiences = st.builds(
    Audience,
    team_ids=st.lists(st.uuids(), max_size=2).map(tuple),
    regions=st.lists(words, max_size=2).map(tuple),
    countries=st.lists(words, max_size=2).map(tuple),
    languages=st.lists(words, max_size=2).map(tuple),
    interests=st.lists(words, max_size=2).map(tuple),
)
previews = st.builds(Preview, title=words, description=st.none() | words, site_name=words)
pictures = st.builds(Picture, media_id=st.uuids(), sha256=words, alt_text=words)
examples = st.builds(Example, network=words, language=words, text=words, why=st.none() | words)
values: dict[str, st.SearchStrategy[Any]] = {
    "title": words,
    "body": words,
    "link": st.none() | words,
    "language": words,
    "topics": st.lists(words, max_size=3).map(tuple),
    "variants": st.lists(variants, max_size=3).map(tuple),
    "audience": audiences,
    "campaign_id": st.none() | st.uuids(),
    "embargo_until": instants,
    "expires_at": instants,
    "kind": st.sampled_from(["article", "news", "job"]),
    "communication_class": st.sampled_from(["static", "interactive"]),
    "preview": st.none() | previews,
    "media": st.lists(pictures, max_size=2).map(tuple),
    "examples": st.lists(examples, max_size=2).map(tuple),
    "contributor_ids": st.lists(st.uuids(), max_size=2).map(tuple),
}
contents = st.builds(Content, **values)


def content(**changed: Any) -> Content:
    plain = Content(
        title="A calm day",
        body="It was not turning.",
        link="https://nordlys.example/calm",
        language="en",
        topics=("wind-power",),
        variants=(Variant("linkedin", "en", "Calm."), Variant("x", "en", "So calm.")),
        audience=Audience(),
        campaign_id=None,
        embargo_until=None,
        expires_at=None,
    )
    return replace(plain, **changed)


def test_every_field_that_a_reader_sees_is_tried() -> None:
    named = {field.name for field in fields(Content)}

    assert named == set(values)


@pytest.mark.parametrize("field", sorted(values))
@settings(deadline=None)
@given(st.data())
def test_any_change_of_any_field_changes_the_hash(field: str, data: st.DataObject) -> None:
    before = data.draw(contents)
    other = data.draw(values[field])
    if field == "variants":
        assume(set(other) != set(before.variants))
    assume(other != getattr(before, field))

    after = replace(before, **{field: other})

    assert texts.content_hash(after) != texts.content_hash(before)


@settings(deadline=None)
@given(contents, st.randoms(use_true_random=False))
def test_the_order_of_variants_does_not_change_the_hash(before: Content, shuffled: Any) -> None:
    others = list(before.variants)
    shuffled.shuffle(others)

    after = replace(before, variants=tuple(others))

    assert texts.content_hash(after) == texts.content_hash(before)


def test_what_says_nothing_of_the_later_fields_has_the_hash_that_it_had_before_them() -> None:
    known = "68d4e0aa6a82936460d8c91bd7e976b769c8720e70d1c7e74cf314aa30523bb1"

    assert texts.content_hash(content()) == known


def test_one_instant_in_two_zones_is_one_hash() -> None:
    copenhagen = NOON.astimezone(timezone(2 * HOUR))

    assert texts.content_hash(content(expires_at=NOON)) == texts.content_hash(
        content(expires_at=copenhagen)
    )


def test_a_text_cannot_pass_for_another_field() -> None:
    told = content(title='A","body":"B', body="C")
    apart = content(title="A", body='B","body":"C')

    assert texts.content_hash(told) != texts.content_hash(apart)


@pytest.mark.parametrize(
    "link",
    [
        "https://nordlys.example",
        "http://nordlys.example:8080/a?b=c#d",
        "https://blåbær.example/historier/vind-på-land",
        "https://[2001:db8::1]/",
        "https://nordlys.example/@calm",
        None,
    ],
)
def test_a_link_is_an_address_that_anybody_can_follow(link: str | None) -> None:
    texts.check(content(link=link), at=NOON)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nordlys.example",
        "//nordlys.example/a",
        "ftp://nordlys.example/",
        "javascript:alert(1)",
        "https:///a",
        "https://",
        "https:nordlys.example",
        "https://nordlys.example@evil.example/",
        "https://user:secret@nordlys.example/",
        "https://@nordlys.example/",
        "https://nordlys.example\\@evil.example/",
        "https://nordlys.example/a b",
        "https://nordlys.example/a\tb",
        "https://nordlys.example/a\u200bb",
        "https://nordlys.example/a\u202eb",
        "https://nordlys.example:port/",
        "https://nordlys.example:99999/",
        "https://[2001:db8::1/",
    ],
)
def test_a_link_that_misleads_is_refused(link: str) -> None:
    with pytest.raises(texts.LinkUnusable) as refused:
        texts.check(content(link=link), at=NOON)

    assert refused.value.field == "/link"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"expires_at": NOON}, texts.DatesOutOfOrder),
        ({"expires_at": NOON - HOUR}, texts.DatesOutOfOrder),
        ({"embargo_until": NOON + HOUR, "expires_at": NOON + HOUR}, texts.DatesOutOfOrder),
        ({"embargo_until": NOON + 2 * HOUR, "expires_at": NOON + HOUR}, texts.DatesOutOfOrder),
        ({"topics": ("wind", "wind")}, texts.TopicRepeated),
        (
            {"variants": (Variant("x", "en-GB", "a"), Variant("x", "en-gb", "b"))},
            texts.VariantRepeated,
        ),
        ({"body": '"' * 100_000}, texts.StoryTooLarge),
    ],
)
def test_what_a_story_may_not_say(changed: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        texts.check(content(**changed), at=NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"embargo_until": NOON - HOUR},
        {"embargo_until": NOON + HOUR},
        {"expires_at": NOON + HOUR},
        {"embargo_until": NOON + HOUR, "expires_at": NOON + 2 * HOUR},
        {"variants": (Variant("x", "da", "a"), Variant("x", "en", "a"))},
    ],
)
def test_what_a_story_may_say(changed: dict[str, Any]) -> None:
    texts.check(content(**changed), at=NOON)


def test_a_change_leaves_what_it_does_not_name() -> None:
    team = UUID(int=7)
    audience = {"team_ids": [str(team)], "regions": [], "countries": ["DK"], "languages": []}

    changed = texts.change(content(), {"audience": audience, "link": None})

    assert changed == content(audience=Audience(team_ids=(team,), countries=("DK",)), link=None)
