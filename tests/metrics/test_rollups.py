"""What was counted is what happened: in windows, in days, once, and never for somebody else."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from chassis.ids import derived_id, new_id
from contracts.metrics import SharePerformed
from services.metrics.domain.figures import KINDS
from tests.metrics.advocacy import (
    NOON,
    a_share,
    done_with,
    heard_of,
    performances,
    rows,
    sharing_begins,
)
from tests.world import News, OpenService, World

BY_SUBJECT = "select subject_kind, kind, sum(counted), sum(robots) from daily_rollups group by 1, 2"


async def test_a_click_counts_for_the_share_its_story_its_campaign_and_its_advocate(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    share = await sharing_begins(metrics, tenant)

    await metrics.hear(tenant, done_with(share))

    assert sorted(await rows(metrics, tenant, BY_SUBJECT)) == [
        (subject, "click", 1, 0) for subject in ("campaign", "person", "share", "story")
    ]


async def test_any_order_with_repeats_is_counted_like_the_distinct_engagements(
    world: World, metrics: OpenService
) -> None:
    random = Random(20260310)
    tenant = await heard_of(world, metrics)
    shares = [await sharing_begins(metrics, tenant) for _ in range(3)]
    distinct = {
        new_id(): done_with(
            random.choice(shares),
            random.choice(KINDS),
            happened_at=NOON + timedelta(minutes=random.randrange(3 * 24 * 60)),
            suspected_robot=random.random() < 0.2,
        )
        for _ in range(200)
    }
    told = [
        News(event, key) for key, event in distinct.items() for _ in range(random.choice([1, 3]))
    ]
    random.shuffle(told)

    while told:
        size = random.randrange(1, 60)
        batch, told = told[:size], told[size:]
        await metrics.hear_all(tenant, batch)

    counted = Counter(
        (one.share_id, one.kind) for one in distinct.values() if not one.suspected_robot
    )
    query = "select share_id, kind, sum(counted) from share_windows group by 1, 2"
    found = await rows(metrics, tenant, query)
    assert {(key, kind): count for key, kind, count in found if count} == counted
    daily = "select subject_kind, sum(counted), sum(robots) from daily_rollups group by 1"
    robots = len(distinct) - counted.total()
    assert sorted(await rows(metrics, tenant, daily)) == [
        (subject, counted.total(), robots) for subject in ("campaign", "person", "share", "story")
    ]
    news = await performances(metrics, tenant)
    assert Counter({key: n for key, n in _added_up(news).items() if n}) == counted


async def test_news_of_a_window_is_told_once_per_batch_with_its_revision(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    share = await sharing_begins(metrics, tenant)

    await metrics.hear_all(tenant, [News(done_with(share)) for _ in range(3)])
    await metrics.hear_all(tenant, [News(done_with(share)) for _ in range(2)])

    told = [(one.delta, one.total, one.revision) for one in await performances(metrics, tenant)]
    assert told == [(3, 3, 1), (2, 5, 2)]
    ids = await _announced_ids(metrics, tenant.tenant_id)
    window = NOON.isoformat()
    assert ids == {derived_id(share.share_id, "click", window, n) for n in (1, 2)}


async def test_a_robot_is_told_apart_and_performs_nothing(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    share = await sharing_begins(metrics, tenant)

    await metrics.hear(tenant, done_with(share, suspected_robot=True))

    query = "select counted, robots, revision from share_windows"
    assert await rows(metrics, tenant, query) == [(0, 1, 0)]
    assert await performances(metrics, tenant) == []


async def test_an_engagement_that_comes_before_its_share_is_counted_when_the_share_comes(
    world: World, metrics: OpenService
) -> None:
    tenant = await heard_of(world, metrics)
    share, other = a_share(), a_share()
    await metrics.hear_all(tenant, [News(done_with(one)) for one in (share, share, other)])
    assert await rows(metrics, tenant, "select * from share_windows") == []

    await metrics.hear(tenant, share)

    query = "select share_id, counted from share_windows"
    assert await rows(metrics, tenant, query) == [(share.share_id, 2)]
    waiting = "select share_id from early_engagements"
    assert await rows(metrics, tenant, waiting) == [(other.share_id,)]
    assert [one.delta for one in await performances(metrics, tenant)] == [2]


async def test_days_wait_for_the_tenants_time_zone(world: World, metrics: OpenService) -> None:
    tenant = world.new_tenant()
    share = await sharing_begins(metrics, tenant)
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    await metrics.hear(tenant, done_with(share, happened_at=late))

    await metrics.hear(tenant, world.registered(tenant))

    query = "select distinct day::text, counted from daily_rollups"
    assert await rows(metrics, tenant, query) == [("2026-07-02", 1)]


async def test_nobodys_engagement_reaches_another_tenants_share(
    world: World, metrics: OpenService
) -> None:
    ours, theirs = await heard_of(world, metrics), await heard_of(world, metrics)
    share = await sharing_begins(metrics, theirs)

    await metrics.hear(ours, done_with(share))

    for tenant in (ours, theirs):
        assert await rows(metrics, tenant, "select * from share_windows") == []


async def test_a_code_that_is_taken_stays_with_its_share(
    world: World, metrics: OpenService
) -> None:
    tenant, thief = world.new_tenant(), world.new_tenant()
    share = await sharing_begins(metrics, tenant)

    ended = await metrics.hear(thief, a_share(code=share.code, target="https://elsewhere.example/"))

    assert ended["parked"] == 1
    answer = await metrics.client.get(f"/r/{share.code}", follow_redirects=False)
    assert answer.headers["location"] == share.target


async def test_a_target_that_is_no_web_page_is_parked(world: World, metrics: OpenService) -> None:
    tenant = world.new_tenant()

    ended = await metrics.hear(tenant, a_share(target="javascript:alert(1)"))

    assert ended["parked"] == 1
    assert await rows(metrics, tenant, "select * from shares") == []


def _added_up(news: list[SharePerformed]) -> Counter[tuple[UUID, str]]:
    total: Counter[tuple[UUID, str]] = Counter()
    for one in news:
        total[one.share_id, one.kind] += one.delta
    return total


async def _announced_ids(metrics: OpenService, tenant_id: UUID) -> set[UUID]:
    connection = await metrics.context.database.connect("relay")
    try:
        found = await connection.fetch("select id from outbox where tenant_id = $1", tenant_id)
    finally:
        await connection.close()
    return {row["id"] for row in found}
