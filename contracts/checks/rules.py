"""What a rule is: frozen data that a guideline is published with, told apart by its `kind`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Severity = Literal["refuse", "warn", "hint"]
"""Whether a text may not go on, had better not, or could be better."""

Form = Literal["informal", "formal"]


class _Rule(BaseModel):
    """What every rule says: an empty list of networks or languages means each of them."""

    # Fields that are not known are ignored, as in events: a newer writer may have added them.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str
    severity: Severity
    networks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    reason: str | None = None


class Hashtags(_Rule):
    """Tags that a post must have, must not have, or may be given: then none of them is missed."""

    kind: Literal["hashtags"]
    use: Literal["required", "forbidden", "suggested"]
    tags: tuple[str, ...]

    @model_validator(mode="after")
    def _suggests_only(self) -> "Hashtags":
        if self.use == "suggested" and self.severity != "hint":
            raise ValueError("what is only suggested has the severity hint")
        return self


class Words(_Rule):
    """Words and phrases to avoid, and what to say instead.

    With `prefix` a word is also found with an ending, and as the first part of a compound.
    """

    kind: Literal["words"]
    terms: tuple[str, ...]
    prefix: bool = False
    alternatives: tuple[str, ...] = ()


class Confidential(_Rule):
    """Terms and projects that are nobody's business until an instant, or for good."""

    kind: Literal["confidential"]
    terms: tuple[str, ...]
    prefix: bool = False
    until: datetime | None = None


class Emojis(_Rule):
    """How many emojis a text may have (none: 0), and which it may not, in any colour of skin."""

    kind: Literal["emojis"]
    most: int | None = None
    forbidden: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Emojis":
        if self.most is None and not self.forbidden:
            raise ValueError("say how many there may be, or which may not")
        return self


class Address(_Rule):
    """How readers are addressed, in the languages that know two ways: Danish du and De."""

    kind: Literal["address"]
    form: Form


class Mentions(_Rule):
    """Profiles that a post must mention, must not, or may; others than `allowed` it may not."""

    kind: Literal["mentions"]
    use: Literal["required", "forbidden", "allowed"]
    profiles: tuple[str, ...]


class Links(_Rule):
    """Hosts, with all that is under them, that links may not lead to, or the only ones."""

    kind: Literal["links"]
    use: Literal["forbidden", "allowed"]
    hosts: tuple[str, ...]


class Critics(_Rule):
    """Who answers critics. People read it; there is nothing in a text to find."""

    kind: Literal["critics"]
    answer: str


Rule = Annotated[
    Hashtags | Words | Confidential | Emojis | Address | Mentions | Links | Critics,
    Field(discriminator="kind"),
]

RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(tuple[Rule, ...])
"""Reads rules from plain values, and writes them."""


def applies(rule: Rule, *, network: str | None, language: str, at: datetime) -> bool:
    """Answer whether a rule has a say in a text; one that is not for a network meets few."""
    if rule.networks and network not in rule.networks:
        return False
    if rule.languages and not any(covers(one, language) for one in rule.languages):
        return False
    return not (isinstance(rule, Confidential) and rule.until is not None and at >= rule.until)


def covers(wanted: str, language: str) -> bool:
    """Answer whether a language is the wanted one or a kind of it: `da` covers `da-DK`."""
    whole, spoken = wanted.lower(), language.lower()
    return spoken == whole or spoken.startswith(f"{whole}-")


def with_wider(languages: Iterable[str]) -> frozenset[str]:
    """Answer languages, in small letters, with all that cover them: of `da-dk` also `da`."""
    return frozenset(
        one[:end]
        for one in languages
        for end in (*(at for at, sign in enumerate(one) if sign == "-"), len(one))
    )
