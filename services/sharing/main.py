"""Sharing, wired."""

from pathlib import Path

from chassis.service import Service
from services.sharing import tables
from services.sharing.handlers import handlers
from services.sharing.networks.outside import open_outside
from services.sharing.publishing.loops import publish_due, revoke_due
from services.sharing.routes import accounts, consents, feed, programs, shares
from services.sharing.settings import SharingSettings
from services.sharing.store.sealed import SEALED

SERVICE = Service(
    name="sharing",
    title="Sharing",
    description="Programs, consents, accounts, the feed, and shares that reach a network once.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[programs.router, consents.router, accounts.router, feed.router, shares.router],
    handlers=handlers,
    settings=SharingSettings,
    loops=[publish_due, revoke_due],
    resources=open_outside,
    sealed=SEALED,
)
