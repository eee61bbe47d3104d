"""Records of Kafka: as they are read, and as they are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Record:
    """One record of a topic as it was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    fault: str | None = None
    """Why nothing of it but its place could be read."""


class Message(NamedTuple):
    """One record to be written."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]] = []  # noqa: RUF012 - aiokafka takes a list, and changes none

    def as_message(self) -> "Message":
        """Answer itself: it is finished."""
        return self


class Sendable(Protocol):
    """What becomes a small message when it is written into a batch, and not before (ADR 26).

    Thousands of messages with their headers are more than a processor keeps at hand.
    """

    @property
    def topic(self) -> str:
        """Answer where it goes."""

    @property
    def key(self) -> bytes:
        """Answer by what it keeps its order."""

    def as_message(self) -> Message:
        """Answer the message; it has that topic and that key."""


class Messages(Protocol):
    """Messages whose number is known, made one by one."""

    def __len__(self) -> int:
        """Answer how many there are."""

    def __iter__(self) -> Iterator[Message]:
        """Answer them in their order."""
