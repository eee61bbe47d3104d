"""A connection that tells how PostgreSQL answers what content asks among a great many rows."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.tenancy import TenantSession
from tests.servers import PostgresServer

Plan = dict[str, Any]
Fill = Callable[[Any, UUID], Awaitable[None]]


@asynccontextmanager
async def explaining(
    postgres: PostgresServer, fill: Fill
) -> AsyncIterator[tuple[AsyncSession, list[Plan]]]:
    """Answer a session of a new tenant that was filled, and the plans of whatever it asks.

    It is filled by somebody whom nothing holds back, asks as content does, and is rolled back.
    """
    address = URL.create(
        "postgresql+asyncpg",
        postgres.superuser,
        postgres.password,
        postgres.host,
        postgres.port,
        "content",
    )
    engine = create_async_engine(address)
    async with AsyncSession(engine, sync_session_class=TenantSession) as session:
        tenant_id = new_id()
        session.info["tenant_id"] = tenant_id
        connection = await session.connection()
        plans: list[Plan] = []
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("set session_replication_role = replica")
        await fill(raw, tenant_id)
        await raw.execute(
            "load 'auto_explain'; set auto_explain.log_min_duration = 0;"
            "set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on;"
            "set auto_explain.log_buffers = on;"
            "set auto_explain.log_format = json; set auto_explain.log_level = notice;"
            "set role content_app"
        )
        raw.add_log_listener(lambda _connection, told: _keep(plans, told))
        yield session, plans
        await session.rollback()
    await engine.dispose()


def nodes(plan: Plan) -> list[Plan]:
    """Answer all nodes of a plan."""
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def indexes(plan: Plan) -> set[str]:
    """Answer which indexes a plan reads."""
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def _keep(plans: list[Plan], told: Any) -> None:
    if "plan:" in told.message:
        plans.append(json.loads(told.message.split("plan:\n", 1)[1])["Plan"])
