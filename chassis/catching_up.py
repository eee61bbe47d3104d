"""States first: a worker reads the compacted topics up to their ends before it reads the others.

Kafka keeps the order of one key only. Whoever finds a backlog on several topics would else hear of
what people did before hearing of the people.
"""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from chassis.telemetry import log

STANDSTILL_S_MAX = 60.0
"""So long nothing may move before the other topics go on: better late news than none at all."""


class CatchingUp(ConsumerRebalanceListener):
    """Holds other topics back until the group has taken in what the compacted ones held.

    It begins anew with every assignment. Whether the group has got there is known from its offsets
    for all partitions, so that of several workers each waits for what the others read. Once it is
    over it asks nothing more.
    """

    def __init__(self, kafka: AIOKafkaConsumer, group: str, compacted: Collection[str]) -> None:
        self._kafka = kafka
        self._group = group
        self._compacted = frozenset(compacted)
        self._under_way = False
        self._left: dict[TopicPartition, int] | None = None
        self._read: dict[TopicPartition, int] = {}
        self._told = False
        self._moved_s = 0.0

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Hold back at once: no record of these partitions has been handed out yet."""
        self.begin()

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Nothing to do: whoever has the partitions next begins for itself."""

    def begin(self) -> None:
        """Hold the other topics back until the compacted ones are read as far as they go now."""
        if not self._compacted:
            return
        self._under_way = True
        self._left = None
        self._read = {}
        self._told = False
        self._moved_s = asyncio.get_running_loop().time()
        self._kafka.pause(*self._own(compacted=False))

    async def is_over(self) -> bool:
        """Answer whether all topics may be read, and let them be read from then on.

        Ask it when all that was handed out has been taken in.
        """
        if not self._under_way:
            return True
        try:
            if await self._are_all_read() or self._stands_still():
                self._under_way = False
                self._kafka.resume(*self._own(compacted=False))
        except (CommitFailedError, IllegalStateError):
            # The partitions went to another worker meanwhile; with the new ones it begins anew.
            log("catching_up").info("catching_up.rebalanced", group=self._group)
        return not self._under_way

    async def _are_all_read(self) -> bool:
        left = self._left
        if left is None:
            left = self._left = await self._kafka.end_offsets(self._all())
        for place, end in list(left.items()):
            read = await self._read_of(place, end)
            if read > self._read.get(place, 0):
                self._moved_s = asyncio.get_running_loop().time()
            self._read[place] = read
            if read >= end:
                del left[place]
        if left and not self._told:
            self._told = True
            log("catching_up").info("catching_up.begins", group=self._group, partitions=len(left))
        # An assignment may have come in between, and another beginning with it.
        return not left and self._left is left

    async def _read_of(self, place: TopicPartition, end: int) -> int:
        """Answer how far the group has read; what we have passed is committed where it was not."""
        read: int = await self._kafka.committed(place) or 0
        if read < end and place in self._kafka.assignment():
            position: int = await self._kafka.position(place)
            if position >= end:
                # No record will say so: those at the end are compacted away.
                await self._kafka.commit({place: position})
                return position
        return read

    def _stands_still(self) -> bool:
        over = asyncio.get_running_loop().time() - self._moved_s > STANDSTILL_S_MAX
        if over:
            log("catching_up").warning("catching_up.given_up", group=self._group)
        return over

    def _all(self) -> list[TopicPartition]:
        return [
            TopicPartition(topic, partition)
            for topic in self._compacted
            for partition in self._kafka.partitions_for_topic(topic) or ()
        ]

    def _own(self, *, compacted: bool) -> set[TopicPartition]:
        return {
            place
            for place in self._kafka.assignment()
            if (place.topic in self._compacted) is compacted
        }
