"""Many decisions at once: rules are read once, and nobody waits while texts are looked through."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.people import Person, find_by_subject
from services.content.domain.life import Verdict
from services.content.domain.stories import Story
from services.content.use_cases.reviews import review_stories
from tests.content.approving import a_stage, as_owner, made, trail
from tests.content.conftest import Newsroom, approval_of, done, refusal_of
from tests.content.test_guidelines import SECRET, published
from tests.content.test_text_findings import TOLD
from tests.patience import PATIENCE_S, within
from tests.world import problem_of

T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """Threads in which nothing goes on before a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.may_go_on = threading.Event()

    def submit(self, work: Callable[..., T], /, *about: Any, **named: Any) -> Future[T]:
        """Do something later."""
        self.asked.set()
        return super().submit(self._later, partial(work, *about, **named))

    def _later(self, work: Callable[[], T]) -> T:
        assert self.may_go_on.wait(PATIENCE_S)
        return work()


@pytest.fixture
def threads() -> Iterator[Threads]:
    """The threads in which texts are looked through."""
    ours = Threads()
    yield ours
    ours.may_go_on.set()
    ours.shutdown()


async def decided(newsroom: Newsroom, *stories: dict[str, Any]) -> list[str]:
    """Let Ravi approve many at once; answers for each its state, or why it was refused."""
    items = [{"story_id": one["story_id"], **approval_of(one)} for one in stories]
    answer = done(await newsroom.as_("ravi").post("/v1/reviews/decide", {"items": items}))
    return [one["state"] or one["problem"]["type"].rsplit("/")[-1] for one in answer["items"]]


async def deciding(
    newsroom: Newsroom, threads: Threads, *stories: dict[str, Any]
) -> asyncio.Task[list[str]]:
    """Begin to decide on many, and answer when their texts are being looked through."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(threads)
    begun = asyncio.create_task(decided(newsroom, *stories))
    try:
        await within(PATIENCE_S, threads.asked.wait())
    finally:
        loop.set_default_executor(ThreadPoolExecutor())
    return begun


async def is_locked(owner: asyncpg.Connection, story: dict[str, Any]) -> bool:
    """Answer whether somebody holds a story."""
    try:
        async with owner.transaction():
            question = "select story_id from stories where story_id = $1 for update nowait"
            found = await owner.fetch(question, story["story_id"])
    except asyncpg.LockNotAvailableError:
        return True
    assert len(found) == 1
    return False


async def test_no_story_is_locked_while_texts_are_looked_through(
    newsroom: Newsroom, threads: Threads
) -> None:
    await published(newsroom, rules=[SECRET])
    stories = [await newsroom.submitted(title=title) for title in ("One", "Two")]
    async with as_owner(newsroom) as owner:
        await owner.execute("select set_config('app.tenant_id', $1, false)", *tenant(newsroom))
        begun = await deciding(newsroom, threads, *stories)

        locked = [await is_locked(owner, story) for story in stories]
        threads.may_go_on.set()

    assert locked == [False, False]
    assert await begun == ["approved", "approved"]


async def test_what_was_decided_meanwhile_is_decided(newsroom: Newsroom, threads: Threads) -> None:
    await made(newsroom, a_stage(quorum=2))
    stopped, counted = await newsroom.submitted(title="One"), await newsroom.submitted(title="Two")
    begun = await deciding(newsroom, threads, stopped, counted)

    await newsroom.do("rosa", stopped, "review", refusal_of(stopped, "reject"))
    threads.may_go_on.set()

    assert await begun == ["wrong-story-state", "in_review"]
    assert [one["act"] for one in await trail(newsroom, stopped)][2:] == ["rejected"]


async def test_rules_are_read_once_for_many_decisions(newsroom: Newsroom) -> None:
    await published(newsroom, rules=[SECRET])
    stories = [await newsroom.submitted(title=title) for title in ("One", "Two", "Three")]
    verdicts = [Verdict(UUID(one["story_id"]), "approve", one["content_hash"]) for one in stories]
    context, asked = newsroom.content.context, list[str]()
    engine = context.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))

    async with context.database.transaction(newsroom.tenant.tenant_id) as session:
        ravi = await get_person(session, "ravi")
        outcomes = await review_stories(session, context.clock, ravi, verdicts)

    assert [isinstance(one, Story) and one.state for one in outcomes] == ["approved"] * 3
    assert sum("guideline_versions" in one for one in asked) == 1


async def get_person(session: AsyncSession, name: str) -> Person:
    found = await find_by_subject(session, name)
    assert found is not None
    return found


async def test_what_is_not_ones_own_to_decide_is_not_looked_through(
    newsroom: Newsroom, threads: Threads
) -> None:
    own, fine = await newsroom.submitted("ravi", title="One"), await newsroom.submitted()
    gone = {**fine, "content_hash": "0" * 64}
    loop = asyncio.get_running_loop()
    loop.set_default_executor(threads)

    outcomes = await within(PATIENCE_S, decided(newsroom, own, gone))

    loop.set_default_executor(ThreadPoolExecutor())
    assert outcomes == ["own-story", "content-changed"]
    assert not threads.asked.is_set()


async def test_one_text_in_many_stories_is_refused_in_each(newsroom: Newsroom) -> None:
    tells = [await newsroom.submitted(**TOLD) for _ in range(2)]
    await published(newsroom, rules=[SECRET])

    assert await decided(newsroom, *tells) == ["story-against-guidelines"] * 2
    answer = await newsroom.try_to("ravi", tells[0], "review", approval_of(tells[0]))
    assert problem_of(answer) == "story-against-guidelines"


def tenant(newsroom: Newsroom) -> tuple[str]:
    return (str(newsroom.tenant.tenant_id),)
