"""People who ask the made-up service over HTTP, and note what they are told."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from tests.faults.storm_checker import Told

PACE_S = 0.05
REFUSED_FOR_NOW = frozenset({429, 503})


@dataclass
class Heard:
    """What those who asked were told."""

    told: list[Told] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    not_answered: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody should get: a 500, or a 503 that does not say when to come back."""

    def note(self, counter: UUID, answer: httpx2.Response) -> None:
        """Note an answer to somebody who advanced a counter."""
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.told.append(Told(str(counter), answer.json()["number"]))
        elif answer.status_code not in REFUSED_FOR_NOW or not _says_when(answer):
            when = answer.headers.get("retry-after")
            self.wrong.append(f"{answer.status_code}, come back in {when}: {answer.text}")


def _says_when(answer: httpx2.Response) -> bool:
    return (
        answer.headers.get("content-type") == "application/problem+json"
        and answer.headers.get("retry-after", "").isdigit()
    )


async def ask(
    heard: Heard,
    client: httpx2.AsyncClient,
    base: str,
    token: str,
    counters: Sequence[UUID],
    drawn: random.Random,
) -> None:
    """Advance counters until cancelled; who is not answered asks for another one."""
    while True:
        counter = drawn.choice(counters)
        try:
            answer = await client.post(
                f"{base}/v1/counters/{counter}/advance",
                headers={"authorization": f"Bearer {token}"},
            )
        except httpx2.HTTPError:
            heard.not_answered += 1
        else:
            heard.note(counter, answer)
        await asyncio.sleep(drawn.uniform(0, 2 * PACE_S))
