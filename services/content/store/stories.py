"""The questions about single stories."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import PEOPLE
from chassis.tenancy import tenant_of
from services.content.domain import texts
from services.content.domain.chain import Head
from services.content.domain.stories import Author, Story, StoryNotFound, Version, made_by
from services.content.store.pictures import note_pictures, withdrawn_among
from services.content.store.rounds import latest_round
from services.content.tables.stories import StoryRow, StoryVersionRow


async def get_story(session: AsyncSession, story_id: UUID) -> Story:
    """Read a story; raises StoryNotFound."""
    return await _story(session, story_id, lock=False)


async def lock_story(session: AsyncSession, story_id: UUID) -> Story:
    """Lock a story; raises StoryNotFound."""
    return await _story(session, story_id, lock=True)


async def save_story(session: AsyncSession, story: Story) -> None:
    """Save a story and its working version; older versions stay as they were."""
    tenant_id = tenant_of(session)
    await session.merge(
        StoryRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            author_id=story.author.person_id,
            live_author_id=story.live_author.person_id if story.live_author else None,
            state=story.state,
            version=story.working.version,
            live_version=story.live.version if story.live else None,
            approved_hash=story.approved_hash,
            submitted=story.submitted,
            created_at=story.created_at,
            live_until=story.live.content.expires_at if story.live else None,
            expired=story.expired,
            origin_id=story.origin_id,
            archived_at=story.archived_at,
            trail_entries=story.trail.entries,
            trail_head=story.trail.entry_hash,
            maker_ids=sorted(made_by(story)),
        )
    )
    # A version refers to its story, so a new story is written first.
    await session.flush()
    fields = asdict(story.working.content)
    # As JSON holds it, so that what has not changed is seen not to have.
    fields["audience"] = {
        name: [str(one) for one in entries] for name, entries in fields["audience"].items()
    }
    fields["media"] = [{**one, "media_id": str(one["media_id"])} for one in fields["media"]]
    for name in ("topics", "variants", "examples", "contributor_ids"):
        fields[name] = list(fields[name])
    await session.merge(
        StoryVersionRow(
            tenant_id=tenant_id,
            story_id=story.story_id,
            version=story.working.version,
            content_hash=story.working.content_hash,
            **fields,
        )
    )
    await note_pictures(session, story)
    await index_story(session, story.story_id)


async def names_of(session: AsyncSession, people: Collection[UUID]) -> Mapping[UUID, str]:
    """Answer how those of these people are called whom the directory knows."""
    question = select(PEOPLE.c.person_id, PEOPLE.c.display_name).where(
        PEOPLE.c.tenant_id == tenant_of(session), PEOPLE.c.person_id.in_(people)
    )
    return dict((await session.exec(question)).all())


async def index_story(session: AsyncSession, story_id: UUID) -> None:
    """Let a story be found as it is now, in the transaction that has changed it."""
    await session.flush()
    indexed = select(func.index_stories(tenant_of(session), [story_id]))
    await (await session.connection()).execute(indexed)


async def _story(session: AsyncSession, story_id: UUID, *, lock: bool) -> Story:
    key = (tenant_of(session), story_id)
    row = await session.get(StoryRow, key, with_for_update=lock or None)
    if row is None:
        raise StoryNotFound(f"No story {story_id}.")
    # The versions are read after the lock is held: they are then those that the row names.
    question = select(StoryVersionRow).where(
        col(StoryVersionRow.story_id) == story_id,
        col(StoryVersionRow.version).in_({row.version, row.live_version or row.version}),
    )
    versions = {one.version: _version(one) for one in (await session.exec(question)).all()}
    people = {one for version in versions.values() for one in version.content.contributor_ids}
    credited_id = row.live_author_id or row.author_id
    names = await names_of(session, {row.author_id, credited_id, *people})
    pictures = {one.media_id for version in versions.values() for one in version.content.media}
    return Story(
        story_id=story_id,
        author=Author(row.author_id, names.get(row.author_id)),
        state=row.state,  # type: ignore[arg-type]  # only save_story writes it
        working=versions[row.version],
        live=versions[row.live_version] if row.live_version else None,
        approved_hash=row.approved_hash,
        submitted=row.submitted,
        created_at=row.created_at,
        expired=row.expired,
        origin_id=row.origin_id,
        archived_at=row.archived_at,
        live_author=Author(credited_id, names.get(credited_id)) if row.live_author_id else None,
        names=names,
        round=await latest_round(session, story_id),
        trail=Head(row.trail_entries, row.trail_head),
        makers=frozenset(row.maker_ids),
        withdrawn_pictures=await withdrawn_among(session, pictures),
    )


def _version(row: StoryVersionRow) -> Version:
    return Version(row.version, texts.compose(row.model_dump()))
