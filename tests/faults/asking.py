"""People who ask the made-up service over HTTP, and note what they are told."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from chassis.ids import new_id
from tests.faults.storm_checker import Told

PACE_S = 0.05
REFUSED_FOR_NOW = frozenset({409, 429, 503})
"""Told when to come back. 409: the same request is under way, as who asked it was killed."""

NOT_KNOWN = frozenset({502, 504})
"""The service behind a gateway was lost before it answered."""


@dataclass
class Heard:
    """What those who asked were told."""

    told: list[Told] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    not_answered: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody should get: a 500, or a 503 that does not say when to come back."""

    def note(self, counter: UUID, answer: httpx2.Response) -> bool:
        """Note an answer to somebody who advanced a counter; answers if that settles it."""
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.told.append(Told(str(counter), answer.json()["number"]))
            return True
        if not _is_fair(answer):
            when = answer.headers.get("retry-after")
            self.wrong.append(f"{answer.status_code}, come back in {when}: {answer.text}")
            return True
        return False


def _is_fair(answer: httpx2.Response) -> bool:
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    if answer.status_code in REFUSED_FOR_NOW:
        return answer.headers.get("retry-after", "").isdigit()
    return answer.status_code in NOT_KNOWN


class Askers:
    """So many people who advance counters, one after the other, until it is enough.

    Who is not told that it is done asks again with the same key: so each wish has one effect, and
    whoever had it was told so.
    """

    def __init__(self, client: httpx2.AsyncClient, base: str, token: str, heard: Heard) -> None:
        self._client = client
        self._base = base
        self._token = token
        self._heard = heard
        self._enough = asyncio.Event()
        self._asking: list[asyncio.Task[None]] = []

    def begin(self, seed: str, counters: Sequence[UUID], count: int) -> None:
        """Let them begin, each with a chance of its own."""
        for number in range(count):
            drawn = random.Random(f"{seed}-asker-{number}")
            self._asking.append(asyncio.create_task(self._ask(drawn, counters)))

    async def enough(self) -> None:
        """Let each of them be told of its last wish, and end."""
        self._enough.set()
        await asyncio.gather(*self._asking)

    def give_up(self) -> None:
        """End them, whatever they wait for."""
        for task in self._asking:
            task.cancel()

    async def _ask(self, drawn: random.Random, counters: Sequence[UUID]) -> None:
        while not self._enough.is_set():
            counter, key = drawn.choice(counters), str(new_id())
            # Nothing calls whoever was not told: it has to ask again.
            while not await self._is_settled(counter, key):  # noqa: ASYNC110
                await asyncio.sleep(drawn.uniform(0, 2 * PACE_S))
            await asyncio.sleep(drawn.uniform(0, 2 * PACE_S))

    async def _is_settled(self, counter: UUID, key: str) -> bool:
        try:
            answer = await self._client.post(
                f"{self._base}/v1/counters/{counter}/advance",
                headers={"authorization": f"Bearer {self._token}", "idempotency-key": key},
            )
        except httpx2.HTTPError:
            self._heard.not_answered += 1
            return False
        return self._heard.note(counter, answer)
