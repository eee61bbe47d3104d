"""Metrics, wired."""

from pathlib import Path

from chassis.service import Service
from services.metrics import handlers, routes, tables
from services.metrics.redirect import front
from services.metrics.settings import MetricsSettings

SERVICE = Service(
    name="metrics",
    title="Metrics",
    description="Tracked links, what others did with shares, and what came of it.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[routes.open_router, routes.router],
    handlers=handlers.handlers,
    settings=MetricsSettings,
    resources=front.open_redirects,
    front=front.put_in_front,
    web_loops=[front.send_clicks],
    publishes_directly=True,
)
