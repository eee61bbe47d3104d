"""Recognition, wired."""

from pathlib import Path

from chassis.service import Service
from services.recognition import handlers, routes, tables

SERVICE = Service(
    name="recognition",
    title="Recognition",
    description="Points for effect and effort, each with its cause, and boards for who wants them.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[routes.router],
    handlers=handlers.handlers,
)
