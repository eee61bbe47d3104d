"""The rows of content; every one belongs to a tenant, and its key begins with it."""

from services.content.tables import (
    approval,
    brand,
    calendar,
    campaigns,
    comments,
    guidelines,
    ideas,
    lessons,
    media,
    pauses,
    performance,
    plans,
    searching,
    sources,
    stories,
)
from services.content.tables.base import METADATA

__all__ = [
    "METADATA",
    "approval",
    "brand",
    "calendar",
    "campaigns",
    "comments",
    "guidelines",
    "ideas",
    "lessons",
    "media",
    "pauses",
    "performance",
    "plans",
    "searching",
    "sources",
    "stories",
]
