"""Who is on a board: those who asked to be, still take part, and are still here."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import PEOPLE
from services.recognition.domain.board import Place
from services.recognition.tables import (
    BalanceRow,
    MonthTotalRow,
    RankingConsentRow,
    StayRow,
)


async def count_ranked(session: AsyncSession, team_id: UUID) -> int:
    """Answer how many people of a team are on boards, with points or without."""
    question = (
        select(func.count())
        .select_from(RankingConsentRow)
        .join(PEOPLE, PEOPLE.c.person_id == col(RankingConsentRow.person_id))
        .where(*_ranked(team_id))
    )
    found = await (await session.connection()).execute(question)
    return int(found.scalar_one())


async def best_of(
    session: AsyncSession,
    *,
    month: date | None,
    team_id: UUID | None,
    leader: bool,
    limit: int,
    me: UUID,
) -> list[Place]:
    """Answer the best places, of one month or of all time, of leaders or of everybody else.

    Who has no points has no place. The totals are walked by their index from the top.
    """
    totals: Any = BalanceRow if month is None else MonthTotalRow
    of_period = [] if month is None else [col(MonthTotalRow.month) == month]
    points = col(totals.points)
    question = (
        select(
            func.rank().over(order_by=points.desc()).label("rank"),
            PEOPLE.c.person_id,
            PEOPLE.c.display_name,
            points,
        )
        .select_from(totals)
        .join(RankingConsentRow, col(RankingConsentRow.person_id) == col(totals.person_id))
        .join(PEOPLE, PEOPLE.c.person_id == col(totals.person_id))
        .where(points > 0, PEOPLE.c.leader == leader, *of_period, *_ranked(team_id))
        .order_by(points.desc(), col(totals.person_id).desc())
        .limit(limit)
    )
    rows = await (await session.connection()).execute(question)
    return [
        Place(rank, person_id, display_name, had, me=person_id == me)
        for rank, person_id, display_name, had in rows
    ]


def _ranked(team_id: UUID | None) -> list[ColumnElement[bool]]:
    """Answer what must hold of a person of `PEOPLE` who is ranked by consent."""
    # Whoever comes back is asked anew: a yes counts for the stay in which it was given.
    takes_part = exists().where(
        col(StayRow.person_id) == PEOPLE.c.person_id,
        col(StayRow.left_at).is_(None),
        func.coalesce(col(StayRow.joined_at) <= col(RankingConsentRow.as_of), true()),
    )
    of_team = [] if team_id is None else [PEOPLE.c.team_id == team_id]
    given = col(RankingConsentRow.given).is_(True)
    return [PEOPLE.c.active, given, takes_part, *of_team]
