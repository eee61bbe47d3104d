"""How much may be asked for: counted smoothly, told in standard headers, and never in the way."""

import asyncio
import math
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from http_sfv.list import List as FieldList
from hypothesis import given
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage, SlidingWindowCounterSupport, Storage
from pydantic import ValidationError

from chassis.clock import SettableClock, SystemClock
from gateway.addresses import Addresses
from gateway.quotas.counting import STORAGE_REST_S, InMemory, InStorage, Quotas
from gateway.quotas.policies import WINDOW_S, Policy, QuotaExceeded
from gateway.settings import GatewaySettings
from tests.gateway.conftest import Gateway, OpenGateway
from tests.gateway.upstreams import answers
from tests.world import problem_of


def a_beginning() -> datetime:
    """Answer when a window begins, after all tokens of now were signed."""
    return (SystemClock().now() + timedelta(minutes=1)).replace(second=0, microsecond=0)


START = a_beginning()


def in_memory(quota: int, keys_max: int = 100) -> tuple[Quotas, SettableClock]:
    clock = SettableClock(START)
    policies = [Policy("person", quota)]
    return InMemory(policies, lambda: clock.now().timestamp(), keys_max=keys_max), clock


async def passes(quotas: Quotas, whose: str = "ana") -> bool:
    try:
        await quotas.count(("person", whose))
    except QuotaExceeded:
        return False
    return True


async def test_a_quota_is_no_larger_across_the_edge_of_a_window() -> None:
    quotas, clock = in_memory(100)
    clock.advance(timedelta(seconds=WINDOW_S - 0.5))
    before = [await passes(quotas) for _ in range(150)]
    clock.advance(timedelta(seconds=1))
    after = [await passes(quotas) for _ in range(150)]

    assert (sum(before), sum(after)) == (100, 1)


async def test_who_waits_as_long_as_told_is_let_through_and_not_much_earlier() -> None:
    quotas, clock = in_memory(10)
    for _ in range(50):
        clock.advance(timedelta(seconds=1.7))
        try:
            await quotas.count(("person", "ana"))
        except QuotaExceeded as exceeded:
            wait_s = exceeded.retry_after_s
            clock.advance(timedelta(seconds=max(0, wait_s - 1.01)))
            assert wait_s <= 1 or not await passes(quotas)
            clock.advance(timedelta(seconds=min(wait_s, 1.01)))
            assert await passes(quotas)


@given(steps=st.lists(st.floats(0, 40), min_size=1, max_size=200), quota=st.integers(1, 20))
def test_in_any_minute_there_is_no_more_than_the_quota_and_what_has_faded(
    steps: list[float], quota: int
) -> None:
    async def play() -> None:
        quotas, clock = in_memory(quota)
        passed: list[float] = []
        for step in steps:
            clock.advance(timedelta(seconds=step))
            now_s = (clock.now() - START).total_seconds()
            try:
                (use,) = await quotas.count(("person", "ana"))
                passed.append(now_s)
            except QuotaExceeded as exceeded:
                use = exceeded.use
            assert 0 <= use.remaining <= (quota if now_s in passed else 0)
            assert 1 <= use.retry_after_s <= 2 * WINDOW_S + 1
            window = math.floor(now_s / WINDOW_S)
            assert sum(math.floor(at / WINDOW_S) == window for at in passed) <= quota

    asyncio.run(play())


async def test_whoever_was_silent_longest_is_forgotten_when_there_are_too_many() -> None:
    quotas, _ = in_memory(1, keys_max=2)
    assert [await passes(quotas, who) for who in ("ana", "bo", "ana")] == [True, True, False]

    assert await passes(quotas, "cleo")

    assert [await passes(quotas, who) for who in ("bo", "cleo")] == [False, False]
    assert await passes(quotas, "ana")


async def test_a_shared_storage_counts_as_one_gateway_does_by_itself() -> None:
    quotas = InStorage([Policy("person", 3)], MemoryStorage())

    uses = [(await quotas.count(("person", "ana")))[0] for _ in range(3)]
    refused = [await passes(quotas, who) for who in ("ana", "bo")]

    assert [use.remaining for use in uses] == [2, 1, 0]
    assert [0 <= use.resets_in_s <= 2 * WINDOW_S for use in uses] == [True] * 3
    assert refused == [False, True]


class Away(Storage, SlidingWindowCounterSupport):
    """A storage that cannot be reached, or never answers."""

    STORAGE_SCHEME = None

    def __init__(self, *, silent: bool) -> None:
        super().__init__(wrap_exceptions=True)
        self.silent = silent
        self.asked = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        return ConnectionError

    async def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()
        raise ConnectionError

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        raise ConnectionError

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        raise ConnectionError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise ConnectionError

    async def get(self, key: str) -> int:
        raise ConnectionError

    async def get_expiry(self, key: str) -> float:
        raise ConnectionError

    async def check(self) -> bool:
        raise ConnectionError

    async def reset(self) -> int | None:
        raise ConnectionError

    async def clear(self, key: str) -> None:
        raise ConnectionError


@pytest.mark.parametrize("silent", [False, True])
async def test_a_storage_that_is_away_stops_nobody_and_is_left_alone_for_a_while(
    silent: bool,
) -> None:
    storage = Away(silent=silent)
    quotas = InStorage([Policy("person", 1)], storage)

    found = [await quotas.count(("person", "ana")) for _ in range(20)]

    assert found == [[]] * 20
    assert storage.asked == 1
    assert STORAGE_REST_S > 1


def fields_of(answer: httpx2.Response) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read both headers by somebody else's library: policies by name, and what is left."""
    policies, left = FieldList(), FieldList()
    policies.parse(answer.headers["ratelimit-policy"].encode())
    left.parse(answer.headers["ratelimit"].encode())
    assert all(isinstance(item.value, str) for item in [*policies, *left])
    return (
        {item.value: dict(item.params) for item in policies},
        {item.value: dict(item.params) for item in left},
    )


async def limited(own_gateway_to: OpenGateway, **settings: Any) -> tuple[Gateway, SettableClock]:
    clock = SettableClock(a_beginning())
    gateway = await own_gateway_to(
        content=answers(200, {"ratelimit": '"theirs";r=1'}),
        metrics=answers(302),
        clock=clock,
        settings=settings,
    )
    return gateway, clock


async def test_every_answer_says_what_is_left(own_gateway_to: OpenGateway) -> None:
    gateway, _ = await limited(own_gateway_to, rate_limit_person=3, rate_limit_tenant=50)

    first = await gateway.client.get("/v1/stories", headers=gateway.bearer)
    second = await gateway.client.get("/v1/feed", headers=gateway.bearer)

    assert fields_of(first) == (
        {"person": {"q": 3, "w": 60}, "tenant": {"q": 50, "w": 60}},
        {"person": {"r": 2, "t": 60}},
    )
    assert (second.status_code, fields_of(second)[1]["person"]["r"]) == (503, 1)


async def test_beyond_the_quota_a_person_waits_and_others_do_not(
    own_gateway_to: OpenGateway,
) -> None:
    gateway, clock = await limited(own_gateway_to, rate_limit_person=2)
    bo = {"authorization": f"Bearer {gateway.world.token(gateway.tenant, 'bo')}"}

    found = [await gateway.client.get("/v1/stories", headers=gateway.bearer) for _ in range(3)]
    other = await gateway.client.get("/v1/stories", headers=bo)
    refused = found[-1]
    clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    later = await gateway.client.get("/v1/stories", headers=gateway.bearer)

    assert [answer.status_code for answer in (*found, other, later)] == [200, 200, 429, 200, 200]
    assert problem_of(refused) == "quota-exceeded"
    assert refused.json()["policy"] == "person"
    wait_s = int(refused.headers["retry-after"])
    assert fields_of(refused) == (
        {"person": {"q": 2, "w": 60}},
        {"person": {"r": 0, "t": wait_s}},
    )
    assert len(gateway.services["content"].seen) == 4


async def test_a_company_has_a_quota_of_its_own(own_gateway_to: OpenGateway) -> None:
    gateway, _ = await limited(own_gateway_to, rate_limit_tenant=2)
    of = [gateway.world.token(gateway.tenant, subject) for subject in ("ana", "bo", "cleo")]
    elsewhere = gateway.world.token(gateway.world.new_tenant(), "ana")

    found = [
        await gateway.client.get("/v1/stories", headers={"authorization": f"Bearer {token}"})
        for token in (*of, elsewhere)
    ]

    assert [answer.status_code for answer in found] == [200, 200, 429, 200]
    assert found[2].json()["policy"] == "tenant"


async def test_strangers_are_counted_by_address(own_gateway_to: OpenGateway) -> None:
    gateway, _ = await limited(own_gateway_to, rate_limit_address=2, rate_limit_person=9)

    found = [await gateway.client.get("/r/Ab3") for _ in range(3)]
    known = await gateway.client.get("/v1/stories", headers=gateway.bearer)

    assert [answer.status_code for answer in (*found, known)] == [302, 302, 429, 200]
    assert fields_of(found[0])[0] == {"address": {"q": 2, "w": 60}}


async def test_what_is_refused_is_counted_and_uses_up_nobodys_quota(
    own_gateway_to: OpenGateway,
) -> None:
    gateway, _ = await limited(own_gateway_to, rate_limit_refused=2, rate_limit_person=9)
    fresh = {"authorization": f"Bearer {gateway.world.token(gateway.tenant, 'bo')}"}
    bad = {"authorization": "Bearer a.b.c"}

    before = await gateway.client.get("/v1/stories", headers=gateway.bearer)
    refused = [
        await gateway.client.get("/v1/stories", headers=headers) for headers in (bad, {}, bad)
    ]
    known = await gateway.client.get("/v1/stories", headers=gateway.bearer)
    new = await gateway.client.get("/v1/stories", headers=fresh)

    assert before.status_code == 200
    assert [answer.status_code for answer in refused] == [401, 401, 429]
    assert refused[-1].json()["policy"] == "refused"
    # A token that was good a moment ago stays good; a new one from there has to wait.
    assert (known.status_code, fields_of(known)[1]["person"]["r"]) == (200, 7)
    assert new.status_code == 429


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics", "/openapi.json", "/docs"])
async def test_the_gateways_own_doors_are_not_counted(
    own_gateway_to: OpenGateway, path: str
) -> None:
    gateway, _ = await limited(own_gateway_to, rate_limit_address=1, rate_limit_refused=1)

    found = [await gateway.client.get(path) for _ in range(3)]

    assert [answer.status_code for answer in found] == [200] * 3
    assert "ratelimit" not in found[0].headers


@pytest.mark.parametrize(
    ("client", "forwarded", "address", "prefix"),
    [
        ("198.51.100.7", [], "198.51.100.7", "198.51.100.7"),
        ("198.51.100.7", ["192.0.2.1"], "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", ["192.0.2.1"], "192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", ["203.0.113.9, 192.0.2.1"], "192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", ["203.0.113.9, 192.0.2.1", "10.0.0.3"], "192.0.2.1", "192.0.2.1"),
        ("10.0.0.2", ["10.0.0.9, 10.0.0.3"], "10.0.0.9", "10.0.0.9"),
        ("10.0.0.2", ["192.0.2.1, nonsense"], "10.0.0.2", "10.0.0.2"),
        ("10.0.0.2", [""], "10.0.0.2", "10.0.0.2"),
        ("10.0.0.2", ["2001:db8:1:2:3::4"], "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.2", ["192.0.2.1"], "192.0.2.1", "192.0.2.1"),
        ("::ffff:198.51.100.7", [], "::ffff:198.51.100.7", "198.51.100.7"),
        (None, ["192.0.2.1"], None, "none"),
    ],
)
def test_a_caller_is_where_the_last_trusted_hand_heard_them(
    client: str | None, forwarded: list[str], address: str | None, prefix: str
) -> None:
    addresses = Addresses(_settings(trusted_proxies=["10.0.0.0/8"]).trusted_proxies)
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"client": (client, 1) if client else None, "headers": headers}

    assert (addresses.of(scope), addresses.prefix_of(scope)) == (address, prefix)


async def test_a_service_is_told_whom_a_trusted_proxy_has_heard(
    own_gateway_to: OpenGateway,
) -> None:
    gateway, _ = await limited(own_gateway_to, trusted_proxies=["127.0.0.1/32"])
    forwarded = {**gateway.bearer, "x-forwarded-for": "203.0.113.9, 192.0.2.1"}

    await gateway.client.get("/v1/stories", headers=forwarded)

    assert gateway.services["content"].seen[0].all("x-forwarded-for") == ["192.0.2.1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_limit_person": 0},
        {"rate_limit_storage": "http://somewhere"},
        {"rate_limit_storage": "redis://"},
        {"trusted_proxies": ["everybody"]},
        {"stream_key": "short"},
    ],
)
def test_a_setting_that_cannot_be_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _settings(**wrong)


def _settings(**more: Any) -> GatewaySettings:
    return GatewaySettings(**{"service_urls": {}, "stream_key": "A" * 43, **more})
