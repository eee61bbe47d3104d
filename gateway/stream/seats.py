"""How many streams there may be at once, and how many may catch up."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from chassis.errors import Refusal
from chassis.telemetry import STREAMS_OPEN

CATCH_UPS_AT_ONCE_MAX = 2
"""Each reads all tenants' events as fast as it can: more of them would starve the requests."""

CATCH_UP_WAIT_S = 10.0
"""After a deploy all come back at once; a browser that is refused never tries again by itself."""


class StreamsTooMany(Refusal):
    """As many streams are open as there may be, for you, your company or this gateway."""

    kind = "too_many"
    title = "Too many streams"
    retry_after_s = 30


class CatchUpsTooMany(Refusal):
    """Others are catching up on what they have missed; come back in a moment."""

    kind = "too_many"
    title = "Too many are catching up"
    retry_after_s = 5


class Seats:
    """Counts the open streams."""

    def __init__(self, *, of_gateway: int, of_tenant: int, of_person: int) -> None:
        self._limits = of_gateway, of_tenant, of_person
        self._taken: Counter[object] = Counter()

    @contextmanager
    def take(self, tenant_id: UUID, person_id: UUID) -> Iterator[None]:
        """Count one more while it lasts; raises StreamsTooMany."""
        names: tuple[object, ...] = (None, tenant_id, (tenant_id, person_id))
        for name, limit, whose in zip(
            names, self._limits, ("this gateway", "your company", "you"), strict=True
        ):
            if self._taken[name] >= limit:
                raise StreamsTooMany(f"There are {limit} streams of {whose} already.", limit=limit)
        self._taken.update(names)
        STREAMS_OPEN.inc()
        try:
            yield
        finally:
            self._taken.subtract(names)
            # Or it would remember everybody who ever came.
            self._taken = +self._taken
            STREAMS_OPEN.dec()


class Turns:
    """Lets a few catch up at a time, and the others wait for a while."""

    def __init__(
        self, at_once: int = CATCH_UPS_AT_ONCE_MAX, wait_s: float = CATCH_UP_WAIT_S
    ) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._wait_s = wait_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; raises CatchUpsTooMany when it does not come."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise CatchUpsTooMany("Too many streams are catching up at this moment.") from error
        try:
            yield
        finally:
            self._free.release()
