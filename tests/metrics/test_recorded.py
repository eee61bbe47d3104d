"""What metrics writes by a faster way is what the contract reads."""

from datetime import datetime, timedelta, timezone
from typing import Any, get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.engagement import EngagementKind, EngagementRecorded
from contracts.envelope import read_envelope
from services.metrics import use_cases
from services.metrics.domain.reports import Report
from services.metrics.redirect.clicks import Click
from tests.metrics.advocacy import NOON

ZONES = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
# Without zones, since they are drawn: Hypothesis wants it so.
YEARS = (datetime(2000, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001
RECORDED = st.builds(
    use_cases.Recorded,
    share_id=st.uuids(),
    kind=st.sampled_from(get_args(EngagementKind)),
    source=st.text(),
    happened_at=st.datetimes(*YEARS, timezones=ZONES),
    suspected_robot=st.booleans(),
)


@given(tenant_id=st.uuids(), event_id=st.uuids(), recorded=RECORDED)
def test_the_contract_reads_what_was_written(
    tenant_id: UUID, event_id: UUID, recorded: use_cases.Recorded
) -> None:
    message = use_cases.to_message(tenant_id, str(event_id), recorded)

    envelope = read_envelope(message.key, message.value, message.headers)
    assert (envelope.id, envelope.tenant_id) == (event_id, tenant_id)
    assert (envelope.type, message.topic) == (
        EngagementRecorded.type,
        EngagementRecorded.topic.name,
    )
    assert message.value is not None
    event = EngagementRecorded.read(message.value)
    assert event == EngagementRecorded(
        share_id=recorded.share_id,
        kind=recorded.kind,
        source=recorded.source,
        happened_at=recorded.happened_at,
        suspected_robot=recorded.suspected_robot,
    )
    assert (event.aggregate_kind, event.aggregate_id) == (envelope.kind, envelope.aggregate_id)
    assert envelope.time == event.happened_at


def test_the_faster_way_leaves_nothing_of_the_contract_out() -> None:
    assert {*use_cases.Recorded.__struct_fields__} == {*EngagementRecorded.model_fields}


def test_both_ways_write_the_same_words() -> None:
    facts: dict[str, Any] = {
        "share_id": UUID(int=7),
        "kind": "click",
        "source": "link",
        "happened_at": NOON,
        "suspected_robot": False,
    }

    message = use_cases.to_message(UUID(int=1), str(UUID(int=2)), use_cases.Recorded(**facts))

    assert message.value == EngagementRecorded(**facts).model_dump_json().encode()


@given(tenant_id=st.uuids(), share_id=st.uuids())
def test_what_is_wrapped_late_goes_where_it_said_beforehand(
    tenant_id: UUID, share_id: UUID
) -> None:
    report = Report(id="x", share_id=share_id, kind="comment", happened_at=NOON)
    click = Click(str(tenant_id), tenant_id, share_id, NOON, suspected_robot=True)

    for sendable in (use_cases.Reported(tenant_id, "by-hand", report), click):
        message = sendable.as_message()
        assert (message.topic, message.key) == (sendable.topic, sendable.key)
