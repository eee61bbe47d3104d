"""Operators are told that dead letters wait: by a gauge, in the log, and beside /ready."""

from typing import Any

import pytest
import structlog.testing
from fastapi import FastAPI

from chassis import health, settling
from chassis.clock import SystemClock
from chassis.http_client import new_client
from chassis.ids import new_id
from chassis.run import health_app
from chassis.settings import ServiceSettings
from chassis.telemetry import DEAD_LETTERS_PARKED
from chassis.unsettled import Unsettled
from tests.chassis.desk import Desk, NotToday, advances
from tests.chassis.running import working
from tests.world import serving


@pytest.fixture
def unsettled(desk: Desk) -> Unsettled:
    return Unsettled(desk.name, desk.database, SystemClock())


async def counted(unsettled: Unsettled) -> list[Any]:
    """Let it count once; answers what the log was told."""
    with structlog.testing.capture_logs() as told:
        await unsettled.count()
    return [one for one in told if one["log_level"] == "error"]


async def test_letters_that_wait_are_told_to_gauge_log_and_readers_of_ready(
    desk: Desk, unsettled: Unsettled
) -> None:
    desk.failing = {1, 2}
    first, _ = await desk.park(*advances(new_id(), 1, 2))

    [told] = await counted(unsettled)

    assert (told["event"], told["of"], told["letters"]) == ("dead_letters.waiting", desk.name, 2)
    assert told["oldest_age_s"] >= 0
    assert DEAD_LETTERS_PARKED.labels(desk.name)._value.get() == 2
    detail = await unsettled.detail()
    assert (detail["parked"], detail["oldest_parked_at"]) == (2, first.parked_at.isoformat())


async def test_the_log_is_told_once_in_a_while_and_not_at_every_count(
    desk: Desk, unsettled: Unsettled
) -> None:
    desk.failing = {1}
    await desk.park(*advances(new_id(), 1))

    told = [await counted(unsettled) for _ in range(3)]

    assert [len(one) for one in told] == [1, 0, 0]


async def test_nobody_is_told_when_everything_is_settled(desk: Desk, unsettled: Unsettled) -> None:
    desk.failing = {1}
    [letter] = await desk.park(*advances(new_id(), 1))
    async with desk.database.transaction() as session:
        await settling.discard(
            session, desk.name, [letter.letter_id], by="ida", why="A test.", at=SystemClock().now()
        )

    told = await counted(unsettled)

    assert told == []
    assert DEAD_LETTERS_PARKED.labels(desk.name)._value.get() == 0
    assert (await unsettled.detail())["oldest_parked_at"] is None


async def test_what_waits_is_shown_beside_ready_and_does_not_decide_it(
    scratch_settings: ServiceSettings,
) -> None:
    async with working(scratch_settings) as worker:
        await worker.unsettled.count()
        async with serving(health_app([worker])) as base, new_client(base) as client:
            answer = await client.get("/ready")
            figures = (await client.get("/metrics")).text

    assert [name for name in answer.json()["checks"] if "letters" in name] == []
    shown = answer.json()["details"]["scratch.dead_letters"]
    assert shown == await worker.unsettled.detail()
    assert shown["counted_at"] is not None
    assert 'fortaler_dead_letters_parked{service="scratch"}' in figures


async def test_a_detail_that_fails_is_left_out_and_the_process_is_as_ready_as_before() -> None:
    async def well() -> bool:
        return True

    async def fails() -> dict[str, object]:
        raise NotToday("A fault.")

    app = FastAPI(openapi_url=None)
    health.install(app, {"database": well}, details={"fails": fails})

    async with serving(app) as base, new_client(base) as client:
        answer = await client.get("/ready")

    assert answer.status_code == 200
    assert answer.json()["details"] == {"fails": None}
