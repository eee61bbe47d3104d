"""Recognition's routes: what is rewarded, your points, and the board."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import LIMIT_DEFAULT, LIMIT_MAX, CursorUnreadable, Page, Paging
from chassis.people import Person, TenantNotKnown
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.recognition import schemas, use_cases
from services.recognition.domain.board import (
    Board,
    BoardOff,
    BoardSettings,
    Period,
    WorksCouncilDecides,
)
from services.recognition.domain.ledger import Entry, SpanUpsideDown
from services.recognition.domain.rules import (
    ReachIsNotRewarded,
    Rule,
    RuleNotFound,
    TooManyRules,
    Trigger,
    TriggerNotRecognised,
)

router = Router(prefix="/v1")

RuleMaker = Annotated[Person, requires("program_manager", "admin")]
BoardKeeper = Annotated[Person, requires("works_council", "admin")]
RuleAsRead = Annotated[IfMatch, if_match(schemas.RuleView.model_validate)]
SettingsAsRead = Annotated[IfMatch, if_match(schemas.BoardSettingsView.model_validate)]


@router.get(
    "/rules",
    response_model=Page[schemas.RuleView],
    **refuses(CursorUnreadable, RuleNotFound),
)
async def list_rules(page: Paging, _me: Me, session: Transaction) -> Page[Rule]:
    """List what is rewarded, so that everybody knows. Six rules are there from the start."""
    return await use_cases.list_rules(session, page)


@router.post(
    "/rules",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.RuleView,
    response_class=Versioned,
    **refuses(ReachIsNotRewarded, TriggerNotRecognised, TooManyRules),
)
async def create_rule(body: schemas.RuleIn, _maker: RuleMaker, session: Transaction) -> Rule:
    """Reward something more. Reach, impressions, views, followers and logins never are."""
    return await use_cases.create_rule(session, body.model_dump())


@router.get(
    "/rules/{rule_id}",
    response_model=schemas.RuleView,
    response_class=Versioned,
    **refuses(RuleNotFound),
)
async def read_rule(rule_id: UUID, _me: Me, session: Transaction) -> Rule:
    """Read a rule."""
    return await use_cases.read_rule(session, rule_id)


@router.patch(
    "/rules/{rule_id}",
    response_model=schemas.RuleView,
    response_class=Versioned,
    **refuses(RuleNotFound, *preconditions.REFUSALS),
)
async def change_rule(
    rule_id: UUID,
    body: schemas.RuleChangesIn,
    _maker: RuleMaker,
    expected: RuleAsRead,
    session: Transaction,
) -> Rule:
    """Change a rule from now on, or switch it off; what it gave so far stays given."""
    changes = body.model_dump(exclude_unset=True)
    return await use_cases.change_rule(session, rule_id, changes, expected)


@router.get("/points/me", response_model=schemas.PointsView, **refuses(TenantNotKnown))
async def read_my_points(me: Me, session: Transaction, clock: Now) -> use_cases.Points:
    """Read your points. Nobody can read somebody else's."""
    return await use_cases.points_of(session, clock, me.person_id)


@router.get(
    "/points/me/statement",
    response_model=Page[schemas.EntryView],
    **refuses(CursorUnreadable, SpanUpsideDown),
)
async def read_my_statement(
    page: Paging,
    me: Me,
    session: Transaction,
    trigger: Annotated[Trigger | None, Query(description="Only points for this.")] = None,
    begins: Annotated[
        schemas.Moment | None, Query(alias="from", description="Included; with its zone.")
    ] = None,
    ends: Annotated[
        schemas.Moment | None, Query(alias="to", description="Not included; with its zone.")
    ] = None,
) -> Page[Entry]:
    """List what your points were for, newest first; `from` is included and `to` is not."""
    return await use_cases.statement_of(
        session, me.person_id, page, trigger=trigger, begins=begins, ends=ends
    )


@router.get("/board", response_model=schemas.BoardView, **refuses(BoardOff, TenantNotKnown))
async def read_board(
    me: Me,
    session: Transaction,
    clock: Now,
    period: Annotated[
        Period, Query(description="This month in your company's time zone, or all time.")
    ] = "month",
    team_id: Annotated[UUID | None, Query(description="Only those of this team.")] = None,
    limit: Annotated[
        int, Query(ge=1, le=LIMIT_MAX, description="How many places at most, in each list.")
    ] = LIMIT_DEFAULT,
) -> Board:
    """Read who is ahead, of those who asked to be ranked; `limit` goes for each of the lists."""
    return await use_cases.read_board(
        session, clock, me.person_id, period=period, team_id=team_id, limit=limit
    )


@router.get(
    "/board/settings",
    response_model=schemas.BoardSettingsView,
    response_class=Versioned,
    **refuses(),
)
async def read_board_settings(_me: Me, session: Transaction) -> BoardSettings:
    """Read whether rankings are shown."""
    return await use_cases.read_board_settings(session)


@router.put(
    "/board/settings",
    response_model=schemas.BoardSettingsView,
    response_class=Versioned,
    **refuses(WorksCouncilDecides, *preconditions.REFUSALS),
)
async def switch_board(
    body: schemas.BoardSettingsIn,
    keeper: BoardKeeper,
    expected: SettingsAsRead,
    session: Transaction,
) -> BoardSettings:
    """Switch rankings on or off. What the works council switched off, only it switches on."""
    return await use_cases.switch_board(
        session, enabled=body.enabled, roles=keeper.roles, expected=expected
    )
