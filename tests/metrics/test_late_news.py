"""What metrics is told late, from the dead letters, changes nothing newer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.directory import TenantChanged
from tests.metrics.advocacy import a_share, done_with, heard_of, published, rows, sharing_begins
from tests.world import OpenService, World

LATE = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


async def test_a_share_whose_schedule_is_told_late_stays_published_and_gets_its_link(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    share = a_share()

    await metrics.hear(tenant, published(share))
    await metrics.hear(tenant, share)
    await metrics.hear(tenant, published(share))

    assert await rows(metrics, tenant, "select published, code from shares") == [(True, share.code)]


async def test_an_old_time_zone_does_not_come_back(world: World, metrics: OpenService) -> None:
    tenant = await heard_of(world, metrics)
    now = metrics.context.clock.now()
    known: dict[str, Any] = world.registered(tenant).model_dump()
    newer = TenantChanged(**known | {"time_zone": "Asia/Tokyo"})
    older = TenantChanged(**known | {"time_zone": "America/New_York"})

    await metrics.hear(tenant, newer, at=now + timedelta(minutes=2))
    await metrics.hear(tenant, older, at=now + timedelta(minutes=1))

    share = await sharing_begins(metrics, tenant)
    await metrics.hear(tenant, done_with(share, happened_at=LATE))
    query = "select distinct day::text from daily_rollups"
    assert await rows(metrics, tenant, query) == [("2026-07-02",)]


async def test_what_waits_for_a_share_that_never_comes_is_swept(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    never, soon = a_share(), a_share()
    await metrics.hear(tenant, done_with(never))
    aged = "update early_engagements set kept_at = now() - interval '16 days' returning 1"
    assert len(await rows(metrics, tenant, aged)) == 1

    await metrics.hear(tenant, done_with(soon))

    waiting = "select share_id from early_engagements"
    assert await rows(metrics, tenant, waiting) == [(soon.share_id,)]
