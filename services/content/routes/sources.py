"""Sources: feeds that are read, and what was found in them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.public_addresses import AddressRefused
from chassis.routing import Router
from services.content.domain import campaigns, feeds, sources, texts
from services.content.domain.feeds import Item, ItemState
from services.content.schemas import sources as schemas
from services.content.store import source_items
from services.content.store import sources as store
from services.content.use_cases import sources as use_cases

router = Router(prefix="/v1/sources")

Reader = Annotated[Person, requires("program_manager", "admin", "author")]

Keeper = Annotated[Person, requires("program_manager", "admin")]

SourceAsRead = Annotated[IfMatch, if_match(schemas.view_source)]

StateFilter = Annotated[ItemState | None, Query(description="What became of them.")]

TitleFilter = Annotated[
    str | None, Query(max_length=100, pattern=r"^[^\x00]*$", description="Part of the title.")
]

_CAMPAIGN_REFUSALS = (campaigns.CampaignUnknown, campaigns.CampaignNotOpen)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.SourceView,
    response_class=Versioned,
    **refuses(
        AddressRefused,
        texts.TopicRepeated,
        sources.SourceRepeated,
        sources.TooManySources,
        *_CAMPAIGN_REFUSALS,
    ),
)
async def open_source(
    body: schemas.SourceIn, _keeper: Keeper, session: Transaction, clock: Now
) -> schemas.SourceView:
    """Begin to read a feed. It is asked within seconds, and again and again after that."""
    return schemas.view_source(await use_cases.open_source(session, clock, body.model_dump()))


@router.get("", response_model=Page[schemas.SourceView], **refuses(CursorUnreadable))
async def list_sources(
    page: Paging, _reader: Reader, session: Transaction
) -> Page[schemas.SourceView]:
    """List sources, newest first, with how they went."""
    found = [schemas.view_source(one) for one in await store.sources_of_the_tenant(session, page)]
    return page_of(found, page.limit, lambda source: [source.source_id])


@router.get("/items", response_model=Page[schemas.SourceItemView], **refuses(CursorUnreadable))
async def list_all_source_items(
    page: Paging,
    _reader: Reader,
    session: Transaction,
    state: StateFilter = None,
    q: TitleFilter = None,
) -> Page[Item]:
    """List what was found in all sources, the last found first."""
    found = await source_items.items_of_the_tenant(session, page, state=state, title=q)
    return page_of(found, page.limit, lambda item: [item.item_id])


@router.post(
    "/items/{item_id}/story",
    response_model=schemas.SourceItemView,
    **refuses(feeds.SourceItemNotFound, texts.LinkUnusable, texts.TopicRepeated),
)
async def use_source_item(item_id: UUID, me: Reader, session: Transaction, clock: Now) -> Item:
    """Begin a story of your own with what an item says: title, excerpt, link, language.

    It is the source's campaign's as long as that takes stories.

    An item becomes one story. Asked again, by whomever, this answers the item as it is.
    """
    return await use_cases.use_item(session, clock, me, item_id)


@router.post(
    "/items/{item_id}/dismiss",
    response_model=schemas.SourceItemView,
    **refuses(feeds.SourceItemNotFound, feeds.ItemUsed),
)
async def dismiss_source_item(item_id: UUID, _reader: Reader, session: Transaction) -> Item:
    """Say that nothing will come of an item. Doing so twice is the same as once."""
    return await use_cases.dismiss_item(session, item_id)


@router.get(
    "/{source_id}",
    response_model=schemas.SourceView,
    response_class=Versioned,
    **refuses(sources.SourceNotFound),
)
async def read_source(source_id: UUID, _reader: Reader, session: Transaction) -> schemas.SourceView:
    """Read a source, and how it went."""
    return schemas.view_source(await store.get_source(session, source_id))


@router.patch(
    "/{source_id}",
    response_model=schemas.SourceView,
    response_class=Versioned,
    **refuses(
        sources.SourceNotFound,
        sources.SourceEnded,
        texts.TopicRepeated,
        *_CAMPAIGN_REFUSALS,
        *preconditions.REFUSALS,
    ),
)
async def change_source(
    source_id: UUID,
    body: schemas.SourceChangesIn,
    _keeper: Keeper,
    expected: SourceAsRead,
    session: Transaction,
    clock: Now,
) -> schemas.SourceView:
    """Change a source, or pause it: nobody asks it until it goes on."""
    changes = body.model_dump(include=body.model_fields_set)
    return schemas.view_source(
        await use_cases.change_source(session, clock, source_id, changes, expected)
    )


@router.delete(
    "/{source_id}", status_code=status.HTTP_204_NO_CONTENT, **refuses(sources.SourceNotFound)
)
async def drop_source(source_id: UUID, _keeper: Keeper, session: Transaction) -> None:
    """Read a feed no more, and forget what was found in it. Stories made of it stay."""
    await store.drop_source(session, source_id)


@router.post(
    "/{source_id}/poll",
    response_model=schemas.SourceView,
    **refuses(sources.SourceNotFound, sources.SourceNotActive, sources.PolledJustNow),
)
async def poll_source(
    source_id: UUID, _keeper: Keeper, session: Transaction, clock: Now
) -> schemas.SourceView:
    """Have a source asked within seconds, if its host was left alone for a while."""
    return schemas.view_source(await use_cases.ask_soon(session, clock, source_id))


@router.get(
    "/{source_id}/items",
    response_model=Page[schemas.SourceItemView],
    **refuses(CursorUnreadable, sources.SourceNotFound),
)
async def list_source_items(
    source_id: UUID,
    page: Paging,
    _reader: Reader,
    session: Transaction,
    state: StateFilter = None,
    q: TitleFilter = None,
) -> Page[Item]:
    """List what was found in one source, the last found first."""
    await store.get_source(session, source_id)
    found = await source_items.items_of_the_tenant(
        session, page, source_id=source_id, state=state, title=q
    )
    return page_of(found, page.limit, lambda item: [item.item_id])
