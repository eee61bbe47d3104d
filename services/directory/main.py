"""The directory, wired."""

from pathlib import Path

from chassis.service import Service
from services.directory import routes, store, tables

SERVICE = Service(
    name="directory",
    title="Directory",
    description="Tenants, their teams and people, and what each may do.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[routes.router],
    find_caller=store.find_caller,
)
