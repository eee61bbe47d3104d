"""Content, wired."""

from pathlib import Path

from chassis.service import Service
from contracts.content import MEDIA_BYTES_MAX
from services.content import tables
from services.content.handlers import handlers
from services.content.objects.opening import open_objects
from services.content.polling.loops import poll_sources
from services.content.routes import (
    approval,
    brand_assets,
    calendar,
    calendar_feeds,
    campaigns,
    comments,
    contributing,
    delegations,
    dullness,
    guidelines,
    handing_over,
    ideas,
    learning,
    lessons,
    media,
    media_permissions,
    objects,
    pauses,
    performance,
    reviews,
    searching,
    shelving,
    sources,
    stories,
    text_findings,
    versions,
)
from services.content.settings import ContentSettings
from services.content.use_cases.ending import announce_ends
from services.content.use_cases.sweeping_media import sweep_media

SERVICE = Service(
    name="content",
    title="Content",
    description="Stories and campaigns, and the way from a draft to what may be shared.",
    migrations=Path(__file__).parent / "migrations",
    metadata=tables.METADATA,
    routers=[
        campaigns.router,
        contributing.router,
        dullness.router,
        searching.router,
        sources.router,
        text_findings.router,
        guidelines.router,
        stories.router,
        shelving.router,
        handing_over.router,
        versions.router,
        pauses.router,
        lessons.router,
        learning.router,
        ideas.router,
        performance.router,
        objects.router,
        media.router,
        media_permissions.router,
        brand_assets.router,
        calendar.router,
        calendar_feeds.router,
        comments.router,
        reviews.router,
        approval.router,
        delegations.router,
    ],
    handlers=handlers,
    settings=ContentSettings,
    loops=[announce_ends, poll_sources, sweep_media],
    resources=open_objects,
    large_bodies={objects.SENDING: MEDIA_BYTES_MAX},
)
