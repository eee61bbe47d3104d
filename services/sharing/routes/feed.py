"""The feed: live stories that fit the person."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import TenantNotKnown
from chassis.problems import refuses
from chassis.routing import Router
from services.sharing import schemas
from services.sharing.domain.stories import Story, pictures_left, variants_first
from services.sharing.store import stories as store
from services.sharing.use_cases import stories as use_cases

router = Router(prefix="/v1/feed")

Topic = Annotated[
    str | None,
    Query(
        max_length=100,
        pattern=r"^[^\x00]*$",
        description="Only stories on this topic.",
        examples=["natur"],
    ),
]
Network = Annotated[
    str | None,
    Query(
        max_length=32,
        pattern=r"^[^\x00]*$",
        description="Only stories with copy for this network, which then comes first.",
        examples=["sandbox"],
    ),
]
Language = Annotated[
    str | None,
    Query(
        max_length=35,
        pattern=r"^[^\x00]*$",
        description="Whose copy comes first (BCP 47); left out: yours.",
        examples=["da"],
    ),
]
Words = Annotated[
    str | None,
    Query(
        max_length=100,
        pattern=r"^[^\x00]*$",
        description="Part of the title or of the body.",
        examples=["falk"],
    ),
]


@router.get("", response_model=Page[schemas.StoryView], **refuses(CursorUnreadable, TenantNotKnown))
async def read_feed(
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    topic: Topic = None,
    network: Network = None,
    language: Language = None,
    q: Words = None,
) -> Page[schemas.StoryView]:
    """List the live stories for you, newest first; `network` and `language` order their copy.

    `topic`, `network` and `q` (part of title or body) leave out what does not have them.
    """
    reader = await use_cases.reader_of(session, me)
    found = await use_cases.feed(session, clock, reader, page, topic=topic, network=network, q=q)
    listed = page_of(found, page.limit, lambda story: [story.live_from, story.story_id])
    withdrawn = await store.withdrawn_among(session, listed.items)
    spoken = language or reader.language
    shown = [_view(story, network, spoken, withdrawn) for story in listed.items]
    return Page(items=shown, next_cursor=listed.next_cursor)


def _view(
    story: Story, network: str | None, language: str, withdrawn: Collection[UUID]
) -> schemas.StoryView:
    fields = {name: getattr(story, name) for name in schemas.StoryView.model_fields}
    fields["variants"] = variants_first(story.variants, network=network, language=language)
    fields["media"] = pictures_left(story, withdrawn)
    return schemas.StoryView.model_validate(fields, from_attributes=True)
