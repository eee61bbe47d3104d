"""The brand kit: logos, colours and fonts, for everybody to read."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from chassis import preconditions
from chassis.callers import Me, Now, Transaction, requires
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.people import Person
from chassis.preconditions import IfMatch, Versioned, if_match
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain import brand, pictures
from services.content.domain.brand import BrandAsset, BrandAssetKind, BrandAssetNotFound
from services.content.schemas.brand import BrandAssetChangesIn, BrandAssetIn, BrandAssetView
from services.content.store import brand as store
from services.content.use_cases import brand as use_cases

KindFilter = Annotated[
    BrandAssetKind | None, Query(description="Only logos, only colours, or only fonts.")
]

router = Router(prefix="/v1/brand_assets")

BrandKeeper = Annotated[Person, requires("program_manager", "admin")]

BrandAssetAsRead = Annotated[IfMatch, if_match(BrandAssetView.model_validate)]

_PARTS = (
    brand.BrandAssetMisshapen,
    pictures.PictureUnknown,
    pictures.PictureNotReady,
    pictures.PictureWithdrawn,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=BrandAssetView,
    response_class=Versioned,
    **refuses(*_PARTS, brand.BrandKitFull),
)
async def add_brand_asset(
    body: BrandAssetIn, me: BrandKeeper, session: Transaction, clock: Now
) -> BrandAsset:
    """Put a logo, a colour or a font into the kit."""
    return await use_cases.add_brand_asset(session, clock, me, body.model_dump())


@router.get("", response_model=Page[BrandAssetView], **refuses(CursorUnreadable))
async def read_kit(
    page: Paging, _me: Me, session: Transaction, kind: KindFilter = None
) -> Page[BrandAsset]:
    """Read the kit, in its order; colours say what can be read on them."""
    found = await store.kit(session, page, kind=kind)
    return page_of(found, page.limit, lambda one: [one.position, one.brand_asset_id])


@router.get(
    "/{brand_asset_id}",
    response_model=BrandAssetView,
    response_class=Versioned,
    **refuses(BrandAssetNotFound),
)
async def read_brand_asset(brand_asset_id: UUID, _me: Me, session: Transaction) -> BrandAsset:
    """Read one entry of the kit."""
    return await store.get_brand_asset(session, brand_asset_id)


@router.patch(
    "/{brand_asset_id}",
    response_model=BrandAssetView,
    response_class=Versioned,
    **refuses(BrandAssetNotFound, *_PARTS, *preconditions.REFUSALS),
)
async def change_brand_asset(
    brand_asset_id: UUID,
    body: BrandAssetChangesIn,
    me: BrandKeeper,
    expected: BrandAssetAsRead,
    session: Transaction,
    clock: Now,
) -> BrandAsset:
    """Change an entry of the kit, or its place in the order; its kind stays."""
    changes = body.model_dump(include=body.model_fields_set)
    return await use_cases.change_brand_asset(session, clock, me, brand_asset_id, changes, expected)


@router.delete("/{brand_asset_id}", response_model=BrandAssetView, **refuses(BrandAssetNotFound))
async def remove_brand_asset(
    brand_asset_id: UUID, _me: BrandKeeper, session: Transaction
) -> BrandAsset:
    """Take an entry out of the kit; a logo's picture stays in the library."""
    return await use_cases.remove_brand_asset(session, brand_asset_id)
