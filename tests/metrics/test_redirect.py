"""Following a link: where it leads, what it says of nobody, and what happens when it is new."""

import asyncio

import httpx2
import pytest
from prometheus_client import REGISTRY

from contracts.envelope import read_envelope
from services.metrics.redirect.cache import LinkCache
from services.metrics.redirect.front import ROUTE
from tests.metrics.advocacy import (
    TARGET,
    a_share,
    done_with,
    heard_of,
    new_code,
    rows,
    sharing_begins,
    told_to_kafka,
)
from tests.patience import PATIENCE_S
from tests.world import OpenService, World, problem_of

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def follow(
    metrics: OpenService, code: str, method: str = "GET", **headers: str
) -> httpx2.Response:
    return await metrics.client.request(
        method, f"/r/{code}", headers={"user-agent": BROWSER, **headers}, follow_redirects=False
    )


def times_measured(method: str) -> float:
    labels = {"service": "metrics", "route": ROUTE, "method": method, "status": "3xx"}
    return REGISTRY.get_sample_value("fortaler_http_request_duration_seconds_count", labels) or 0


async def test_a_link_leads_to_its_target_the_first_time_and_from_memory(
    world: World, metrics: OpenService
) -> None:
    share = a_share()
    await metrics.hear(world.new_tenant(), share)

    answers = [await follow(metrics, share.code or "") for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-length"] == "0"
        assert "set-cookie" not in answer.headers


async def test_head_is_answered_alike(world: World, metrics: OpenService) -> None:
    share = a_share()
    await metrics.hear(world.new_tenant(), share)

    answers = [await follow(metrics, share.code or "", "HEAD") for _ in range(2)]

    assert [one.headers["location"] for one in answers] == [TARGET, TARGET]


async def test_nothing_in_a_request_changes_where_a_link_leads(
    world: World, metrics: OpenService
) -> None:
    share = a_share()
    await metrics.hear(world.new_tenant(), share)

    answer = await metrics.client.get(
        f"/r/{share.code}",
        params={"target": "https://elsewhere.example/", "url": "//elsewhere.example"},
        headers={"x-forwarded-host": "elsewhere.example", "user-agent": BROWSER},
        follow_redirects=False,
    )

    assert answer.headers["location"] == TARGET


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_every_link_that_is_followed_is_measured_whoever_answers(
    world: World, metrics: OpenService, method: str
) -> None:
    share = a_share()
    await metrics.hear(world.new_tenant(), share)
    before = times_measured(method)

    answers = [await follow(metrics, share.code or "", method) for _ in range(3)]

    assert times_measured(method) - before == 3
    # The first came from FastAPI; those from memory are neither logged nor traced.
    assert ["x-request-id" in answer.headers for answer in answers] == [True, False, False]


@pytest.mark.parametrize(
    "code",
    [
        "short",
        "a" * 33,
        "abcdefghij%0d%0aset-cookie:a=b",
        "abcdefghi%20",
        "%2F%2Felsewhere.example",
    ],
)
async def test_what_is_no_code_is_not_found(metrics: OpenService, code: str) -> None:
    answer = await follow(metrics, code)

    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert problem_of(answer) in {"link-not-found", "not-found"}


async def test_a_link_that_is_followed_before_its_share_is_heard_of_waits_for_it(
    world: World, metrics: OpenService
) -> None:
    share = a_share()
    # With more patience than the two seconds that visitors get, so that no machine is too slow.
    links = LinkCache(metrics.context.database, PATIENCE_S)
    following = asyncio.create_task(links.get(share.code or ""))
    await asyncio.wait([following], timeout=0.2)
    assert not following.done()

    await metrics.hear(world.new_tenant(), share)

    assert (await following).share_id == share.share_id


async def test_a_link_of_which_nothing_is_heard_says_when_to_come_again(
    metrics: OpenService,
) -> None:
    answer = await follow(metrics, new_code())

    assert (answer.status_code, problem_of(answer)) == (503, "link-not-ready")
    assert answer.headers["retry-after"] == "2"


async def test_a_link_is_not_for_posting(world: World, metrics: OpenService) -> None:
    share = a_share()
    await metrics.hear(world.new_tenant(), share)
    await follow(metrics, share.code or "")

    answer = await follow(metrics, share.code or "", "POST")

    assert (answer.status_code, problem_of(answer)) == (405, "method-not-allowed")


async def test_a_click_travels_through_kafka_and_is_counted_and_robots_apart(
    world: World, streaming: OpenService
) -> None:
    tenant = await heard_of(world, streaming)
    share = await sharing_begins(streaming, tenant)

    await follow(streaming, share.code or "")
    await follow(streaming, share.code or "")
    await follow(streaming, share.code or "", "HEAD")
    await follow(streaming, share.code or "", **{"user-agent": "LinkedInBot/1.0"})
    await follow(streaming, share.code or "", **{"sec-purpose": "prefetch"})

    told = await told_to_kafka(streaming.context.settings.kafka_bootstrap_servers, tenant, 5)
    await streaming.consumer.take_in(told)
    # Midnight may pass between two clicks, and then there are two days.
    query = "select sum(counted), sum(robots) from daily_rollups where subject_kind = 'share'"
    assert await rows(streaming, tenant, query) == [(2, 3)]


async def test_what_is_told_of_a_click_says_nothing_of_who_clicked(
    world: World, streaming: OpenService
) -> None:
    tenant = world.new_tenant()
    share = a_share()
    await streaming.hear(tenant, share)

    await follow(streaming, share.code or "", **{"x-forwarded-for": "192.0.2.7"})

    (record,) = await told_to_kafka(streaming.context.settings.kafka_bootstrap_servers, tenant, 1)
    envelope = read_envelope(record.key, record.value, record.headers)
    event = done_with(share).read(envelope.data or b"")
    assert event == done_with(share, happened_at=event.happened_at)
    everything = (record.value or b"") + b"".join(value or b"" for _, value in record.headers)
    assert b"192.0.2.7" not in everything
    assert b"Firefox" not in everything
