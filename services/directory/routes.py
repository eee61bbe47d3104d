"""Directory's routes: tenants for the operator, teams and people for their company."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Operator, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person as Caller
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from contracts.directory import Role
from services.directory import domain, schemas, store, use_cases
from services.directory.domain import Person, Team, Tenant, TenantLine

router = Router(prefix="/v1")

Admin = Annotated[Caller, requires("admin")]
Reader = Annotated[Caller, requires("admin", "program_manager", "privacy_officer")]
TenantAsRead = Annotated[IfMatch, if_match(schemas.TenantView.model_validate)]
TeamAsRead = Annotated[IfMatch, if_match(schemas.TeamView.model_validate)]
PersonAsRead = Annotated[IfMatch, if_match(schemas.PersonView.model_validate)]


@router.post(
    "/tenants",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.TenantView,
    response_class=Versioned,
    **refuses(domain.TenantTaken, domain.PlaceUnknown),
)
async def register_tenant(
    body: schemas.TenantIn, _operator: Operator, session: Transaction, clock: Now
) -> Tenant:
    """Admit a company, with its first admin. From now on its issuer's tokens are accepted."""
    fields = body.model_dump(exclude={"first_admin"})
    return await use_cases.register_tenant(session, clock, fields, body.first_admin.model_dump())


@router.get("/tenants", response_model=Page[schemas.TenantLine], **refuses(CursorUnreadable))
async def list_tenants(page: Paging, _operator: Operator, session: Transaction) -> Page[TenantLine]:
    """List the companies of the platform, newest first."""
    tenants = await store.tenants_of_the_platform(session, page)
    return page_of(tenants, page.limit, lambda tenant: [tenant.tenant_id])


@router.get(
    "/tenants/{tenant_id}",
    response_model=schemas.TenantView,
    response_class=Versioned,
    **refuses(domain.TenantNotFound),
)
async def read_tenant(tenant_id: UUID, _operator: Operator, session: Transaction) -> Tenant:
    """Read a company."""
    return await use_cases.get_tenant(session, tenant_id)


@router.patch(
    "/tenants/{tenant_id}",
    response_model=schemas.TenantView,
    response_class=Versioned,
    **refuses(
        domain.TenantNotFound, domain.TenantTaken, domain.PlaceUnknown, *preconditions.REFUSALS
    ),
)
async def change_tenant(
    tenant_id: UUID,
    body: schemas.TenantChangesIn,
    _operator: Operator,
    expected: TenantAsRead,
    session: Transaction,
    clock: Now,
) -> Tenant:
    """Change a company, or switch it off: its tokens are then refused within moments."""
    changes = body.model_dump(exclude_unset=True)
    return await use_cases.change_tenant(session, clock, tenant_id, changes, expected)


@router.get("/me", response_model=schemas.MeView, **refuses())
async def read_me(me: Me, session: Transaction) -> schemas.MeView:
    """Read who you are."""
    person, tenant = await use_cases.describe_me(session, me)
    return schemas.MeView.model_validate(
        {"person": person, "tenant_id": tenant.tenant_id, "tenant_name": tenant.name}
    )


@router.post(
    "/teams",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.TeamView,
    response_class=Versioned,
    **refuses(domain.TeamNameTaken),
)
async def create_team(
    body: schemas.TeamIn, _admin: Admin, session: Transaction, clock: Now
) -> Team:
    """Create a team."""
    return await use_cases.create_team(session, clock, body.name)


@router.get("/teams", response_model=Page[schemas.TeamView], **refuses(CursorUnreadable))
async def list_teams(page: Paging, _me: Me, session: Transaction) -> Page[Team]:
    """List the teams, newest first."""
    return page_of(
        await store.teams_of_the_tenant(session, page), page.limit, lambda team: [team.team_id]
    )


@router.get(
    "/teams/{team_id}",
    response_model=schemas.TeamView,
    response_class=Versioned,
    **refuses(domain.TeamNotFound),
)
async def read_team(team_id: UUID, _me: Me, session: Transaction) -> Team:
    """Read a team."""
    return await store.get_team(session, team_id)


@router.patch(
    "/teams/{team_id}",
    response_model=schemas.TeamView,
    response_class=Versioned,
    **refuses(domain.TeamNotFound, domain.TeamNameTaken, *preconditions.REFUSALS),
)
async def rename_team(
    team_id: UUID,
    body: schemas.TeamIn,
    _admin: Admin,
    expected: TeamAsRead,
    session: Transaction,
    clock: Now,
) -> Team:
    """Give a team another name."""
    return await use_cases.rename_team(session, clock, team_id, body.name, expected)


@router.post(
    "/people",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.PersonView,
    response_class=Versioned,
    **refuses(domain.SubjectTaken, domain.TeamUnknown, domain.PlaceUnknown),
)
async def provision_person(
    body: schemas.PersonIn, _admin: Admin, session: Transaction, clock: Now
) -> Person:
    """Let a person in. It says nothing about taking part in a program: that is theirs to say."""
    return await use_cases.provision_person(session, clock, body.model_dump())


@router.get("/people", response_model=Page[schemas.PersonView], **refuses(CursorUnreadable))
async def list_people(
    page: Paging,
    _reader: Reader,
    session: Transaction,
    team_id: Annotated[UUID | None, Query(description="Only people of this very team.")] = None,
    role: Annotated[Role | None, Query(description="Only people with this role.")] = None,
    active: Annotated[
        bool | None, Query(description="Only who is with you, or (`false`) has left.")
    ] = None,
    name: Annotated[
        str | None,
        Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of the name."),
    ] = None,
) -> Page[Person]:
    """List people, newest first, by team, role, whether they are active, and part of a name."""
    people = await store.people_of_the_tenant(
        session, page, team_id=team_id, role=role, active=active, name=name
    )
    return page_of(people, page.limit, lambda person: [person.person_id])


@router.get(
    "/people/{person_id}",
    response_model=schemas.PersonView,
    response_class=Versioned,
    **refuses(domain.PersonNotFound),
)
async def read_person(person_id: UUID, _reader: Reader, session: Transaction) -> Person:
    """Read a person."""
    return await store.get_person(session, person_id)


@router.patch(
    "/people/{person_id}",
    response_model=schemas.PersonView,
    response_class=Versioned,
    **refuses(
        domain.PersonNotFound,
        domain.PersonInactive,
        domain.TeamUnknown,
        domain.PlaceUnknown,
        domain.LastAdmin,
        *preconditions.REFUSALS,
    ),
)
async def change_person(
    person_id: UUID,
    body: schemas.PersonChangesIn,
    _admin: Admin,
    expected: PersonAsRead,
    session: Transaction,
    clock: Now,
) -> Person:
    """Change what is known of a person, or what they may do."""
    changes = body.model_dump(exclude_unset=True)
    return await use_cases.change_person(session, clock, person_id, changes, expected)


@router.post(
    "/people/{person_id}/deactivate",
    response_model=schemas.PersonView,
    response_class=Versioned,
    **refuses(domain.PersonNotFound, domain.LastAdmin),
)
async def deactivate_person(
    person_id: UUID, _admin: Admin, session: Transaction, clock: Now
) -> Person:
    """Take a person out: whatever they may do ends, everywhere, at once."""
    return await use_cases.deactivate_person(session, clock, person_id)
