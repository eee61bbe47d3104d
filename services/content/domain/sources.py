"""The rules of sources: feeds of others, asked politely, and ended when they are gone for good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.feeds import Entry, Format

State = Literal["active", "paused", "ended"]
EndReason = Literal["gone", "failed_for_long"]
Problem = Literal[
    "address_refused",
    "address_not_public",
    "name_unknown",
    "unreachable",
    "not_trusted",
    "too_slow",
    "too_large",
    "too_many_redirects",
    "redirect_refused",
    "unreadable",
    "not_allowed",
    "not_found",
    "busy",
    "server_error",
    "answer_unknown",
    "not_a_feed",
    "feed_unreadable",
]

WORDS: Mapping[Problem, str] = {
    "address_refused": "This address may not be called.",
    "address_not_public": "The name of this host leads into a private network, so it is not asked.",
    "name_unknown": "The name of this host is not known.",
    "unreachable": "The host cannot be reached.",
    "not_trusted": "The host's certificate is not valid for its name.",
    "too_slow": "The answer took too long.",
    "too_large": "The answer is larger than a feed may be.",
    "too_many_redirects": "The address sends us on and on.",
    "redirect_refused": "The address sends us to where we may not go.",
    "unreadable": "The answer is no HTTP that we can read.",
    "not_allowed": "The host does not let us read this.",
    "not_found": "There is nothing at this address.",
    "busy": "The host asks us to come later.",
    "server_error": "The host has a problem of its own.",
    "answer_unknown": "The host gives an answer that feeds do not give.",
    "not_a_feed": "What is there is no RSS, Atom or JSON feed; perhaps it is a web page.",
    "feed_unreadable": "The feed cannot be read, or takes more time or space than any feed should.",
}
"""What went wrong, to whoever has to do something about it."""

SOURCES_MAX = 50
"""Of a tenant: more than anybody reads, and each is asked at least every day."""

INTERVAL_MINUTES_MIN = 15
"""Whoever asks a host more often than this is blocked by many."""

INTERVAL_MINUTES_MAX = 7 * 24 * 60
INTERVAL_MINUTES_DEFAULT = 60

LEASE = timedelta(minutes=4)
"""Longer than a call and its reading may take, after five others have been read: 150 s."""

ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""So long after the last time a person may have a source asked again."""

FRESH_MAX = timedelta(days=1)
"""A feed may say that it is good for longer, but is looked at every day."""

BACKOFF_MAX = timedelta(days=1)
PUT_OFF_MAX = timedelta(days=7)
"""How far a host can put us off by Retry-After."""

JITTER_SHARE = 0.1
"""Of its interval a source is asked so much later, that not all are asked at once."""

FAILURES_MAX = 40
"""In a row: with the days in between that is more than a month. Then nobody waits for it."""


class SourceNotFound(Refusal):
    """There is no such source in your tenant."""

    kind = "not_found"
    title = "Source not found"


class SourceRepeated(Refusal):
    """Your company reads this address already."""

    kind = "conflict"
    title = "Source is there already"


class TooManySources(Refusal):
    """A company has a limited number of sources: take one away first."""

    kind = "conflict"
    title = "Too many sources"


class SourceNotActive(Refusal):
    """A source that is paused or has ended is not asked."""

    kind = "conflict"
    title = "Source is not active"


class SourceEnded(Refusal):
    """A source that has ended stays so: add the address that it has now."""

    kind = "conflict"
    title = "Source has ended"


class PolledJustNow(Refusal):
    """The source was asked a moment ago, or its host has asked us to wait."""

    kind = "too_many"
    title = "Source was asked just now"


@dataclass(frozen=True)
class Source:
    """A feed, how it is to be asked, and how it went. Without a `due_at` nobody asks it."""

    source_id: UUID
    name: str
    url: str
    language: str
    topics: tuple[str, ...]
    campaign_id: UUID | None
    interval_minutes: int
    paused: bool
    ended_because: EndReason | None
    format: Format | None
    problem: Problem | None
    failures: int
    created_at: datetime
    polled_at: datetime | None
    succeeded_at: datetime | None
    due_at: datetime | None
    not_before: datetime
    lease_id: UUID | None
    etag: str | None
    last_modified: str | None

    @property
    def state(self) -> State:
        """Answer whether it is asked."""
        if self.ended_because is not None:
            return "ended"
        return "paused" if self.paused else "active"

    @property
    def interval(self) -> timedelta:
        """Answer how long a person wants to wait between two looks."""
        return timedelta(minutes=self.interval_minutes)


@dataclass(frozen=True)
class Read:
    """A feed was read. `fresh_for` is for how long its host says that it is good."""

    entries: tuple[Entry, ...]
    format: Format
    etag: str | None
    last_modified: str | None
    fresh_for: timedelta
    moved_to: str | None


@dataclass(frozen=True)
class Unchanged:
    """A feed says what it said before."""

    fresh_for: timedelta
    moved_to: str | None


@dataclass(frozen=True)
class Gone:
    """A host says that there never will be anything again (410)."""


@dataclass(frozen=True)
class Failed:
    """Nothing came of it; a host may have said when to come again."""

    problem: Problem
    retry_after: timedelta = timedelta()


Outcome = Read | Unchanged | Gone | Failed


def open_source(source_id: UUID, fields: Mapping[str, Any], *, at: datetime) -> Source:
    """Begin to read a feed, now."""
    return Source(
        source_id=source_id,
        name=fields["name"],
        url=fields["url"],
        language=fields["language"],
        topics=tuple(fields["topics"]),
        campaign_id=fields["campaign_id"],
        interval_minutes=fields["interval_minutes"],
        paused=False,
        ended_because=None,
        format=None,
        problem=None,
        failures=0,
        created_at=at,
        polled_at=None,
        succeeded_at=None,
        due_at=at,
        not_before=at,
        lease_id=None,
        etag=None,
        last_modified=None,
    )


def change(source: Source, changes: Mapping[str, Any], *, at: datetime) -> Source:
    """Change how a source is asked; what is being fetched for one that is paused is dropped."""
    if source.state == "ended" and "paused" in changes:
        raise SourceEnded("This source has ended.", field="/paused")
    if "topics" in changes:
        changes = {**changes, "topics": tuple(changes["topics"])}
    changed = replace(source, **changes)
    if changed.state != "active":
        return replace(changed, due_at=None, lease_id=None)
    if source.due_at is None:
        return replace(changed, due_at=max(at, source.not_before))
    if is_leased(source, at=at):
        return changed
    soon = max(at + changed.interval, source.not_before)
    return replace(changed, due_at=min(source.due_at, soon))


def ask_soon(source: Source, *, at: datetime) -> Source:
    """Have a source asked now, if its host was left alone for a while."""
    if source.state != "active":
        raise SourceNotActive(f"This source is {source.state}.", state=source.state)
    if is_leased(source, at=at):
        return source
    if at < source.not_before:
        seconds = int((source.not_before - at).total_seconds()) + 1
        refusal = PolledJustNow("Its host should be left alone for a while.", wait_s=seconds)
        refusal.retry_after_s = seconds
        raise refusal
    return replace(source, due_at=at)


def is_leased(source: Source, *, at: datetime) -> bool:
    """Answer whether somebody is asking it at this moment."""
    return source.lease_id is not None and source.due_at is not None and source.due_at > at


def lease(source: Source, lease_id: UUID, *, at: datetime) -> Source:
    """Let one worker have it for itself; a lease that nobody settles runs out by itself."""
    return replace(source, lease_id=lease_id, due_at=at + LEASE)


def stay(outcome: Outcome, read_already: Collection[str]) -> Outcome:
    """Leave a source where it is that would move to where another one is.

    No address is read twice. Its old one leads there each time, and items are known by their links.
    """
    if isinstance(outcome, Read | Unchanged) and outcome.moved_to in read_already:
        return replace(outcome, moved_to=None)
    return outcome


def settle(source: Source, outcome: Outcome, *, at: datetime, jitter: float) -> Source:
    """Note how it went, and when to ask again; `jitter` is from 0 to 1."""
    asked = replace(source, polled_at=at, lease_id=None, not_before=at + ASKED_AGAIN_AFTER)
    if isinstance(outcome, Gone):
        return replace(asked, ended_because="gone", due_at=None)
    if isinstance(outcome, Failed):
        return _failed(asked, outcome, at=at, jitter=jitter)
    span = max(source.interval, min(outcome.fresh_for, FRESH_MAX))
    well = replace(
        asked,
        succeeded_at=at,
        problem=None,
        failures=0,
        url=outcome.moved_to or source.url,
        due_at=at + _later(span, jitter),
    )
    if isinstance(outcome, Unchanged):
        return well
    return replace(
        well, format=outcome.format, etag=outcome.etag, last_modified=outcome.last_modified
    )


def _failed(source: Source, outcome: Failed, *, at: datetime, jitter: float) -> Source:
    failures = source.failures + 1
    failed = replace(source, problem=outcome.problem, failures=failures)
    if failures >= FAILURES_MAX:
        return replace(failed, ended_because="failed_for_long", due_at=None)
    # Doubled at most so often that the span stays one that can be counted.
    doubled = source.interval * 2 ** min(failures, 10)
    span = max(source.interval, min(doubled, BACKOFF_MAX))
    put_off = min(outcome.retry_after, PUT_OFF_MAX)
    return replace(
        failed,
        due_at=at + max(_later(span, jitter), put_off),
        not_before=max(source.not_before, at + put_off),
    )


def _later(span: timedelta, jitter: float) -> timedelta:
    return span * (1 + JITTER_SHARE * jitter)
