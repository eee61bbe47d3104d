"""A look into the platform's databases, for those who compare what is said with what is kept."""

import json

import asyncpg

from tests.journeys.platform import Platform


async def connect(platform: Platform, service: str) -> asyncpg.Connection:
    """Connect to a service's database as its relay, which may read the outbox."""
    lines = (platform.data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()
    secrets = json.loads((platform.data_dir / "secrets.json").read_text())
    return await asyncpg.connect(
        host="127.0.0.1",
        port=int(lines[3]),
        user=f"{service}_relay",
        password=secrets["database_password"],
        database=service,
    )
