"""What content does when it hears of people, and of how stories did."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.handling import Delivery, Handlers
from contracts.directory import (
    PersonChanged,
    PersonDeactivated,
    PersonProvisioned,
    PersonState,
    TenantChanged,
    TenantRegistered,
)
from contracts.metrics import SharePerformed
from services.content.use_cases import media, performance

handlers = Handlers()

handlers.on(TenantRegistered, TenantChanged)(people.keep_tenant)


@handlers.on_batch(SharePerformed)
async def learn_how_stories_did(
    deliveries: Sequence[Delivery[SharePerformed]], session: AsyncSession
) -> None:
    """Add up what others did with shares, by story."""
    await performance.learn(session, deliveries)


@handlers.on(PersonProvisioned, PersonChanged, PersonDeactivated)
async def keep_person(delivery: Delivery[PersonState], session: AsyncSession) -> None:
    """Keep a person's state; pictures of whoever has left are looked at (G3).

    The topic is compacted: the news that somebody left may have given way to a later state.
    """
    if await people.learn_person(delivery, session):
        person = delivery.event
        await media.note_person(
            session, person.person_id, active=person.active, at=delivery.happened_at
        )
