"""What each rule finds in a text, and where."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.content.domain.dullness.lexicon import Lexicon, Passive, People, Phrases
from services.content.domain.dullness.reading import Reading, Sentence, Span, Word
from services.content.domain.dullness.rules import (
    BARE_LINK_WORDS_MAX,
    CAPITALS_WORDS_MIN,
    EXCLAMATIONS_MAX,
    HASHTAGS_MAX,
    LIX_MAX,
    LIX_WORDS_MIN,
    LONG_WORD_LETTERS_MIN,
    SENTENCE_WORDS_MAX,
    RuleId,
)

_BETWEEN_MAX = 2
_CAPITALS_LETTERS_MIN = 3
_EXCLAMATION = re.compile(r"!+")


class Hit(NamedTuple):
    """Something that a rule has found. The span is None where the whole text lacks something."""

    span: Span | None
    number: int = 0
    alternative: str | None = None


Signal = Callable[[Reading, Lexicon], Iterator[Hit]]


def is_bare_link(reading: Reading) -> bool:
    """Answer whether a text is a link and next to nothing besides."""
    return bool(reading.links) and reading.words_count <= BARE_LINK_WORDS_MAX


def find_bare_link(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find the link that has no text."""
    if is_bare_link(reading):
        yield Hit(reading.links[0])


def find_press_release(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find what only press releases say."""
    yield from _phrases(reading, lexicon.press_release)


def find_self_praise(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find what a company says of itself that others should say."""
    yield from _phrases(reading, lexicon.self_praise)


def find_earnings(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find "look how much we earned"."""
    yield from _phrases(reading, lexicon.earnings)


def find_jargon(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find words of meetings, with plain ones to put in their place."""
    yield from _phrases(reading, lexicon.jargon)


def find_no_person(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find that nobody is in the text: no I, we or you, no common name, nobody who does things.

    A list of words is no understanding: a rare name alone is not seen.
    """
    if not any(_shows_somebody(one, lexicon) for one in reading.sentences):
        yield Hit(None)


def find_passive(reading: Reading, lexicon: Lexicon) -> Iterator[Hit]:
    """Find sentences in which things are done by nobody, one finding for each."""
    for sentence in reading.sentences:
        found = next(_passives(sentence.words, lexicon.passive), None)
        if found is not None:
            yield Hit(found)


def find_long_sentences(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find sentences that are read twice."""
    for sentence in reading.sentences:
        if len(sentence.words) > SENTENCE_WORDS_MAX:
            yield Hit(sentence.span, len(sentence.words))


def find_hard_words(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find that a text is hard: LIX is words per sentence plus the share of long ones."""
    words = [word for sentence in reading.sentences for word in sentence.words]
    if len(words) < LIX_WORDS_MIN:
        return
    long = sum(len(word.written) >= LONG_WORD_LETTERS_MIN for word in words)
    lix = round(len(words) / len(reading.sentences) + 100 * long / len(words))
    if lix > LIX_MAX:
        yield Hit(None, lix)


def find_shouting(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find exclamation marks beyond the first, and words in capitals side by side."""
    marks = 0
    for found in _EXCLAMATION.finditer(reading.prose):
        marks += len(found.group())
        if marks > EXCLAMATIONS_MAX:
            yield Hit(Span(*found.span()))
    for sentence in reading.sentences:
        yield from (Hit(span) for span in _capitals(sentence.words))


def find_hashtag_pile(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find more hashtags than anybody follows."""
    if len(reading.hashtags) > HASHTAGS_MAX:
        pile = Span(reading.hashtags[HASHTAGS_MAX].start, reading.hashtags[-1].end)
        yield Hit(pile, len(reading.hashtags))


def find_no_question(reading: Reading, _lexicon: Lexicon) -> Iterator[Hit]:
    """Find that nobody is asked anything."""
    if not any(sentence.asks for sentence in reading.sentences):
        yield Hit(None)


SIGNALS: Mapping[RuleId, Signal] = {
    "press_release": find_press_release,
    "self_praise": find_self_praise,
    "earnings": find_earnings,
    "no_person": find_no_person,
    "jargon": find_jargon,
    "passive": find_passive,
    "long_sentences": find_long_sentences,
    "hard_words": find_hard_words,
    "shouting": find_shouting,
    "hashtag_pile": find_hashtag_pile,
    "no_question": find_no_question,
    "bare_link": find_bare_link,
}


def _phrases(reading: Reading, phrases: Phrases) -> Iterator[Hit]:
    for sentence in reading.sentences:
        for span, alternative in phrases.find(sentence.words):
            yield Hit(span, alternative=alternative)


def _shows_somebody(sentence: Sentence, lexicon: Lexicon) -> bool:
    people = lexicon.people
    if any(_is_somebody(word, people) for word in sentence.words):
        return True
    if people.capital_i and any(word.written == "I" for word in sentence.words[1:]):
        return True
    if not any(word.key in people.company for word in sentence.words):
        return False
    # Where a sentence announces, praises or reports, we is a company and you are its market.
    return not any(
        next(phrases.find(sentence.words), None)
        for phrases in (
            lexicon.press_release,
            lexicon.self_praise,
            lexicon.earnings,
            lexicon.jargon,
        )
    )


def _is_somebody(word: Word, people: People) -> bool:
    if word.key in people.words or (people.ends and word.key.endswith(people.ends)):
        return True
    return word.key.removesuffix("'s") in people.names and word.written[0].isupper()


def _passives(words: Sequence[Word], passive: Passive) -> Iterator[Span]:
    for index, word in enumerate(words):
        if _is_s_form(word, passive):
            yield Span(word.start, word.end)
        if word.key in passive.auxiliaries:
            done = _participle_after(words[index + 1 : index + 2 + _BETWEEN_MAX], passive)
            if done is not None:
                yield Span(word.start, done.end)


def _is_s_form(word: Word, passive: Passive) -> bool:
    if word.key in passive.s_forms:
        return True
    # A capital begins a name, whose genitive ends so too.
    ends = passive.s_ends and word.key.endswith(passive.s_ends) and word.written[0].islower()
    return bool(ends) and word.key not in passive.no_s_forms


def _participle_after(words: Sequence[Word], passive: Passive) -> Word | None:
    for word in words:
        if word.key in passive.no_participles:
            return None
        if word.key in passive.participles or word.key.endswith(passive.participle_ends):
            return word
        if word.key not in passive.between and not word.key.endswith("ly"):
            return None
    return None


def _capitals(words: Sequence[Word]) -> Iterator[Span]:
    run: list[Word] = []
    for word in words:
        if len(word.written) >= _CAPITALS_LETTERS_MIN and word.written.isupper():
            run.append(word)
            continue
        if len(run) >= CAPITALS_WORDS_MIN:
            yield Span(run[0].start, run[-1].end)
        run = []
    if len(run) >= CAPITALS_WORDS_MIN:
        yield Span(run[0].start, run[-1].end)
