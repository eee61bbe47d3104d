"""Consents: given, read and withdrawn by the person herself, one by one."""

from typing import Annotated

from fastapi import Query

from chassis.callers import Me, Now, Transaction
from chassis.paging import Page
from chassis.people import Person, TenantNotKnown, get_tenant
from chassis.problems import refuses
from chassis.routing import Router
from contracts.sharing import Purpose
from services.sharing import schemas
from services.sharing.domain.consents import ConsentTextOutdated, NetworkMisnamed
from services.sharing.domain.programs import NotAnAdvocate
from services.sharing.routes.outside import Outside
from services.sharing.use_cases import consents as use_cases

router = Router(prefix="/v1/consents")


@router.get("", response_model=Page[schemas.ConsentView], **refuses(TenantNotKnown))
async def list_my_consents(me: Me, session: Transaction) -> Page[use_cases.Asked]:
    """List every purpose, what it means in your language, and where you said yes."""
    language = await _language_of(session, me)
    asked = await use_cases.my_consents(session, me.person_id, language)
    return Page(items=asked, next_cursor=None)


@router.put(
    "/{purpose}",
    response_model=schemas.ConsentView,
    **refuses(NotAnAdvocate, ConsentTextOutdated, NetworkMisnamed, TenantNotKnown),
)
async def give_consent(
    purpose: Purpose,
    body: schemas.ConsentIn,
    me: Me,
    session: Transaction,
    clock: Now,
    outside: Outside,
) -> use_cases.Asked:
    """Say yes to one purpose, on one network where it is per network."""
    language = await _language_of(session, me)
    wish = use_cases.a_wish(me.person_id, purpose, body.network, body.text_version, at=clock.now())
    return await use_cases.give(session, wish, language=language, offered=outside.networks)


@router.delete(
    "/{purpose}",
    response_model=schemas.ConsentView,
    **refuses(NetworkMisnamed, TenantNotKnown),
)
async def withdraw_consent(
    purpose: Purpose,
    me: Me,
    session: Transaction,
    clock: Now,
    network: Annotated[
        str | None,
        Query(
            max_length=32,
            pattern=r"^[^\x00]*$",
            description="For which network the yes was, where it was for one.",
            examples=["sandbox"],
        ),
    ] = None,
) -> use_cases.Asked:
    """Take a yes back. What needed it ends at once: waiting shares, or the account."""
    language = await _language_of(session, me)
    return await use_cases.withdraw(
        session, clock, me.person_id, purpose, network, language=language
    )


async def _language_of(session: Transaction, me: Person) -> str:
    return me.language or (await get_tenant(session)).language
