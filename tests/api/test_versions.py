"""Of two who edit at once one is told: what can be edited has versions, and a change names one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest

from fortaler import services
from tests.api import freeze
from tests.api.documents import NEEDS_NO_VERSION, operations
from tests.api.versioned import EDITABLE, Editable, Found
from tests.world import OpenService, World, problem_of

AT_ONCE = 6
MADE = [name for name, one in EDITABLE.items() if one.made]
OLD = '"0123456789abcdef0123456789abcdef"'


@pytest.fixture(scope="module")
async def running(world: World) -> AsyncIterator[dict[str, OpenService]]:
    """The services of which something can be edited, running."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(world.open(services.load(name)))
            for name in {one.service for one in EDITABLE.values()}
        }


@pytest.fixture(params=EDITABLE)
def kind(request: pytest.FixtureRequest) -> Editable:
    return EDITABLE[request.param]


@pytest.fixture
async def found(world: World, running: dict[str, OpenService], kind: Editable) -> Found:
    return await kind.find(world, running[kind.service])


async def edit(
    kind: Editable, found: Found, change: int = 0, *, if_match: str | None
) -> httpx2.Response:
    edited = found.editor.put if kind.operation[0] == "PUT" else found.editor.patch
    return await edited(found.path, kind.changes[change], if_match=if_match)


async def test_a_change_needs_the_version_it_was_made_for(kind: Editable, found: Found) -> None:
    before = await found.editor.get(found.path)

    answer = await edit(kind, found, if_match=None)

    assert (answer.status_code, problem_of(answer)) == (428, "precondition-missing")
    assert (await found.editor.get(found.path)).content == before.content


async def test_the_version_that_was_read_can_be_changed(kind: Editable, found: Found) -> None:
    read = await found.editor.get(found.path)

    changed = await edit(kind, found, if_match=read.headers["etag"])
    after = await found.editor.get(found.path)

    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == after.headers["etag"] != read.headers["etag"]
    assert changed.content == after.content != read.content


@pytest.mark.parametrize("kind", MADE, indirect=True)
async def test_what_was_just_made_need_not_be_read_first(kind: Editable, found: Found) -> None:
    changed = await edit(kind, found, if_match=found.made_with)
    once_more = await edit(kind, found, 1, if_match=changed.headers["etag"])

    assert (changed.status_code, once_more.status_code) == (200, 200)


@pytest.mark.parametrize("tags", [OLD, f'{OLD}, "2"', "W/{read}"], ids=["old", "several", "weak"])
async def test_another_version_is_not_overwritten(kind: Editable, found: Found, tags: str) -> None:
    read = await found.editor.get(found.path)

    answer = await edit(kind, found, if_match=tags.format(read=read.headers["etag"]))

    assert (answer.status_code, problem_of(answer)) == (412, "precondition-failed")
    assert (await found.editor.get(found.path)).content == read.content


async def test_of_two_who_edit_at_once_the_second_is_told(kind: Editable, found: Found) -> None:
    read = (await found.editor.get(found.path)).headers["etag"]

    answers = await asyncio.gather(
        *(edit(kind, found, one % 2, if_match=read) for one in range(AT_ONCE))
    )

    assert sorted(one.status_code for one in answers) == [200] + [412] * (AT_ONCE - 1)


async def test_a_star_is_whichever_version_there_is(kind: Editable, found: Found) -> None:
    changed = [await edit(kind, found, one, if_match="*") for one in (0, 1)]

    assert [one.status_code for one in changed] == [200, 200]


async def test_what_is_no_tag_is_refused_as_such(kind: Editable, found: Found) -> None:
    read = (await found.editor.get(found.path)).headers["etag"]

    answer = await edit(kind, found, if_match=read.strip('"'))

    assert (answer.status_code, problem_of(answer)) == (400, "precondition-unreadable")


async def test_what_is_known_already_is_not_sent_again(kind: Editable, found: Found) -> None:
    read = await found.editor.get(found.path)

    known = await found.editor.ask_again(found.path, read.headers["etag"])
    await edit(kind, found, if_match=read.headers["etag"])
    news = await found.editor.ask_again(found.path, read.headers["etag"])

    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == read.headers["etag"]
    assert (news.status_code, news.content) == (200, (await found.editor.get(found.path)).content)


def test_whatever_can_be_edited_is_among_these() -> None:
    edits = {
        tuple(name.split())
        for service in services.NAMES
        for name, _ in operations(freeze.document_of(service))
        if name.startswith(("PATCH ", "PUT ")) and name not in NEEDS_NO_VERSION
    }

    assert edits == {one.operation for one in EDITABLE.values()}
