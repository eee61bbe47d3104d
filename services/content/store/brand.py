"""The questions about the brand kit."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.locks import alone_with
from chassis.paging import CursorUnreadable, PageRequest
from chassis.tenancy import tenant_of
from services.content.domain import brand
from services.content.domain.brand import BrandAsset, BrandAssetKind, BrandAssetNotFound
from services.content.tables.brand import BrandAssetRow

_POSITION_MAX = 2**31 - 1


async def get_brand_asset(session: AsyncSession, brand_asset_id: UUID) -> BrandAsset:
    """Read an entry; raises BrandAssetNotFound."""
    row = await session.get(BrandAssetRow, (tenant_of(session), brand_asset_id))
    return _found(row, brand_asset_id)


async def lock_brand_asset(session: AsyncSession, brand_asset_id: UUID) -> BrandAsset:
    """Lock an entry; raises BrandAssetNotFound."""
    key = (tenant_of(session), brand_asset_id)
    return _found(await session.get(BrandAssetRow, key, with_for_update=True), brand_asset_id)


async def lock_kit(session: AsyncSession) -> None:
    """Let nobody else of the tenant add to the kit until the end: its entries are counted."""
    await alone_with(session, "brand_assets")


async def count_brand_assets(session: AsyncSession) -> int:
    """Answer how many entries the kit has."""
    return (await session.exec(select(func.count()).select_from(BrandAssetRow))).one()


async def kit(
    session: AsyncSession, page: PageRequest, *, kind: BrandAssetKind | None
) -> Sequence[BrandAsset]:
    """Answer the kit in its order: one more than the page holds."""
    key = tuple_(col(BrandAssetRow.position), col(BrandAssetRow.brand_asset_id))
    question = select(BrandAssetRow).order_by(
        col(BrandAssetRow.position), col(BrandAssetRow.brand_asset_id)
    )
    if kind is not None:
        question = question.where(col(BrandAssetRow.kind) == kind)
    if page.after is not None:
        question = question.where(key > tuple_(*_place(page.after)))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [brand.compose(row.model_dump()) for row in rows]


async def save_brand_asset(session: AsyncSession, asset: BrandAsset) -> None:
    """Save an entry."""
    fields = asdict(asset)
    if fields["logo"]:
        fields["logo"]["media_id"] = str(fields["logo"]["media_id"])
    await session.merge(BrandAssetRow(tenant_id=tenant_of(session), **fields))


async def remove_brand_asset(session: AsyncSession, brand_asset_id: UUID) -> None:
    """Take an entry out of the kit."""
    row = await session.get(BrandAssetRow, (tenant_of(session), brand_asset_id))
    await session.delete(row)


def _found(row: BrandAssetRow | None, brand_asset_id: UUID) -> BrandAsset:
    if row is None:
        raise BrandAssetNotFound(f"No brand asset {brand_asset_id}.")
    return brand.compose(row.model_dump())


def _place(after: tuple[str, ...]) -> tuple[int, UUID]:
    try:
        position, brand_asset_id = int(after[0]), UUID(after[1])
    except (ValueError, IndexError) as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error
    if not 0 <= position <= _POSITION_MAX:
        raise CursorUnreadable("This cursor belongs to another list.")
    return position, brand_asset_id
