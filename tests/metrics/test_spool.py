"""Clicks while Kafka is away: they lie on the disk, and arrive when it is back."""

from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from chassis.clock import SystemClock
from chassis.kafka import apply_topics
from contracts import topics
from contracts.envelope import read_envelope
from fortaler.embedded.kafka import EmbeddedKafka
from fortaler.embedded.ports import free_port
from services.metrics.main import SERVICE
from services.metrics.redirect.clicks import WAITING_MAX, Clicks
from services.metrics.redirect.spool import Spool, adopt
from tests.metrics.advocacy import a_share, rows, settings_of, told_to_kafka
from tests.metrics.test_redirect import follow
from tests.patience import until
from tests.servers import KafkaServer
from tests.world import World


@pytest.mark.own_servers
async def test_clicks_without_kafka_reach_the_disk_and_kafka_once_it_is_back(
    world: World, spool_dir: Path, tmp_path: Path
) -> None:
    port = free_port()
    kafka = EmbeddedKafka(tmp_path / "kafka", port=port)
    settings = settings_of(world, spool_dir, f"127.0.0.1:{port}")
    tenant, share = world.new_tenant(), a_share()
    async with world.open(SERVICE, settings=settings) as metrics:
        await metrics.hear(tenant, share)
        for _ in range(3):
            assert (await follow(metrics, share.code or "")).status_code == 302
        await until(lambda: holds(spool_dir, 3))

        with kafka:
            await apply_topics(kafka.bootstrap_servers, topics.ALL)
            told = await told_to_kafka(kafka.bootstrap_servers, tenant, 3)
            await until(lambda: holds(spool_dir, 0))
        await metrics.hear(tenant, world.registered(tenant))
        await metrics.consumer.take_in(told)
        counted = await rows(metrics, tenant, "select sum(counted) from share_windows")

    assert counted == [(3,)]


async def test_what_a_process_has_left_is_sent_by_the_next_though_its_last_line_is_torn(
    world: World, spool_dir: Path, kafka: KafkaServer
) -> None:
    tenant, share = world.new_tenant(), a_share()
    async with world.open(SERVICE, settings=settings_of(world, spool_dir)) as metrics:
        await metrics.hear(tenant, share)
        await follow(metrics, share.code or "")
    left = only_file_in(spool_dir)
    left.write_bytes(left.read_bytes() + b'{"event_id":"torn')
    await apply_topics(kafka.bootstrap_servers, topics.ALL)

    settings = settings_of(world, spool_dir, kafka.bootstrap_servers)
    async with world.open(SERVICE, settings=settings):
        (told,) = await told_to_kafka(kafka.bootstrap_servers, tenant, 1)
        await until(lambda: holds(spool_dir, 0))

    assert read_envelope(told.key, told.value, told.headers).aggregate_id == share.share_id


def test_a_file_that_is_being_written_is_nobody_elses(spool_dir: Path) -> None:
    spool = Spool(spool_dir)
    spool.append([b"one", b"two"])
    (path,) = spool.waiting()
    assert adopt(path) is None

    spool.finish()

    adopted = adopt(path)
    assert adopted is not None
    assert adopt(path) is None
    assert adopted.read() == [b"one", b"two"]
    adopted.remove()
    adopted.release()
    assert adopt(path) is None


def test_only_its_owner_may_read_the_spool(spool_dir: Path) -> None:
    spool = Spool(spool_dir)

    spool.append([b"one"])
    spool.finish()

    (path,) = spool.waiting()
    assert (path.stat().st_mode & 0o777, spool_dir.stat().st_mode & 0o777) == (0o600, 0o700)


def test_more_clicks_than_memory_has_room_for_are_counted_as_lost(spool_dir: Path) -> None:
    clicks = Clicks(Spool(spool_dir), SystemClock())
    lost = lost_so_far()

    for _ in range(WAITING_MAX + 2):
        clicks.record(UUID(int=1), UUID(int=2), suspected_robot=False)

    assert lost_so_far() == lost + 2


def lines_in(spool_dir: Path) -> list[bytes]:
    return [line for path in spool_dir.glob("*") for line in path.read_bytes().splitlines()]


async def holds(spool_dir: Path, clicks: int) -> bool:
    return len(lines_in(spool_dir)) == clicks


def only_file_in(spool_dir: Path) -> Path:
    (path,) = spool_dir.iterdir()
    return path


def lost_so_far() -> float:
    return REGISTRY.get_sample_value("fortaler_clicks_lost_total") or 0.0
