"""Guidelines: what a company asks of texts, in versions that people acknowledge (C4)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chassis import markdown
from chassis.errors import Refusal
from contracts.checks.checking import HeldRules
from contracts.checks.rules import RULES, Rule
from services.content.domain import contradictions, rules, secrecy
from services.content.domain.languages import check_language
from services.content.domain.passages import of_markdown
from services.content.domain.rules import RuleChanges
from services.content.domain.stories import Actor
from services.content.domain.texts import Audience

GuidelineState = Literal["working", "published", "retired"]

EDITORS = frozenset({"admin", "program_manager"})
"""They write guidelines, and see what is not published yet."""

TERM_READERS = EDITORS | {"reviewer"}
"""They see which terms are confidential; all others are told only where they have written one."""

GUIDELINES_MAX = 20
"""Held at the same time by a company; nobody reads more, and each check reads all of them."""

RULES_BYTES_MAX = 100 * 1024
"""As JSON: all rules travel in one event, and an event may have 200 KiB."""

RULES_HELD_MAX = 300
"""Of all guidelines that hold: if each finds in the longest text as much as it tells, a check takes
half a second. Nobody keeps so many in mind."""

RULES_HELD_BYTES_MAX = 300 * 1024
"""As JSON, of all guidelines that hold: every check reads them all, and folds what is not kept
ready, which takes up to half a second."""

ADVICE_HELD_CHARS_MAX = 400_000
"""Of all guidelines that hold, in all languages: twice the longest one. All of it is read wherever
another term is to be confidential, which takes some seconds. Reading it aloud takes eight hours."""

GROUP_MIN = 5
"""Fewer than so many are not counted for anybody: it would show who has not (V1; design 4.6)."""


class GuidelineNotFound(Refusal):
    """There is no such guideline in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Guideline not found"


class GuidelineNotPublished(Refusal):
    """Nobody can acknowledge, or retire, what was never published."""

    kind = "conflict"
    title = "Guideline is not published"


class GuidelineOver(Refusal):
    """A retired guideline holds no more, for good; write another."""

    kind = "conflict"
    title = "Guideline is retired"


class GuidelineEmpty(Refusal):
    """A guideline says something: in words, in rules, or both."""

    kind = "conflict"
    title = "Guideline says nothing"


class VersionNotCurrent(Refusal):
    """Another version holds by now: read that one, then acknowledge it."""

    kind = "conflict"
    title = "Version does not hold now"


class GuidelinesTooMany(Refusal):
    """A company has as many guidelines as people can keep in mind: retire one first."""

    kind = "conflict"
    title = "Too many guidelines"


class RulesTooMany(Refusal):
    """Every text is checked against all rules that hold: there is room for so many, and no more."""

    kind = "conflict"
    title = "Too many rules"


class AdviceTooMuch(Refusal):
    """All guidelines that hold are looked through for secrets: there is room for so many words."""

    kind = "conflict"
    title = "Too much advice"


class OtherGuidelineContradicts(Refusal):
    """A rule cannot be kept together with one of another guideline that holds."""

    kind = "conflict"
    title = "Another guideline contradicts"


class RulesTooLarge(Refusal):
    """All rules of a guideline together are more than one announcement can carry."""

    kind = "invalid"
    title = "Rules are too large"


class LanguageRepeated(Refusal):
    """A guideline has its words once per language."""

    kind = "invalid"
    title = "Language is named twice"


@dataclass(frozen=True)
class Advice:
    """Do's and don'ts in one language, in Markdown."""

    language: str
    dos: str
    donts: str


@dataclass(frozen=True)
class Contents:
    """What a version of a guideline says, and whom it asks to acknowledge it."""

    name: str
    advice: tuple[Advice, ...]
    rules: tuple[Rule, ...]
    audience: Audience


@dataclass(frozen=True)
class Version:
    """One version of a guideline."""

    version: int
    contents: Contents
    published_at: datetime | None


@dataclass(frozen=True)
class Guideline:
    """A guideline: the version that is worked on, and the one that holds, often the same."""

    guideline_id: UUID
    working: Version
    published: Version | None
    created_at: datetime
    retired_at: datetime | None

    @property
    def state(self) -> GuidelineState:
        """Answer whether its rules hold."""
        if self.retired_at is not None:
            return "retired"
        return "published" if self.published else "working"


@dataclass(frozen=True)
class Shown:
    """A guideline as somebody may see it; `acknowledged_at` is their own."""

    guideline: Guideline
    acknowledged_at: datetime | None
    with_terms: bool


@dataclass(frozen=True)
class GuidelineLine:
    """A guideline in a list, as whoever asks may see it."""

    guideline_id: UUID
    state: GuidelineState
    version: int
    name: str
    published_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class HistoryEntry:
    """A version, and how it differs from the one before."""

    version: int
    name: str
    published_at: datetime | None
    rules: RuleChanges
    advice_languages: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """How many were asked to acknowledge a version, and have; None where that is suppressed."""

    version: int
    asked: int | None
    acknowledged: int | None


def compose(fields: Mapping[str, Any]) -> Contents:
    """Make contents of plain fields, as they come from a request or from a row."""
    audience = fields["audience"]
    return Contents(
        name=fields["name"],
        advice=tuple(Advice(**one) for one in fields["advice"]),
        rules=rules.compose_rules(fields["rules"]),
        audience=Audience(**{name: tuple(entries) for name, entries in audience.items()}),
    )


def write(guideline_id: UUID, contents: Contents, *, at: datetime) -> Guideline:
    """Begin a guideline; nobody is asked to keep it before it is published."""
    check(contents, known=(), at=at)
    return Guideline(guideline_id, Version(1, contents, None), None, at, None)


def edit(guideline: Guideline, changes: Mapping[str, Any], *, at: datetime) -> Guideline:
    """Change the working version; where that is the one that holds, the next is begun."""
    _check_not_over(guideline)
    before = guideline.working
    named = {**asdict(before.contents), "rules": before.contents.rules, **changes}
    contents = compose(named)
    check(contents, known=before.contents.rules, at=at)
    if contents == before.contents:
        return guideline
    number = before.version if before.published_at is None else before.version + 1
    return replace(guideline, working=Version(number, contents, None))


def publish(guideline: Guideline, others: Mapping[UUID, Contents], *, at: datetime) -> Guideline:
    """Let the working version hold beside what others say that hold.

    A second time changes nothing: the guideline comes back.
    """
    _check_not_over(guideline)
    if guideline.working.published_at is not None:
        return guideline
    contents = guideline.working.contents
    if not contents.advice and not contents.rules:
        raise GuidelineEmpty("Write some advice or a rule first.")
    if len(others) >= GUIDELINES_MAX:
        raise GuidelinesTooMany(f"There are {GUIDELINES_MAX} already.")
    _check_room([contents, *others.values()])
    held = {guideline_id: theirs.rules for guideline_id, theirs in others.items()}
    _check_fits(contents.rules, held)
    secrecy.check_keeps(held, _told(contents), at=at)
    # What this guideline calls confidential already is not asked of others anew: two that told
    # each other's secrets could then be mended in no order.
    before = guideline.published.contents.rules if guideline.published else ()
    secrets = [rule for rule in contents.rules if rule not in before]
    told = {guideline_id: _told(theirs) for guideline_id, theirs in others.items()}
    secrecy.check_kept(secrets, told, at=at)
    published = replace(guideline.working, published_at=at)
    return replace(guideline, working=published, published=published)


def retire(guideline: Guideline, *, at: datetime) -> Guideline:
    """Let a guideline hold no more. A second time changes nothing: the guideline comes back."""
    if guideline.retired_at is not None:
        return guideline
    if guideline.published is None:
        raise GuidelineNotPublished("It holds for nobody yet.")
    return replace(guideline, retired_at=at)


def check_acknowledged(guideline: Guideline, version: int) -> None:
    """Check that the version that somebody has read is the one that holds."""
    _check_not_over(guideline)
    if guideline.published is None:
        raise GuidelineNotPublished("It holds for nobody yet.")
    if guideline.published.version != version:
        raise VersionNotCurrent(
            f"Version {guideline.published.version} holds.",
            field="/version",
            version=guideline.published.version,
        )


def seen_by(guideline: Guideline, actor: Actor, acknowledged_at: datetime | None) -> Shown:
    """Answer a guideline as somebody may see it: most see what is published, without secrets."""
    if not actor.roles & EDITORS:
        if guideline.published is None:
            raise GuidelineNotFound(f"No guideline {guideline.guideline_id}.")
        guideline = replace(guideline, working=guideline.published)
    return Shown(guideline, acknowledged_at, sees_terms(actor))


def sees_terms(actor: Actor) -> bool:
    """Answer whether somebody may know which terms are confidential."""
    return bool(actor.roles & TERM_READERS)


def history(versions: Sequence[Version]) -> Iterator[HistoryEntry]:
    """Answer versions, newest first, each compared to the one behind it; the last to nothing."""
    for number, one in enumerate(versions):
        before = versions[number + 1].contents if number + 1 < len(versions) else None
        advice = set(one.contents.advice) ^ set(before.advice if before else ())
        yield HistoryEntry(
            version=one.version,
            name=one.contents.name,
            published_at=one.published_at,
            rules=rules.differences(before.rules if before else (), one.contents.rules),
            advice_languages=tuple(sorted({said.language for said in advice})),
        )


def tally(version: int, *, asked: int, acknowledged: int) -> Tally:
    """Answer how many have acknowledged, unless that would show who has not (V1)."""
    told = acknowledged >= GROUP_MIN and (
        asked == acknowledged or asked - acknowledged >= GROUP_MIN
    )
    return Tally(version, asked, acknowledged) if told else Tally(version, None, None)


def check(contents: Contents, *, known: Sequence[Rule], at: datetime) -> None:
    """Check what a schema cannot: languages, Markdown, rules, sizes, and that no secret is told."""
    # First of all, since what is looked into afterwards is then no larger than this.
    if _bytes_of(contents.rules) > RULES_BYTES_MAX:
        raise RulesTooLarge("Name fewer terms, or write two guidelines.", field="/rules")
    languages = [one.language.casefold() for one in contents.advice]
    if len(set(languages)) < len(languages):
        raise LanguageRepeated("Keep one of the two.", field="/advice")
    for number, one in enumerate(contents.advice):
        check_language(one.language, field=f"/advice/{number}/language")
        markdown.check(one.dos, field=f"/advice/{number}/dos")
        markdown.check(one.donts, field=f"/advice/{number}/donts")
    for number, language in enumerate(contents.audience.languages):
        check_language(language, field=f"/audience/languages/{number}")
    rules.check_rules(contents.rules, known=known, at=at)
    secrecy.check(contents.rules, _told(contents), at=at)


def _check_room(held: Sequence[Contents]) -> None:
    if sum(len(one.rules) for one in held) > RULES_HELD_MAX:
        raise RulesTooMany(f"All guidelines together have {RULES_HELD_MAX} rules at most.")
    if sum(_bytes_of(one.rules) for one in held) > RULES_HELD_BYTES_MAX:
        raise RulesTooMany("All guidelines together name too much: name fewer terms or hosts.")
    advice = (said for one in held for said in one.advice)
    if sum(len(said.dos) + len(said.donts) for said in advice) > ADVICE_HELD_CHARS_MAX:
        raise AdviceTooMuch(f"All guidelines together say {ADVICE_HELD_CHARS_MAX} signs at most.")


def _check_fits(ours: Sequence[Rule], held: HeldRules) -> None:
    keyed = contradictions.keyed(ours)
    for guideline_id, theirs in held.items():
        for one, other in contradictions.between(keyed, contradictions.keyed(theirs)):
            raise OtherGuidelineContradicts(
                "Change one of the two first.",
                rule_id=one.id,
                guideline_id=str(guideline_id),
                other_rule_id=other.id,
            )


def _bytes_of(one: Sequence[Rule]) -> int:
    return len(json.dumps(RULES.dump_python(tuple(one), mode="json")))


def _told(contents: Contents) -> Iterator[tuple[str, str]]:
    yield "/name", contents.name
    for number, one in enumerate(contents.advice):
        for name, text in {"dos": one.dos, "donts": one.donts}.items():
            yield f"/advice/{number}/{name}", text
            # Most of it is read as it is written: that is looked through once.
            others = {seen.text for seen in of_markdown(text)} - {text, ""}
            yield from ((f"/advice/{number}/{name}", one) for one in others)
    yield from rules.told_by(contents.rules)


def _check_not_over(guideline: Guideline) -> None:
    if guideline.retired_at is not None:
        raise GuidelineOver("Write another guideline.")
