"""The rows of the brand kit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.content.tables.base import Instant, Row


class BrandAssetRow(Row, table=True):
    """One entry of the kit, with the part that belongs to its kind."""

    __tablename__ = "brand_assets"
    __table_args__: Any = (
        Index("brand_assets_in_order", "tenant_id", "position", "brand_asset_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    brand_asset_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=String(16))
    name: str = Field(sa_type=String(200))
    position: int
    usage: str | None = Field(sa_type=String(2000))
    logo: dict[str, Any] | None = Field(sa_type=JSONB(none_as_null=True))
    colour: dict[str, Any] | None = Field(sa_type=JSONB(none_as_null=True))
    font: dict[str, Any] | None = Field(sa_type=JSONB(none_as_null=True))
    changed_at: datetime = Field(sa_type=Instant)
