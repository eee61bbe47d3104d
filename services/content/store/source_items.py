"""The questions about what was found in sources."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.ids import new_id
from chassis.locks import alone_with
from chassis.paging import PageRequest
from chassis.tenancy import tenant_of
from services.content.domain.feeds import (
    ITEMS_KEPT_MAX,
    Entry,
    Item,
    ItemState,
    SourceItemNotFound,
)
from services.content.tables.sources import SourceItemRow


async def lock_item(session: AsyncSession, item_id: UUID) -> Item:
    """Lock an item; raises SourceItemNotFound."""
    row = await session.get(SourceItemRow, (tenant_of(session), item_id), with_for_update=True)
    if row is None:
        raise SourceItemNotFound(f"No item {item_id}.")
    return _item(row)


async def items_of_the_tenant(
    session: AsyncSession,
    page: PageRequest,
    *,
    source_id: UUID | None = None,
    state: ItemState | None = None,
    title: str | None = None,
) -> Sequence[Item]:
    """Answer items, the last found first: one more than the page holds."""
    question = select(SourceItemRow).order_by(col(SourceItemRow.item_id).desc())
    if (after := page.after_id()) is not None:
        question = question.where(col(SourceItemRow.item_id) < after)
    if source_id is not None:
        question = question.where(col(SourceItemRow.source_id) == source_id)
    if state is not None:
        question = question.where(col(SourceItemRow.state) == state)
    if title is not None:
        question = question.where(col(SourceItemRow.title).icontains(title, autoescape=True))
    rows = (await session.exec(question.limit(page.limit + 1))).all()
    return [_item(row) for row in rows]


async def keep_new_entries(
    session: AsyncSession, source_id: UUID, entries: Sequence[Entry], *, at: datetime
) -> int:
    """Keep those that neither this source nor, by their link, another has shown; counts them."""
    known = await _known(session, source_id, entries)
    fresh: dict[str, Entry] = {}
    for entry in entries:
        if entry.key not in known and entry.link_key not in known:
            fresh.setdefault(entry.key, entry)
    # A feed begins with the newest, which is to have the newest id.
    for key, entry in reversed(fresh.items()):
        session.add(_row(session, source_id, key, entry, at))
    await session.flush()
    await _forget_oldest(session, source_id)
    return len(fresh)


async def save_state(
    session: AsyncSession, item: Item, state: ItemState, story_id: UUID | None
) -> Item:
    """Save what became of an item; answers it as it is now."""
    row = await session.get_one(SourceItemRow, (tenant_of(session), item.item_id))
    row.state, row.story_id = state, story_id
    return _item(row)


async def _known(
    session: AsyncSession, source_id: UUID, entries: Sequence[Entry]
) -> frozenset[str]:
    # Two sources of a tenant that show the same at once are looked at one after the other.
    await alone_with(session, "source_items")
    keys = {entry.key for entry in entries}
    own = select(SourceItemRow.key).where(
        col(SourceItemRow.source_id) == source_id, col(SourceItemRow.key).in_(keys)
    )
    links = {entry.link_key for entry in entries if entry.link_key}
    others = select(SourceItemRow.link_key).where(
        col(SourceItemRow.source_id) != source_id, col(SourceItemRow.link_key).in_(links)
    )
    found = [*(await session.exec(own)).all(), *(await session.exec(others)).all()]
    return frozenset(one for one in found if one is not None)


async def _forget_oldest(session: AsyncSession, source_id: UUID) -> None:
    of_source = col(SourceItemRow.source_id) == source_id
    kept = (
        select(SourceItemRow.item_id)
        .where(of_source)
        .order_by(col(SourceItemRow.item_id).desc())
        .limit(1)
        .offset(ITEMS_KEPT_MAX)
        .scalar_subquery()
    )
    await session.exec(
        delete(SourceItemRow).where(
            of_source, col(SourceItemRow.item_id) <= kept, col(SourceItemRow.state) != "used"
        )
    )


def _row(
    session: AsyncSession, source_id: UUID, key: str, entry: Entry, at: datetime
) -> SourceItemRow:
    fields = asdict(entry)
    del fields["mark"]
    return SourceItemRow(
        tenant_id=tenant_of(session),
        item_id=new_id(),
        source_id=source_id,
        key=key,
        link_key=entry.link_key,
        found_at=at,
        state="new",
        story_id=None,
        **fields,
    )


def _item(row: SourceItemRow) -> Item:
    return Item(**row.model_dump(exclude={"tenant_id", "key", "link_key"}))
