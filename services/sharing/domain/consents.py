"""Consents: one purpose at a time, each given, refused and withdrawn on its own (V1, G1, G2)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args
from uuid import UUID

from chassis.errors import Refusal
from contracts.sharing import Purpose

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

PER_NETWORK: frozenset[Purpose] = frozenset({"connect", "publish"})
"""These are asked for once per network; the others once."""

TEXT_VERSION = "2026-11-24"
"""Whoever changes a text below gives it a new version: a yes is to exactly what was read."""

TEXTS: dict[Purpose, dict[str, str]] = {
    "connect": {
        "en": "Fortaler may keep an access to my profile on this network, sealed, until I take "
        "it back. It is used for what I ask for and nothing else.",
        "da": "Fortaler må opbevare en forseglet adgang til min profil på dette netværk, indtil "
        "jeg tager den tilbage. Den bruges kun til det, jeg selv beder om.",
    },
    "publish": {
        "en": "Fortaler may publish on this network what I choose to share, in my words, with a "
        "line on where I work before them and a link after them.",
        "da": "Fortaler må offentliggøre det, jeg vælger at dele på dette netværk, med mine ord, "
        "med en linje foran om, hvor jeg arbejder, og et link bagefter.",
    },
    "read_numbers": {
        "en": "Fortaler may read from the network how often my shares were seen and answered.",
        "da": "Fortaler må hente fra netværket, hvor ofte mine delinger er set og besvaret.",
    },
    "rankings": {
        "en": "My name and points may stand on boards that colleagues can see.",
        "da": "Mit navn og mine point må stå på tavler, som kolleger kan se.",
    },
    "featured": {
        "en": "What I did may be told as an example to my colleagues.",
        "da": "Det, jeg har gjort, må fortælles som eksempel til mine kolleger.",
    },
    "photo": {
        "en": "A photo of me may be used in stories.",
        "da": "Et billede af mig må bruges i historier.",
    },
}
"""What each purpose means, in the languages we speak; English where we do not speak one."""


class ConsentMissing(Refusal):
    """This needs a consent of yours that you have not given, or have withdrawn."""

    kind = "forbidden"
    title = "Consent is missing"


class ConsentTextOutdated(Refusal):
    """A yes counts for exactly the text that was read; this version is not the current one."""

    kind = "conflict"
    title = "Consent text has changed"


class NetworkMisnamed(Refusal):
    """The purposes `connect` and `publish` are per network and need one; the others take none."""

    kind = "invalid"
    title = "Network does not fit the purpose"


@dataclass(frozen=True)
class Consent:
    """A yes to one purpose, on one network where the purpose asks for one."""

    consent_id: UUID
    person_id: UUID
    purpose: Purpose
    network: str | None
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None = None


def check_network(purpose: Purpose, network: str | None, offered: Collection[str]) -> None:
    """Check that a purpose comes with a network when, and only when, it is per network."""
    if purpose in PER_NETWORK and network not in offered:
        raise NetworkMisnamed(
            f"{purpose} needs one of these networks: {', '.join(sorted(offered))}.",
            field="/network",
        )
    if purpose not in PER_NETWORK and network is not None:
        raise NetworkMisnamed(f"{purpose} is not per network.", field="/network")


def check_named(purpose: Purpose, network: str | None) -> None:
    """Check that it is clear which yes is meant: nothing would be taken back in silence."""
    if (purpose in PER_NETWORK) == (network is None):
        wanted = "is per network: say which" if network is None else "is not per network"
        raise NetworkMisnamed(f"{purpose} {wanted}.", parameter="network")


def check_text(text_version: str) -> None:
    """Check that the current text was read; raises ConsentTextOutdated."""
    if text_version != TEXT_VERSION:
        raise ConsentTextOutdated(
            f"The current text has version {TEXT_VERSION}.", text_version=TEXT_VERSION
        )


def text_of(purpose: Purpose, language: str) -> str:
    """Answer what a purpose means, in a language if we speak it, else in English."""
    texts = TEXTS[purpose]
    return texts.get(language.partition("-")[0].lower(), texts["en"])


def withdraw(consent: Consent, *, at: datetime) -> Consent:
    """Take a yes back, never before it was given: the news that ends it may be a little older."""
    return replace(consent, withdrawn_at=max(at, consent.given_at))
