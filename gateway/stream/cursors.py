"""A cursor is a point in all topics at once, sealed: nobody reads volumes from it, nor forges it.

The times in Kafka are those at which things happened, which is no order; so a stream is resumed by
the offsets of all partitions (docs/adr/0020).
"""

import base64
import binascii
import zlib
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from chassis.crypto import Seal, SealBroken
from chassis.paging import CursorUnreadable
from chassis.tailing import Positions

CURSOR_CHARS_MAX = 4_000
"""A hundred partitions take a quarter of this."""

_PLACE = "events/stream"
_NAME_BYTES = 4
_MORE = 0x80


class Cursors:
    """Makes cursors and reads them; one of another tenant, or of anybody's making, is none."""

    def __init__(self, key: str, topics: Collection[str]) -> None:
        self._seal = Seal(key)
        self._names = {_short(topic): topic for topic in topics}
        if len(self._names) != len(topics):
            raise ValueError("Two topics have the same short name in cursors.")

    def write(self, positions: Positions, tenant_id: UUID) -> str:
        """Answer the cursor that names a point."""
        sealed = self._seal.close(_packed(positions), tenant_id=tenant_id, place=_PLACE)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, cursor: str, tenant_id: UUID) -> Positions:
        """Answer the point that a cursor names, in the topics that are known; CursorUnreadable."""
        if len(cursor) > CURSOR_CHARS_MAX:
            raise CursorUnreadable(f"A cursor has {CURSOR_CHARS_MAX:,} characters at most.")
        try:
            sealed = base64.b64decode(
                cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
            )
            opened = self._seal.open(sealed, tenant_id=tenant_id, place=_PLACE)
        except (ValueError, binascii.Error, SealBroken) as error:
            raise CursorUnreadable("This is no cursor of a stream of yours.") from error
        return dict(_unpacked(opened, self._names))


def _packed(positions: Positions) -> bytes:
    """Write for every topic its short name, how many partitions follow, and their offsets."""
    by_topic: dict[str, dict[int, int]] = {}
    for (topic, partition), offset in positions.items():
        by_topic.setdefault(topic, {})[partition] = offset
    packed = bytearray()
    for topic, offsets in sorted(by_topic.items()):
        count = max(offsets) + 1
        packed += _short(topic) + _number(count)
        for partition in range(count):
            packed += _number(offsets.get(partition, 0))
    return bytes(packed)


def _unpacked(packed: bytes, names: Mapping[bytes, str]) -> Iterator[tuple[tuple[str, int], int]]:
    # What the seal let through was written by us: it is whole.
    at = 0
    while at < len(packed):
        topic = names.get(packed[at : at + _NAME_BYTES])
        count, at = _read_number(packed, at + _NAME_BYTES)
        for partition in range(count):
            offset, at = _read_number(packed, at)
            if topic is not None:
                yield (topic, partition), offset


def _short(topic: str) -> bytes:
    return zlib.crc32(topic.encode()).to_bytes(_NAME_BYTES, "big")


def _number(value: int) -> bytes:
    """Write a number in as many groups of seven bits as it needs, the lowest first."""
    written = bytearray()
    while value >= _MORE:
        written.append(value & 0x7F | _MORE)
        value >>= 7
    written.append(value)
    return bytes(written)


def _read_number(packed: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while packed[at] >= _MORE:
        value |= (packed[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | packed[at] << shift, at + 1
