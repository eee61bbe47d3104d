"""One story is one trace, and nothing of it that is personal or secret is in what we record."""

import json
from pathlib import Path
from typing import Any

import pytest

from chassis.settings import ServiceSettings
from tests.chassis.processes import started
from tests.chassis.telemetry_process import NAME, SAMPLED, WORDS
from tests.world import World

ADVANCED, KEPT = "fortaler.scratch.counter_advanced.v1", "fortaler.scratch.tally_kept.v1"
TRACE = SAMPLED.split("-")[1]


@pytest.fixture(scope="module")
async def story(
    scratch_world: World, scratch_settings: ServiceSettings, scratch: Path
) -> tuple[dict[str, Any], bytes]:
    loud = scratch_settings.model_copy(update={"log_level": "debug", "trace_sample_ratio": 0.0})
    keys = str(scratch / "scratch-issuers")
    async with started(
        loud, scratch_world.issuer_base, keys, module="tests.chassis.telemetry_process"
    ) as process:
        told = await process.said()
        code = await process.ended()
    assert code == 0, process.logged.decode()
    return json.loads(told), process.logged


def of_trace(pairs: list[list[str]], trace_id: str) -> list[str]:
    return sorted(name for name, traceparent in pairs if traceparent.split("-")[1] == trace_id)


def test_a_request_is_one_trace_through_outbox_kafka_handler_and_the_next_outbox(
    story: tuple[dict[str, Any], bytes],
) -> None:
    told, _ = story

    # Other tests' news may be handled in that process too, and some of it is sampled.
    ours = [one for one in told["spans"] if one["context"]["trace_id"] == f"0x{TRACE}"]
    served, handled = sorted(ours, key=lambda one: one["start_time"])
    headers = [one for one in told["topic"] if TRACE in one["ce_traceparent"]]
    assert (served["name"], handled["name"]) == ("http.server", "event.handle")
    assert served["attributes"]["http.route"] == "/v1/counters/{counter_id}/advance"
    assert served["parent_id"] == f"0x{SAMPLED.split('-')[2]}"
    assert handled["parent_id"] == served["context"]["span_id"]
    assert of_trace(told["outbox"], TRACE) == [ADVANCED, KEPT]
    assert [one["traceparent"] == one["ce_traceparent"] for one in headers] == [True]


def test_a_request_that_is_not_sampled_keeps_its_ids_all_the_way(
    story: tuple[dict[str, Any], bytes],
) -> None:
    told, _ = story

    [header] = [one for one in told["topic"] if told["unsampled"] in one["ce_traceparent"]]
    assert of_trace(told["outbox"], told["unsampled"]) == [ADVANCED, KEPT]
    assert header["ce_traceparent"].endswith("-00")
    assert not [one for one in told["spans"] if told["unsampled"] in one["context"]["trace_id"]]


def test_logs_are_json_and_tell_nothing_personal_or_secret(
    story: tuple[dict[str, Any], bytes],
) -> None:
    told, logged = story

    lines = [json.loads(line) for line in logged.splitlines()]
    [failure] = [line for line in lines if line["event"] == "request.failed"]
    assert told["failed"] == 500
    assert any("23505 notes_tenant_id_words_key" in one for one in failure["exception"])
    assert failure["trace_id"]
    assert {line["service"] for line in lines} == {"scratch"}
    recorded = logged + json.dumps(told["spans"]).encode()
    for secret in (told["token"], told["token"][:40], "Bearer", NAME, WORDS, "ana"):
        assert secret.encode() not in recorded, secret
