"""Locks on what has no row of its own: what is counted, or is not there yet."""

from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of


async def alone_with(session: AsyncSession, what: str, *, shared: bool = False) -> None:
    """Be the only one of the tenant with something until the end of the transaction.

    `shared` is to be there with others who share it, while nobody is alone with it. Two things
    that happen to have one hash wait for each other, and nothing worse.
    """
    name = func.hashtextextended(f"{what}/{tenant_of(session)}", 0)
    lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    await (await session.connection()).execute(select(lock(name)))
