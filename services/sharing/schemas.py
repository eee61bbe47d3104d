"""The shapes that sharing takes in and gives out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from contracts.checks.rules import Severity
from contracts.sharing import Purpose
from services.sharing.domain.accounts import AccountState, Reason
from services.sharing.domain.disclosure import Kind
from services.sharing.domain.programs import ProgramState
from services.sharing.domain.shares import TEXT_CHARS_MAX, State

NetworkName = Annotated[
    str, StringConstraints(min_length=1, max_length=32), Field(examples=["sandbox"])
]


class ProgramIn(InShape):
    """A program to open."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        examples=["Nordlys i egne ord"]
    )


class ProgramView(OutShape):
    """A program. Who takes part in it is nobody's business but theirs."""

    program_id: UUID
    name: str
    state: ProgramState
    opened_at: datetime
    closed_at: datetime | None


class EnrolmentView(OutShape):
    """Your part in a program."""

    program_id: UUID
    name: str
    joined_at: datetime
    left_at: datetime | None


class ConsentIn(InShape):
    """A yes to the text of exactly this version."""

    network: NetworkName | None = None
    text_version: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(
        examples=["2026-11-24"]
    )


class GivenView(OutShape):
    """Where and when you said yes."""

    network: str | None
    text_version: str
    given_at: datetime


class ConsentView(OutShape):
    """A purpose, what it means, and where you said yes to it. Nowhere means no."""

    purpose: Purpose
    text: str
    text_version: str
    per_network: bool
    given: list[GivenView]


class AccountIn(InShape):
    """The network on which to connect a profile of yours."""

    network: NetworkName


class AttemptView(OutShape):
    """Where to go in a browser to grant access; the network sends you back to us."""

    authorization_url: str
    expires_at: datetime


class AccountView(OutShape):
    """A profile of yours. Its access is kept sealed and never shown."""

    account_id: UUID
    network: str
    handle: str
    state: AccountState
    reason: Reason | None
    connected_at: datetime
    disconnected_at: datetime | None


class VariantView(OutShape):
    """Suggested copy: a start, not a text to repeat."""

    network: str
    language: str
    text: str


class PictureView(OutShape):
    """A picture: which, the SHA-256 of its bytes in hex, and what it shows in words.

    `GET /v1/media/{media_id}/download` tells where it is to be had.
    """

    media_id: UUID
    sha256: str
    alt_text: str


class StoryView(OutShape):
    """A live story, with its suggested copy in the order that suits you."""

    story_id: UUID
    version: int
    campaign_id: UUID | None
    title: str
    body: str
    link: str | None
    language: str
    topics: list[str]
    variants: list[VariantView]
    media: list[PictureView]
    live_from: datetime
    expires_at: datetime | None


class ShareIn(InShape):
    """A story to share now, in your own words."""

    story_id: UUID
    account_id: UUID
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARS_MAX)] = Field(
        examples=["Nu ved jeg, hvorfor mølle 14 stod stille i maj."]
    )


class ShareLine(OutShape):
    """A share. `text` is exactly what stands on the network: disclosure first, link last."""

    share_id: UUID
    story_id: UUID
    story_version: int
    campaign_id: UUID | None
    account_id: UUID
    network: str
    state: State
    reason: str | None
    text: str
    language: str
    disclosure: Kind
    own_words: bool
    link: str | None
    post_url: str | None
    created_at: datetime
    published_at: datetime | None


class StepView(OutShape):
    """One step in a share's life."""

    state: State
    reason: str | None
    at: datetime


class ShareFindingView(OutShape):
    """What a guideline advises against in your own words; offsets cut `excerpt` out of them."""

    guideline_id: UUID
    rule_id: str
    kind: str
    severity: Severity
    start: int = Field(description="In Unicode code points.")
    end: int
    start_utf16: int = Field(description="In UTF-16 code units, as JavaScript counts.")
    end_utf16: int
    excerpt: str
    message: str
    suggestion: str | None
    reason: str | None


class ShareView(ShareLine):
    """A share with its life so far, and the record of how its disclosure was decided."""

    post_id: str | None
    decision: dict[str, Any]
    findings: list[ShareFindingView] = Field(
        description="What guidelines advised against when it was made, the first hundred. They"
        " stop nothing."
    )
    history: list[StepView]
