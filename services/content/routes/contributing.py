"""Taking part in plans: asked, answered, and shown to others as far as the answer was yes."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import campaigns, contributing
from services.content.domain.contributing import Contributors, Invitation
from services.content.schemas.campaigns import ContributorIn, ContributorsView, InvitationView
from services.content.store import plans
from services.content.use_cases import contributing as use_cases

router = Router(prefix="/v1/campaigns")


@router.get("/invitations/mine", response_model=Page[InvitationView], **refuses(CursorUnreadable))
async def list_my_invitations(
    page: Paging,
    me: Me,
    session: Transaction,
    answer: Annotated[
        contributing.Answer | None, Query(description="Only those you answered so.")
    ] = None,
) -> Page[Invitation]:
    """List the plans that you are asked to take part in, newest first. Nobody else sees this."""
    found = await plans.invitations_to(session, me.person_id, page, answer=answer)
    return page_of(found, page.limit, lambda one: [one.invitation_id])


@router.post(
    "/invitations/{invitation_id}/accept",
    response_model=InvitationView,
    **refuses(contributing.InvitationNotFound),
)
async def accept_invitation(
    invitation_id: UUID, me: Me, session: Transaction, clock: Now
) -> Invitation:
    """Say yes: from now on you are shown among those who take part. You may change your mind."""
    return await use_cases.answer_invitation(session, clock, me, invitation_id, "accepted")


@router.post(
    "/invitations/{invitation_id}/decline",
    response_model=InvitationView,
    **refuses(contributing.InvitationNotFound),
)
async def decline_invitation(
    invitation_id: UUID, me: Me, session: Transaction, clock: Now
) -> Invitation:
    """Say no, which costs nothing: nobody is told, and to others it looks like no answer."""
    return await use_cases.answer_invitation(session, clock, me, invitation_id, "declined")


@router.get(
    "/{campaign_id}/contributors",
    response_model=ContributorsView,
    **refuses(campaigns.CampaignNotFound),
)
async def read_contributors(campaign_id: UUID, _me: Me, session: Transaction) -> Contributors:
    """Read who takes part in a campaign. Whoever has not said yes is a number, never a name."""
    return await use_cases.contributors_of_campaign(session, campaign_id)


@router.post(
    "/{campaign_id}/contributors",
    status_code=status.HTTP_201_CREATED,
    response_model=ContributorsView,
    **refuses(
        campaigns.CampaignNotFound,
        campaigns.NotYourCampaign,
        campaigns.CampaignNotOpen,
        contributing.InviteeUnknown,
        contributing.TooManyInvitations,
    ),
)
async def invite_contributor(
    campaign_id: UUID, body: ContributorIn, me: Me, session: Transaction, clock: Now
) -> Contributors:
    """Ask somebody to take part in a campaign of yours. Asking again changes nothing."""
    return await use_cases.invite_to_campaign(session, clock, me, campaign_id, body.person_id)
