"""What metrics does: keep links, take reports, count what happened, and tell what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import derived_id
from chassis.kafka import Publisher
from chassis.messages import Message
from contracts.engagement import EngagementKind, EngagementRecorded
from contracts.envelope import headers_of, name_of
from contracts.metrics import SharePerformed
from services.metrics.domain import counting, figures, links, reports
from services.metrics.domain.counting import Engagement, Share, SubjectKind
from services.metrics.domain.figures import Figures
from services.metrics.domain.links import Link
from services.metrics.domain.reports import Outcome, Report
from services.metrics.store import counts, known, told

TAKEN_WITHIN_S = 5.0
"""Kafka answers within milliseconds; an integrator that waits longer had better come back."""


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """EngagementRecorded as it is written where there is much of it: by msgspec, many times faster.

    Whoever reads it takes the contract's own class (a test holds the two together).
    """

    share_id: UUID
    kind: EngagementKind
    source: str
    happened_at: datetime
    suspected_robot: bool


_encode = msgspec.json.Encoder().encode
TOPIC = EngagementRecorded.topic.name
_TYPE = EngagementRecorded.type
_KIND = EngagementRecorded.about[0]
_SOURCE = "/services/metrics"


def key_of(tenant_id: UUID, share_id: UUID) -> bytes:
    """Answer the key under which everything about a share keeps its order."""
    return name_of(tenant_id, _KIND, share_id).key


def to_message(tenant_id: UUID, event_id: str, recorded: Recorded) -> Message:
    """Put a raw engagement in its envelope: it goes straight to Kafka (design 4.2)."""
    name = name_of(tenant_id, _KIND, recorded.share_id)
    headers = headers_of(name, event_id, _TYPE, _SOURCE, recorded.happened_at)
    return Message(TOPIC, name.key, _encode(recorded), headers)


class Reported(NamedTuple):
    """A raw engagement of an integrator's, which is wrapped when it is written (`Sendable`)."""

    tenant_id: UUID
    source: str
    report: Report

    @property
    def topic(self) -> str:
        """Answer where all raw engagements go."""
        return TOPIC

    @property
    def key(self) -> bytes:
        """Answer its share's key."""
        return key_of(self.tenant_id, self.report.share_id)

    def as_message(self) -> Message:
        """Answer it in its envelope."""
        tenant_id, source, report = self
        recorded = Recorded(
            share_id=report.share_id,
            kind=report.kind,
            source=source,
            happened_at=report.happened_at,
            suspected_robot=False,
        )
        event_id = reports.event_id_of(tenant_id, source, report.id)
        return to_message(tenant_id, str(event_id), recorded)


async def keep_share(
    session: AsyncSession,
    share: Share,
    *,
    network: str,
    link: Link | None,
    published: bool,
    at: datetime,
) -> None:
    """Keep a share and its link, and count what was heard of it before it was known."""
    if link is not None:
        links.check_link(link)
        if await known.keep_link(session, link) != link:
            raise links.LinkTaken(f"The code of share {share.share_id} belongs to another link.")
    await known.keep_share(
        session, share, network=network, code=link.code if link else None, published=published
    )
    await count_early(session, share.share_id, at=at)


async def count_early(session: AsyncSession, share_id: UUID | None, *, at: datetime) -> None:
    """Count what was heard too early: of one share, or of every share of a tenant now known."""
    await counts.lock_early(session)
    zone = await known.find_zone(session)
    if zone is None:
        return
    early = await counts.take_early(session, share_id)
    shares = await known.find_shares(session, {one.share_id for one in early})
    await _count(session, early, shares, zone, at=at)


async def count_engagements(
    session: AsyncSession, engagements: Sequence[Engagement], *, at: datetime
) -> None:
    """Count a batch of one tenant, each engagement once, and announce how shares perform.

    What belongs to a share that is not known yet waits for it: there is no order between topics.
    """
    zone = await known.find_zone(session)
    shares = await known.find_shares(session, {one.share_id for one in engagements})
    if zone is None or any(one.share_id not in shares for one in engagements):
        # Asked again once alone: the share may have arrived in between, and would never look back.
        await counts.lock_early(session)
        zone = await known.find_zone(session)
        shares = await known.find_shares(session, {one.share_id for one in engagements})
        early = [one for one in engagements if zone is None or one.share_id not in shares]
        await counts.keep_early(session, early)
    if zone is not None:
        timely = [one for one in engagements if one.share_id in shares]
        await _count(session, timely, shares, zone, at=at)


async def take_reports(
    database: Database,
    publisher: Publisher,
    tenant_id: UUID,
    source: str,
    items: Sequence[Report],
    *,
    at: datetime,
) -> list[Outcome]:
    """Take an integrator's reports; answers only after every replica of Kafka has them.

    Raises SourceReserved, or BrokerUnavailable: then the same reports may be sent again.
    """
    reports.check_source(source)
    async with database.transaction(tenant_id) as session:
        shares = await known.find_shares(session, {item.share_id for item in items})
    # No transaction is open from here on: waiting for Kafka must not hold a connection.
    outcomes = [reports.decide(item, known=shares.keys(), at=at) for item in items]
    accepted = [
        Reported(tenant_id, source, item)
        for item, outcome in zip(items, outcomes, strict=True)
        if outcome.outcome == "accepted"
    ]
    await publisher.deliver(accepted, within_s=TAKEN_WITHIN_S)
    return outcomes


async def story_figures(
    session: AsyncSession, clock: Clock, story_id: UUID, first: date | None, last: date | None
) -> Figures:
    """Tell how a story did; raises StoryNotFound."""
    if not await known.subject_known(session, "story", story_id):
        raise figures.StoryNotFound(f"No story {story_id}.")
    return await _figures(session, clock, ("story", story_id), first, last)


async def campaign_figures(
    session: AsyncSession, clock: Clock, campaign_id: UUID, first: date | None, last: date | None
) -> Figures:
    """Tell how a campaign does; raises CampaignNotFound."""
    if not await known.subject_known(session, "campaign", campaign_id):
        raise figures.CampaignNotFound(f"No campaign {campaign_id}.")
    return await _figures(session, clock, ("campaign", campaign_id), first, last)


async def share_figures(
    session: AsyncSession,
    clock: Clock,
    share_id: UUID,
    person_id: UUID,
    first: date | None,
    last: date | None,
) -> Figures:
    """Tell an advocate how their share did, and nobody else (V1); raises ShareNotFound."""
    share = (await known.find_shares(session, [share_id])).get(share_id)
    if share is None or share.person_id != person_id:
        raise figures.ShareNotFound(f"You have no share {share_id}.")
    return await _figures(session, clock, ("share", share_id), first, last)


async def person_figures(
    session: AsyncSession, clock: Clock, person_id: UUID, first: date | None, last: date | None
) -> Figures:
    """Tell somebody what came of all that they shared."""
    return await _figures(session, clock, ("person", person_id), first, last)


async def _count(
    session: AsyncSession,
    engagements: Sequence[Engagement],
    shares: Mapping[UUID, Share],
    zone: tzinfo,
    *,
    at: datetime,
) -> None:
    if not engagements:
        return
    windows = counting.tally_windows(engagements)
    totals = await counts.count_windows(session, windows)
    await counts.count_days(session, counting.tally_days(engagements, shares, zone), at=at)
    for key in sorted(key for key, count in windows.items() if count.counted):
        share_id, kind, window_start = key
        total, revision = totals[key]
        share = shares[share_id]
        performed = SharePerformed(
            share_id=share_id,
            story_id=share.story_id,
            campaign_id=share.campaign_id,
            person_id=share.person_id,
            kind=kind,
            window_start=window_start,
            delta=windows[key].counted,
            total=total,
            revision=revision,
        )
        news = derived_id(share_id, kind, window_start.isoformat(), revision)
        outbox.add(session, performed, at=at, event_id=news)


async def _figures(
    session: AsyncSession,
    clock: Clock,
    subject: tuple[SubjectKind, UUID],
    first: date | None,
    last: date | None,
) -> Figures:
    zone = await known.get_zone(session)
    days = figures.period(first, last, today=counting.day_of(clock.now(), zone))
    return figures.figures(
        subject,
        zone.key,
        days,
        reported=await told.reported_of(session, *subject, days),
        by_day=await told.counted_by_day(session, *subject, days),
        sharing=await told.sharing_of(session, *subject),
    )
