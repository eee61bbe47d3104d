"""kill -9 of publishers at every moment, on a network that errs: never two posts, none lost."""

import asyncio
import os
import random
from collections import Counter
from typing import Any

from services.sharing.settings import SharingSettings
from tests.sharing.conftest import Advocate, Company
from tests.sharing.doomed_publisher import MOMENTS, Doom, DoomedPublisher, Moment
from tests.sharing.publishing_checker import findings, under_way

ROUNDS = 30
ROUNDS_MAX = 60
"""Chance may leave a moment out: it gets further rounds, so many in all."""

SHARES_EACH = 2
SETTLING_ROUNDS = 40

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "lose_answer"},
    {"kind": "hang", "seconds": 1},
    {"kind": "server_error_after"},
    {"kind": "server_error_before"},
    {"kind": "rate_limited", "seconds": 3},
    {"kind": "show_late", "seconds": 50},
    {"kind": "expire_token"},
    {"kind": "server_error_before", "route": "GET /api/posts"},
    {"kind": "hang", "seconds": 1, "route": "GET /api/posts"},
    {"kind": "server_error_after", "route": "POST /oauth/token"},
)
QUIET = len(FAULTS) // 2
"""In every third round the network behaves."""

PASSES_S = (0, 3, 31, 95)
"""Until the next round: nothing, a look, a repeat or a lease; never so long that keys are over."""


def a_seed() -> int:
    """Answer the seed of this run: FORTALER_TEST_SEED plays one again."""
    seed = int(os.environ.get("FORTALER_TEST_SEED") or random.SystemRandom().randrange(10**9))
    print(f"FORTALER_TEST_SEED={seed}")  # noqa: T201 - shown when the test fails
    return seed


async def shares_anew(company: Company, number: int) -> tuple[Advocate, list[str]]:
    advocate = await company.advocate(f"ana{number}")
    made = [await advocate.share(await company.publish_story()) for _ in range(SHARES_EACH)]
    return advocate, [str(share["share_id"]) for share in made]


async def killed_at(company: Company, doom: Doom, chance: random.Random) -> Moment | None:
    """Let a publisher run until its moment, or a little further, and kill it; answers when."""
    settings = company.sharing.context.settings
    assert isinstance(settings, SharingSettings)
    publisher = DoomedPublisher(settings, company.sandbox.time, doom)
    came = await publisher.came_to_its_moment()
    if came and not doom.stands_still:
        # Not to wait for anything: this is how far it gets before the power goes.
        await asyncio.sleep(chance.uniform(0, 0.03))
    await publisher.kill()
    return doom.moment if came else None


async def settled(company: Company) -> None:
    """Let a publisher that lives do the rest, on a network that behaves."""
    await company.sandbox.forget_faults()
    for _ in range(SETTLING_ROUNDS):
        await company.publish(after_s=95)
        if await under_way(company) == 0:
            break


async def test_publishers_that_are_killed_at_any_moment_post_each_share_at_most_once(
    company: Company,
) -> None:
    seed = a_seed()
    chance = random.Random(seed)
    moments = [*MOMENTS] * (ROUNDS // len(MOMENTS))
    chance.shuffle(moments)
    made: list[str] = []
    handles: list[str] = []
    struck: Counter[Moment | None] = Counter()

    while moments:
        moment = moments.pop()
        number = len(handles)
        await company.sandbox.forget_faults()
        advocate, shares = await shares_anew(company, number)
        made += shares
        handles.append(advocate.handle)
        for fault in chance.sample([*FAULTS, *[None] * QUIET], 2):
            if fault is not None:
                await company.sandbox.misbehave(**fault)
        doom = Doom(moment, chance.randint(1, 2), chance.random() < 0.5)
        struck[await killed_at(company, doom, chance)] += 1
        company.sandbox.time.passes(seconds=chance.choice(PASSES_S))
        if not moments and len(handles) < ROUNDS_MAX:
            moments = [one for one in MOMENTS if one not in struck]
    await settled(company)

    assert await findings(company, made, handles) == [], f"FORTALER_TEST_SEED={seed}"
    assert len(made) >= ROUNDS * SHARES_EACH
    assert set(MOMENTS) <= set(struck), f"Not every moment was struck: {struck}, seed {seed}"
