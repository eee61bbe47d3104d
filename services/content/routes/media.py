"""Pictures: uploaded, looked for, fetched, changed, withdrawn."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Caller, Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import media as domain
from services.content.domain.media import Media, MediaNotFound, MediaState, OriginKind
from services.content.domain.pictures import Attention
from services.content.objects import pictures
from services.content.objects.keeping import Address, ObjectsUnavailable
from services.content.routes.outside import Objects, Process
from services.content.schemas.media import (
    AddressView,
    AttentionView,
    MediaChangesIn,
    MediaIn,
    MediaView,
    UploadView,
)
from services.content.store import media as store
from services.content.store import pictures as picture_store
from services.content.use_cases import media as use_cases
from services.content.use_cases import uploads
from services.content.use_cases.media import Upload

ConcernedFilter = Annotated[UUID | None, Query(description="Only what this picture concerns.")]

router = Router(prefix="/v1/media")

Uploader = Annotated[Person, requires("employee", "author", "program_manager", "admin")]

MediaAsRead = Annotated[IfMatch, if_match(MediaView.model_validate)]

_CHANGE = (MediaNotFound, domain.MediaNotYours, domain.MediaWithdrawn)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=UploadView,
    **refuses(
        domain.MediaTypeRefused,
        domain.MediaTooLarge,
        domain.MediaLimitReached,
        domain.AltTextMissing,
        domain.LicenceMissing,
    ),
)
async def begin_upload(
    body: MediaIn, me: Uploader, session: Transaction, clock: Now, objects: Objects
) -> Upload:
    """Begin to upload a picture: send its bytes to the address answered, then complete it.

    JPEG, PNG, WebP and GIF. It is told in words in at least one language. The address is good for
    15 minutes and needs no token. Send exactly the bytes announced: anything else is refused at
    `complete`, if not before. What is not completed within 45 minutes is forgotten.
    """
    return await use_cases.begin(session, clock, objects, me, body.model_dump())


@router.get("", response_model=Page[MediaView], **refuses(CursorUnreadable))
async def list_media(
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="In the filename, or in an alternative text of any language.",
        ),
    ] = None,
    uploaded_by: Annotated[
        Literal["me"] | UUID | None, Query(description="Only your own, or only this person's.")
    ] = None,
    shows: Annotated[Literal["me"] | None, Query(description="Only those of you.")] = None,
    state: Annotated[
        MediaState | None, Query(description="Only those in this state; `ready` can be used.")
    ] = None,
    origin: Annotated[OriginKind | None, Query(description="Only what comes from there.")] = None,
    needs_review: Annotated[
        bool, Query(description="Only those that show somebody who has left the company.")
    ] = False,
) -> Page[Media]:
    """List pictures, newest first: the library, your uploads, those of you or in your queue.

    Your queue is the stories that wait for you to decide on them, for yourself or for somebody who
    is away. Reviewers, program managers, admins and privacy officers see all that have arrived.
    A filter only ever leaves out what would be listed without it.
    """
    whose = me.person_id if uploaded_by == "me" else uploaded_by
    found = await store.media_seen_by(
        session, me, page, at=clock.now(), state=state, origin=origin, uploaded_by=whose,
        shows_me=shows == "me", needs_review=needs_review, words=q,
    )  # fmt: skip
    return page_of(found, page.limit, lambda media: [media.media_id])


@router.get("/attention", response_model=Page[AttentionView], **refuses(CursorUnreadable))
async def list_stories_needing_attention(
    page: Paging, me: Me, session: Transaction, media_id: ConcernedFilter = None
) -> Page[Attention]:
    """List stories that show a withdrawn picture: your own, and to overseers all ever submitted.

    A story leaves this list when neither its working nor its live version shows the picture.
    """
    found = await picture_store.stories_needing_attention(session, me, page, media_id=media_id)
    return page_of(found, page.limit, lambda one: [one.story_id, one.media_id])


@router.get(
    "/{media_id}",
    response_model=MediaView,
    response_class=Versioned,
    **refuses(MediaNotFound),
)
async def read_media(media_id: UUID, me: Me, session: Transaction, clock: Now) -> Media:
    """Read what is known of a picture."""
    return await use_cases.read_media(session, clock, me, media_id)


@router.get(
    "/{media_id}/download",
    response_model=AddressView,
    **refuses(MediaNotFound, domain.MediaNotReady, domain.MediaWithdrawn),
)
async def find_download(
    media_id: UUID, me: Me, session: Transaction, clock: Now, objects: Objects
) -> Address:
    """Answer where the picture is to be had, for five minutes and without a token."""
    return await use_cases.address_of(session, clock, objects, me, media_id)


@router.post(
    "/{media_id}/complete",
    response_model=MediaView,
    response_class=Versioned,
    **refuses(
        *_CHANGE,
        domain.UploadOver,
        uploads.MediaNotUploaded,
        uploads.MediaNotAsAnnounced,
        uploads.MediaBusy,
        *pictures.REFUSALS,
        ObjectsUnavailable,
    ),
)
async def complete_upload(
    media_id: UUID, caller: Caller, process: Process, objects: Objects
) -> Media:
    """Let an uploaded picture be used. Completing twice is the same as once.

    It is made anew: upright, in sRGB, and without anything that came with it, such as where it was
    taken. What is no picture, of another type, animated or too large is refused and removed; you
    may send another to the same address.
    """
    return await uploads.complete(process, objects, caller, media_id)


@router.patch(
    "/{media_id}",
    response_model=MediaView,
    response_class=Versioned,
    **refuses(
        *_CHANGE,
        domain.MediaShown,
        domain.AltTextMissing,
        domain.LicenceMissing,
        *preconditions.REFUSALS,
    ),
)
async def change_media(
    media_id: UUID,
    body: MediaChangesIn,
    me: Me,
    expected: MediaAsRead,
    session: Transaction,
    clock: Now,
) -> Media:
    """Change what is said of a picture. Stories keep the words that they were approved with.

    It stays in the library for as long as a live story or the brand kit shows it.
    """
    changes = body.model_dump(include=body.model_fields_set)
    return await use_cases.change_media(session, clock, me, media_id, changes, expected)


@router.post(
    "/{media_id}/withdraw", response_model=MediaView, response_class=Versioned, **refuses(*_CHANGE)
)
async def withdraw_media(media_id: UUID, me: Me, session: Transaction, clock: Now) -> Media:
    """Take a picture away everywhere, for good. Withdrawing twice is the same as once.

    Its bytes are erased, no story with it can be submitted, approved or published, and the authors
    of those that show it find them in the list of what needs attention.
    """
    return await use_cases.withdraw_media(session, clock, me, media_id)


@router.post(
    "/{media_id}/keep", response_model=MediaView, response_class=Versioned, **refuses(*_CHANGE)
)
async def keep_media(media_id: UUID, me: Me, session: Transaction, clock: Now) -> Media:
    """Settle the review of a picture whose shown person has left: it stays."""
    return await use_cases.keep_media(session, clock, me, media_id)
