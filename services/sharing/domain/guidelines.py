"""When a text goes on although guidelines find something in it, and when it does not (C4)."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import Refusal
from contracts.checks.checking import FINDINGS_SHOWN_MAX, Held

AGAINST_GUIDELINES = "against_guidelines"
"""Why a share has failed whose text met a rule that came, or went, after it was made."""


class TextAgainstGuidelines(Refusal):
    """Your text says what guidelines refuse; `findings` say what, where and why, `total` how often.

    Of more than a hundred the first are named.
    """

    kind = "invalid"
    title = "Text is against the guidelines"


def advice(found: Sequence[Held]) -> Sequence[dict[str, Any]]:
    """Answer what a share keeps of findings that do not stop it, the first of them."""
    return [one.plain() for one in found[:FINDINGS_SHOWN_MAX]]


def check(found: Sequence[Held]) -> None:
    """Check that nothing was found that is refused; raises TextAgainstGuidelines."""
    refusing = [one.plain() for one in found if one.finding.severity == "refuse"]
    if refusing:
        raise TextAgainstGuidelines(
            "Change your text first.",
            field="/text",
            findings=refusing[:FINDINGS_SHOWN_MAX],
            total=len(refusing),
        )
