"""Databases and topics brought to what the code expects, for `migrate`, `topics` and `up`."""

import asyncio
from collections.abc import Sequence

from chassis.kafka import apply_topics
from chassis.migrating import migrate, provision
from chassis.settings import ServiceSettings
from contracts import topics
from fortaler import services


def migrate_services(names: Sequence[str], *, admin_user: str, admin_password: str) -> None:
    """Create what is missing of the services' databases and roles, and run every migration."""
    settings = ServiceSettings()

    async def run() -> None:
        for name in names:
            service = services.load(name)
            await provision(settings, name, admin_user=admin_user, admin_password=admin_password)
            await migrate(settings, name, service.migrations, service.metadata)

    asyncio.run(run())


def create_topics(bootstrap_servers: str, *, replication: int = 1) -> list[str]:
    """Create the topics that are missing; answers their names."""
    return asyncio.run(apply_topics(bootstrap_servers, topics.ALL, replication=replication))
