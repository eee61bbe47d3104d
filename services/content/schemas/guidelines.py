"""The shapes of guidelines, of their versions, and of who has acknowledged them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis import markdown
from chassis.schemas import InShape, OutShape
from services.content.domain import guidelines
from services.content.domain.guidelines import GuidelineState, HistoryEntry, Shown
from services.content.schemas.fields import Country, Language, Region
from services.content.schemas.rules import RULES_MAX, RuleIn, RuleView, view_rule

ADVICE_MAX = 20
"""Languages; a company that speaks more has guidelines per country."""

ENTRIES_MAX = 100
"""An audience of more parts than this is everybody."""

GuidelineName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["How we speak of us"])
]

Markdown = Annotated[
    str,
    StringConstraints(max_length=5000),
    Field(
        description="Markdown; HTML, scripts and pictures are refused.",
        examples=["Say *what you saw*. Link to [the facts](https://nordlys.example/facts)."],
    ),
]


class AdviceIn(InShape):
    """Do's and don'ts in one language."""

    language: Language
    dos: Markdown
    donts: Markdown


class GuidelineAudienceIn(InShape):
    """Whom a guideline asks to acknowledge it. An empty list asks for nothing; all must fit.

    Its rules hold for every text, whoever writes it.
    """

    team_ids: list[UUID] = Field(default_factory=list, max_length=ENTRIES_MAX)
    regions: list[Region] = Field(default_factory=list, max_length=ENTRIES_MAX)
    countries: list[Country] = Field(default_factory=list, max_length=ENTRIES_MAX)
    languages: list[Language] = Field(default_factory=list, max_length=ENTRIES_MAX)


class GuidelineIn(InShape):
    """A guideline to begin."""

    name: GuidelineName
    advice: list[AdviceIn] = Field(default_factory=list, max_length=ADVICE_MAX)
    rules: list[RuleIn] = Field(default_factory=list, max_length=RULES_MAX)
    audience: GuidelineAudienceIn = Field(default_factory=GuidelineAudienceIn)


class GuidelineChangesIn(InShape):
    """What to change; what is left out stays, what is named is changed as a whole."""

    # Made by factories, since a default in the document would say what leaving out does not do.
    name: GuidelineName = Field(default_factory=str)
    advice: list[AdviceIn] = Field(default_factory=list, max_length=ADVICE_MAX)
    rules: list[RuleIn] = Field(default_factory=list, max_length=RULES_MAX)
    audience: GuidelineAudienceIn = Field(default_factory=GuidelineAudienceIn)


class AcknowledgementIn(InShape):
    """Which version you have read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]


class AdviceView(OutShape):
    """Do's and don'ts in one language, in Markdown, and as HTML that is safe to show."""

    language: str
    dos: str
    dos_html: str
    donts: str
    donts_html: str


class GuidelineAudienceView(OutShape):
    """Whom a guideline asks to acknowledge it."""

    team_ids: list[UUID]
    regions: list[str]
    countries: list[str]
    languages: list[str]


class GuidelineVersionView(OutShape):
    """What one version of a guideline says; `published_at` is null while it is worked on."""

    version: int
    name: str
    advice: list[AdviceView]
    rules: list[RuleView]
    audience: GuidelineAudienceView
    published_at: datetime | None


class GuidelineView(OutShape):
    """A guideline: `working` is the version being worked on, `published` the one that holds.

    To most people a guideline is only what is published. `acknowledged_at` is your own.
    """

    guideline_id: UUID
    state: GuidelineState
    working: GuidelineVersionView
    published: GuidelineVersionView | None
    acknowledged_at: datetime | None
    created_at: datetime
    retired_at: datetime | None


class GuidelineLineView(OutShape):
    """A guideline in a list; `acknowledged_at` says when you have read this version."""

    guideline_id: UUID
    state: GuidelineState
    version: int
    name: str
    published_at: datetime | None
    acknowledged_at: datetime | None


class RuleChangeView(OutShape):
    """A rule that says something else than in the version before."""

    before: RuleView
    after: RuleView


class HistoryEntryView(OutShape):
    """A version, and how it differs from the one before it."""

    version: int
    name: str
    published_at: datetime | None
    added: list[RuleView]
    removed: list[RuleView]
    changed: list[RuleChangeView]
    advice_languages: list[str] = Field(description="In which languages the advice has changed.")


class TallyView(OutShape):
    """How many people were asked to acknowledge the version that holds, and how many have.

    Both are null where they would show who has not: below five, or where fewer than five, but not
    none, remain.
    """

    version: int
    asked: int | None
    acknowledged: int | None


def view_guideline(shown: Shown) -> GuidelineView:
    """Show a guideline with its Markdown rendered: seconds of work at worst, so beside the loop."""
    guideline = shown.guideline
    working = _view_version(guideline.working, with_terms=shown.with_terms)
    published = None
    if guideline.published == guideline.working:
        published = working
    elif guideline.published is not None:
        published = _view_version(guideline.published, with_terms=shown.with_terms)
    return GuidelineView(
        guideline_id=guideline.guideline_id,
        state=guideline.state,
        working=working,
        published=published,
        acknowledged_at=shown.acknowledged_at,
        created_at=guideline.created_at,
        retired_at=guideline.retired_at,
    )


def view_history_entry(entry: HistoryEntry, *, with_terms: bool) -> HistoryEntryView:
    """Show how a version differs from the one before."""
    added, removed = (
        [view_rule(rule, with_terms=with_terms) for rule in rules]
        for rules in (entry.rules.added, entry.rules.removed)
    )
    changed = [
        RuleChangeView(
            before=view_rule(before, with_terms=with_terms),
            after=view_rule(after, with_terms=with_terms),
        )
        for before, after in entry.rules.changed
    ]
    return HistoryEntryView(
        version=entry.version,
        name=entry.name,
        published_at=entry.published_at,
        added=added,
        removed=removed,
        changed=changed,
        advice_languages=list(entry.advice_languages),
    )


def _view_version(version: guidelines.Version, *, with_terms: bool) -> GuidelineVersionView:
    contents = version.contents
    return GuidelineVersionView(
        version=version.version,
        name=contents.name,
        advice=[
            AdviceView(
                language=one.language,
                dos=one.dos,
                dos_html=markdown.render(one.dos),
                donts=one.donts,
                donts_html=markdown.render(one.donts),
            )
            for one in contents.advice
        ],
        rules=[view_rule(rule, with_terms=with_terms) for rule in contents.rules],
        audience=GuidelineAudienceView.model_validate(contents.audience),
        published_at=version.published_at,
    )
