"""A text against rules: what was found, where, and what to do about it."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.checks.addresses import ways_of
from contracts.checks.reading import (
    Place,
    Reading,
    emoji_key,
    handle_key,
    host_key,
    tag_key,
)
from contracts.checks.remembering import Names, Remembered
from contracts.checks.rules import (
    Address,
    Confidential,
    Critics,
    Emojis,
    Hashtags,
    Links,
    Mentions,
    Rule,
    Severity,
    Words,
    applies,
)
from contracts.checks.terms import terms_of

TEXT_CHARS_MAX = 10_000
"""The longest text of a story is its body; the time that a check takes grows with the text."""

FINDINGS_PER_RULE_MAX = 20
"""Nobody mends a text by a longer list; whoever mends these is told the next."""


FINDINGS_SHOWN_MAX = 100
"""Whoever has mended so many asks again; beside them stands how many there are."""

HeldRules = Mapping[UUID, Sequence[Rule]]
"""The rules that hold, by guideline."""


class Finding(BaseModel):
    """What a rule says of a place in a text.

    `start` and `end` count Unicode code points, as Python does; `start_utf16` and `end_utf16` count
    UTF-16 code units, as JavaScript does. Either pair cuts out `excerpt`. What is missing has a
    place of no length, at the end of the text.
    """

    model_config = ConfigDict(frozen=True)

    rule_id: str
    kind: str
    severity: Severity
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    excerpt: str
    message: str
    suggestion: str | None
    reason: str | None


@dataclass(frozen=True)
class _Told:
    """A finding of one rule, before it is known where that is in UTF-16."""

    start: int
    end: int
    message: str
    suggestion: str | None = None


@dataclass(frozen=True)
class Held:
    """A finding, and which guideline's it is."""

    guideline_id: UUID
    finding: Finding

    def plain(self) -> dict[str, Any]:
        """Answer it as a refusal shows it."""
        return {"guideline_id": str(self.guideline_id), **self.finding.model_dump()}


def check_held(
    text: str, held: HeldRules, *, network: str | None, language: str, at: datetime
) -> list[Held]:
    """Answer what guidelines find in a text, which is read once for all, in the order of places.

    `network` is None for what is not written for one, such as a story's body: nothing must be in
    it. A rule finds what it finds whatever the others do, up to FINDINGS_PER_RULE_MAX times.
    """
    reading = Reading(text)
    found = [
        Held(guideline_id, one)
        for guideline_id, rules in held.items()
        for one in _findings(reading, rules, network=network, language=language, at=at)
    ]
    return sorted(found, key=lambda one: (one.finding.start, one.finding.end, one.finding.rule_id))


def _findings(
    reading: Reading, rules: Sequence[Rule], *, network: str | None, language: str, at: datetime
) -> Iterator[Finding]:
    text = reading.text
    if len(text) > TEXT_CHARS_MAX:
        raise ValueError(f"A text of more than {TEXT_CHARS_MAX} characters is not checked.")
    for rule in rules:
        if not applies(rule, network=network, language=language, at=at):
            continue
        for told in islice(_finds(rule, reading, network, language), FINDINGS_PER_RULE_MAX):
            yield Finding(
                rule_id=rule.id,
                kind=rule.kind,
                severity=rule.severity,
                start=told.start,
                end=told.end,
                start_utf16=reading.utf16(told.start),
                end_utf16=reading.utf16(told.end),
                excerpt=text[told.start : told.end],
                message=told.message,
                suggestion=told.suggestion,
                reason=rule.reason,
            )


def refused(findings: Iterable[Finding]) -> bool:
    """Answer whether a text must not go on as it is."""
    return any(one.severity == "refuse" for one in findings)


def _finds(rule: Rule, reading: Reading, network: str | None, language: str) -> Iterator[_Told]:
    if isinstance(rule, Address):
        return _address(rule, reading, language)
    if isinstance(rule, Hashtags | Mentions) and rule.use in {"required", "suggested"}:
        return _missing(rule, reading) if network is not None else iter(())
    return _FINDS[type(rule)](rule, reading)


@Remembered
def _keys(named: Names, key: Callable[[str], str]) -> Mapping[str, str]:
    """Answer what a rule names, by how that is compared; it is folded once, not for each text."""
    return {key(one): one for one in named}


def _missing(rule: Hashtags | Mentions, reading: Reading) -> Iterator[_Told]:
    if isinstance(rule, Hashtags):
        sign, there = "#", {one.key for one in reading.tags}
        wanted = _keys(rule.tags, tag_key)
    else:
        sign, there = "@", {one.key for one in reading.mentions}
        wanted = _keys(rule.profiles, handle_key)
    missed = [f"{sign}{one.lstrip(sign)}" for key, one in wanted.items() if key not in there]
    end = len(reading.text)
    if rule.use == "required":
        for one in missed:
            yield _Told(start=end, end=end, message=f"{one} is missing.", suggestion=one)
    elif len(missed) == len(wanted):
        named = " ".join(missed)
        yield _Told(start=end, end=end, message="A tag helps others find it.", suggestion=named)


def _hashtags(rule: Hashtags, reading: Reading) -> Iterator[_Told]:
    forbidden = _keys(rule.tags, tag_key)
    yield from _each(reading.tags, forbidden, "This hashtag is not to be used.")


def _mentions(rule: Mentions, reading: Reading) -> Iterator[_Told]:
    named = _keys(rule.profiles, handle_key)
    if rule.use == "forbidden":
        yield from _each(reading.mentions, named, "This profile is not to be mentioned.")
        return
    others = {one.key for one in reading.mentions} - named.keys()
    yield from _each(reading.mentions, others, "Only some profiles may be mentioned, not this one.")


def _links(rule: Links, reading: Reading) -> Iterator[_Told]:
    hosts = _keys(rule.hosts, host_key)
    theirs = {one for over in hosts for one in reading.hosts_under.get(over, ())}
    if rule.use == "allowed":
        others = {one.key for one in reading.links} - theirs
        yield from _each(reading.links, others, "Links may lead to some hosts only, not to this.")
        return
    yield from _each([*reading.links, *reading.bare_hosts], theirs, "Links may not lead there.")


def _each(places: Sequence[Place], keys: Container[str], message: str) -> Iterator[_Told]:
    for one in places:
        if one.key in keys:
            yield _Told(start=one.start, end=one.end, message=message)


def _words(rule: Words, reading: Reading) -> Iterator[_Told]:
    instead = ", ".join(rule.alternatives) or None
    for start, end in terms_of(rule.terms, rule.prefix).places_in(reading.runs):
        # An address is not the author's wording.
        if not reading.in_a_link(start):
            yield _Told(
                start=start, end=end, message="This is better said otherwise.", suggestion=instead
            )


def _confidential(rule: Confidential, reading: Reading) -> Iterator[_Told]:
    terms = terms_of(rule.terms, rule.prefix)
    told: set[int] = set()
    for start, end in chain.from_iterable(
        map(terms.places_in, (reading.runs, reading.runs_made_out))
    ):
        if told.isdisjoint(range(start, end)):
            yield _Told(
                start=start,
                end=end,
                message="Something confidential stands here.",
                suggestion="Leave it out.",
            )
        told.update(range(start, end))


def _emojis(rule: Emojis, reading: Reading) -> Iterator[_Told]:
    forbidden = _keys(rule.forbidden, emoji_key)
    for number, one in enumerate(reading.emojis):
        if one.key in forbidden:
            message = "This emoji is not to be used."
        elif rule.most is not None and number >= rule.most:
            message = f"There may be at most {rule.most} emojis." if rule.most else "No emojis."
        else:
            continue
        yield _Told(start=one.start, end=one.end, message=message)


def _address(rule: Address, reading: Reading, language: str) -> Iterator[_Told]:
    ways = ways_of(language)
    if ways is None:
        return
    other = ways["formal" if rule.form == "informal" else "informal"]
    message = f"Readers are addressed in the {rule.form} way."
    for token in reading.tokens:
        if other.by_capital and token.start in reading.sentence_starts:
            continue
        said = token.key if other.by_capital else token.key.lower()
        if said in other.words and not reading.in_a_link(token.start):
            yield _Told(
                start=token.start, end=token.end, message=message, suggestion=other.words[said]
            )


def _nothing(_rule: Critics, _reading: Reading) -> Iterator[_Told]:
    return iter(())


_FINDS: Mapping[type[Any], Callable[[Any, Reading], Iterator[_Told]]] = {
    Hashtags: _hashtags,
    Mentions: _mentions,
    Links: _links,
    Words: _words,
    Confidential: _confidential,
    Emojis: _emojis,
    Critics: _nothing,
}
