"""The door of the live stream: who asks, for what and from where, and is there room."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from chassis.connections import closing_of
from chassis.errors import Refusal
from chassis.problems import MethodNotAllowed, TemporarilyUnavailable
from chassis.tailing import KafkaAway, Positions
from gateway.answering import Refuser
from gateway.headers import authorization_of, check_size, framing_of, with_safeguards
from gateway.proxy import ROUTE, check_target
from gateway.quotas.admitting import Admission, Told
from gateway.settings import GatewaySettings
from gateway.stream.access import Access
from gateway.stream.cursors import Cursors
from gateway.stream.fanout import Fanout, Subscription
from gateway.stream.filters import read_query, wanted_of
from gateway.stream.public import TOPICS
from gateway.stream.seats import Seats, Turns
from gateway.stream.streaming import House, Pace, Stream

_HEAD: list[tuple[bytes, bytes]] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # Asks proxies on the way to pass on what comes when it comes.
    (b"x-accel-buffering", b"no"),
]


class StreamDoor:
    """Serves `GET /v1/events/stream`."""

    def __init__(self, settings: GatewaySettings, admission: Admission) -> None:
        self._admission = admission
        self._refuser = Refuser(settings.public_url)
        self.fanout = Fanout(
            settings.kafka_bootstrap_servers,
            events_max=settings.stream_events_queued_max,
            bytes_max=settings.stream_bytes_queued_max,
        )
        self._cursors = Cursors(settings.stream_key.get_secret_value(), TOPICS)
        self._seats = Seats(
            of_gateway=settings.streams_max,
            of_tenant=settings.streams_per_tenant_max,
            of_person=settings.streams_per_person_max,
        )
        self._turns = Turns()
        self._house = House(
            settings.kafka_bootstrap_servers,
            self.fanout,
            self._cursors,
            Pace(settings.stream_heartbeat_s, settings.stream_life_s, settings.stream_access_s),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream, or answer why not."""
        scope[ROUTE] = scope["path"]
        told: Told = []
        try:
            await self._serve(scope, receive, send, told)
        except KafkaAway:
            away = TemporarilyUnavailable("The event broker does not answer. Please try again.")
            await self._refuser.refuse(away, scope, receive, send, told)
        except Refusal as refusal:
            await self._refuser.refuse(refusal, scope, receive, send, told)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, told: Told) -> None:
        if scope["method"] != "GET":
            raise MethodNotAllowed("A stream is read by GET.", allow=["GET"])
        check_target(scope)
        check_size(scope["headers"])
        framing_of(scope["headers"])
        state = scope["state"]
        authorization = authorization_of(scope["headers"])
        await self._admission.caller(scope, state["verifier"], authorization, told)
        access = Access(state["verifier"], state["upstreams"], authorization)
        tenant_id = await access.identify()
        person_id = await access.confirm()
        parameters = read_query(scope["query_string"].decode("latin-1"))
        wanted = wanted_of(parameters)
        cursor = _cursor_in(scope, parameters)
        at = self._cursors.read(cursor, tenant_id) if cursor is not None else None
        with self._seats.take(tenant_id, person_id):
            async with self.fanout.subscribe(tenant_id, wanted) as subscription:
                stream = Stream(
                    self._house,
                    subscription,
                    access,
                    send,
                    tenant_id=tenant_id,
                    begin=_begin(subscription, at),
                )
                async with stream.watched(receive, closing_of(scope)):
                    await self._run(stream, send, told)

    async def _run(self, stream: Stream, send: Send, told: Told) -> None:
        async with self._turn_of(stream):
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": with_safeguards([*_HEAD, *told], private=True),
                }
            )
            await stream.open()
            if stream.is_behind:
                await stream.catch_up()
        await stream.follow()

    @asynccontextmanager
    async def _turn_of(self, stream: Stream) -> AsyncIterator[None]:
        """Take a turn at catching up, before the answer begins: it may be refused."""
        if stream.is_behind:
            async with self._turns.turn():
                yield
        else:
            yield


def _begin(subscription: Subscription, cursor: Positions | None) -> Positions:
    """Answer where a stream begins: where the cursor is, and now where it knows nothing.

    A partition that it does not know, of a topic that it does, is new: all of it was missed.
    """
    if cursor is None:
        return subscription.begun_at
    known = {topic for topic, _ in cursor}
    return {
        place: cursor.get(place, 0) if place[0] in known else now
        for place, now in subscription.begun_at.items()
    }


def _cursor_in(scope: Scope, parameters: Mapping[str, Sequence[str]]) -> str | None:
    """Answer the cursor: the header's, or the parameter's, where a client can send no header."""
    header = Headers(scope=scope).get("last-event-id")
    return header or next(iter(parameters.get("last_event_id", ())), None) or None
