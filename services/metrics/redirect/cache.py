"""The redirect's cache: a code's link from memory, the database, or news that is on its way."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Database
from services.metrics.domain.links import Link, LinkNotFound, LinkNotReady, is_code, location_of
from services.metrics.store import known

LINKS_KEPT_MAX = 50_000
"""Half a kilobyte each; what is followed today fits, the rest is one look-up away."""

WAIT_S_MAX = 2.0
WAIT_INTERVAL_S = 0.1
WAITING_MAX = 20
"""Made-up codes wait too: they must cost the database little, and real visitors nothing."""

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class CachedLink:
    """A link as the redirect needs it, its headers ready to be sent."""

    tenant_id: UUID
    share_id: UUID
    headers: RawHeaders


class LinkCache:
    """The links that this process knows. A link never changes, so that none is ever stale."""

    def __init__(self, database: Database, wait_s_max: float = WAIT_S_MAX) -> None:
        self._database = database
        self._wait_s_max = wait_s_max
        self._kept: OrderedDict[str, CachedLink] = OrderedDict()
        self._waiting = 0

    def kept(self, code: str) -> CachedLink | None:
        """Answer a link from memory, or None."""
        cached = self._kept.get(code)
        if cached is not None:
            self._kept.move_to_end(code)
        return cached

    async def get(self, code: str) -> CachedLink:
        """Answer a link, if need be when its share is heard of within two seconds.

        Raises LinkNotFound for what is no code, and LinkNotReady when nothing came (design 10.6).
        """
        if not is_code(code):
            raise LinkNotFound("No link has this address.")
        cached = self.kept(code) or await self._find(code) or await self._wait_for(code)
        if cached is None:
            raise LinkNotReady("Nothing is known of this link yet.")
        return cached

    async def _wait_for(self, code: str) -> CachedLink | None:
        if self._waiting >= WAITING_MAX:
            return None
        self._waiting += 1
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._wait_s_max
        try:
            # Another process hears of the share: the database is where the two meet.
            while loop.time() < until_s:
                await asyncio.sleep(WAIT_INTERVAL_S)
                if (cached := await self._find(code)) is not None:
                    return cached
        finally:
            self._waiting -= 1
        return None

    async def _find(self, code: str) -> CachedLink | None:
        async with self._database.transaction() as session:
            link = await known.find_link(session, code)
        if link is None:
            return None
        cached = self._kept[code] = _cached(link)
        if len(self._kept) > LINKS_KEPT_MAX:
            self._kept.popitem(last=False)
        return cached


def _cached(link: Link) -> CachedLink:
    headers = [
        (b"location", location_of(link)),
        (b"cache-control", b"no-store"),
        # The page that held the link is between its visitor and its network.
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"),
        (b"content-length", b"0"),
    ]
    return CachedLink(link.tenant_id, link.share_id, headers)
