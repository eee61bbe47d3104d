"""How the calendar is read: all that somebody may see in a span, and what that look finds."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.people import Person, get_tenant
from services.content.domain import calendar, findings
from services.content.domain.calendar import CalendarTooFull, Entry, Span, Wanted
from services.content.domain.campaigns import Campaign
from services.content.domain.findings import Finding, Thresholds
from services.content.store import calendar as store


@dataclass(frozen=True)
class Calendar:
    """The entries of a span, in order, and what was found in them."""

    span: Span
    entries: list[Entry]
    findings: list[Finding]


async def read_calendar(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    days: tuple[date | None, date | None],
    wanted: Wanted,
    thresholds: Thresholds,
) -> Calendar:
    """Read a span of the calendar; raises SpanUnusable or CalendarTooFull."""
    zone = ZoneInfo((await get_tenant(session)).time_zone)
    today = calendar.day_of(clock.now(), zone)
    span = calendar.span(*days, zone, today=today)
    # What stands around the span decides on what is found at its edges.
    looked_at = span.widened(thresholds.reach_days)
    entries, campaigns = await entries_for(session, me, looked_at, wanted)
    if len(entries) > store.ENTRIES_MAX:
        looked_at = span
        entries, campaigns = await entries_for(session, me, span, wanted)
    if len(entries) > store.ENTRIES_MAX:
        raise CalendarTooFull("Ask for fewer days.", parameter="until")
    found = findings.find_all(
        entries, campaigns, looked_at, thresholds, today=today, wanted=wanted.campaign_id
    )
    within = [one for one in entries if span.begin <= one.on < span.end]
    return Calendar(span, within, findings.touching(found, span))


async def entries_for(
    session: AsyncSession, me: Person, span: Span, wanted: Wanted
) -> tuple[list[Entry], list[Campaign]]:
    """Read what somebody may see and wants to see in a span, in order, and the campaigns in it."""
    spoken = [
        *await store.items_between(session, me, span, wanted),
        *await store.stories_between(session, me, span, wanted),
    ]
    named: set[UUID] = {one.campaign_id for one in spoken if one.campaign_id is not None}
    campaigns = await store.campaigns_between(session, span, sorted(named))
    days = store.campaign_entries([one for one in campaigns if calendar.fits(one, wanted)], span)
    return sorted([*spoken, *days], key=calendar.in_order), campaigns
