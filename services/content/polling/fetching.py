"""Asking a source once: what its host answers, read in a process of its own, as an outcome."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from chassis.guarded_client import Answer, CallFailed, GuardedClient
from services.content.domain.feeds import Entry
from services.content.domain.sources import (
    Failed,
    Gone,
    Outcome,
    Problem,
    Read,
    Source,
    Unchanged,
)

READING_TIMEOUT_S = 20
"""By the clock: a busy machine gives a process less than all of its time."""

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json,"
    " application/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)

TAG_CHARS_MAX = 500
DATE_CHARS_MAX = 100
"""What is longer is not remembered: then the feed is read whole the next time."""

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Before this nobody had a feed."""

_PROGRAM = (sys.executable, "-m", "services.content.polling.feed_program")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})")
_PROBLEMS: Mapping[int, Problem] = {
    401: "not_allowed",
    403: "not_allowed",
    404: "not_found",
    407: "not_allowed",
    429: "busy",
    451: "not_allowed",
    503: "busy",
}


async def ask(
    client: GuardedClient, source: Source, reading: asyncio.Semaphore, *, at: datetime
) -> Outcome:
    """Ask a source for what is new; whatever its host does, this answers.

    `reading` says how many feeds are read at once: each has memory beside that of the worker.
    """
    try:
        answer = await client.get(source.url, headers=_told(source))
    except CallFailed as failed:
        return Failed(failed.reason)
    if answer.status == 200:
        async with reading:
            return await _read(answer, at=at)
    if answer.status == 304:
        return Unchanged(_fresh_for(answer), answer.moved_to)
    if answer.status == 410:
        return Gone()
    return Failed(_problem_of(answer.status), _retry_after(answer, at=at))


async def read_feed(body: bytes, url: str, content_type: str) -> dict[str, Any] | None:
    """Let a process of its own read a feed; answers None when it came to nothing."""
    # By its input: whatever stands behind the name of a program, every user of the machine can see.
    origin = json.dumps({"url": url, "content_type": content_type}).encode() + b"\n"
    process = await asyncio.create_subprocess_exec(
        *_PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Where its modules are, and nothing else: our own surroundings hold secrets.
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        async with asyncio.timeout(READING_TIMEOUT_S):
            written, _ = await process.communicate(origin + body)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    found: dict[str, Any] | None = json.loads(written) if process.returncode == 0 else None
    return found


def _told(source: Source) -> dict[str, str]:
    told = {"accept": ACCEPT}
    if source.etag is not None:
        told["if-none-match"] = source.etag
    if source.last_modified is not None:
        told["if-modified-since"] = source.last_modified
    return told


async def _read(answer: Answer, *, at: datetime) -> Outcome:
    content_type = answer.headers.get("content-type", "")
    found = await read_feed(answer.body, answer.url, content_type)
    if found is None:
        return Failed("feed_unreadable")
    if found["format"] is None:
        return Failed("not_a_feed")
    return Read(
        entries=tuple(_entry(one, at=at) for one in found["entries"]),
        format=found["format"],
        etag=_kept(answer, "etag", TAG_CHARS_MAX),
        last_modified=_kept(answer, "last-modified", DATE_CHARS_MAX),
        fresh_for=max(_fresh_for(answer), timedelta(minutes=found["ttl_minutes"])),
        moved_to=answer.moved_to,
    )


def _entry(found: Mapping[str, Any], *, at: datetime) -> Entry:
    written = found["published_at"]
    published_at = datetime.fromisoformat(written) if written else None
    if published_at is not None and published_at < EARLIEST:
        published_at = None
    # What is from the future was found before it: clocks are wrong, or somebody wants to be first.
    return Entry(**{**found, "published_at": min(published_at, at) if published_at else None})


def _kept(answer: Answer, header: str, chars_max: int) -> str | None:
    value = answer.headers.get(header, "")
    fits = 0 < len(value) <= chars_max and value.isascii() and value.isprintable()
    return value if fits else None


def _fresh_for(answer: Answer) -> timedelta:
    told = _MAX_AGE.search(answer.headers.get("cache-control", "").lower())
    return timedelta(seconds=int(told[1])) if told else timedelta()


def _problem_of(status: int) -> Problem:
    if status in _PROBLEMS:
        return _PROBLEMS[status]
    return "server_error" if status >= 500 else "answer_unknown"


def _retry_after(answer: Answer, *, at: datetime) -> timedelta:
    """Read seconds or a date (RFC 9110 10.2.3); what is neither asks for nothing."""
    told = answer.headers.get("retry-after", "")
    if told.isdecimal() and len(told) < 10:
        return timedelta(seconds=int(told))
    try:
        until = parsedate_to_datetime(told)
        return max((until if until.tzinfo else until.replace(tzinfo=UTC)) - at, timedelta())
    except (ValueError, OverflowError):
        return timedelta()
