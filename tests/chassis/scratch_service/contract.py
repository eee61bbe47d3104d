"""The events of the made-up service, on topics of its own."""

from uuid import UUID

from contracts.events import Event
from contracts.topics import Topic

ADVANCES = Topic("fortaler.scratch_advances", partitions=3)
TALLIES = Topic("fortaler.scratch_tallies", partitions=3)
TOPICS = (ADVANCES, TALLIES)


class CounterAdvanced(
    Event,
    type="fortaler.scratch.counter_advanced.v1",
    topic=ADVANCES,
    about=("counter", "counter_id"),
):
    """A counter has a new number, one higher than before."""

    counter_id: UUID
    number: int
    words: str = ""


class TallyKept(
    Event,
    type="fortaler.scratch.tally_kept.v1",
    topic=TALLIES,
    about=("tally", "counter_id"),
):
    """An advance was counted: so many there are now."""

    counter_id: UUID
    advances: int
