"""The shapes of a check of texts against guidelines."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from contracts.checks.checking import TEXT_CHARS_MAX
from contracts.checks.rules import Severity
from services.content.domain.text_findings import Findings
from services.content.domain.texts import Network
from services.content.schemas.fields import Language

Checked = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TEXT_CHARS_MAX),
    Field(examples=["We are the world's leading provider of wind 🎉🎉🎉"]),
]


class TextCheckIn(InShape):
    """A text to check. Without a network it is no post yet: nothing must be in it."""

    text: Checked
    network: Network | None = None
    language: Language


class TextFindingView(OutShape):
    """What a rule says of a place; offsets cut out `excerpt`, and are equal for what is missing."""

    guideline_id: UUID
    pointer: str = Field(
        description="Where the text stands in what was checked (RFC 6901).", examples=["/body"]
    )
    rule_id: str
    kind: str
    severity: Severity = Field(description="With `refuse`, a text does not go on as it is.")
    start: int = Field(description="In Unicode code points.")
    end: int
    start_utf16: int = Field(description="In UTF-16 code units, as JavaScript counts.")
    end_utf16: int
    excerpt: str
    message: str
    suggestion: str | None
    reason: str | None


class TextFindingsView(OutShape):
    """What was found, in the order of places; `total` counts also what is not listed."""

    findings: list[TextFindingView]
    total: int


def view_findings(found: Findings) -> TextFindingsView:
    """Show what was found."""
    shown = [
        TextFindingView(
            guideline_id=one.held.guideline_id,
            pointer=one.pointer,
            **one.held.finding.model_dump(),
        )
        for one in found.findings
    ]
    return TextFindingsView(findings=shown, total=found.total)
