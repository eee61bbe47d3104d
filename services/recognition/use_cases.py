"""What can be done in recognition: load, decide, save, announce."""

from collections.abc import Sequence
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
from chassis.telemetry import span
from chassis.tenancy import tenant_of
from contracts.recognition import PointsAwarded, PointsReversed
from services.recognition import domain, store
from services.recognition.domain.board import Board, BoardSettings, Period
from services.recognition.domain.ledger import Entry, Happening
from services.recognition.domain.rules import Rule, Trigger


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


async def create_rule(session: AsyncSession, fields: dict[str, Any]) -> Rule:
    """Add a rule; from now on it rewards what happens beside the others."""
    await store.rules.lock_settings(session)
    existing = await rules_of_the_tenant(session)
    rule = domain.rules.new_rule(new_id(), fields, existing=len(existing))
    await store.rules.save_rule(session, rule)
    return rule


async def change_rule(session: AsyncSession, rule_id: UUID, changes: dict[str, Any]) -> Rule:
    """Change a rule for whatever is booked from now on."""
    await store.rules.lock_settings(session)
    rule = domain.rules.change_rule(await rules_of_the_tenant(session), rule_id, changes)
    await store.rules.save_rule(session, rule)
    return rule


async def join(session: AsyncSession, person_id: UUID, program_id: UUID) -> None:
    """Let a person earn from now on."""
    await store.people.add_enrolment(session, person_id, program_id)


async def leave(session: AsyncSession, person_id: UUID, program_id: UUID) -> None:
    """Let a person earn no more, and be ranked no more; what was earned stays theirs (V2)."""
    await store.people.remove_enrolment(session, person_id, program_id)
    if not await store.people.takes_part(session, person_id):
        # Whoever comes back is asked anew: an old yes must not put them on a board.
        await store.people.remove_ranking_consent(session, person_id)


async def let_be_ranked(session: AsyncSession, person_id: UUID) -> None:
    """Put a person on the boards, who asked for it."""
    await store.people.add_ranking_consent(session, person_id)


async def take_off_boards(session: AsyncSession, person_id: UUID) -> None:
    """Take a person off every board, at once."""
    await store.people.remove_ranking_consent(session, person_id)


async def book(
    session: AsyncSession, told: Sequence[tuple[Happening, Delivery[Any]]]
) -> list[Entry]:
    """Book what happened by the tenant's rules, and announce each entry in its own trace.

    Only who takes part can earn; about anybody else nothing is written, neither up nor down (V1).
    """
    earners = await store.people.earners_among(session, {one.person_id for one, _ in told})
    happenings = [one for one, _ in told if one.person_id in earners]
    if not happenings:
        return []
    zone = await _zone(session)
    matches = domain.ledger.matches(happenings, await rules_of_the_tenant(session), zone)
    # Everything below is read under the people's locks, so that two workers never book at once.
    await store.ledger.lock_balances(session, earners)
    tallies = await store.ledger.tallies_beside(session, [key for _, _, key in matches])
    causes = [(rule.rule_id, happening.cause_id) for happening, rule, _ in matches]
    booked = await store.ledger.booked_among(session, causes)
    booking = domain.ledger.book(matches, tallies, booked)
    await store.ledger.save_booking(session, booking)
    _announce(session, booking.entries, {one.event_id: one for _, one in told})
    return booking.entries


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
    session: AsyncSession, *, enabled: bool, roles: frozenset[str]
) -> BoardSettings:
    """Switch rankings on or off for the whole tenant."""
    settings = await store.rules.lock_settings(session)
    switched = domain.board.switch_board(settings, enabled=enabled, roles=roles)
    await store.rules.save_board_settings(session, switched)
    return switched


async def _zone(session: AsyncSession) -> ZoneInfo:
    return ZoneInfo((await people.get_tenant(session)).time_zone)


def _announce(
    session: AsyncSession, entries: Sequence[Entry], told: dict[UUID, Delivery[Any]]
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
