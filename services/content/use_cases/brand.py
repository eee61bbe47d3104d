"""What can be done to the brand kit."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.people import Person
from chassis.preconditions import IfMatch
from services.content.domain import brand
from services.content.domain.brand import BrandAsset
from services.content.domain.pictures import check_there
from services.content.store import brand as store
from services.content.store.media import put_into_library
from services.content.use_cases.media import media_for


async def add_brand_asset(
    session: AsyncSession, clock: Clock, me: Person, fields: dict[str, Any]
) -> BrandAsset:
    """Put an entry into the kit; a logo's picture is for everybody from now on."""
    await store.lock_kit(session)
    brand.check_room(await store.count_brand_assets(session))
    asset = brand.compose({**fields, "brand_asset_id": new_id(), "changed_at": clock.now()})
    return await _kept(session, me, asset)


async def change_brand_asset(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    brand_asset_id: UUID,
    changes: dict[str, Any],
    expected: IfMatch,
) -> BrandAsset:
    """Change an entry of the kit; its kind stays."""
    asset = await store.lock_brand_asset(session, brand_asset_id)
    changed = brand.change(asset, changes, at=clock.now())
    expected.check(asset)
    return await _kept(session, me, changed)


async def remove_brand_asset(session: AsyncSession, brand_asset_id: UUID) -> BrandAsset:
    """Take an entry out of the kit."""
    asset = await store.lock_brand_asset(session, brand_asset_id)
    await store.remove_brand_asset(session, brand_asset_id)
    return asset


async def _kept(session: AsyncSession, me: Person, asset: BrandAsset) -> BrandAsset:
    if asset.logo is not None:
        await _check_picture(session, me, asset.logo.media_id)
    await store.save_brand_asset(session, asset)
    return asset


async def _check_picture(session: AsyncSession, me: Person, media_id: UUID) -> None:
    await put_into_library(session, [media_id])
    (found,) = await media_for(session, me, [media_id])
    check_there(found, "/logo/media_id")
