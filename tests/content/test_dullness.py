"""Is it dull? The rules on texts that were labelled by hand, and what holds for any text (C5)."""

from collections.abc import Sequence
from time import thread_time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.content.domain.dullness import checking
from services.content.domain.dullness.checking import FINDINGS_MAX, Dullness, Language, check
from services.content.domain.dullness.lexicon import Phrases
from services.content.domain.dullness.reading import Word, read
from services.content.domain.dullness.rules import (
    DULL_FROM,
    HASHTAGS_MAX,
    RULE_IDS,
    RULES,
    SCORE_MAX,
    SENTENCE_WORDS_MAX,
    RuleId,
    points_of,
)
from tests.content import dullness_in_danish as danish
from tests.content import dullness_in_english as english
from tests.content.dullness_examples import Example

LANGUAGES: tuple[Language, ...] = get_args(Language)
IN = {"da": danish, "en": english}

EXAMPLES = [(language, one) for language in LANGUAGES for one in IN[language].EXAMPLES]

A_PERSON: dict[Language, str] = {
    "da": "Jeg spurgte Mette, og hun grinede.",
    "en": "I asked Mary, and she laughed.",
}

texts = st.text(max_size=300).filter(str.strip)
languages = st.sampled_from(LANGUAGES)
corporate = st.lists(
    st.sampled_from([
        "Vi er stolte af at kunne", "We are proud to announce", "markedsledende", "world-class",
        "omsætning", "revenue", "blev gennemført", "was built", "synergi", "#vind", "!!!", "?",
        ". ", "https://nordlys.example ", "😀", "a\u030a", "I", "jeg",
        "HELT NYT", "\n", "e.g. ", "kl. 8",
    ]),
    min_size=1, max_size=40,
).map(" ".join).filter(str.strip)  # fmt: skip


def found(dullness: Dullness) -> set[RuleId]:
    return {part.rule for part in dullness.parts}


def of(rule: RuleId, dullness: Dullness) -> int:
    return next((part.points for part in dullness.parts if part.rule == rule), 0)


@pytest.mark.parametrize(
    ("language", "example"), EXAMPLES, ids=[f"{lang}: {one.text[:40]}" for lang, one in EXAMPLES]
)
def test_what_was_labelled_dull_is_dull_for_these_reasons_and_no_other_text_is(
    language: Language, example: Example
) -> None:
    dullness = check(example.text, language)

    assert (dullness.score >= DULL_FROM) == example.dull
    assert example.rules <= found(dullness)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_examples_of_either_kind(language: Language) -> None:
    examples: Sequence[Example] = IN[language].EXAMPLES

    dull = sum(one.dull for one in examples)

    assert dull >= 30
    assert len(examples) - dull >= 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_texts_that_no_rule_was_made_for_it_misses_some_and_accuses_none(
    language: Language,
) -> None:
    measured: Sequence[Example] = IN[language].MEASURED

    called_dull = [one for one in measured if check(one.text, language).score >= DULL_FROM]
    rightly = [one for one in called_dull if one.dull]

    # Its precision is 1, its recall 0.6: a company's we that praises nothing passes for people.
    assert (len(rightly), len(called_dull)) == (6, 6)
    assert sum(one.dull for one in measured) == 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lively_text_with_nobody_in_it_is_misjudged_and_told_why(language: Language) -> None:
    for text in IN[language].MISJUDGED:
        dullness = check(text, language)

        assert dullness.verdict == "dull"
        assert found(dullness) == {"no_person", "no_question"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", RULE_IDS)
def test_every_rule_has_a_bad_line_that_it_finds_and_a_better_one_that_it_does_not(
    rule: RuleId, language: Language
) -> None:
    told = checking.text_of(rule, language)

    assert rule in found(check(told.dull, language))
    assert rule not in found(check(told.better, language))
    assert check(told.better, language).score < check(told.dull, language).score


def test_all_rules_together_are_the_whole_score() -> None:
    of_prose = sum(rule.points_max for name, rule in RULES.items() if name != "bare_link")

    assert of_prose == SCORE_MAX
    assert set(RULES) == set(RULE_IDS)


@pytest.mark.parametrize(
    ("text", "excerpt", "utf16"),
    [
        ("Vi er stolte af at vise det.", "stolte af at", (6, 18)),
        ("😀😀 Det er markedsledende.", "markedsledende", (12, 26)),
        ("Linje et.\n\nOmsætningen  steg.", "Omsætningen", (11, 22)),
    ],
)
def test_a_finding_says_where_in_signs_and_as_browsers_count(
    text: str, excerpt: str, utf16: tuple[int, int]
) -> None:
    places = [one for one in check(text, "da").findings if one.excerpt == excerpt]

    assert [(one.place.utf16_start, one.place.utf16_end) for one in places if one.place] == [utf16]


def test_jargon_comes_with_plain_words() -> None:
    findings = check("We leverage what we have.", "en").findings

    assert [one.alternative for one in findings if one.rule == "jargon"] == ["use"]


def test_the_reason_is_in_the_readers_language() -> None:
    (finding,) = check("Read: https://a.example", "en").findings

    assert checking.say(finding, "da") == checking.text_of("bare_link", "da").reason
    assert checking.say(finding, "en") == checking.text_of("bare_link", "en").reason


def test_a_long_sentence_is_told_its_length() -> None:
    sentence = "Jeg " + "gik " * SENTENCE_WORDS_MAX

    told = [checking.say(one, "da") for one in check(sentence, "da").findings]

    assert any(one.startswith(f"{SENTENCE_WORDS_MAX + 1} ord") for one in told)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Der findes ingen genvej, synes jeg."),
        ("da", "Medarbejderes børn og lederes biler."),
        ("da", "Det lykkedes, og vi mødes på fredag."),
        ("da", "Jeg blev meget overrasket."),
        ("da", "Jeg blev forelsket i Odense."),
        ("en", "I was tired and excited."),
        ("en", "She is used to the rain."),
    ],
)
def test_what_only_looks_passive_is_let_be(language: Language, text: str) -> None:
    assert "passive" not in found(check(text, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Møllen blev bygget i maj."),
        ("da", "Planen bliver ikke gennemført."),
        ("da", "Ydelsen tilbydes i hele landet."),
        ("da", "Delene leveres i juni."),
        ("en", "The turbine was built in May."),
        ("en", "The plan is not yet approved, it has been rejected."),
    ],
)
def test_what_is_passive_is_found(language: Language, text: str) -> None:
    assert "passive" in found(check(text, language))


@pytest.mark.parametrize(
    ("language", "text", "somebody"),
    [
        ("da", "Hvad synes I om det?", True),
        ("da", "I dag er der åbent.", False),
        ("da", "Vi er stolte af at kunne vise møllen.", False),
        ("da", "Vi glemte nøglen.", True),
        ("da", "Yusuf har nøglen.", True),
        ("en", "We are proud to announce the opening.", False),
        ("en", "We forgot the key.", True),
        ("en", "Your business needs a webinar.", False),
        ("en", "The key is in the drawer.", False),
    ],
)
def test_who_counts_as_somebody(language: Language, text: str, somebody: bool) -> None:
    assert ("no_person" not in found(check(text, language))) == somebody


def test_a_dot_in_an_abbreviation_ends_no_sentence() -> None:
    words = "Jeg har f.eks. set adm. direktør Ib kl. 8 og hr. Bo kl. 9 " + "og så videre " * 5

    assert "long_sentences" in found(check(words, "da"))


def test_hashtags_are_counted_and_words_in_links_are_not_read() -> None:
    few = (
        "Jeg griner ad det hele. https://markedsledende.example/omsætning "
        + "#vind " * HASHTAGS_MAX
    )

    assert found(check(few, "da")) == {"no_question"}
    assert "hashtag_pile" in found(check(few + "#mere", "da"))


def test_a_long_text_is_not_dull_for_its_length() -> None:
    once = points_of(RULES["jargon"], 1, words=50, sentences=5)
    as_dense = points_of(RULES["jargon"], 4, words=400, sentences=40)

    assert once == as_dense


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(checking.NothingToCheck):
        check(text, "da")


@pytest.mark.parametrize(
    ("tag", "language"),
    [("da", "da"), ("da-DK", "da"), ("en-GB", "en"), ("de", None), ("dan", None), (None, None)],
)
def test_only_danish_and_english_are_checked(tag: str | None, language: Language | None) -> None:
    assert checking.checked_language(tag) == language


@given(texts | corporate, languages)
def test_the_parts_are_the_score_and_every_finding_is_where_it_says(
    text: str, language: Language
) -> None:
    dullness = check(text, language)

    assert dullness.score == sum(part.points for part in dullness.parts) <= SCORE_MAX
    assert all(0 < part.points <= part.points_max for part in dullness.parts)
    counted = sum(part.found for part in dullness.parts)
    assert len(dullness.findings) == min(counted, FINDINGS_MAX)
    for one in dullness.findings:
        assert checking.say(one, language)
        if one.place is not None:
            assert one.excerpt == text[one.place.start : one.place.end] != ""
            units = text.encode("utf-16-le", "surrogatepass")
            cut = units[2 * one.place.utf16_start : 2 * one.place.utf16_end]
            assert cut.decode("utf-16-le", "surrogatepass") == one.excerpt


@given(texts | corporate, languages)
def test_a_sentence_with_a_person_never_makes_it_emptier(text: str, language: Language) -> None:
    before = check(text, language)

    after = check(f"{text}\n\n{A_PERSON[language]}", language)

    assert of("no_person", after) == 0 <= of("no_person", before)


@given(texts | corporate, languages)
def test_the_same_text_is_always_answered_the_same(text: str, language: Language) -> None:
    assert check(text, language) == check(text, language)


@given(st.text(st.characters(), min_size=1, max_size=50).filter(str.strip), languages)
def test_no_sign_of_any_script_is_too_strange(text: str, language: Language) -> None:
    assert check(text, language).verdict in {"lively", "mixed", "dull"}


@pytest.mark.parametrize("mark", [".", "!", "?!", "…", ".)", "\n"])
def test_a_row_of_marks_without_end_is_read_at_once(mark: str) -> None:
    row = mark * (20_000 // len(mark))
    began_s = thread_time()

    reading = read(f"{row}a", frozenset())

    # A few ms of this thread's own; ten seconds, and nothing else done meanwhile, if each mark of
    # the row were begun from anew. What happens within an expression cannot be counted.
    assert thread_time() - began_s < 1
    assert [one.words[0].start for one in reading.sentences] == [len(row)]


class Counted(list[Word]):
    """Words that count how many of them were taken."""

    taken = 0

    def __getitem__(self, place: Any) -> Any:
        """Take a word, or some."""
        got = super().__getitem__(place)
        self.taken += len(got) if isinstance(place, slice) else 1
        return got


def test_phrases_look_no_further_than_they_go() -> None:
    words = Counted(Word(at, at + 1, "a", "a") for at in range(1000))

    assert not list(Phrases.of(["a way of thinking"]).find(words))

    assert words.taken <= 4 * len(words)
