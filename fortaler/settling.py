"""How dead letters are shown to an operator, and settled for one: a line for each, in UTC."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import typer

from chassis import settling
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.replaying import Order, Repair, Replayed, Replayer
from chassis.settings import ServiceSettings
from chassis.settling import Letter, Which
from fortaler import services
from fortaler.running import reach

T = TypeVar("T")

REASON_CHARS_SHOWN = 100
LINES_EACH_MAX = 50
"""Up to so many letters each has its line; of more, only those that failed, and how far it is."""

TELL_EVERY = 100

DISCARD_AT_ONCE = 500
"""In one transaction, so that its locks are short."""

_WELL = {"replayed", "duplicate", "would_replay", "settled"}


def count_all(which: Which, *, as_json: bool) -> None:
    """Tell how many letters each service has, by topic and kind of reason."""
    rows = []
    for name in services.NAMES:

        async def doing(database: Database, name: str = name) -> list[settling.Count]:
            async with database.transaction() as session:
                return await settling.count(session, name, which)

        rows += [(name, one) for one in _run(name, doing)]
    if as_json:
        for name, one in rows:
            typer.echo(json.dumps({"service": name, **asdict(one)}, default=_plain))
        return
    if not rows:
        typer.echo("No dead letters.")
        return
    head = ("SERVICE", "LETTERS", "STATE", "OLDEST (UTC)", "TOPIC", "REASON")
    lines = [
        (name, str(one.letters), one.state, _utc(one.oldest), one.topic, one.reason_kind)
        for name, one in rows
    ]
    _table([head, *lines])


def list_of(service: str, which: Which, *, limit: int, before: UUID | None, as_json: bool) -> None:
    """Tell of letters of a service, the newest first."""

    async def doing(database: Database) -> list[Letter]:
        async with database.transaction() as session:
            return await settling.find(session, service, which, limit=limit, before=before)

    letters = _run(service, doing)
    if as_json:
        for letter in letters:
            typer.echo(json.dumps(_document(letter)))
        return
    if not letters:
        typer.echo("No dead letters.")
        return
    head = ("ID", "PARKED (UTC)", "STATE", "TRIES", "PLACE", "TYPE", "REASON")
    _table([head, *(_line(letter) for letter in letters)])
    if len(letters) == limit:
        typer.echo(f"There may be more: --before {letters[-1].letter_id}")


def show(service: str, letter_id: UUID, *, body: bool) -> None:
    """Show a letter, or its body and nothing else."""

    async def doing(database: Database) -> tuple[Letter, bytes | None]:
        async with database.transaction() as session:
            letter, record = await settling.get(session, service, letter_id)
            return letter, record.value

    letter, value = _run(service, doing)
    if body:
        typer.echo(value or b"", nl=False)
        return
    size = "none (a tombstone)" if letter.body_bytes is None else f"{letter.body_bytes} bytes"
    told: list[tuple[str, object]] = [
        ("id", letter.letter_id),
        ("state", letter.state),
        ("parked", _utc(letter.parked_at)),
        ("place", _place(letter)),
        ("key", _legible(letter.key)),
        ("reason", f"{letter.reason.kind}: {letter.reason.words}"),
        ("tries", letter.attempts),
        *((f"header {_safe(name)}", _legible(value)) for name, value in letter.headers),
        ("body", f"{size}; it may hold personal data, --body writes it"),
    ]
    if letter.settled_at is not None:
        told += [
            ("settled", _utc(letter.settled_at)),
            ("by", letter.settled_by or "nobody: it was read again"),
            ("why", letter.settled_why),
        ]
    for name, said in told:
        typer.echo(f"{name}: {_safe(str(said))}")


def replay(service: str, ids: Sequence[UUID], order: Order, repair: Repair | None) -> bool:
    """Replay these letters; answers whether all went well."""
    if len(ids) > 1:
        missing = _not_waiting(service, ids)
        for letter_id, why in missing.items():
            typer.echo(f"{letter_id}  not replayed: {why}", err=True)
        return replay_all(service, Which(letter_ids=ids), order) and not missing

    async def doing(database: Database) -> Replayed:
        return await _replayer(service, database).replay(ids[0], order, repair)

    replayed = _run(service, doing)
    typer.echo(_ended(replayed))
    return replayed.outcome in _WELL


def replay_all(service: str, which: Which, order: Order) -> bool:
    """Replay all letters that fit, and tell how it goes; answers whether all went well."""

    async def doing(database: Database) -> bool:
        async with database.transaction() as session:
            counted = await settling.count(session, service, which)
        total = sum(one.letters for one in counted)
        done = failed = 0
        async for replayed in _replayer(service, database).replay_all(which, order):
            done += 1
            well = replayed.outcome in _WELL
            failed += not well
            if total <= LINES_EACH_MAX or not well:
                typer.echo(_ended(replayed))
            if total > LINES_EACH_MAX and done % TELL_EVERY == 0:
                typer.echo(f"{done} of {total}")
        verb = "would be replayed" if order.rehearsal else "replayed"
        typer.echo(f"{done - failed} {verb}, {failed} not.")
        return not failed

    return _run(service, doing)


def discard(service: str, ids: Sequence[UUID], order: Order) -> bool:
    """Discard these letters; answers whether all could be."""
    missing = _not_waiting(service, ids)
    for letter_id, why in missing.items():
        typer.echo(f"{letter_id}  not discarded: {why}", err=True)
    return discard_all(service, Which(letter_ids=ids), order) and not missing


def discard_all(service: str, which: Which, order: Order) -> bool:
    """Discard all letters that fit, and tell how it goes; answers whether all could be."""

    async def doing(database: Database) -> int:
        done, last = 0, None
        while True:
            async with database.transaction() as session:
                letters = await settling.find_in_order(
                    session, service, which, limit=DISCARD_AT_ONCE, after=last
                )
                if not letters:
                    return done
                if order.rehearsal:
                    done += len(letters)
                else:
                    done += len(await _discard(session, service, letters, order))
            last = letters[-1]
            if len(letters) == DISCARD_AT_ONCE:
                typer.echo(f"{done} so far")

    done = _run(service, doing)
    typer.echo(f"{done} {'would be ' if order.rehearsal else ''}discarded.")
    return True


async def _discard(
    session: Any, service: str, letters: Sequence[Letter], order: Order
) -> set[UUID]:
    ids = [letter.letter_id for letter in letters]
    now = SystemClock().now()
    return await settling.discard(session, service, ids, by=order.by, why=order.why, at=now)


def _not_waiting(service: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Answer those letters that cannot be settled, each with why."""

    async def doing(database: Database) -> dict[UUID, str]:
        async with database.transaction() as session:
            found = await settling.find_in_order(
                session, service, Which(state=None, letter_ids=ids), limit=len(ids)
            )
        known = {letter.letter_id: letter.state for letter in found}
        told = {letter_id: known.get(letter_id, "not there") for letter_id in ids}
        return {
            letter_id: "there is no such letter." if state == "not there" else f"it was {state}."
            for letter_id, state in told.items()
            if state != "parked"
        }

    return _run(service, doing)


def _replayer(service: str, database: Database) -> Replayer:
    return Replayer(service, services.load(service).handlers, database, SystemClock())


def _run(service: str, doing: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _opened(service) as database:
            return await doing(database)

    return asyncio.run(run())


@asynccontextmanager
async def _opened(service: str) -> AsyncIterator[Database]:
    reach()
    database = Database(ServiceSettings(), service)
    try:
        yield database
    finally:
        await database.close()


def _line(letter: Letter) -> tuple[str, ...]:
    words = letter.reason.words
    shown = words if len(words) <= REASON_CHARS_SHOWN else f"{words[:REASON_CHARS_SHOWN]}…"
    return (
        str(letter.letter_id),
        _utc(letter.parked_at),
        letter.state,
        str(letter.attempts),
        _place(letter),
        _safe(letter.header("ce_type") or "-"),
        _safe(shown),
    )


def _ended(replayed: Replayed) -> str:
    letter = replayed.letter
    told = {"duplicate": "replayed (it had come to effect before)", "settled": "left as it is"}
    outcome = told.get(replayed.outcome, replayed.outcome.replace("_", " "))
    why = f": {_safe(replayed.reason)}" if replayed.reason else ""
    return f"{letter.letter_id}  {_place(letter)}  {outcome}{why}"


def _document(letter: Letter) -> dict[str, Any]:
    return {
        "id": str(letter.letter_id),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": _text(letter.key),
        "headers": [[name, _text(value)] for name, value in letter.headers],
        "body_bytes": letter.body_bytes,
        "reason": asdict(letter.reason),
        "parked_at": letter.parked_at.isoformat(),
        "state": letter.state,
        "attempts": letter.attempts,
        "settled_at": letter.settled_at.isoformat() if letter.settled_at else None,
        "settled_by": letter.settled_by,
        "settled_why": letter.settled_why,
    }


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def _place(letter: Letter) -> str:
    return f"{_safe(letter.topic)}/{letter.partition}/{letter.offset}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")


def _legible(value: bytes | None) -> str:
    return "none" if value is None else value.decode(errors="backslashreplace")


def _safe(text: str) -> str:
    """Answer a text without what a terminal would obey: strangers may have written it."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
