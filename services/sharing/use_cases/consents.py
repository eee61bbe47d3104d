"""Giving, reading and withdrawing consents."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from contracts.sharing import ConsentGiven, Purpose
from services.sharing.domain import consents
from services.sharing.domain.consents import Consent, ConsentMissing
from services.sharing.store import advocates as store
from services.sharing.use_cases import letting_go


@dataclass(frozen=True)
class Asked:
    """A purpose, what it means, and where it was said yes to."""

    purpose: Purpose
    text: str
    text_version: str
    per_network: bool
    given: list[Consent]


async def my_consents(session: AsyncSession, person_id: UUID, language: str) -> list[Asked]:
    """Answer every purpose with its text, and what a person said to each."""
    given = await store.consents_of(session, person_id)
    return [_asked(purpose, language, given) for purpose in consents.PURPOSES]


async def give(
    session: AsyncSession,
    wish: Consent,
    *,
    language: str,
    offered: Collection[str],
) -> Asked:
    """Say yes to one purpose; again is the same as once. Raises NotAnAdvocate."""
    consents.check_network(wish.purpose, wish.network, offered)
    consents.check_text(wish.text_version)
    await store.lock_advocate(session, wish.person_id)
    known = await store.find_consent(session, wish.person_id, wish.purpose, wish.network)
    if known is None or known.text_version != wish.text_version:
        if known is not None:
            await letting_go.withdraw_consent(session, known, at=wish.given_at)
            await session.flush()
        await store.save_consent(session, wish)
        given = ConsentGiven(
            person_id=wish.person_id,
            purpose=wish.purpose,
            network=wish.network,
            text_version=wish.text_version,
        )
        outbox.add(session, given, at=wish.given_at)
    held = await store.consents_of(session, wish.person_id)
    return _asked(wish.purpose, language, held)


async def withdraw(
    session: AsyncSession,
    clock: Clock,
    person_id: UUID,
    purpose: Purpose,
    network: str | None,
    *,
    language: str,
) -> Asked:
    """Take a yes back; at once nothing is done any more that needed it. Again is the same.

    Raises NetworkMisnamed. A network need not be offered any more to be taken back from.
    """
    now = clock.now()
    consents.check_named(purpose, network)
    await store.lock_person(session, person_id)
    known = await store.find_consent(session, person_id, purpose, network)
    if known is not None:
        await _end_what_needed_it(session, known, at=now)
        await letting_go.withdraw_consent(session, known, at=now)
    return _asked(purpose, language, await store.consents_of(session, person_id))


async def require(session: AsyncSession, person_id: UUID, purpose: Purpose, network: str) -> None:
    """Check that a consent holds; raises ConsentMissing."""
    if await store.find_consent(session, person_id, purpose, network) is None:
        raise ConsentMissing(
            f"This needs your consent to {purpose} on {network}.", purpose=purpose, network=network
        )


def a_wish(
    person_id: UUID, purpose: Purpose, network: str | None, text_version: str, *, at: datetime
) -> Consent:
    """Answer the consent that somebody wishes to give."""
    return Consent(new_id(), person_id, purpose, network, text_version, at)


async def _end_what_needed_it(session: AsyncSession, consent: Consent, *, at: datetime) -> None:
    if consent.purpose == "connect":
        await letting_go.disconnect_accounts(
            session, consent.person_id, network=consent.network, reason="withdrawn", at=at
        )
    if consent.purpose in {"connect", "publish"}:
        await letting_go.cancel_waiting(
            session,
            person_id=consent.person_id,
            network=consent.network,
            reason="consent_withdrawn",
            at=at,
        )


def _asked(purpose: Purpose, language: str, given: list[Consent]) -> Asked:
    return Asked(
        purpose=purpose,
        text=consents.text_of(purpose, language),
        text_version=consents.TEXT_VERSION,
        per_network=purpose in consents.PER_NETWORK,
        given=[one for one in given if one.purpose == purpose],
    )
