"""The event of the made-up service, on a topic of its own."""

from uuid import UUID

from contracts.events import Event
from contracts.topics import Topic

ADVANCES = Topic("fortaler.bench_advances")


class CounterAdvanced(
    Event,
    type="fortaler.bench.counter_advanced.v1",
    topic=ADVANCES,
    about=("counter", "counter_id"),
):
    """A counter has a new number. Its words make it as large as our usual events are."""

    counter_id: UUID
    number: int
    words: str = "Freja climbed 90 metres to save a falcon, and the blade waited for both of them."
