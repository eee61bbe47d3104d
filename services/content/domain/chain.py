"""The trail is a chain: each entry's hash seals the entry and all that came before it (C3)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True)
class Entry:
    """What an entry's hash is made of: all that the entry says."""

    position: int
    act: str
    actor_id: UUID | None
    version: int
    content_hash: str
    reasons: tuple[str, ...]
    happened_at: datetime
    stage: str | None = None
    on_behalf_of: UUID | None = None
    comment: str | None = None
    from_person_id: UUID | None = None
    to_person_id: UUID | None = None


_LATER = ("stage", "on_behalf_of", "comment", "from_person_id", "to_person_id")
"""Fields that entries were given later: left out where they say nothing, as of a story's."""


@dataclass(frozen=True)
class Head:
    """How many entries a trail has, and the hash of the last one."""

    entries: int = 0
    entry_hash: str | None = None


EMPTY = Head()


@dataclass(frozen=True)
class Stored:
    """An entry as it was found, with the hash that was found beside it."""

    entry: Entry
    entry_hash: str | None


@dataclass(frozen=True)
class Verification:
    """What came of recomputing a trail: whole, or from which position on it is not."""

    intact: bool
    broken_at: int | None
    entries: int
    head_hash: str | None


def sealed(head: Head, story_id: UUID, entry: Entry) -> Head:
    """Answer the head after an entry: SHA-256 over the hash before and the entry's canonical JSON.

    The definition is for ever: another one would break every chain that there is.
    """
    fields = {"story_id": story_id, **asdict(entry)}
    for name in [name for name in _LATER if fields[name] is None]:
        del fields[name]
    canonical = json.dumps(
        fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )
    text = f"{head.entry_hash or ''}\n{canonical}"
    return Head(entry.position, sha256(text.encode()).hexdigest())


def verify(story_id: UUID, found: Iterable[Stored], told: Head) -> Verification:
    """Recompute a chain, and compare it with the hashes beside it and the head told elsewhere."""
    head, broken_at, count = EMPTY, None, 0
    for stored in found:
        count += 1
        expected = head.entries + 1
        head = sealed(head, story_id, stored.entry)
        # A missing hash breaks nothing by itself: the entry is sealed by the next one's.
        held = stored.entry_hash in {None, head.entry_hash} and stored.entry.position == expected
        if broken_at is None and not held:
            broken_at = expected
    if broken_at is None and head != told:
        # Cut off, added to, or written anew as a whole.
        broken_at = told.entries if count == told.entries else min(count, told.entries) + 1
    return Verification(broken_at is None, broken_at, count, head.entry_hash)


def _plain(value: object) -> str:
    # One instant is one text, in whatever zone and to whatever precision it was read.
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
