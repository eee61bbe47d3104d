"""The shapes of the check for dullness."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.dullness import checking
from services.content.domain.dullness.checking import Dullness, Finding, Part
from services.content.domain.dullness.checking import Language as CheckedLanguage
from services.content.domain.dullness.rules import RULE_IDS, RULES, RuleId, Verdict
from services.content.domain.dullness.versions import Checked, CheckedStory
from services.content.domain.texts import Network
from services.content.schemas.fields import Language

CHECKED_CHARS_MAX = 10_000
"""As much as a story's body may have."""

_SCORE = "0 is lively, 100 is dull; the sum of the points of all parts."


class DullnessCheckIn(InShape):
    """A text to check. It is read as it stands, so that places are those of what was sent."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=CHECKED_CHARS_MAX, strip_whitespace=False),
        Field(examples=["We are proud to announce our market-leading platform."]),
    ]
    language: Language


class BetterLineView(OutShape):
    """A dull line, and how it could be said instead."""

    dull: str
    better: str


class DullnessPartView(OutShape):
    """What one rule adds to the score, why it matters, and an example of a better line."""

    rule: RuleId
    name: str
    why: str
    points: int
    points_max: int
    found: int
    example: BetterLineView


class DullnessPlaceView(OutShape):
    """Where a finding stands: in Unicode code points, and in UTF-16 as browsers count."""

    start: int
    end: int
    utf16_start: int
    utf16_end: int


class DullnessFindingView(OutShape):
    """What a rule says of a place; without one, what the text as a whole lacks.

    `alternative` has plain words for jargon.
    """

    rule: RuleId
    place: DullnessPlaceView | None
    excerpt: str | None
    reason: str
    alternative: str | None


class DullnessView(OutShape):
    """How dull a text is, and why. It is advice, and blocks nothing.

    `checked` is false for a language that is not checked; then there is no score.
    """

    language: str
    checked: bool
    score: Annotated[int | None, Field(description=_SCORE)]
    verdict: Verdict | None
    parts: list[DullnessPartView]
    findings: list[DullnessFindingView]


class VariantDullnessView(OutShape):
    """How dull the suggested copy for one network is."""

    network: Network
    dullness: DullnessView


class StoryDullnessView(OutShape):
    """How dull the version of a story is that you see, and each of its variants."""

    story_id: UUID
    version: int
    content_hash: str
    body: DullnessView
    variants: list[VariantDullnessView]


class DullnessRuleView(OutShape):
    """What a rule looks for, how much it can weigh, and an example of a better line."""

    rule: RuleId
    name: str
    why: str
    points_max: int
    example: BetterLineView


class DullnessRulesView(OutShape):
    """All rules, in one language. Those but the last add up to 100."""

    language: CheckedLanguage
    items: list[DullnessRuleView]


def view_checked(checked: Checked, me_language: str | None) -> DullnessView:
    """Show a check: reasons in the reader's language, examples in the text's."""
    dullness = checked.dullness
    if dullness is None:
        return DullnessView(
            language=checked.language,
            checked=False,
            score=None,
            verdict=None,
            parts=[],
            findings=[],
        )
    reader = checking.checked_language(me_language) or dullness.language
    return DullnessView(
        language=checked.language,
        checked=True,
        score=dullness.score,
        verdict=dullness.verdict,
        parts=[_part(one, dullness, reader) for one in dullness.parts],
        findings=[_finding(one, reader) for one in dullness.findings],
    )


def view_checked_story(checked: CheckedStory, me_language: str | None) -> StoryDullnessView:
    """Show the checks of a story's texts."""
    return StoryDullnessView(
        story_id=checked.story_id,
        version=checked.version,
        content_hash=checked.content_hash,
        body=view_checked(checked.body, me_language),
        variants=[
            VariantDullnessView(network=network, dullness=view_checked(one, me_language))
            for network, one in checked.variants
        ],
    )


def view_rules(language: CheckedLanguage) -> DullnessRulesView:
    """Show all rules in a language, in the order in which they weigh."""
    return DullnessRulesView(
        language=language,
        items=[
            DullnessRuleView(
                rule=rule,
                name=checking.text_of(rule, language).name,
                why=checking.text_of(rule, language).why,
                points_max=RULES[rule].points_max,
                example=_example(rule, language),
            )
            for rule in RULE_IDS
        ],
    )


def _part(part: Part, dullness: Dullness, reader: CheckedLanguage) -> DullnessPartView:
    told = checking.text_of(part.rule, reader)
    return DullnessPartView(
        rule=part.rule,
        name=told.name,
        why=told.why,
        points=part.points,
        points_max=part.points_max,
        found=part.found,
        example=_example(part.rule, dullness.language),
    )


def _finding(finding: Finding, reader: CheckedLanguage) -> DullnessFindingView:
    return DullnessFindingView(
        rule=finding.rule,
        place=finding.place and DullnessPlaceView.model_validate(finding.place),
        excerpt=finding.excerpt,
        reason=checking.say(finding, reader),
        alternative=finding.alternative,
    )


def _example(rule: RuleId, language: CheckedLanguage) -> BetterLineView:
    told = checking.text_of(rule, language)
    return BetterLineView(dull=told.dull, better=told.better)
