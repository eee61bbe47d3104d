"""What was asked in words, as PostgreSQL's full text has it: in each language that is known."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from sqlalchemy import cast, func, literal
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY

from services.content.domain.searching import Wanted

CONFIGURATIONS = ("danish", "english", "simple")
"""A text is in one of these; `configuration_of` in the migration says which."""

BEGINNING_CHARS_MIN = 3
"""What is shorter is the beginning of too much, and is asked for as it stands."""


def asked(alternatives: Sequence[Wanted]) -> Any:
    """Answer the question of these alternatives, for `document @@ ...`.

    In each language it asks for all words as that language takes them, so that its small words
    do not count. Unwanted is what is unwanted in any of them.
    """
    return _either(_asked(one) for one in alternatives) if alternatives else _labels("=never")


def looked_for(alternatives: Sequence[Wanted]) -> Any:
    """Answer all that is asked for in any language: what counts for the rank, and is marked."""
    wanted = [
        _wanted(one, configuration)
        for one in alternatives
        if one.words or one.phrases
        for configuration in CONFIGURATIONS
    ]
    return _either(wanted) if wanted else _labels("=never")


def _asked(one: Wanted) -> Any:
    found = _either(
        func.said_in(configuration, _wanted(one, configuration))
        if one.words or one.phrases
        else _labels(f"=words:{configuration}")
        for configuration in CONFIGURATIONS
    )
    unwanted = [
        _phrase(configuration, text) for text in one.unwanted for configuration in CONFIGURATIONS
    ]
    return func.tsquery_and(found, func.tsquery_not(_either(unwanted))) if unwanted else found


def _wanted(one: Wanted, configuration: str) -> Any:
    """Ask for every word and phrase; a word is found in what begins with it (medarbejderfest)."""
    long = [word for word in one.words if len(word) >= BEGINNING_CHARS_MIN]
    short = [word for word in one.words if len(word) < BEGINNING_CHARS_MIN]
    parts = [_phrase(configuration, phrase) for phrase in one.phrases]
    if long:
        parts.append(func.beginning_with(_words(configuration, long)))
    if short:
        parts.append(_words(configuration, short))
    return reduce(func.tsquery_and, parts)


def _words(configuration: str, words: Iterable[str]) -> Any:
    said = cast(configuration, REGCONFIG)
    return func.plainto_tsquery(said, func.plain(" ".join(words)))


def _phrase(configuration: str, text: str) -> Any:
    return func.phraseto_tsquery(cast(configuration, REGCONFIG), func.plain(text))


def _either(queries: Iterable[Any]) -> Any:
    return reduce(func.tsquery_or, queries)


def _labels(label: str) -> Any:
    return cast(literal(f"'{label}'"), TSQUERY)
