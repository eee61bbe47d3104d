"""What a service does when it hears of an event: handlers by type, and what they are given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.telemetry import span
from contracts.events import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Delivery(Generic[E]):
    """An event as it reached us: what happened, to whom, and which news it is.

    `event_id` is the cause to name in whatever follows from it. A tombstone of a compacted topic
    has no event.
    """

    event: E
    event_id: UUID
    tenant_id: UUID
    happened_at: datetime
    traceparent: str | None


BatchHandler = Callable[[Sequence[Delivery[Any]], AsyncSession], Awaitable[None]]


class Handlers:
    """The handlers of a service. Each runs in the transaction that claims its event."""

    def __init__(self) -> None:
        self._by_type: dict[str, BatchHandler] = {}
        self._events: dict[str, type[Event]] = {}

    def on(
        self, *events: type[E]
    ) -> Callable[
        [Callable[[Delivery[E], AsyncSession], Awaitable[None]]],
        Callable[[Delivery[E], AsyncSession], Awaitable[None]],
    ]:
        """Register a handler of one event at a time."""

        def register(
            handler: Callable[[Delivery[E], AsyncSession], Awaitable[None]],
        ) -> Callable[[Delivery[E], AsyncSession], Awaitable[None]]:
            async def each(deliveries: Sequence[Delivery[Any]], session: AsyncSession) -> None:
                for one in deliveries:
                    # The trace that led to the event goes on in whatever follows from it.
                    with span(
                        "event.handle",
                        traceparent=one.traceparent,
                        kind=SpanKind.CONSUMER,
                        event=one.event.type,
                    ):
                        await handler(one, session)

            self._register(events, each)
            return handler

        return register

    def on_batch(
        self, *events: type[E]
    ) -> Callable[
        [Callable[[Sequence[Delivery[E]], AsyncSession], Awaitable[None]]],
        Callable[[Sequence[Delivery[E]], AsyncSession], Awaitable[None]],
    ]:
        """Register a handler of many events of one tenant at once, for hot paths."""

        def register(
            handler: Callable[[Sequence[Delivery[E]], AsyncSession], Awaitable[None]],
        ) -> Callable[[Sequence[Delivery[E]], AsyncSession], Awaitable[None]]:
            self._register(events, handler)
            return handler

        return register

    def include(self, other: "Handlers") -> None:
        """Take over another room's handlers."""
        for type_, event in other._events.items():
            self._add(event, other._by_type[type_])

    def handler_of(self, type_: str) -> BatchHandler | None:
        """Answer who handles an event type, or None when nobody here cares for it."""
        return self._by_type.get(type_)

    def event_of(self, type_: str) -> type[Event]:
        """Answer the model of a handled event type."""
        return self._events[type_]

    def topics(self) -> list[str]:
        """Answer the topics that must be read for these handlers."""
        return sorted({event.topic.name for event in self._events.values()})

    def compacted(self) -> list[str]:
        """Answer those of the topics that keep states: others' events build on them."""
        topics = {event.topic for event in self._events.values()}
        return sorted(topic.name for topic in topics if topic.compacted)

    def _register(self, events: Sequence[type[E]], handler: BatchHandler) -> None:
        for event in events:
            self._add(event, handler)

    def _add(self, event: type[Event], handler: BatchHandler) -> None:
        if event.type in self._by_type:
            raise TypeError(f"{event.type} has two handlers in one service")
        self._by_type[event.type] = handler
        self._events[event.type] = event
