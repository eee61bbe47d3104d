"""Finding a story, or what waits for one, among a hundred thousand, against reading one by key."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from uuid import UUID

import asyncpg
import uvloop
from sqlmodel.ext.asyncio.session import AsyncSession

from bench.comparing import Contest, Line, Sample, take_turns
from bench.house import House, house
from bench.library import Library, queue_stories, write_stories
from bench.settings import Effort
from chassis.clock import SystemClock
from chassis.database import Database, address
from chassis.ids import new_id
from chassis.paging import PageRequest
from services.content.domain.searching import Filters
from services.content.main import SERVICE
from services.content.store import searching
from services.content.store.stories import get_story
from services.content.store.waiting import Filters as QueueFilters
from services.content.store.waiting import waiting_for

FEW, MANY = 1_000, 100_000
PAGE = PageRequest(20, None)
UNIT = "ms, p99"
HOW = "one connection, a page of 20; words as frequent as people use them, a reader's view"

SEARCH = Contest(
    "search.words",
    f"find stories by two words among {MANY:,}: ranked, hits marked",
    "read one story by its key",
    UNIT,
    note=HOW,
)
LISTS = Contest(
    "search.list",
    f"list what is live of a topic among {MANY:,} stories, newest first",
    "read one story by its key",
    UNIT,
    note=HOW,
)
QUEUE = Contest(
    "search.queue",
    f"list what waits for a reviewer among {MANY:,} stories under review, oldest first",
    "read one story by its key",
    UNIT,
    note=HOW,
)
QUEUE_GROWTH = Contest(
    "search.queue_growth",
    f"list what waits for a reviewer among {MANY:,}",
    f"the same among {FEW:,}",
    UNIT,
    note=HOW,
)
GROWTH = Contest(
    "search.growth",
    f"find stories by two words among {MANY:,}",
    f"the same among {FEW:,}",
    UNIT,
    note=HOW,
)

Question = Callable[[AsyncSession, Library], Awaitable[object]]


@dataclass(frozen=True)
class Reader:
    """Somebody who only reads."""

    person_id: UUID = field(default_factory=new_id)
    roles: frozenset[str] = frozenset({"employee"})
    team_id: UUID | None = None


@dataclass(frozen=True)
class Reviewer(Reader):
    """Somebody for whom everything waits that is under review."""

    roles: frozenset[str] = frozenset({"employee", "reviewer"})


def measure(effort: Effort) -> Iterator[Line]:
    """Compare the slowest of a hundred questions."""
    with house(SERVICE, kafka=False) as at:
        yield from uvloop.run(_measured(at, effort))


async def _measured(at: House, effort: Effort) -> list[Line]:
    database = Database(at.settings, SERVICE.name)
    try:
        few, many = (Library(new_id(), random.Random(seed)) for seed in (1, 2))  # noqa: S311
        await _fill(at, database, few, many)

        def side(question: Question, library: Library) -> Callable[[], Awaitable[Sample]]:
            return lambda: _asked(database, library, question, effort.seconds)

        found = await take_turns(
            effort.rounds,
            side(_search, many),
            side(_list, many),
            side(_read, many),
            side(_search, few),
            side(_queue, many),
            side(_queue, few),
        )
    finally:
        await database.close()
    search, lists, read, small, queue, short = (found.of(one, UNIT) for one in range(6))
    return [
        SEARCH.told(search, read),
        LISTS.told(lists, read),
        QUEUE.told(queue, read),
        GROWTH.told(search, small),
        QUEUE_GROWTH.told(queue, short),
    ]


async def _fill(at: House, database: Database, few: Library, many: Library) -> None:
    url = address(at.settings, SERVICE.name, "owner").set(drivername="postgresql")
    owner = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        # An index that is made at the end is made in a fifth of the time.
        made = await owner.fetchval("select pg_get_indexdef('story_search_document'::regclass)")
        await owner.execute("drop index story_search_document")
        await write_stories(database, few, FEW)
        await write_stories(database, many, MANY)
        await owner.execute(made)
        await queue_stories(owner)
        for table in (
            *("stories", "story_versions", "story_search"),
            *("review_rounds", "review_tasks"),
        ):
            await owner.execute(f"vacuum analyze {table}")
    finally:
        await owner.close()


async def _asked(
    database: Database, library: Library, question: Question, seconds: float
) -> Sample:
    took_s: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(took_s) < 2:
        began = time.perf_counter()
        async with database.transaction(library.tenant_id) as session:
            await question(session, library)
        took_s.append(time.perf_counter() - began)
        await asyncio.sleep(0)
    return {UNIT: quantiles(took_s, n=100, method="inclusive")[98] * 1000}


async def _search(session: AsyncSession, library: Library) -> object:
    filters = Filters(words=library.said(2))
    now = SystemClock().now()
    return await searching.stories_found(session, Reader(), filters, PAGE, sort=None, at=now)


async def _list(session: AsyncSession, library: Library) -> object:
    filters = Filters(state="live", topics=(f"topic-{library.chance.randrange(200)}",))
    now = SystemClock().now()
    return await searching.stories_found(session, Reader(), filters, PAGE, sort=None, at=now)


async def _queue(session: AsyncSession, _library: Library) -> object:
    now = SystemClock().now()
    return await waiting_for(session, Reviewer(), [], PAGE, QueueFilters(), at=now)


async def _read(session: AsyncSession, library: Library) -> object:
    return await get_story(session, library.chance.choice(library.story_ids))
