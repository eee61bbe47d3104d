"""The same POST again is answered as the first time, and done once (draft-ietf Idempotency-Key).

The answer is recorded in the transaction of the effect, so there is never one without the other.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import tenancy
from chassis.auth import Identity
from chassis.errors import Refusal
from chassis.outbox import BACKBONE

HEADER = "idempotency-key"

REPLAYED = "idempotent-replayed"
"""Says of an answer that it was given before, and that nothing was done this time."""

ANSWERS_KEPT = timedelta(hours=24)
"""Whoever has not heard by then reads what there is, before asking again."""

KEY_CHARS_MAX = 255

RETRY_AFTER_S = 1
"""No request of ours takes longer in the middle."""

PLAIN = r"[!#-+\--~]{1,255}"
"""An unquoted key: no quotes, and no comma, which is how two headers are joined into one."""

_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')
_PLAIN = re.compile(PLAIN)

_OF_THE_OPERATOR = UUID(int=0)
"""Whose the operator's keys are, who belongs to no tenant."""

_SCOPE = "fortaler.once"
_INFO = "once"

ANSWERS = Table(
    "idempotency_keys",
    BACKBONE,
    Column("tenant_id", Uuid, primary_key=True),
    Column("caller", LargeBinary, primary_key=True),
    Column("key", String(KEY_CHARS_MAX), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Index("idempotency_keys_answered", "answered_at"),
)


class IdempotencyKeyMissing(Refusal):
    """What this does cannot be taken back, so it needs a key by which a repeat is known."""

    kind = "malformed"
    title = "Idempotency-Key is missing"


class IdempotencyKeyUnusable(Refusal):
    """A key is one header of 1 to 255 visible ASCII characters, in quotes or without."""

    kind = "malformed"
    title = "Idempotency-Key cannot be used"


class IdempotencyKeyReused(Refusal):
    """Another request of yours had this key: a new request needs a new one."""

    kind = "invalid"
    title = "Idempotency-Key belongs to another request"


class RequestUnderWay(Refusal):
    """The first request with this key has not ended yet; ask again, and hear what came of it."""

    kind = "conflict"
    title = "The same request is under way"
    retry_after_s = RETRY_AFTER_S


REFUSALS = (IdempotencyKeyUnusable, IdempotencyKeyReused, RequestUnderWay)
"""What any POST may answer to a key."""


async def need_key(request: Request) -> str:
    """Answer the request's key; raises IdempotencyKeyMissing."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        raise IdempotencyKeyMissing("Send an Idempotency-Key of your own making, such as a UUID.")
    return key_of(keys)


KeyNeeded = Annotated[str, Depends(need_key)]
"""For what reaches the outside: a double could not be taken back."""


def key_of(headers: Sequence[str]) -> str:
    """Read the key, a structured string (RFC 8941) or plain; raises IdempotencyKeyUnusable."""
    if len(headers) > 1:
        raise IdempotencyKeyUnusable("There is more than one Idempotency-Key.")
    written = headers[0].strip(" \t")
    if quoted := _QUOTED.fullmatch(written):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    else:
        key = written if _PLAIN.fullmatch(written) else ""
    if not 1 <= len(key) <= KEY_CHARS_MAX:
        raise IdempotencyKeyUnusable(
            f"A key has 1 to {KEY_CHARS_MAX} visible ASCII characters, in quotes or without."
        )
    return key


@dataclass(frozen=True)
class Place:
    """Where an answer is kept: a key means something to one caller of one tenant only."""

    tenant_id: UUID
    caller: bytes
    key: str

    @property
    def lock(self) -> int:
        """Answer the advisory lock of whoever is at it. Two that share one are told 409."""
        name = self.tenant_id.bytes + self.caller + self.key.encode()
        return int.from_bytes(sha256(name).digest()[:8], signed=True)


class AnsweredBefore(Exception):
    """What is asked for was done before: this is what was answered then."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.response = Response(body, status, headers={**headers, REPLAYED: "true"})


class Once:
    """A request that has a key: done once, however often it is sent."""

    def __init__(self, key: str, fingerprint: bytes, now: datetime) -> None:
        self._key = key
        self._fingerprint = fingerprint
        self._now = now
        self._place: Place | None = None
        self._session: AsyncSession | None = None

    def join(self, session: AsyncSession, identity: Identity) -> None:
        """Take part in the request's transaction; nothing is asked before the work begins."""
        caller = sha256(f"{identity.issuer}\n{identity.subject}".encode()).digest()
        self._place = Place(identity.tenant_id or _OF_THE_OPERATOR, caller, self._key)
        session.info[_INFO] = self

    async def begin(self, session: AsyncSession) -> None:
        """Be the one who does it.

        Raises AnsweredBefore, IdempotencyKeyReused, or RequestUnderWay.
        """
        assert self._place is not None
        # One statement sees one moment: it may get the lock just when the answer it does not see
        # yet is committed. Then `keep` finds that answer, and all of this is undone.
        question = select(
            func.pg_try_advisory_xact_lock(self._place.lock).label("free"),
            ANSWERS.c.fingerprint,
            ANSWERS.c.status,
            ANSWERS.c.headers,
            ANSWERS.c.body,
        ).select_from(select(literal(1)).subquery("one").outerjoin(ANSWERS, self._here()))
        async with tenancy.serving(session, self._place.tenant_id):
            found = (await (await session.connection()).execute(question)).one()
        if found.status is not None:
            if found.fingerprint != self._fingerprint:
                raise IdempotencyKeyReused("Another request of yours had this key.")
            raise AnsweredBefore(found.status, found.headers, found.body)
        if not found.free:
            raise RequestUnderWay("The first request with this key has not ended yet.")
        self._session = session

    async def keep(self, response: Response) -> None:
        """Record the answer as the last act of the work, if there was any and it was a yes.

        Raises RequestUnderWay when another one has recorded an answer in the meantime.
        """
        session, place = self._session, self._place
        if session is None or place is None or not 200 <= response.status_code < 300:
            return
        headers = {name: value for name, value in response.headers.items() if name not in _MADE_NEW}
        answer = {
            "fingerprint": self._fingerprint,
            "status": response.status_code,
            "headers": headers,
            "body": bytes(response.body),
            "answered_at": self._now,
        }
        recorded = (
            insert(ANSWERS)
            .values(tenant_id=place.tenant_id, caller=place.caller, key=place.key, **answer)
            .on_conflict_do_update(
                index_elements=ANSWERS.primary_key.columns,
                set_=answer,
                where=ANSWERS.c.answered_at <= self._now - ANSWERS_KEPT,
            )
            .returning(ANSWERS.c.key)
        )
        async with tenancy.serving(session, place.tenant_id):
            kept = (await (await session.connection()).execute(recorded)).first()
        if kept is None:
            raise RequestUnderWay("The first request with this key has ended just now.")

    def _here(self) -> Any:
        assert self._place is not None
        return (
            (ANSWERS.c.tenant_id == self._place.tenant_id)
            & (ANSWERS.c.caller == self._place.caller)
            & (ANSWERS.c.key == self._place.key)
            & (ANSWERS.c.answered_at > self._now - ANSWERS_KEPT)
        )


_MADE_NEW = frozenset({"content-length"})
"""Headers that follow from the body."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def answering_once(handle: Handler) -> Handler:
    """Let a handler of requests answer those with a key as the first time.

    The handler's transaction is still open when it has an answer: it ends with the request's
    functions, before anything is sent (chassis/callers.py).
    """

    async def answer(request: Request) -> Response:
        keys = request.headers.getlist(HEADER)
        if not keys:
            return await handle(request)
        once = Once(key_of(keys), await _fingerprint(request), request.app.state.clock.now())
        request.scope[_SCOPE] = once
        try:
            response = await handle(request)
        except AnsweredBefore as before:
            return before.response
        await once.keep(response)
        return response

    return answer


def beginning_once(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Let a route's function begin only what was not done before.

    It is asked here and not where the transaction opens: who calls, and what they may do now, is
    known only by now, and holds for an answer that was given before too.
    """

    @wraps(endpoint)
    async def begin(**values: Any) -> Any:
        for value in values.values():
            if isinstance(value, AsyncSession) and (once := value.info.get(_INFO)) is not None:
                await once.begin(value)
        return await endpoint(**values)

    return begin


def join(request: Request, session: AsyncSession, identity: Identity) -> None:
    """Let a request's transaction know of its key, if it has one."""
    once: Once | None = request.scope.get(_SCOPE)
    if once is not None:
        once.join(session, identity)


async def _fingerprint(request: Request) -> bytes:
    # None of the first three can hold a line's end, so that no two requests look the same.
    target = (request.method.encode(), request.scope["raw_path"], request.scope["query_string"])
    # The framework reads the body from where it is kept now.
    return sha256(b"\n".join((*target, await request.body()))).digest()
