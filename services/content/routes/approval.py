"""Approval policies, and whether the company is regulated."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import campaigns, deadlines, policies, regulation
from services.content.domain.policies import Policy
from services.content.domain.regulation import Regulation
from services.content.schemas import approval as schemas
from services.content.schemas.approval import PolicyView, RegulationView, policy_fields
from services.content.store import policies as store
from services.content.store import regulation as regulation_store
from services.content.use_cases import policies as use_cases
from services.content.use_cases.regulation import regulate

router = Router(prefix="/v1/approval_policies")

PolicyMaker = Annotated[Person, requires("admin", "program_manager")]
Admin = Annotated[Person, requires("admin")]

PolicyAsRead = Annotated[IfMatch, if_match(PolicyView.model_validate)]
RegulationAsRead = Annotated[IfMatch, if_match(RegulationView.model_validate)]

_POLICY_REFUSALS = (
    policies.StageEmpty,
    policies.StageRepeated,
    policies.StageNameReserved,
    policies.QuorumTooLarge,
    policies.DeciderUnknown,
    deadlines.DeadlinesOutOfOrder,
    campaigns.CampaignUnknown,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=PolicyView,
    response_class=Versioned,
    **refuses(*_POLICY_REFUSALS, policies.PoliciesTooMany),
)
async def make_policy(
    body: schemas.PolicyIn, _maker: PolicyMaker, session: Transaction, clock: Now
) -> Policy:
    """Say through which stages stories pass, and who decides each.

    It holds for what is submitted from now on. Of several policies that fit, the most specific
    one holds: campaign and kind before campaign, before kind, before neither; then the newest.
    Where none fits, one reviewer approves.
    """
    return await use_cases.make_policy(session, clock, policy_fields(body))


@router.get("", response_model=Page[PolicyView], **refuses(CursorUnreadable))
async def list_policies(
    page: Paging,
    _maker: PolicyMaker,
    session: Transaction,
    archived: Annotated[bool | None, Query(description="Only those that are, or are not.")] = None,
) -> Page[Policy]:
    """List approval policies, newest first."""
    found = await store.policies_of_the_tenant(session, page, archived=archived)
    return page_of(found, page.limit, lambda policy: [policy.policy_id])


@router.get("/settings", response_model=RegulationView, response_class=Versioned, **refuses())
async def read_regulation(_maker: PolicyMaker, session: Transaction) -> Regulation:
    """Read whether your company is regulated, and how."""
    return await regulation_store.regulation_of_the_tenant(session)


@router.put(
    "/settings",
    response_model=RegulationView,
    response_class=Versioned,
    **refuses(regulation.PrincipalsMissing, policies.DeciderUnknown, *preconditions.REFUSALS),
)
async def change_regulation(
    body: schemas.RegulationIn,
    me: Admin,
    expected: RegulationAsRead,
    session: Transaction,
    clock: Now,
) -> Regulation:
    """Say whether your company is regulated from now on, and how. Every version is kept.

    Where it is, a principal approves static content before its use, or makes it interactive, which
    nobody else can and nobody elsewhere; and records are kept for the years after their last use.
    Switching it off later unlocks nothing.
    """
    return await regulate(
        session,
        clock,
        me,
        expected,
        regulated=body.regulated,
        retention_years=body.retention_years,
        principals=body.principals.to_domain(),
    )


@router.get("/settings/changes", response_model=schemas.RegulationChangesView, **refuses())
async def list_regulation_changes(
    _admin: Admin, session: Transaction
) -> schemas.RegulationChangesView:
    """List what was said about regulation, by whom and when: the newest hundred."""
    found = await regulation_store.changes_of_regulation(session)
    items = [RegulationView.model_validate(one) for one in found]
    return schemas.RegulationChangesView(items=items)


@router.get(
    "/{policy_id}",
    response_model=PolicyView,
    response_class=Versioned,
    **refuses(policies.PolicyNotFound),
)
async def read_policy(policy_id: UUID, _maker: PolicyMaker, session: Transaction) -> Policy:
    """Read an approval policy."""
    return await store.get_policy(session, policy_id)


@router.patch(
    "/{policy_id}",
    response_model=PolicyView,
    response_class=Versioned,
    **refuses(
        policies.PolicyNotFound,
        policies.PolicyArchived,
        *_POLICY_REFUSALS,
        *preconditions.REFUSALS,
    ),
)
async def change_policy(
    policy_id: UUID,
    body: schemas.PolicyChangesIn,
    _maker: PolicyMaker,
    expected: PolicyAsRead,
    session: Transaction,
) -> Policy:
    """Change a policy. Reviews that are under way keep the stages they began with."""
    return await use_cases.change_policy(session, policy_id, policy_fields(body), expected)


@router.post(
    "/{policy_id}/archive",
    response_model=PolicyView,
    response_class=Versioned,
    **refuses(policies.PolicyNotFound),
)
async def archive_policy(
    policy_id: UUID, _maker: PolicyMaker, session: Transaction, clock: Now
) -> Policy:
    """Let a policy hold for no new review. Archiving twice is the same as once."""
    return await use_cases.archive_policy(session, clock, policy_id)
