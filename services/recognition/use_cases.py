"""What can be done in recognition: load, decide, save, announce."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from opentelemetry.trace import SpanKind
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox, people
from chassis.clock import Clock
from chassis.handling import Delivery
from chassis.ids import new_id
from chassis.paging import Page, PageRequest, page_of
from chassis.preconditions import IfMatch
from chassis.telemetry import span
from chassis.tenancy import tenant_of
from contracts.recognition import PointsAwarded, PointsReversed
from contracts.sharing import AdvocateJoined, AdvocateLeft
from services.recognition import domain, store
from services.recognition.domain.board import Board, BoardSettings, Period
from services.recognition.domain.ledger import Entry, Happening, TallyKey
from services.recognition.domain.rules import Rule, Trigger
from services.recognition.domain.stays import Stay, Step


@dataclass(frozen=True)
class Points:
    """What a person has: in all, and of the month that it is in the tenant's time zone."""

    balance: int
    this_month: int


async def rules_of_the_tenant(session: AsyncSession) -> list[Rule]:
    """Answer the tenant's rules, those it never touched included."""
    return domain.rules.rules_of(tenant_of(session), await store.rules.kept_rules(session))


async def list_rules(session: AsyncSession, page: PageRequest) -> Page[Rule]:
    """Answer a page of the tenant's rules, in the order of triggers."""
    rules = domain.rules.rules_after(await rules_of_the_tenant(session), page.after_id())
    return page_of(rules[: page.limit + 1], page.limit, lambda rule: [rule.rule_id])


async def read_rule(session: AsyncSession, rule_id: UUID) -> Rule:
    """Answer one of the tenant's rules."""
    return domain.rules.get_rule(await rules_of_the_tenant(session), rule_id)


async def create_rule(session: AsyncSession, fields: dict[str, Any]) -> Rule:
    """Add a rule; from now on it rewards what happens beside the others."""
    await store.rules.lock_settings(session)
    existing = await rules_of_the_tenant(session)
    rule = domain.rules.new_rule(new_id(), fields, existing=len(existing))
    await store.rules.save_rule(session, rule)
    return rule


async def change_rule(
    session: AsyncSession, rule_id: UUID, changes: dict[str, Any], expected: IfMatch
) -> Rule:
    """Change a rule for whatever is booked from now on."""
    await store.rules.lock_settings(session)
    rule = await read_rule(session, rule_id)
    expected.check(rule)
    changed = domain.rules.change_rule(rule, changes)
    await store.rules.save_rule(session, changed)
    return changed


async def join(session: AsyncSession, delivery: Delivery[AdvocateJoined]) -> None:
    """Let a person earn from then on until they left, and for what of it was read before this."""
    await _take_step(session, delivery, joined=True)


async def leave(session: AsyncSession, delivery: Delivery[AdvocateLeft]) -> None:
    """Let a person earn no more from then on, and be ranked no more; the rest is theirs (V2)."""
    await _take_step(session, delivery, joined=False)


async def decide_on_ranking(
    session: AsyncSession, person_id: UUID, *, given: bool, at: datetime
) -> None:
    """Put a person on the boards who asked for it, or take them off every board, at once."""
    await store.people.keep_ranking_consent(session, person_id, given=given, at=at)


async def book(
    session: AsyncSession, told: Sequence[tuple[Happening, Delivery[Any]]]
) -> list[Entry]:
    """Book what happened by the tenant's rules, and announce each entry in its own trace.

    Only for what happened while they took part do people earn; nothing else is booked, neither up
    nor down (V1). What may yet turn out to be such waits.
    """
    if not told:
        return []
    await store.people.lock_stays(session)
    stays = await store.people.stays_of(session, {one.person_id for one, _ in told})
    earning: list[Happening] = []
    waiting: list[Happening] = []
    for one, _ in told:
        (earning if _earns(one, stays[one.person_id]) else waiting).append(one)
    await store.early.keep(session, waiting)
    if not earning:
        return []
    rules = await rules_of_the_tenant(session)
    matched = domain.ledger.matches(earning, rules, await _zone(session))
    return await _book_matched(session, matched, {one.cause_id: news for one, news in told})


async def _book_matched(
    session: AsyncSession,
    matched: Sequence[tuple[Happening, Rule, TallyKey]],
    told: Mapping[UUID, Delivery[Any]],
) -> list[Entry]:
    if not matched:
        return []
    # Everything below is read under the people's locks, so that two workers never book at once.
    await store.ledger.lock_balances(session, {key.person_id for _, _, key in matched})
    tallies = await store.ledger.tallies_beside(session, [key for _, _, key in matched])
    causes = [(rule.rule_id, happening.cause_id) for happening, rule, _ in matched]
    booked = await store.ledger.booked_among(session, causes)
    booking = domain.ledger.book(matched, tallies, booked)
    await store.ledger.save_booking(session, booking)
    _announce(session, booking.entries, told)
    return booking.entries


async def _take_step(
    session: AsyncSession, news: Delivery[AdvocateJoined] | Delivery[AdvocateLeft], *, joined: bool
) -> None:
    """Keep a step, which may be read long after later ones, and earn by what is known now."""
    person_id = news.event.person_id
    await store.people.lock_stays(session)
    before = (await store.people.stays_of(session, [person_id]))[person_id]
    step = Step(news.event.program_id, joined, news.happened_at)
    steps = await store.people.add_step(session, person_id, step, news.event_id)
    history = domain.stays.history(steps)
    await store.people.save_history(session, person_id, history)
    await _take_back(session, news, before, history.stays)
    early = await store.early.take(session, person_id)
    await book(session, [(one, news) for one in early])


async def _take_back(
    session: AsyncSession, news: Delivery[Any], before: Sequence[Stay], after: Sequence[Stay]
) -> None:
    """Take back what was booked for a time in which a person took no part, as we know now.

    It waits then: they may be heard to have joined again before it happened.
    """
    since = domain.stays.differ_since(before, after)
    if since is None:
        return
    entries = [
        one
        for one in await store.ledger.entries_since(session, news.event.person_id, since)
        if not _earns(one, after)
    ]
    if not entries:
        return
    rules = {rule.rule_id: rule for rule in await rules_of_the_tenant(session)}
    undone = domain.stays.undo(entries, rules, news.event_id)
    await _book_matched(session, undone, {one.cause_id: news for one, _, _ in undone})
    await store.early.keep(session, domain.stays.again(entries, news.event_id))


def _earns(one: Happening | Entry, stays: Sequence[Stay]) -> bool:
    return domain.stays.earns(one.happened_at, shared=one.share_id is not None, stays=stays)


async def points_of(session: AsyncSession, clock: Clock, person_id: UUID) -> Points:
    """Answer what a person has."""
    month = domain.ledger.month_of(domain.ledger.day_of(clock.now(), await _zone(session)))
    return Points(
        balance=await store.ledger.balance_of(session, person_id),
        this_month=await store.ledger.month_total_of(session, person_id, month),
    )


async def statement_of(
    session: AsyncSession,
    person_id: UUID,
    page: PageRequest,
    *,
    trigger: Trigger | None,
    begins: datetime | None,
    ends: datetime | None,
) -> Page[Entry]:
    """Answer a page of a person's entries, newest first."""
    domain.ledger.check_span(begins, ends)
    entries = await store.ledger.entries_of(
        session, person_id, page, trigger=trigger, begins=begins, ends=ends
    )
    return page_of(
        entries, page.limit, lambda entry: [entry.happened_at.isoformat(), entry.entry_id]
    )


async def read_board(
    session: AsyncSession,
    clock: Clock,
    me: UUID,
    *,
    period: Period,
    team_id: UUID | None,
    limit: int,
) -> Board:
    """Answer the board of those who asked to be on it."""
    domain.board.check_on(await store.rules.board_settings(session))
    today = domain.ledger.day_of(clock.now(), await _zone(session))
    month = domain.ledger.month_of(today) if period == "month" else None
    ranked = await store.board.count_ranked(session, team_id) if team_id else 0
    if domain.board.is_suppressed(team_id, ranked):
        return Board(period, month, team_id, suppressed=True, people=[], leaders=[])
    people, leaders = [
        await store.board.best_of(
            session, month=month, team_id=team_id, leader=leader, limit=limit, me=me
        )
        for leader in (False, True)
    ]
    return Board(period, month, team_id, suppressed=False, people=people, leaders=leaders)


async def read_board_settings(session: AsyncSession) -> BoardSettings:
    """Answer whether rankings are shown."""
    return await store.rules.board_settings(session)


async def switch_board(
    session: AsyncSession, *, enabled: bool, roles: frozenset[str], expected: IfMatch
) -> BoardSettings:
    """Switch rankings on or off for the whole tenant."""
    settings = await store.rules.lock_settings(session)
    switched = domain.board.switch_board(settings, enabled=enabled, roles=roles)
    expected.check(settings)
    await store.rules.save_board_settings(session, switched)
    return switched


async def _zone(session: AsyncSession) -> ZoneInfo:
    return ZoneInfo((await people.get_tenant(session)).time_zone)


def _announce(
    session: AsyncSession, entries: Sequence[Entry], told: Mapping[UUID, Delivery[Any]]
) -> None:
    for entry in entries:
        delivery = told[entry.cause_id]
        announced = PointsAwarded if entry.points > 0 else PointsReversed
        # A batch holds many stories: each goes on in the trace that it came in.
        with span(
            "event.handle",
            traceparent=delivery.traceparent,
            kind=SpanKind.CONSUMER,
            event=delivery.event.type,
        ):
            event = announced(
                entry_id=entry.entry_id,
                person_id=entry.person_id,
                points=entry.points,
                rule=entry.rule_name,
                cause_id=entry.cause_id,
            )
            outbox.add(session, event, at=delivery.happened_at)
