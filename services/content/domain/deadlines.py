"""Until when a stage waits: reminders, the deadline, and to whom it goes then."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from chassis.errors import Refusal
from services.content.domain.deciders import NOBODY, Deciders

DAY_BEGINS = time(9)
DAY_ENDS = time(17)
"""Working hours are these, Monday to Friday, in the tenant's time zone; holidays are not known."""

_SATURDAY = 5
_HOUR = timedelta(hours=1)

What = Literal["remind", "overdue", "escalate"]


class DeadlinesOutOfOrder(Refusal):
    """Reminders come before one another and before the deadline; an escalation not before it."""

    kind = "invalid"
    title = "Deadlines are out of order"


@dataclass(frozen=True)
class Deadline:
    """Until when a stage waits, in hours since it began; then others may decide on it too."""

    hours: int
    working: bool = True
    remind_after_hours: tuple[int, ...] = ()
    escalate_after_hours: int | None = None
    escalate_to: Deciders = NOBODY


@dataclass(frozen=True)
class Mark:
    """An instant at which something has to be said about a stage that still waits."""

    at: datetime
    what: What


def check(deadline: Deadline, *, field: str) -> None:
    """Check that reminders, deadline and escalation come in this order."""
    reminders = deadline.remind_after_hours
    if list(reminders) != sorted(set(reminders)):
        raise DeadlinesOutOfOrder(
            "Each reminder comes after the one before.", field=f"{field}/remind_after_hours"
        )
    if reminders and reminders[-1] >= deadline.hours:
        raise DeadlinesOutOfOrder(
            "A reminder comes before the deadline.", field=f"{field}/remind_after_hours"
        )
    escalates = deadline.escalate_after_hours
    if escalates is not None and escalates < deadline.hours:
        raise DeadlinesOutOfOrder(
            "An escalation comes at the deadline or after it.",
            field=f"{field}/escalate_after_hours",
        )
    if (escalates is not None) != bool(deadline.escalate_to.keys()):
        raise DeadlinesOutOfOrder(
            "An escalation says after how many hours, and to whom.", field=f"{field}/escalate_to"
        )


def marks(deadline: Deadline | None, *, since: datetime, zone: ZoneInfo) -> tuple[Mark, ...]:
    """Answer what has to be said when about a stage that began at `since`, in order."""
    if deadline is None:
        return ()
    hours: list[tuple[int, What]] = [(one, "remind") for one in deadline.remind_after_hours]
    hours.append((deadline.hours, "overdue"))
    if deadline.escalate_after_hours is not None:
        hours.append((deadline.escalate_after_hours, "escalate"))
    return tuple(
        Mark(_after(since, count, working=deadline.working, zone=zone), what)
        for count, what in hours
    )


def _after(since: datetime, hours: int, *, working: bool, zone: ZoneInfo) -> datetime:
    return after_working_hours(since, hours, zone=zone) if working else since + hours * _HOUR


def after_working_hours(since: datetime, hours: int, *, zone: ZoneInfo) -> datetime:
    """Answer the instant at which so many working hours have passed since `since`."""
    left = hours * _HOUR
    day = since.astimezone(zone).date()
    while True:
        begins, ends = (
            datetime.combine(day, edge, zone).astimezone(UTC) for edge in (DAY_BEGINS, DAY_ENDS)
        )
        # In UTC, where an hour is an hour also when the clocks change.
        begins = max(begins, since.astimezone(UTC))
        if day.weekday() < _SATURDAY and begins < ends:
            if begins + left <= ends:
                return begins + left
            left -= ends - begins
        day += timedelta(days=1)
