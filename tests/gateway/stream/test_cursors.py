"""A cursor says where, to us alone: as rules, without a server."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.crypto import new_key
from chassis.ids import new_id
from chassis.paging import CursorUnreadable
from contracts.topics import ALL
from gateway.stream.cursors import CURSOR_CHARS_MAX, Cursors
from gateway.stream.public import TOPICS

KEY = new_key()
OURS = new_id()
PLACES = st.tuples(st.sampled_from(sorted(TOPICS)), st.integers(0, 99))
POSITIONS = st.dictionaries(PLACES, st.integers(0, 2**63 - 1), max_size=60)


@given(positions=POSITIONS)
def test_every_point_comes_back_as_it_was(positions: dict[tuple[str, int], int]) -> None:
    cursors = Cursors(KEY, TOPICS)

    found = cursors.read(cursors.write(positions, OURS), OURS)

    assert {place: at for place, at in found.items() if at} == {
        place: at for place, at in positions.items() if at
    }
    assert positions.keys() <= found.keys()


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_cursor_with_any_bit_changed_is_none(at: int, bit: int) -> None:
    cursors = Cursors(KEY, TOPICS)
    cursor = cursors.write({("fortaler.content", 3): 12_345}, OURS)
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at % len(raw)] ^= 1 << bit

    with pytest.raises(CursorUnreadable):
        cursors.read(base64.urlsafe_b64encode(raw).decode().rstrip("="), OURS)


def test_a_cursor_is_of_one_company_and_never_the_same_twice() -> None:
    cursors = Cursors(KEY, TOPICS)
    point = {("fortaler.content", 0): 7}

    one, two = cursors.write(point, OURS), cursors.write(point, OURS)

    assert one != two
    with pytest.raises(CursorUnreadable):
        cursors.read(one, new_id())
    with pytest.raises(CursorUnreadable):
        Cursors(new_key(), TOPICS).read(one, OURS)


def test_a_topic_that_has_no_public_events_any_more_is_passed_over() -> None:
    wide, narrow = Cursors(KEY, [topic.name for topic in ALL]), Cursors(KEY, TOPICS)
    point = {("fortaler.directory", 0): 1, ("fortaler.content", 1): 5}

    found = narrow.read(wide.write(point, OURS), OURS)

    assert found == {("fortaler.content", 0): 0, ("fortaler.content", 1): 5}


def test_a_cursor_of_many_partitions_is_no_longer_than_may_be_sent() -> None:
    cursors = Cursors(KEY, TOPICS)
    wide = {(topic, partition): 10**12 for topic in TOPICS for partition in range(100)}

    assert len(cursors.write(wide, OURS)) < CURSOR_CHARS_MAX
