"""What integrators report: item by item, counted once, safe when it is answered."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.sharing import ShareScheduled
from tests.metrics.advocacy import a_share, rows, told_to_kafka
from tests.world import OpenService, Tenant, World, problem_of

PATH = "/v1/engagements:batch"
COUNTED = "select kind, source, counted from daily_rollups where subject_kind = 'share'"


def an_item(metrics: OpenService, share: ShareScheduled, **facts: Any) -> dict[str, Any]:
    happened_at = metrics.context.clock.now() - timedelta(hours=1)
    known = {
        "id": "comment-1",
        "share_id": str(share.share_id),
        "kind": "comment",
        "happened_at": happened_at.isoformat(),
    }
    return {**known, **facts}


async def a_known_share(world: World, metrics: OpenService) -> tuple[Tenant, ShareScheduled]:
    tenant, share = world.new_tenant(), a_share()
    await metrics.hire(tenant, "ana", "analyst")
    await metrics.hear(tenant, share)
    return tenant, share


async def test_a_report_is_in_kafka_when_it_is_answered_and_its_repeat_counts_once(
    world: World, streaming: OpenService
) -> None:
    tenant, share = await a_known_share(world, streaming)
    ana = streaming.as_(tenant, "ana")
    body = {"source": "export", "items": [an_item(streaming, share)]}
    other = {"source": "crm", "items": body["items"]}

    answers = [await ana.post(PATH, one) for one in (body, body, other)]

    for answer in answers:
        assert answer.status_code == 202, answer.text
        outcome = {"id": "comment-1", "outcome": "accepted", "reason": None}
        assert answer.json() == {"items": [outcome]}
    told = await told_to_kafka(streaming.context.settings.kafka_bootstrap_servers, tenant, 2)
    await streaming.consumer.take_in(told)
    assert sorted(await rows(streaming, tenant, COUNTED)) == [
        ("comment", "crm", 1),
        ("comment", "export", 1),
    ]


async def test_each_item_is_judged_alone(world: World, streaming: OpenService) -> None:
    tenant, share = await a_known_share(world, streaming)
    _, theirs = await a_known_share(world, streaming)
    now = streaming.context.clock.now()
    items = [
        an_item(streaming, share, id="good"),
        an_item(streaming, share, id="unknown", share_id=str(new_id())),
        an_item(streaming, theirs, id="theirs"),
        an_item(streaming, share, id="ahead", happened_at=(now + timedelta(hours=1)).isoformat()),
        an_item(streaming, share, id="end", happened_at="9999-12-31T23:59:59-12:00"),
        an_item(streaming, share, id="old", happened_at=(now - timedelta(days=91)).isoformat()),
        an_item(streaming, share, id="begin", happened_at="0001-01-01T00:00:00+12:00"),
        an_item(streaming, share, id="naive", happened_at="2026-03-10T12:00:00"),
    ]

    answer = await streaming.as_(tenant, "ana").post(PATH, {"source": "export", "items": items})

    assert answer.status_code == 202, answer.text
    assert [(one["id"], one["reason"]) for one in answer.json()["items"]] == [
        ("good", None),
        ("unknown", "share-unknown"),
        ("theirs", "share-unknown"),
        ("ahead", "in-the-future"),
        ("end", "in-the-future"),
        ("old", "too-old"),
        ("begin", "too-old"),
        ("naive", "time-zone-missing"),
    ]


async def test_without_kafka_nothing_is_accepted(world: World, metrics: OpenService) -> None:
    tenant, share = await a_known_share(world, metrics)

    answer = await metrics.as_(tenant, "ana").post(
        PATH, {"source": "export", "items": [an_item(metrics, share)]}
    )

    assert (answer.status_code, problem_of(answer)) == (503, "broker-unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_nobody_else_reports_in_the_name_of_our_links(
    world: World, metrics: OpenService
) -> None:
    tenant, share = await a_known_share(world, metrics)

    answer = await metrics.as_(tenant, "ana").post(
        PATH, {"source": "link", "items": [an_item(metrics, share, kind="click")]}
    )

    assert (answer.status_code, problem_of(answer)) == (422, "source-reserved")


@pytest.mark.parametrize("role", ["employee", "author", "reviewer", "works_council"])
async def test_reporting_needs_a_role(world: World, metrics: OpenService, role: Any) -> None:
    tenant = world.new_tenant()
    await metrics.hire(tenant, "bo", role)

    answer = await metrics.as_(tenant, "bo").post(
        PATH, {"source": "export", "items": [an_item(metrics, a_share())]}
    )

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"items": []}, "/items"),
        ({"items": "many"}, "/items"),
        ({"source": "Not A Slug"}, "/source"),
        ({"source": "link\n"}, "/source"),
        ({"surprise": 1}, ""),
        ({"items": [{"id": "a"}]}, "/items/0"),
    ],
)
async def test_a_wrong_shape_is_refused_with_its_place(
    world: World, metrics: OpenService, change: dict[str, Any], pointer: str
) -> None:
    tenant, share = await a_known_share(world, metrics)
    body = {"source": "export", "items": [an_item(metrics, share)]}

    answer = await metrics.as_(tenant, "ana").post(PATH, {**body, **change})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["rule"]) == (pointer, "shape")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "view"),
        ("share_id", "7"),
        ("happened_at", "yesterday"),
        ("id", ""),
        ("id", "a" * 201),
        ("person", "Bo"),
    ],
)
async def test_an_item_with_a_wrong_field_is_refused_with_its_place(
    world: World, metrics: OpenService, field: str, value: str
) -> None:
    tenant, share = await a_known_share(world, metrics)
    good, bad = an_item(metrics, share), an_item(metrics, share, **{field: value})

    answer = await metrics.as_(tenant, "ana").post(PATH, {"source": "export", "items": [good, bad]})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")
    (error,) = answer.json()["errors"]
    assert error["pointer"].startswith("/items/1")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"source": "\\ud800"}', b"[" * 5000, b"null"]
)
async def test_what_is_no_json_is_refused(world: World, metrics: OpenService, body: bytes) -> None:
    tenant, _ = await a_known_share(world, metrics)
    ana = metrics.as_(tenant, "ana")

    answer = await metrics.client.post(PATH, content=body, headers=ana.headers)

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_more_than_a_thousand_items_are_refused(world: World, metrics: OpenService) -> None:
    tenant, share = await a_known_share(world, metrics)
    items = [an_item(metrics, share)] * 1001

    answer = await metrics.as_(tenant, "ana").post(PATH, {"source": "export", "items": items})

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


@pytest.mark.parametrize("said", [True, False])
async def test_a_body_beyond_a_megabyte_is_not_read(
    world: World, metrics: OpenService, said: bool
) -> None:
    tenant, _ = await a_known_share(world, metrics)
    ana = metrics.as_(tenant, "ana")
    body = b" " * 1_000_001

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    answer = await metrics.client.post(
        PATH, content=body if said else pieces(), headers=ana.headers
    )

    assert (answer.status_code, problem_of(answer)) == (413, "body-too-large")
