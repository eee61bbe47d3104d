"""What holds of every check, whatever the text and the rules."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from contracts.checks.checking import Finding, check_held
from contracts.checks.folding import fold, words_of
from contracts.checks.rules import RULES, Rule
from contracts.checks.terms import BEGINNING_LETTERS_MAX, Runs, key_of, make_ready
from tests.counting import counted

NOW = datetime(2031, 5, 4, 8, tzinfo=UTC)

ODD = st.text(
    st.one_of(
        st.sampled_from(
            "aåÅé #@.-/:\\\u0301\u030a\u00ad\u200b\u200d\u202e\ufe0f\u20e3👍🏽🇩🇰🎉1ﬁ㈱İßḍ̇"
        ),
        st.characters(),
    ),
    max_size=60,
)
PIECES = st.sampled_from([
    "Falk", "projekt falk", "løsning", "@ven", "#vind", "https://ond.example/x", "www.ond.example",
    "De", "du", "👨‍👩‍👧", "👍🏽", ". ", "\n", " ",
])  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, ODD), max_size=12).map("".join)

ALL: tuple[Rule, ...] = RULES.validate_python([
    {"kind": "words", "id": "a", "severity": "warn", "terms": ["løsning", "👍"], "prefix": True},
    {"kind": "confidential", "id": "b", "severity": "refuse", "terms": ["projekt falk"]},
    {"kind": "emojis", "id": "c", "severity": "hint", "most": 1, "forbidden": ["👍"]},
    {"kind": "address", "id": "d", "severity": "warn", "form": "informal"},
    {"kind": "address", "id": "e", "severity": "warn", "form": "formal"},
    {"kind": "mentions", "id": "f", "severity": "warn", "use": "allowed", "profiles": []},
    {"kind": "links", "id": "g", "severity": "refuse", "use": "allowed", "hosts": []},
    {"kind": "links", "id": "h", "severity": "warn", "use": "forbidden", "hosts": ["ond.example"]},
    {"kind": "hashtags", "id": "i", "severity": "warn", "use": "required", "tags": ["nordlys"]},
    {"kind": "hashtags", "id": "j", "severity": "warn", "use": "forbidden", "tags": ["vind"]},
])  # fmt: skip
SOME = st.lists(st.sampled_from(ALL), unique=True, max_size=len(ALL))


def check(text: str, rules: Sequence[Rule], *, network: str | None = "x") -> list[Finding]:
    held = {UUID(int=1): rules}
    return [one.finding for one in check_held(text, held, network=network, language="da", at=NOW)]


@given(TEXTS)
def test_places_cut_out_the_excerpt_for_python_and_for_javascript(text: str) -> None:
    # Halves of pairs as well: a text may hold what cannot be sent.
    units = text.encode("utf-16-le", "surrogatepass")

    for one in check(text, ALL):
        assert text[one.start : one.end] == one.excerpt
        unit = units[2 * one.start_utf16 : 2 * one.end_utf16]
        assert unit.decode("utf-16-le", "surrogatepass") == one.excerpt


@given(TEXTS, SOME)
def test_findings_stand_in_the_order_of_places(text: str, rules: list[Rule]) -> None:
    places = [(one.start, one.end) for one in check(text, rules)]

    assert places == sorted(places)


@given(TEXTS, SOME, st.sampled_from(ALL))
def test_another_rule_takes_no_finding_away(text: str, rules: list[Rule], other: Rule) -> None:
    before = check(text, rules)
    after = check(text, [*rules, other])

    left = list(after)
    for one in before:
        left.remove(one)
    assert {one.rule_id for one in left} <= {other.id}


@given(TEXTS, TEXTS)
def test_what_stands_around_does_not_hide_what_is_confidential(before: str, behind: str) -> None:
    text = f"{before}\nprojekt falk\n{behind}"

    told = check(text, ALL[1:2], network=None)

    places = [(one.start, one.end) for one in told]
    assert any(start <= len(before) + 1 < end for start, end in places) or len(places) >= 20


# What shows nothing, and marks that make no other letter of those below.
UNSEEN = "\u00ad\u034f\u061c\u115f\u17b4\u180b\u200b\u200d\u2060\u3164\ufe0f\ufeff\uffa0\x01\x7f"
UNSEEN += "\U000e0020\U000e0100"
MARKS = st.sampled_from("\u0301\u0332\u0336\u0323\u0345\u0489\u0651\ua66f") | st.characters(
    categories=["Mn", "Me"], exclude_characters="\u0308\u030a\u0344"
)
AT_THE_END = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]+\Z")
OVER = st.text(st.sampled_from(UNSEEN) | MARKS, max_size=3) | MARKS.map(lambda one: one * 40)
SMUGGLED = st.lists(OVER, min_size=4, max_size=4).map(
    lambda signs: "".join(letter + sign for letter, sign in zip("falk", signs, strict=True))
)


@given(TEXTS, SMUGGLED, TEXTS)
def test_what_a_reader_does_not_see_hides_no_word_and_moves_no_place(
    before: str, smuggled: str, behind: str
) -> None:
    rules = RULES.validate_python(
        [{"kind": "confidential", "id": "falk", "severity": "refuse", "terms": ["falk"]}]
    )
    text = f"{before}\n{smuggled}\n{behind}"
    begin = len(before) + 1

    told = check(text, rules, network=None)

    (one,) = (one for one in told if begin <= one.start < begin + len(smuggled))
    assert (one.start, one.excerpt) == (begin, AT_THE_END.sub("", smuggled))


@given(ODD)
def test_words_stand_where_they_say_and_in_order(text: str) -> None:
    words = words_of(text)

    assert all(0 <= one.start < one.end <= len(text) for one in words)
    assert [one.start for one in words] == sorted(one.start for one in words)


@given(st.text(st.characters(max_codepoint=0x24F), max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.lists(st.text("ab -", max_size=8) | st.just("c" * (BEGINNING_LETTERS_MAX + 1)), max_size=6),
    st.text("abc -", max_size=40),
    st.booleans(),
)
def test_terms_stand_wherever_whoever_looks_word_by_word_finds_them(
    terms: list[str], text: str, prefix: bool
) -> None:
    keys = {key for one in terms if (key := key_of(one))}
    keys |= {("".join(key),) for key in keys}
    words = words_of(text)

    def longest(at: int) -> int:
        there = tuple(one.key for one in words[at:])
        fits = [
            len(key)
            for key in keys
            if key[:-1] == there[: len(key) - 1]
            and len(key) <= len(there)
            and (
                there[len(key) - 1].startswith(key[-1])
                if prefix
                else there[len(key) - 1] == key[-1]
            )
        ]
        return max(fits, default=0)

    expected, at = [], 0
    while at < len(words):
        if count := longest(at):
            expected.append((words[at].start, words[at + count - 1].end))
        at += count or 1
    assert list(make_ready(terms, prefix=prefix).places_in(Runs(words))) == expected


@pytest.mark.parametrize("prefix", [False, True])
def test_a_short_text_takes_as_little_work_among_many_terms_as_among_few(prefix: bool) -> None:
    few, many = (make_ready(map(str, range(count)), prefix=prefix) for count in (10, 10_000))
    runs = Runs(words_of("Om 4711 ting"))

    _, work = counted(lambda: list(few.places_in(runs)))
    found, more = counted(lambda: list(many.places_in(runs)))

    assert found == [(3, 7)]
    assert more < work + 20


@pytest.mark.parametrize("prefix", [False, True])
def test_in_a_text_that_is_larger_than_any_of_ours_terms_are_found_too(prefix: bool) -> None:
    text = f"{'ja ' * 10}{' '.join(f'{number:050}' for number in range(300))} falken"

    terms = make_ready(["falk", "falken"], prefix=prefix)

    (place,) = terms.places_in(Runs(words_of(text)))
    assert text[slice(*place)] == "falken"
