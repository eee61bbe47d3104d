"""The shapes of machine rules: as they are written, and as everybody may read them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from chassis.schemas import InShape, OutShape
from contracts.checks import rules
from contracts.checks.rules import Rule, Severity
from services.content.domain.texts import Network
from services.content.schemas.fields import Instant, Language

RULES_MAX = 100
"""Of a guideline. Nobody keeps more rules in mind, and each is a pass over every text."""

TERMS_MAX = 100
"""Of a rule: a list that is longer is several rules, with several reasons."""

EMOJIS_MAX = 100
"""Whoever writes more emojis than that into one text needs no limit."""

SCOPES_MAX = 20
"""Networks or languages of one rule; a rule for more is a rule for all."""

_NO_NUL = r"^[^\x00]*$"

RuleId = Annotated[
    str,
    StringConstraints(max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(description="Yours to choose; findings name it.", examples=["no-superlatives"]),
]
Because = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=_NO_NUL),
    Field(
        description="Everybody reads it. Do not name what is confidential.",
        examples=["Readers trust what they can check."],
    ),
]
Term = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_NUL)]
Hashtag = Annotated[
    str,
    StringConstraints(max_length=100, pattern=r"^#?\w+$"),
    Field(description="With or without its sign.", examples=["#nordlys"]),
]
Profile = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^@?\w([\w.-]*\w)?(@\w[\w.-]*\w)?$"),
    Field(description="With or without its sign.", examples=["@nordlys"]),
]
Host = Annotated[
    str,
    StringConstraints(max_length=253, pattern=r"^[\w-]+(\.[\w-]+)+$"),
    Field(description="With all hosts under it; no scheme, no path.", examples=["nordlys.example"]),
]
Emoji = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_NO_NUL)]
Answer = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, pattern=_NO_NUL),
    Field(examples=["Thank them, and leave the rest to presse@nordlys.example."]),
]


class _RuleIn(InShape):
    id: RuleId
    severity: Severity
    networks: tuple[Network, ...] = Field(default=(), max_length=SCOPES_MAX)
    languages: tuple[Language, ...] = Field(default=(), max_length=SCOPES_MAX)
    reason: Because | None = None


class HashtagsIn(_RuleIn, rules.Hashtags):
    """Tags that a post must have, must not have, or may be given."""

    tags: tuple[Hashtag, ...] = Field(min_length=1, max_length=TERMS_MAX)


class WordsIn(_RuleIn, rules.Words):
    """Words and phrases to avoid, whole or (`prefix`) with endings and in compounds."""

    terms: tuple[Term, ...] = Field(min_length=1, max_length=TERMS_MAX)
    prefix: bool = Field(
        default=False,
        description="Whether the last word may go on: `løsning` is found in `løsningsorienteret`.",
    )
    alternatives: tuple[Term, ...] = Field(
        default=(), max_length=TERMS_MAX, description="What to say instead, suggested with a hit."
    )


class ConfidentialIn(_RuleIn, rules.Confidential):
    """Terms and projects that are confidential, until an instant or for good."""

    terms: tuple[Term, ...] = Field(min_length=1, max_length=TERMS_MAX)
    until: Instant | None = None


class EmojisIn(_RuleIn, rules.Emojis):
    """How many emojis a text may have (none: 0), and which it may not."""

    most: Annotated[int, Field(ge=0, le=EMOJIS_MAX)] | None = None
    forbidden: tuple[Emoji, ...] = Field(default=(), max_length=TERMS_MAX)


class AddressIn(_RuleIn, rules.Address):
    """How readers are addressed: Danish du (informal) or De (formal)."""


class MentionsIn(_RuleIn, rules.Mentions):
    """Profiles that a post must mention, must not, or may; others than `allowed` it may not."""

    profiles: tuple[Profile, ...] = Field(max_length=TERMS_MAX)


class LinksIn(_RuleIn, rules.Links):
    """Hosts that links may not lead to, or the only ones."""

    hosts: tuple[Host, ...] = Field(max_length=TERMS_MAX)


class CriticsIn(_RuleIn, rules.Critics):
    """Who answers critics; for people to read."""

    answer: Answer


def _kind_of(rule: Any) -> str:
    # In brackets, so that what points to a fault can tell it from a field.
    kind = rule.get("kind") if isinstance(rule, dict) else getattr(rule, "kind", None)
    return f"<{kind}>"


RuleIn = Annotated[
    Annotated[HashtagsIn, Tag("<hashtags>")]
    | Annotated[WordsIn, Tag("<words>")]
    | Annotated[ConfidentialIn, Tag("<confidential>")]
    | Annotated[EmojisIn, Tag("<emojis>")]
    | Annotated[AddressIn, Tag("<address>")]
    | Annotated[MentionsIn, Tag("<mentions>")]
    | Annotated[LinksIn, Tag("<links>")]
    | Annotated[CriticsIn, Tag("<critics>")],
    Discriminator(
        _kind_of,
        custom_error_type="kind_unknown",
        custom_error_message="There is no rule of this kind",
    ),
]


class ConfidentialView(OutShape):
    """A rule about what is confidential; `terms` is null to who need not know them."""

    id: str
    severity: Severity
    networks: tuple[str, ...]
    languages: tuple[str, ...]
    reason: str | None
    kind: Literal["confidential"]
    terms: tuple[str, ...] | None
    prefix: bool
    until: datetime | None


RuleView = Annotated[
    rules.Hashtags
    | rules.Words
    | ConfidentialView
    | rules.Emojis
    | rules.Address
    | rules.Mentions
    | rules.Links
    | rules.Critics,
    Field(discriminator="kind"),
]


def view_rule(rule: Rule, *, with_terms: bool) -> RuleView:
    """Show a rule; what is confidential only to who may know it."""
    if not isinstance(rule, rules.Confidential):
        return rule
    terms = rule.terms if with_terms else None
    return ConfidentialView.model_validate({**rule.model_dump(), "terms": terms})
