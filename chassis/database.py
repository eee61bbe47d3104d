"""The one place that commits: a request, or a batch of events, is one transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.settings import ServiceSettings
from chassis.telemetry import log
from chassis.tenancy import TenantSession

STATEMENT_TIMEOUT_MS = 15_000
"""No question of ours takes this long; one that does is a fault and must not hold its locks."""

IDLE_IN_TRANSACTION_TIMEOUT_MS = 20_000
"""A process that hangs inside a transaction must not stop the others."""

POOL_TIMEOUT_S = 5
"""A request that gets no connection by then is told 503 instead of waiting longer."""

CONNECT_TIMEOUT_S = 5

ANSWER_TIMEOUT_S = 20
"""A server that has not answered by then is not there: its own time limits are shorter."""

BATCH_TIMEOUT_S = 60
"""The same for connections of one's own, whose batches may take longer."""

_KEEPALIVE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""A client that vanished without a word is noticed within half a minute, and its locks go free."""

_TROUBLE_CLASSES = frozenset({"08", "53", "57", "58"})
"""Connection, resources, operator's intervention, system: nothing that was asked is to blame."""

_TROUBLE_STATES = frozenset({"25006", "25P03", "40001", "40P01", "55P03"})
"""Read-only after a failover, idle for too long, serialization, deadlock, lock not available."""

FAILURES = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a connection of one's own can fail with; the last when its server dies in mid-sentence."""


def address(settings: ServiceSettings, service: str, role: str) -> URL:
    """Answer where a service's database is, for one of its roles: owner, app or relay."""
    return make_url(settings.database_server(service)).set(
        drivername="postgresql+asyncpg",
        username=f"{service}_{role}",
        password=settings.database_password.get_secret_value(),
        database=service,
    )


class Database:
    """A service's database under its app role: owns nothing, and cannot pass the tenants' walls."""

    def __init__(self, settings: ServiceSettings, service: str) -> None:
        self.service = service
        self._url = address(settings, service, "app")
        self._relay_url = address(settings, service, "relay")
        self.engine: AsyncEngine = create_async_engine(
            self._url,
            pool_size=settings.database_connections_max,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,
            # A statement that fails is logged; whose data it carried must not be.
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": ANSWER_TIMEOUT_S,
                "server_settings": {
                    **_KEEPALIVE,
                    "application_name": f"fortaler-{service}",
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
                },
            },
        )
        self._sessions = async_sessionmaker(
            self.engine,
            class_=AsyncSession,
            sync_session_class=TenantSession,
            expire_on_commit=False,
        )
        self.waker = outbox.Waker(self._notify)
        self._notifier: asyncpg.Connection | None = None

    @asynccontextmanager
    async def transaction(self, tenant_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """Do something as one transaction for a tenant; without one, no tenant's rows are seen."""
        async with self._sessions() as session:
            session.info["tenant_id"] = tenant_id
            async with session.begin():
                yield session
                announced = await outbox.write(session)
            if announced:
                self.waker.wake()

    async def connect(self, role: str = "app") -> asyncpg.Connection:
        """Open a connection of one's own, for advisory locks, LISTEN and batches of raw SQL."""
        url = self._url if role == "app" else self._relay_url
        return await asyncpg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False),
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=BATCH_TIMEOUT_S,
            server_settings={
                **_KEEPALIVE,
                "application_name": f"fortaler-{self.service}-{role}",
            },
        )

    async def close(self) -> None:
        """Close every connection, within CONNECT_TIMEOUT_S."""
        if self._notifier is not None:
            # Terminated, not closed: a close could wait for a server that does not answer.
            self._notifier.terminate()
            self._notifier = None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self.engine.dispose()
        except OSError as error:
            log("database").warning("database.left_without_goodbye", error=type(error).__name__)

    async def _notify(self) -> None:
        # A lost notification costs one poll of the relay, so trouble here is not worth a word.
        try:
            if self._notifier is None or self._notifier.is_closed():
                self._notifier = await self.connect()
            await self._notifier.execute(f"notify {outbox.CHANNEL}")
        except FAILURES:
            self._notifier = None


def is_trouble(error: BaseException) -> bool:
    """Answer whether an error comes from a database in trouble, not from what was asked of it.

    A value that a column cannot hold is no trouble, though asyncpg finds it before it is sent.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_trouble_state(error.orig)
    if isinstance(error, asyncpg.PostgresError):
        return _is_trouble_state(error)
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)
    return isinstance(error, OSError | NoConnectionLeft | asyncpg.InternalClientError)


def _is_trouble_state(error: BaseException | None) -> bool:
    state = getattr(error, "sqlstate", None) or ""
    return state[:2] in _TROUBLE_CLASSES or state in _TROUBLE_STATES
