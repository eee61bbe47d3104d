"""What can be done to stop everything, and to let it go on: load, decide, save, announce."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.paging import PageRequest
from chassis.people import Person
from contracts.content import PublishingPaused, PublishingResumed
from services.content.domain import pauses
from services.content.domain.pauses import Pause, PauseState
from services.content.domain.stories import Author
from services.content.domain.texts import check_order
from services.content.store import pauses as store


async def pause_everything(
    session: AsyncSession, clock: Clock, me: Person, reason: str, until: datetime | None
) -> Pause:
    """Stop all publishing of the tenant. What is being published at this moment is waited for."""
    await store.be_alone_with_pausing(session)
    now = clock.now()
    check_order(None, until, at=now, field="/until")
    last = await store.find_not_ended(session, lock=True)
    if last is not None:
        last = pauses.settled(last, at=now)
        pauses.check_none_holds(last)
        await _keep_end(session, last)
    pause = Pause(new_id(), reason, _author(me), now, until)
    await store.save_pause(session, pause)
    outbox.add(session, PublishingPaused(pause_id=pause.pause_id, until=until), at=now)
    return pause


async def prolong_pause(
    session: AsyncSession, clock: Clock, pause_id: UUID, until: datetime | None
) -> Pause:
    """Make a pause longer, without a gap: what is being published at this moment is waited for."""
    await store.be_alone_with_pausing(session)
    # Only now: what was published while this waited may have found the pause over.
    now = clock.now()
    check_order(None, until, at=now, field="/until")
    pause = pauses.settled(await store.lock_pause(session, pause_id), at=now)
    longer = pauses.prolong(pause, until)
    if longer is not pause:
        await store.save_pause(session, longer)
        outbox.add(session, PublishingPaused(pause_id=pause_id, until=until), at=now)
    return longer


async def lift_pause(session: AsyncSession, clock: Clock, me: Person, pause_id: UUID) -> Pause:
    """Let publishing go on; a second time changes and announces nothing."""
    now = clock.now()
    pause = await store.lock_pause(session, pause_id)
    lifted = pauses.lift(pauses.settled(pause, at=now), _author(me), at=now)
    if lifted is not pause:
        await _keep_end(session, lifted)
    return lifted


async def end_pause(session: AsyncSession, clock: Clock, pause_id: UUID) -> None:
    """Announce that a pause has ended by itself, if it has and nobody did so before."""
    pause = await store.find_locked_pause(session, pause_id)
    if pause is None:
        return
    over = pauses.settled(pause, at=clock.now())
    if over is not pause:
        await _keep_end(session, over)


async def read_pauses(
    session: AsyncSession, clock: Clock, page: PageRequest, *, state: PauseState | None
) -> Sequence[Pause]:
    """Read the pauses as they are now, newest first."""
    now = clock.now()
    found = await store.pauses_of_the_tenant(session, page, state=state, at=now)
    return [pauses.settled(pause, at=now) for pause in found]


async def check_may_publish(session: AsyncSession, *, at: datetime) -> None:
    """Check that no pause holds, nor begins before this transaction is over."""
    await store.keep_pauses_away(session)
    pauses.check_may_publish(await store.find_not_ended(session), at=at)


async def _keep_end(session: AsyncSession, ended: Pause) -> None:
    assert ended.ended_at is not None
    await store.save_pause(session, ended)
    outbox.add(session, PublishingResumed(pause_id=ended.pause_id), at=ended.ended_at)


def _author(me: Person) -> Author:
    return Author(me.person_id, me.display_name)
