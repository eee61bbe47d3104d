"""What sharing announces: programs, advocates and their consents, accounts, and shares."""

from typing import Literal
from uuid import UUID

from contracts.events import Event
from contracts.topics import SHARING

Purpose = Literal["connect", "publish", "read_numbers", "rankings", "featured", "photo"]
"""What a consent is for (design 10.11). Each is given, refused and withdrawn on its own (V1)."""


class _ProgramState(Event):
    program_id: UUID
    name: str


class ProgramOpened(
    _ProgramState,
    type="fortaler.program.opened.v1",
    topic=SHARING,
    public=True,
    about=("program", "program_id"),
):
    """A program can be joined."""


class ProgramClosed(
    _ProgramState,
    type="fortaler.program.closed.v1",
    topic=SHARING,
    public=True,
    about=("program", "program_id"),
):
    """A program cannot be joined any more."""


class _Enrolment(Event):
    person_id: UUID
    program_id: UUID


class AdvocateJoined(
    _Enrolment,
    type="fortaler.advocate.joined.v1",
    topic=SHARING,
    about=("advocate", "person_id"),
):
    """A person chose to take part."""


class AdvocateLeft(
    _Enrolment,
    type="fortaler.advocate.left.v1",
    topic=SHARING,
    about=("advocate", "person_id"),
):
    """A person chose to leave; nothing is held against it (V2)."""


class _Consent(Event):
    person_id: UUID
    purpose: Purpose
    network: str | None
    text_version: str


class ConsentGiven(
    _Consent,
    type="fortaler.consent.given.v1",
    topic=SHARING,
    about=("advocate", "person_id"),
):
    """An advocate said yes to one purpose, on one network where the purpose asks for one."""


class ConsentWithdrawn(
    _Consent,
    type="fortaler.consent.withdrawn.v1",
    topic=SHARING,
    about=("advocate", "person_id"),
):
    """An advocate took a yes back; it has effect at once (G2)."""


class _Account(Event):
    account_id: UUID
    person_id: UUID
    network: str


class AccountConnected(
    _Account,
    type="fortaler.account.connected.v1",
    topic=SHARING,
    about=("account", "account_id"),
):
    """An advocate's profile on a network can be published to."""


class AccountDisconnected(
    _Account,
    type="fortaler.account.disconnected.v1",
    topic=SHARING,
    about=("account", "account_id"),
):
    """The network's grant is gone: taken back by the advocate, or refused by the network."""

    reason: Literal["withdrawn", "left", "deactivated", "refused_by_network"]


class _Share(Event):
    """Who shared which version of what, where."""

    share_id: UUID
    story_id: UUID
    story_version: int
    campaign_id: UUID | None
    person_id: UUID
    account_id: UUID
    network: str


class ShareScheduled(
    _Share,
    type="fortaler.share.scheduled.v1",
    topic=SHARING,
    about=("share", "share_id"),
):
    """A share is intended, and its tracked link exists from now on (design 10.6)."""

    code: str | None
    target: str | None


class SharePublished(
    _Share,
    type="fortaler.share.published.v1",
    topic=SHARING,
    public=True,
    about=("share", "share_id"),
):
    """The network showed its own id for the post: only then is a share published."""

    network_post_id: str
    own_words: bool
    disclosure: str


class ShareUncertain(
    _Share,
    type="fortaler.share.uncertain.v1",
    topic=SHARING,
    about=("share", "share_id"),
):
    """The network's answer was lost; the network is asked, never told again blindly."""


class ShareFailed(
    _Share,
    type="fortaler.share.failed.v1",
    topic=SHARING,
    about=("share", "share_id"),
):
    """The share is not on the network and will not be tried again by itself."""

    reason: str


class ShareCancelled(
    _Share,
    type="fortaler.share.cancelled.v1",
    topic=SHARING,
    about=("share", "share_id"),
):
    """The share was stopped before it reached the network, for one of these reasons."""

    reason: Literal["by_advocate", "story_withdrawn", "consent_withdrawn", "left", "deactivated"]


class ShareCancelledV2(
    _Share,
    type="fortaler.share.cancelled.v2",
    topic=SHARING,
    about=("share", "share_id"),
):
    """The share was stopped before it reached the network; further reasons may come.

    Announced for every such share. Those whose reason v1 knows are announced by it, too.
    """

    reason: str
