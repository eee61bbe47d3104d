"""Tenants never meet: each transaction is told whose it is, and PostgreSQL holds it to that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

SETTING = "app.tenant_id"
_SET = f"select set_config('{SETTING}', $1, true)"
_INFO = "tenant_id"


class TenantSession(Session):
    """A session whose every transaction begins by saying which tenant it serves."""


@event.listens_for(TenantSession, "after_begin")
def _say_whose(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    tenant_id = session.info.get(_INFO)
    if tenant_id is not None:
        _say(connection, (str(tenant_id),))


def _say(connection: Connection, whose: tuple[str]) -> None:
    """Say it by a cursor: what stands around a statement else is a tenth of a short transaction."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_SET, whose)
    except connection.dialect.loaded_dbapi.Error:
        # Said again, to be refused in the words that callers know.
        connection.exec_driver_sql(_SET, whose)
    finally:
        cursor.close()


async def enter(session: AsyncSession, tenant_id: UUID | None) -> None:
    """Let the rest of this transaction serve `tenant_id`; what came before is flushed first."""
    await session.flush()
    session.info[_INFO] = tenant_id
    connection = await session.connection()
    await connection.exec_driver_sql(_SET, (str(tenant_id or ""),))


@asynccontextmanager
async def serving(session: AsyncSession, tenant_id: UUID) -> AsyncIterator[None]:
    """Serve `tenant_id` for a moment, and then whomever the transaction served before."""
    before = session.info.get(_INFO)
    if before == tenant_id:
        yield
        return
    await enter(session, tenant_id)
    # Not in a `finally`: after a failure the transaction ends, and with it what was said here.
    yield
    await enter(session, before)


def tenant_of(session: AsyncSession) -> UUID:
    """Answer the tenant that the session serves; serving none here is a mistake of ours."""
    tenant_id = session.info.get(_INFO)
    if not isinstance(tenant_id, UUID):
        raise LookupError("This transaction serves no tenant.")
    return tenant_id
