"""The questions that fill a calendar: what is planned, and what stands in stories and campaigns."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.content.domain.calendar import Entry, EntryKind, Span, Wanted, day_of
from services.content.domain.campaigns import Campaign
from services.content.domain.stories import OVERSEERS, Actor, State
from services.content.store.campaigns import campaign_of, runs_between
from services.content.store.plan_items import item_of, item_seen_by, takes_part
from services.content.tables.calendar import PlanItemRow
from services.content.tables.campaigns import CampaignRow
from services.content.tables.stories import StoryRow, StoryVersionRow, TrailRow

ENTRIES_MAX = 1000
"""Ten a day for a quarter; what holds more is read a month at a time, or in part."""

_PUBLISHED = aliased(TrailRow)

_NOT_TO_COME: frozenset[State] = frozenset({"rejected", "withdrawn"})
"""What is worked on in these states goes nowhere, so no calendar waits for it."""


def shown_version(actor: Actor) -> Any:
    """Answer the number of the version of a story that stands in somebody's calendar.

    An author and whoever oversees have the working version, others the live one; so it is in
    lists, while a single story is shown to its deciders, too. It is null where there is none.
    """
    to_come = col(StoryRow.state).not_in(_NOT_TO_COME)
    return case(
        (col(StoryRow.archived_at).is_not(None), None),
        (and_(_sees_working(actor), to_come), col(StoryRow.version)),
        else_=col(StoryRow.live_version),
    )


async def items_between(
    session: AsyncSession, actor: Actor, span: Span, wanted: Wanted
) -> list[Entry]:
    """Answer what is planned, wanted and may be seen, the earliest first: ENTRIES_MAX and one."""
    row = PlanItemRow
    ends = _is_version(row.tenant_id, row.story_id, shown_version(actor))
    question = (
        select(row, takes_part(actor.person_id), StoryVersionRow.expires_at)
        .outerjoin(
            StoryRow,
            and_(
                col(StoryRow.tenant_id) == col(row.tenant_id),
                col(StoryRow.story_id) == col(row.story_id),
            ),
        )
        .outerjoin(StoryVersionRow, ends)
        .where(
            item_seen_by(actor),
            or_(
                _within(row.planned_at, span),
                and_(col(row.planned_on) >= span.begin, col(row.planned_on) < span.end),
            ),
            *_items_wanted(wanted),
        )
        .order_by(func.coalesce(col(row.planned_at), col(row.planned_on)), col(row.item_id))
    )
    found = (await session.exec(question.limit(ENTRIES_MAX + 1))).all()
    return [
        _item_entry(one, span, expires_at, {actor.person_id} if joined else set())
        for one, joined, expires_at in found
    ]


async def stories_between(
    session: AsyncSession, actor: Actor, span: Span, wanted: Wanted
) -> list[Entry]:
    """Answer when stories that somebody wants and may see may be shared, went live, and end."""
    embargo, ends = StoryVersionRow.embargo_until, StoryVersionRow.expires_at
    these = _stories_wanted(wanted)
    return [
        *await _story_entries(session, actor, span, "story_embargo", embargo, *these),
        *await _story_entries(session, actor, span, "story_live", _PUBLISHED.happened_at, *these),
        *await _story_entries(session, actor, span, "story_expires", ends, *these),
    ]


async def campaigns_between(
    session: AsyncSession, span: Span, named: Sequence[UUID]
) -> list[Campaign]:
    """Answer the campaigns that run in a span, or that something in it names."""
    row = CampaignRow
    during = and_(*runs_between(span.begins_at, span.ends_at))
    question = (
        select(row)
        .where(or_(during, col(row.campaign_id).in_(named)))
        .order_by(col(row.campaign_id))
        .limit(ENTRIES_MAX + 1)
    )
    return [campaign_of(one) for one in (await session.exec(question)).all()]


def campaign_entries(campaigns: Sequence[Campaign], span: Span) -> list[Entry]:
    """Answer the days in a span on which campaigns begin and end."""
    dated: list[tuple[EntryKind, datetime | None, Campaign]] = []
    for campaign in campaigns:
        dated.append(("campaign_starts", campaign.starts_at, campaign))
        dated.append(("campaign_ends", campaign.over_at, campaign))
    return [
        Entry(
            kind=kind,
            title=campaign.name,
            on=day_of(at, span.zone),
            at=at,
            campaign_id=campaign.campaign_id,
            story_id=None,
            item_id=None,
            networks=(),
            languages=(),
            person_ids=frozenset(campaign.owner_ids),
            state=None,
            revision=campaign.revision,
            changed_at=campaign.changed_at,
        )
        for kind, at, campaign in dated
        if at is not None and span.begins_at <= at < span.ends_at
    ]


async def _story_entries(
    session: AsyncSession,
    actor: Actor,
    span: Span,
    kind: EntryKind,
    at: Any,
    *conditions: Any,
) -> list[Entry]:
    story, version = StoryRow, StoryVersionRow
    # Whoever sees only what is live is told of the act alone that made it so: any other would tell
    # them that a later version is written or reviewed. Either way it never becomes less, since a
    # position is kept for good and a later version goes live at a later one.
    said = (
        select(func.max(TrailRow.position), func.max(TrailRow.happened_at))
        .where(
            col(TrailRow.tenant_id) == col(story.tenant_id),
            col(TrailRow.story_id) == col(story.story_id),
            or_(_sees_working(actor), _is_going_live(TrailRow)),
        )
        .correlate(story)
        .lateral()
    )
    question = (
        select(version, col(story.author_id), at, said.c[0], said.c[1])  # type: ignore[call-overload]
        .select_from(story)
        .join(version, _is_version(story.tenant_id, story.story_id, shown_version(actor)))
        .join(said, onclause=true())
        .where(_within(at, span), *conditions)
        .order_by(at, col(story.story_id))
        .limit(ENTRIES_MAX + 1)
    )
    if kind == "story_live":
        question = question.join(_PUBLISHED, _tells_of_going_live())
    rows = (await session.exec(question)).all()
    return [_story_entry(kind, span, *found) for found in rows]


def _tells_of_going_live() -> Any:
    """Answer the condition of the one entry of a trail that tells of what is live now."""
    story, published = StoryRow, _PUBLISHED
    return and_(
        col(published.tenant_id) == col(story.tenant_id),
        col(published.story_id) == col(story.story_id),
        _is_going_live(published),
    )


def _is_going_live(entry: type[TrailRow]) -> Any:
    live = col(entry.version) == col(StoryRow.live_version)
    return and_(live, col(entry.act) == "published")


def _sees_working(actor: Actor) -> Any:
    written = col(StoryRow.author_id) == actor.person_id
    oversees = bool(actor.roles & OVERSEERS)
    return or_(written, col(StoryRow.submitted)) if oversees else written


def _story_entry(
    kind: EntryKind,
    span: Span,
    version: StoryVersionRow,
    author_id: UUID,
    at: datetime,
    position: int,
    changed_at: datetime,
) -> Entry:
    variants = version.variants
    return Entry(
        kind=kind,
        title=version.title,
        on=day_of(at, span.zone),
        at=at,
        campaign_id=version.campaign_id,
        story_id=version.story_id,
        item_id=None,
        networks=tuple(sorted({one["network"] for one in variants})),
        languages=tuple(sorted({version.language, *(one["language"] for one in variants)})),
        person_ids=frozenset({author_id, *version.contributor_ids}),
        state=None,
        revision=position,
        changed_at=changed_at,
    )


def _item_entry(
    row: PlanItemRow, span: Span, expires_at: datetime | None, joined: set[UUID]
) -> Entry:
    item = item_of(row)
    on = item.planned_on or day_of(item.planned_at or item.created_at, span.zone)
    people = {item.responsible_id, item.created_by} - {None}
    return Entry(
        kind="item",
        title=item.title,
        on=on,
        at=item.planned_at,
        campaign_id=item.campaign_id,
        story_id=item.story_id,
        item_id=item.item_id,
        networks=item.networks,
        languages=(item.language,) if item.language else (),
        person_ids=frozenset(one for one in people if one) | joined,
        state=item.state,
        revision=item.revision,
        changed_at=item.changed_at,
        audience=item.audience,
        story_expires_at=expires_at,
    )


def _items_wanted(wanted: Wanted) -> Iterator[Any]:
    row = PlanItemRow
    if wanted.campaign_id is not None:
        yield col(row.campaign_id) == wanted.campaign_id
    if wanted.network is not None:
        yield col(row.networks).contains([wanted.network])
    if wanted.language is not None:
        yield col(row.language) == wanted.language
    if wanted.mine is not None:
        me = wanted.mine
        yield or_(col(row.responsible_id) == me, col(row.created_by) == me, takes_part(me))


def _stories_wanted(wanted: Wanted) -> list[Any]:
    version = StoryVersionRow
    asked: list[Any] = []
    if wanted.campaign_id is not None:
        asked.append(col(version.campaign_id) == wanted.campaign_id)
    if wanted.network is not None:
        asked.append(col(version.variants).contains([{"network": wanted.network}]))
    if wanted.language is not None:
        in_variant = col(version.variants).contains([{"language": wanted.language}])
        asked.append(or_(col(version.language) == wanted.language, in_variant))
    if wanted.mine is not None:
        credited = col(version.contributor_ids).contains([wanted.mine])
        asked.append(or_(col(StoryRow.author_id) == wanted.mine, credited))
    return asked


def _within(at: Any, span: Span) -> Any:
    return and_(at >= span.begins_at, at < span.ends_at)


def _is_version(tenant_id: Any, story_id: Any, number: Any) -> Any:
    version = StoryVersionRow
    return and_(
        col(version.tenant_id) == tenant_id,
        col(version.story_id) == story_id,
        col(version.version) == number,
    )
