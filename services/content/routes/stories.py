"""Stories, from the draft to the end."""

from typing import Annotated
from uuid import UUID

from fastapi import status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.markdown import MarkdownUnsafe
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person, TenantNotKnown
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import (
    campaigns,
    life,
    permissions,
    pictures,
    regulation,
    rounds,
    texts,
)
from services.content.domain.pauses import PublishingPaused
from services.content.domain.stories import StoryNotFound, TrailEntry
from services.content.domain.text_findings import StoryAgainstGuidelines
from services.content.schemas import stories as schemas
from services.content.schemas.approval import (
    ClassIn,
    TrailVerificationView,
    view_verification,
)
from services.content.use_cases import reviews, seeing
from services.content.use_cases import stories as use_cases
from services.content.use_cases.regulation import classify_story as classify
from services.content.use_cases.regulation import verify_trail as verify

router = Router(prefix="/v1/stories")

Writer = Annotated[Person, requires("employee", "author")]

StoryAsRead = Annotated[IfMatch, if_match(schemas.view_story)]

_CONTENT_REFUSALS = (
    MarkdownUnsafe,
    texts.LinkUnusable,
    texts.VariantRepeated,
    texts.TopicRepeated,
    texts.DatesOutOfOrder,
    texts.ContributorUnknown,
    texts.StoryTooLarge,
    campaigns.CampaignUnknown,
    campaigns.CampaignNotOpen,
    *pictures.REFUSALS,
)

_PICTURE_REFUSALS = (
    pictures.PictureUnknown,
    pictures.PictureNotReady,
    pictures.PictureWithdrawn,
    permissions.PermissionMissing,
)
"""What a story's pictures may be answered when it goes on its way."""

_MOVE_REFUSALS = (
    StoryNotFound,
    life.NotAllowedOnStory,
    life.WrongStoryState,
    life.StoryArchived,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(*_CONTENT_REFUSALS),
)
async def write_story(
    body: schemas.StoryIn, me: Writer, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Begin a story, as an employee or author. Nobody else sees it before you submit it.

    It is static: only a principal of a regulated company makes it interactive, later.
    """
    return schemas.view_story(await use_cases.write_story(session, clock, me, body.model_dump()))


@router.get(
    "/{story_id}",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(StoryNotFound),
)
async def read_story(story_id: UUID, me: Me, session: Transaction, clock: Now) -> schemas.StoryView:
    """Read a story: the version being worked on, if you may see it, and the one that is live."""
    return schemas.view_story(await seeing.read_story(session, clock, me, story_id))


@router.patch(
    "/{story_id}",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        *_CONTENT_REFUSALS,
        regulation.ClassIsForPrincipals,
        *preconditions.REFUSALS,
    ),
)
async def edit_story(
    story_id: UUID,
    body: schemas.StoryChangesIn,
    me: Me,
    expected: StoryAsRead,
    session: Transaction,
    clock: Now,
) -> schemas.StoryView:
    """Change your draft, or what a reviewer asked you to. Later changes need a revision.

    What says something else is static, in every company, until a principal classifies it. Where
    you name the class, name the one that comes of it: interactive only if nothing else changes.
    """
    # What is named is changed as a whole: of an audience, what is left out asks for nothing.
    changes = body.model_dump(include=body.model_fields_set)
    return schemas.view_story(
        await use_cases.edit_story(session, clock, me, story_id, changes, expected)
    )


@router.post(
    "/{story_id}/submit",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        *_PICTURE_REFUSALS,
        StoryAgainstGuidelines,
        life.StoryExpired,
        campaigns.CampaignUnknown,
        campaigns.CampaignNotOpen,
        TenantNotKnown,
    ),
)
async def submit_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Ask for a review of your story as it is now."""
    return schemas.view_story(await use_cases.submit_story(session, clock, me, story_id))


@router.post(
    "/{story_id}/review",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        *_PICTURE_REFUSALS,
        StoryAgainstGuidelines,
        life.OwnStory,
        life.ContentChanged,
        life.ReasonsMissing,
        life.CommentsUnresolved,
        rounds.AlreadyDecided,
        rounds.AnotherStageWaits,
    ),
)
async def review_story(
    story_id: UUID, body: schemas.ReviewIn, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Approve, reject or ask for changes, on exactly the content whose hash you name.

    It is the stage that waits that you decide on; from the second one on, name it. The story is
    approved when its last stage has as many approvals as it needs. A no at a stage ends the round.
    """
    verdict = life.Verdict(story_id, **body.model_dump())
    return schemas.view_story(await reviews.review_story(session, clock, me, verdict))


@router.post(
    "/{story_id}/classify",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        life.OwnStory,
        life.ContentChanged,
        regulation.ClassIsForPrincipals,
        TenantNotKnown,
    ),
)
async def classify_story(
    story_id: UUID, body: ClassIn, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Say, as a principal of a regulated company, what class a story of others has.

    `content_hash` is that of what you have read; of anything newer the class is not changed.
    In review that makes another text of it: its hash changes, and the round begins anew by the
    policy for it as it is now. Approvals given so far count no more, and a decision on the hash of
    before is refused. The same class again changes nothing.
    """
    told = body.communication_class, body.content_hash
    return schemas.view_story(await classify(session, clock, me, story_id, *told))


@router.post(
    "/{story_id}/publish",
    response_model=schemas.StoryView,
    response_class=Versioned,
    **refuses(
        *_MOVE_REFUSALS,
        *_PICTURE_REFUSALS,
        StoryAgainstGuidelines,
        life.NotAsApproved,
        life.StoryExpired,
        PublishingPaused,
        life.CommentsUnresolved,
        regulation.PrincipalApprovalMissing,
        campaigns.CampaignUnknown,
        campaigns.CampaignNotOpen,
    ),
)
async def publish_story(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.StoryView:
    """Let an approved story go live, exactly as it was approved, unless everything is paused."""
    return schemas.view_story(await use_cases.publish_story(session, clock, me, story_id))


@router.post(
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


@router.post(
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


@router.get(
    "/{story_id}/trail",
    response_model=Page[schemas.TrailEntryView],
    **refuses(CursorUnreadable, StoryNotFound, life.NotAllowedOnStory),
)
async def read_trail(
    story_id: UUID, page: Paging, me: Me, session: Transaction, clock: Now
) -> Page[TrailEntry]:
    """Read who did what to a story, oldest first, on which version, and why."""
    entries = await use_cases.read_trail(session, clock, me, story_id, page)
    return page_of(entries, page.limit, lambda entry: [entry.position])


@router.get(
    "/{story_id}/trail/verification",
    response_model=TrailVerificationView,
    **refuses(StoryNotFound, life.NotAllowedOnStory),
)
async def verify_trail(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> TrailVerificationView:
    """Have a story's trail recomputed: whether any entry was changed, lost, added or cut off."""
    found = await verify(session, clock, me, story_id)
    return view_verification(found)
