"""A calendar as other programs read it: iCalendar (RFC 5545), made of entries alone."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration

from services.content.domain.calendar import Entry, EntryKind, Span

_REFRESH = timedelta(hours=1)
"""How often a program should ask again (RFC 7986)."""

_WORDS: Mapping[str, Mapping[EntryKind, str]] = {
    "en": {
        "item": "{}",
        "story_embargo": "{} (may be shared)",
        "story_live": "{} (live)",
        "story_expires": "{} (ends)",
        "campaign_starts": "{} (campaign begins)",
        "campaign_ends": "{} (campaign ends)",
    },
    "da": {
        "item": "{}",
        "story_embargo": "{} (må deles)",
        "story_live": "{} (live)",
        "story_expires": "{} (slutter)",
        "campaign_starts": "{} (kampagnen begynder)",
        "campaign_ends": "{} (kampagnen slutter)",
    },
}

_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Signs that a line of a calendar must not hold (RFC 5545 section 3.1)."""


def render(name: str, entries: Sequence[Entry], span: Span, language: str) -> bytes:
    """Answer the calendar's bytes: the same for the same entries, whoever asks and when."""
    calendar = Calendar()
    calendar.add("prodid", "-//Fortaler//Editorial calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("name", _plain(name))
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"value": "DURATION"})
    words = _WORDS.get(language.partition("-")[0], _WORDS["en"])
    for entry in entries:
        calendar.add_component(_event(entry, span.zone, words))
    calendar.add_missing_timezones(
        first_date=span.begin - timedelta(days=366), last_date=span.end + timedelta(days=366)
    )
    rendered: bytes = calendar.to_ical()
    return rendered


def uid_of(entry: Entry) -> str:
    """Answer by what a program knows an entry again, wherever it is moved to."""
    if entry.item_id is not None:
        return str(entry.item_id)
    subject: UUID | None = entry.story_id or entry.campaign_id
    return f"{subject}/{entry.kind}"


def _event(entry: Entry, zone: ZoneInfo, words: Mapping[EntryKind, str]) -> Event:
    event = Event()
    event.add("uid", uid_of(entry))
    # Of a calendar that asks for no answer, both say when it was changed (RFC 5545 3.8.7.2).
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.revision)
    event.add("summary", _plain(words[entry.kind].format(entry.title)))
    event.add("dtstart", entry.on if entry.at is None else _local(entry.at, zone))
    event.add("categories", [entry.kind])
    # It is a plan of the company, and nobody's appointment.
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if entry.state == "dropped" else "CONFIRMED")
    return event


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    # The hour that comes twice in autumn has one name: the second time only UTC tells.
    return at.astimezone(UTC) if local.fold else local


def _plain(text: str) -> str:
    # On one line: the library escapes a break in some properties, and fails over it in others.
    return " ".join(_UNSEEN.sub("", text).splitlines())
