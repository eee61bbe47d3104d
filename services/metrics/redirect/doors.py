"""Which link a code is: from memory, from the database, or from news that is on its way."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Database
from services.metrics.domain.links import Link, LinkNotFound, LinkNotReady, is_code, location_of
from services.metrics.store import known

DOORS_KEPT_MAX = 50_000
"""Half a kilobyte each; what is followed today fits, the rest is one look-up away."""

WAIT_S_MAX = 2.0
WAIT_INTERVAL_S = 0.1
WAITING_MAX = 20
"""Made-up codes wait too: they must cost the database little, and real visitors nothing."""

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Door:
    """A link as the redirect needs it, its headers ready to be sent."""

    tenant_id: UUID
    share_id: UUID
    headers: RawHeaders


class Doors:
    """The links that this process knows. A link never changes, so that none is ever stale."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, Door] = OrderedDict()
        self._waiting = 0

    def kept(self, code: str) -> Door | None:
        """Answer a door from memory, or None."""
        door = self._kept.get(code)
        if door is not None:
            self._kept.move_to_end(code)
        return door

    async def get(self, code: str) -> Door:
        """Answer a door, if need be when its share is heard of within two seconds.

        Raises LinkNotFound for what is no code, and LinkNotReady when nothing came (design 10.6).
        """
        if not is_code(code):
            raise LinkNotFound("No link has this address.")
        door = self.kept(code) or await self._find(code) or await self._wait_for(code)
        if door is None:
            raise LinkNotReady("Nothing is known of this link yet.")
        return door

    async def _wait_for(self, code: str) -> Door | None:
        if self._waiting >= WAITING_MAX:
            return None
        self._waiting += 1
        loop = asyncio.get_running_loop()
        until_s = loop.time() + WAIT_S_MAX
        try:
            # Another process hears of the share: the database is where the two meet.
            while loop.time() < until_s:
                await asyncio.sleep(WAIT_INTERVAL_S)
                if (door := await self._find(code)) is not None:
                    return door
        finally:
            self._waiting -= 1
        return None

    async def _find(self, code: str) -> Door | None:
        async with self._database.transaction() as session:
            link = await known.find_link(session, code)
        if link is None:
            return None
        door = self._kept[code] = _door(link)
        if len(self._kept) > DOORS_KEPT_MAX:
            self._kept.popitem(last=False)
        return door


def _door(link: Link) -> Door:
    headers = [
        (b"location", location_of(link)),
        (b"cache-control", b"no-store"),
        # The page that held the link is between its visitor and its network.
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"),
        (b"content-length", b"0"),
    ]
    return Door(link.tenant_id, link.share_id, headers)
