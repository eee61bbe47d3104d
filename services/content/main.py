"""Content, wired."""

from pathlib import Path

from chassis import people
from chassis.service import Service
from services.content import routes, tables

SERVICE = Service(
    name="content",
    title="Content",
    description="Stories and campaigns, and the way from a draft to what may be shared.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[routes.campaigns_router, routes.stories_router],
    handlers=people.handlers,
)
