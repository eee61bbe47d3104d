"""The questions that find stories: by words, by labels, and how many have what in common.

They go through `find_stories` of the database (ADR 29); what is shown of a story is then read
behind the tenants' walls, as everything else is.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, TSQUERY
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.paging import CursorUnreadable, PageRequest, instant_of
from chassis.people import PEOPLE
from chassis.schemas import storable
from services.content.domain import searching
from services.content.domain.permissions import Permission, uses_of
from services.content.domain.pictures import first_shown
from services.content.domain.searching import (
    HIT_BEGINS,
    HIT_ENDS,
    Facet,
    Facets,
    Filters,
    Hits,
    Sort,
    StoryLine,
)
from services.content.domain.stories import OVERSEERS, Actor, Author
from services.content.domain.texts import Picture, Preview
from services.content.store import words
from services.content.store.permissions import permissions_of_ready
from services.content.store.persons import is_person
from services.content.tables.stories import StoryRow, StoryVersionRow

FACETED_MAX = 10_000
"""Facets are of the newest stories found, so many: what they have in common shows in these."""

FACET_VALUES_MAX = 20
"""More than this is no choice any more, but a list to search in."""

MARKED_CHARS_MAX = 20_000
"""A body and a few variants; who looks further than this reads the story."""

_KEY_CHARS_MAX = 64
_MARKS = f"HighlightAll=true, StartSel={HIT_BEGINS}, StopSel={HIT_ENDS}"


async def stories_found(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    page: PageRequest,
    *,
    sort: Sort | None,
    at: datetime,
) -> Sequence[StoryLine]:
    """Answer the stories that somebody may see and asks for: one more than the page holds.

    Of each the version that they may see, as `seen_by` says of a single one. `live` asks for
    whatever is live, also while its next version is being worked on; pinned ones come first there.
    """
    order = order_of(filters, sort)
    found = _found(actor, filters, order, page, at, page.limit + 1)
    answer = await (await session.connection()).execute(_lines(found, filters))
    rows = [dict(row) for row in answer.mappings()]
    named = {UUID(one["media_id"]) for row in rows for one in row["media"]}
    given = await permissions_of_ready(session, named)
    return [_line(row, order, given, at) for row in rows]


async def facets_of(
    session: AsyncSession, actor: Actor, filters: Filters, *, at: datetime
) -> Facets:
    """Answer what the stories found have in common, the newest FACETED_MAX of them counted."""
    everything = PageRequest(FACETED_MAX, None)
    found = _found(actor, filters, "newest", everything, at, FACETED_MAX + 1)
    stories = select(found.c.labels).cte("stories_found")
    counted = select(stories.c.labels).limit(FACETED_MAX).subquery()
    each = select(func.unnest(counted.c.labels).label("label")).subquery()
    sums = select(each.c.label, func.count().label("stories")).group_by(each.c.label).subquery()
    rank = func.row_number().over(
        partition_by=func.split_part(sums.c.label, ":", 1),
        order_by=(sums.c.stories.desc(), sums.c.label),
    )
    ranked = select(sums, rank.label("rank")).subquery()
    total = select(func.count()).select_from(stories).scalar_subquery()
    question = (
        select(ranked.c.label, ranked.c.stories, total)
        .where(ranked.c.rank <= FACET_VALUES_MAX)
        .order_by(ranked.c.rank, ranked.c.label)
    )
    rows = (await (await session.connection()).execute(question)).all()
    many = rows[0][2] if rows else 0
    facets = tuple(_facet(label, stories) for label, stories, _ in rows)
    return Facets(min(many, FACETED_MAX), many > FACETED_MAX, facets)


def order_of(filters: Filters, sort: Sort | None) -> str:
    """Answer in which order `find_stories` is asked: without words nothing is more relevant."""
    order = sort or ("relevance" if filters.words is not None else "newest")
    if order == "relevance" and filters.words is None:
        order = "newest"
    return "pinned" if (order, filters.state) == ("newest", "live") else order


def _found(
    actor: Actor, filters: Filters, order: str, page: PageRequest, at: datetime, rows_max: int
) -> Any:
    key, story_id = _after(page, order)
    alternatives = None if filters.words is None else searching.read_words(filters.words)
    question: Any = cast(_labels_asked(actor, filters), TSQUERY)
    ranked: Any = null()
    if alternatives is not None:
        question = func.tsquery_and(question, words.asked(alternatives))
        ranked = words.looked_for(alternatives)
    return (
        func.find_stories(
            question,
            cast(ranked, TSQUERY),
            order,
            cast(key, Text),
            cast(story_id, Uuid),
            *(
                cast(one, DateTime(timezone=True))
                for one in (at, filters.created_from, filters.created_until, filters.expires_until)
            ),
            cast(filters.pinned, Boolean),
            cast(rows_max, Integer),
        )
        .table_valued(
            column("story_id", Uuid),
            column("seen", Text),
            column("version", Integer),
            column("labels", ARRAY(Text)),
            column("key", Text),
            column("is_pinned", Boolean),
            with_ordinality="place",
        )
        .render_derived(name="found")
    )


def _labels_asked(actor: Actor, filters: Filters) -> str:
    """Answer the question that labels answer, as text that PostgreSQL reads as a tsquery."""
    return " & ".join([_seen_by(actor), *_each_asked(actor, filters)])


def _seen_by(actor: Actor) -> str:
    """What `seen_by` of the rules says of one story, said of all."""
    author = _label(f"=author:{actor.person_id}")
    if actor.roles & OVERSEERS:
        return f"('=seen:working' & ('=submitted' | {author}))"
    return f"(('=seen:live' & !{author}) | ('=seen:working' & {author}))"


def _each_asked(actor: Actor, filters: Filters) -> Iterator[str]:
    yield _is("=archived", filters.archived)
    if filters.has_media is not None:
        yield _is("=media", filters.has_media)
    if filters.mine:
        yield _any("=author:", [actor.person_id])
    for name, values in _values_asked(filters).items():
        if asked := [value for value in values if value is not None]:
            # An audience that names nobody is everybody: its label has no value.
            yield _any(name, [*asked, ""] if name in _OF_AN_AUDIENCE else asked)


_OF_AN_AUDIENCE = frozenset({"=country:", "=region:", "=team:", "=interest:", "=reads:"})


def _values_asked(filters: Filters) -> Mapping[str, Sequence[object]]:
    return {
        "=state:": [filters.state],
        "=kind:": filters.kinds,
        "=credited:": [filters.author_id],
        "=contributor:": [filters.contributor_id],
        "=campaign:": [filters.campaign_id],
        "=topic:": filters.topics,
        "=language:": [filters.language],
        "=network:": filters.networks,
        "=country:": [filters.country],
        "=region:": [filters.region],
        "=team:": [filters.team_id],
        "=interest:": filters.interests,
        "=reads:": _read_by(filters.audience_language),
    }


def _read_by(language: str | None) -> Sequence[str]:
    """Who reads `da-DK` reads what is for `da`, as the feed has it (RFC 4647, 3.3.1)."""
    if language is None:
        return []
    whole = language.lower()
    return sorted({whole, whole.partition("-")[0]})


def _is(label: str, wanted: bool) -> str:
    return _label(label) if wanted else f"!{_label(label)}"


def _any(name: str, values: Sequence[object]) -> str:
    return "(" + " | ".join(_label(f"{name}{value}") for value in values) + ")"


def _label(label: str) -> str:
    return "'" + label.replace("\\", "\\\\").replace("'", "''") + "'"


def _after(page: PageRequest, order: str) -> tuple[str | None, UUID | None]:
    if page.after is None:
        return None, None
    try:
        sort, key, story_id = page.after
        if sort != order:
            raise ValueError(sort)
        return _key(order, key), UUID(story_id)
    except ValueError as error:
        raise CursorUnreadable("This cursor belongs to another list.") from error


def _key(order: str, key: str) -> str:
    """Read the key that a cursor remembers; raises ValueError for what the order cannot have."""
    if order == "relevance":
        rank = float(key)
        if not math.isfinite(rank):
            raise ValueError(key)
        return str(rank)
    if order == "expiring":
        return instant_of(key).isoformat()
    if len(key) > _KEY_CHARS_MAX or not storable(key):
        raise ValueError(key)
    return key


def _lines(found: Any, filters: Filters) -> Any:
    story, version = StoryRow, StoryVersionRow
    is_shown = and_(
        col(version.story_id) == found.c.story_id, col(version.version) == found.c.version
    )
    # What is live stays credited to who was, also when another has the story by now.
    credited = case(
        (found.c.seen == "live", func.coalesce(col(story.live_author_id), col(story.author_id))),
        else_=col(story.author_id),
    )
    shown = [
        col(story.story_id),
        credited.label("author_id"),
        PEOPLE.c.display_name,
        case((found.c.seen == "live", "live"), else_=col(story.state)).label("state"),
        col(version.version),
        col(story.live_version),
        col(version.content_hash),
        col(version.title),
        col(version.link),
        col(version.preview),
        col(version.media),
        func.jsonb_path_query_array(
            col(version.variants), cast("$[*].network", JSONPATH), type_=JSONB
        ).label("networks"),
        col(version.language),
        col(version.topics),
        col(version.kind),
        col(version.campaign_id),
        col(version.embargo_until),
        col(version.expires_at),
        col(story.expired),
        col(story.created_at),
        col(story.archived_at),
        found.c.is_pinned.label("pinned"),
        found.c.key,
    ]
    if filters.words is not None:
        shown += _marked(words.looked_for(searching.read_words(filters.words)))
    return (
        select(*shown)
        .select_from(found)
        .join(story, col(story.story_id) == found.c.story_id)
        .join(version, is_shown)
        .outerjoin(PEOPLE, is_person(col(story.tenant_id), credited))
        .order_by(found.c.place)
    )


def _marked(looked_for: Any) -> list[Any]:
    """Answer the columns with the texts of a version, and with their hits marked."""
    version = StoryVersionRow
    copy = func.copy_of(col(version.variants))
    text = func.left(func.concat_ws("\n", col(version.body), copy), MARKED_CHARS_MAX)
    spoken = func.configuration_of(col(version.language))

    def marked(plain: Any) -> Any:
        return func.ts_headline(spoken, func.plain(plain), looked_for, _MARKS)

    return [
        marked(col(version.title)).label("marked_title"),
        text.label("text"),
        marked(text).label("marked_text"),
    ]


def _line(
    fields: dict[str, Any],
    order: str,
    given: Mapping[UUID, Sequence[Permission]],
    at: datetime,
) -> StoryLine:
    author = Author(fields.pop("author_id"), fields.pop("display_name"))
    place = (order, fields.pop("key") or "", str(fields["story_id"]))
    hits = None
    if "marked_title" in fields:
        title = searching.segments(fields["title"], fields.pop("marked_title"))
        text = searching.segments(fields.pop("text"), fields.pop("marked_text"))
        hits = Hits(title, searching.excerpt(text))
    networks = tuple(sorted({*fields.pop("networks")}))
    preview = fields.pop("preview")
    named = [Picture(**{**one, "media_id": UUID(one["media_id"])}) for one in fields.pop("media")]
    uses = uses_of(fields["kind"], networks)
    return StoryLine(
        author=author,
        topics=tuple(fields.pop("topics")),
        preview=Preview(**preview) if preview else None,
        picture=first_shown(named, uses, given, at=at),
        networks=networks,
        hits=hits,
        place=place,
        **fields,
    )


def _facet(label: str, stories: int) -> Facet:
    name, value = label.removeprefix("=").split(":", 1)
    return Facet(name, value, stories)
