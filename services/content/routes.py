"""Content's routes: campaigns, and stories from the draft to the end."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content import schemas, store, use_cases
from services.content.domain import campaigns, life, texts
from services.content.domain.campaigns import Campaign
from services.content.domain.stories import State, StoryLine, StoryNotFound, TrailEntry

campaigns_router = Router(prefix="/v1/campaigns")
stories_router = Router(prefix="/v1/stories")

ProgramManager = Annotated[Person, requires("program_manager")]
Writer = Annotated[Person, requires("employee", "author")]
Reviewer = Annotated[Person, requires("reviewer")]
StoryAsRead = Annotated[IfMatch, if_match(schemas.view_story)]

StateFilter = Annotated[
    State | None,
    Query(description="`live` finds what is live, also while its next version is being written."),
]
TopicFilter = Annotated[
    str | None, Query(max_length=50, pattern=r"^[^\x00]*$", description="Exactly this topic.")
]
TitleFilter = Annotated[
    str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of the title.")
]

_CONTENT_REFUSALS = (
    texts.LinkUnusable,
    texts.VariantRepeated,
    texts.TopicRepeated,
    texts.DatesOutOfOrder,
    texts.StoryTooLarge,
    campaigns.CampaignUnknown,
    campaigns.CampaignNotOpen,
)
_MOVE_REFUSALS = (StoryNotFound, life.NotAllowedOnStory, life.WrongStoryState)


@campaigns_router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.CampaignView,
    response_class=Versioned,
    **refuses(texts.DatesOutOfOrder),
)
async def open_campaign(
    body: schemas.CampaignIn, _manager: ProgramManager, session: Transaction, clock: Now
) -> Campaign:
    """Open a campaign; from now on stories may name it."""
    return await use_cases.open_campaign(session, clock, body.model_dump())


@campaigns_router.get("", response_model=Page[schemas.CampaignView], **refuses(CursorUnreadable))
async def list_campaigns(
    page: Paging, _me: Me, session: Transaction, state: campaigns.CampaignState | None = None
) -> Page[Campaign]:
    """List campaigns, newest first."""
    found = await store.campaigns_of_the_tenant(session, page, state=state)
    return page_of(found, page.limit, lambda campaign: [campaign.campaign_id])


@campaigns_router.get(
    "/{campaign_id}",
    response_model=schemas.CampaignView,
    response_class=Versioned,
    **refuses(campaigns.CampaignNotFound),
)
async def read_campaign(campaign_id: UUID, _me: Me, session: Transaction) -> Campaign:
    """Read a campaign."""
    return await store.get_campaign(session, campaign_id)


@campaigns_router.post(
    "/{campaign_id}/close",
    response_model=schemas.CampaignView,
    response_class=Versioned,
    **refuses(campaigns.CampaignNotFound),
)
async def close_campaign(
    campaign_id: UUID, _manager: ProgramManager, session: Transaction, clock: Now
) -> Campaign:
    """Close a campaign: it takes no more stories. Closing twice is the same as once."""
    return await use_cases.close_campaign(session, clock, campaign_id)


@stories_router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_CONTENT_REFUSALS),
)
async def write_story(
    body: schemas.StoryIn, me: Writer, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Begin a story, as an employee or author. Nobody else sees it before you submit it."""
    return schemas.view_story(await use_cases.write_story(session, clock, me, body.model_dump()))


@stories_router.get("", response_model=Page[schemas.StoryLineView], **refuses(CursorUnreadable))
async def list_stories(
    page: Paging,
    me: Me,
    session: Transaction,
    state: StateFilter = None,
    campaign_id: UUID | None = None,
    author: Annotated[Literal["me"] | None, Query(description="Only your own.")] = None,
    topic: TopicFilter = None,
    q: TitleFilter = None,
) -> Page[StoryLine]:
    """List stories, newest first: your own, and what is live.

    Reviewers, program managers and admins see whatever was ever submitted.
    """
    mine = author == "me"
    found = await store.stories_seen_by(
        session, me, page, state=state, campaign_id=campaign_id, mine=mine, topic=topic, title=q
    )
    return page_of(found, page.limit, lambda line: [line.story_id])


@stories_router.get(
    "/{story_id}",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound),
)
async def read_story(story_id: UUID, me: Me, session: Transaction) -> schemas.StoryView:
    """Read a story: the version being worked on, if you may see it, and the one that is live."""
    return schemas.view_story(await use_cases.read_story(session, me, story_id))


@stories_router.patch(
    "/{story_id}",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_MOVE_REFUSALS, *_CONTENT_REFUSALS, *preconditions.REFUSALS),
)
async def edit_story(
    story_id: UUID,
    body: schemas.StoryChangesIn,
    me: Me,
    expected: StoryAsRead,
    session: Transaction,
    clock: Now,
) -> schemas.StoryView:
    """Change your draft, or what a reviewer asked you to. Later changes need a revision."""
    # What is named is changed as a whole: of an audience, what is left out asks for nothing.
    changes = body.model_dump(include=body.model_fields_set)
    return schemas.view_story(
        await use_cases.edit_story(session, clock, me, story_id, changes, expected)
    )


@stories_router.post(
    "/{story_id}/submit",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS, life.StoryExpired, campaigns.CampaignUnknown, campaigns.CampaignNotOpen
    ),
)
async def submit_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Ask for a review of your story as it is now."""
    return schemas.view_story(await use_cases.submit_story(session, clock, me, story_id))


@stories_router.post(
    "/{story_id}/review",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_MOVE_REFUSALS, life.OwnStory, life.ContentChanged, life.ReasonsMissing),
)
async def review_story(
    story_id: UUID, body: schemas.ReviewIn, me: Reviewer, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Approve, reject or ask for changes, on exactly the content whose hash you name."""
    return schemas.view_story(
        await use_cases.review_story(
            session,
            clock,
            me,
            story_id,
            body.decision,
            read_hash=body.content_hash,
            reasons=body.reasons,
        )
    )


@stories_router.post(
    "/{story_id}/publish",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        life.NotAsApproved,
        life.StoryExpired,
        campaigns.CampaignUnknown,
        campaigns.CampaignNotOpen,
    ),
)
async def publish_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Let an approved story go live, exactly as it was approved."""
    return schemas.view_story(await use_cases.publish_story(session, clock, me, story_id))


@stories_router.post(
    "/{story_id}/revise",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_MOVE_REFUSALS),
)
async def revise_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Begin the next version of your story; the live one stays until that is published."""
    return schemas.view_story(await use_cases.revise_story(session, clock, me, story_id))


@stories_router.post(
    "/{story_id}/withdraw",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_MOVE_REFUSALS),
)
async def withdraw_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Stop a story everywhere, for good. Withdrawing twice is the same as once."""
    return schemas.view_story(await use_cases.withdraw_story(session, clock, me, story_id))


@stories_router.get(
    "/{story_id}/trail",
    response_model=Page[schemas.TrailEntryView],
    **refuses(CursorUnreadable, StoryNotFound, life.NotAllowedOnStory),
)
async def read_trail(
    story_id: UUID, page: Paging, me: Me, session: Transaction
) -> Page[TrailEntry]:
    """Read who did what to a story, oldest first, on which version, and why."""
    entries: Sequence[TrailEntry] = await use_cases.read_trail(session, me, story_id, page)
    return page_of(entries, page.limit, lambda entry: [entry.position])
