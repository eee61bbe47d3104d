"""The trail is a chain: whoever changes, adds, loses or cuts off an entry is found out (C3)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.content.domain import chain
from services.content.domain.chain import EMPTY, Entry, Head, Stored
from tests.content.approving import as_owner, trail, verified
from tests.content.conftest import Newsroom, done, refusal_of

STORY = UUID(int=7)
NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)

entries = st.builds(
    Entry,
    position=st.just(0),
    act=st.sampled_from(["edited", "approved"]),
    actor_id=st.none() | st.uuids(),
    version=st.integers(1, 3),
    content_hash=st.text(max_size=4),
    reasons=st.lists(st.text(max_size=4), max_size=2).map(tuple),
    happened_at=st.datetimes(timezones=st.just(UTC)),
    stage=st.none() | st.text(max_size=4),
    on_behalf_of=st.none() | st.uuids(),
    comment=st.none() | st.text(max_size=4),
    from_person_id=st.none() | st.uuids(),
    to_person_id=st.none() | st.uuids(),
)


def chained(told: list[Entry]) -> tuple[list[Stored], Head]:
    head, found = EMPTY, []
    for entry in told:
        numbered = Entry(**{**vars(entry), "position": head.entries + 1})
        head = chain.sealed(head, STORY, numbered)
        found.append(Stored(numbered, head.entry_hash))
    return found, head


def test_the_hash_of_an_entry_is_for_ever() -> None:
    entry = Entry(1, "approved", UUID(int=1), 2, "ab", ("Why.",), NOON)

    head = chain.sealed(Head(0, None), STORY, entry)

    assert head == Head(1, KNOWN)


KNOWN = "eb8f9286ba4ebc7a3a14520a87cf34dc2b9337419cd35b6dca184489b8a16655"


def test_one_instant_in_two_zones_is_one_hash() -> None:
    here, there = (
        Entry(1, "approved", None, 1, "", (), at)
        for at in (NOON, NOON.astimezone(timezone(timedelta(hours=2))))
    )

    assert chain.sealed(EMPTY, STORY, here) == chain.sealed(EMPTY, STORY, there)


@settings(deadline=None)
@given(st.lists(entries, min_size=1, max_size=6), st.data())
def test_any_change_of_any_entry_is_found_at_its_place(
    told: list[Entry], data: st.DataObject
) -> None:
    found, head = chained(told)
    place = data.draw(st.integers(0, len(found) - 1))
    field = data.draw(st.sampled_from(sorted(set(vars(found[0].entry)) - {"position"})))
    other = getattr(data.draw(entries), field)
    before = found[place].entry
    found[place] = Stored(Entry(**{**vars(before), field: other}), found[place].entry_hash)

    verification = chain.verify(STORY, found, head)

    if other == getattr(before, field):
        assert verification.intact
    else:
        assert (verification.intact, verification.broken_at) == (False, place + 1)


@settings(deadline=None)
@given(st.lists(entries, min_size=2, max_size=6), st.data())
def test_losing_adding_or_cutting_off_is_found(told: list[Entry], data: st.DataObject) -> None:
    found, head = chained(told)
    lost = data.draw(st.integers(0, len(found) - 1))
    longer, _ = chained([*told, told[0]])
    anew, _ = chained([*told[:-1], Entry(**{**vars(told[-1]), "version": 9})])

    assert chain.verify(STORY, found, head).intact
    assert chain.verify(STORY, found[:lost] + found[lost + 1 :], head).broken_at == lost + 1
    assert chain.verify(STORY, found[:-1], head).broken_at == len(found)
    assert chain.verify(STORY, longer, head).broken_at == len(found) + 1
    # A tail that was written anew with fitting hashes is not what the story was told.
    assert chain.verify(STORY, anew, head).broken_at == len(found)
    assert not chain.verify(UUID(int=8), found, head).intact


async def told(newsroom: Newsroom) -> dict[str, Any]:
    """Answer a story to which much was done."""
    story = await newsroom.submitted()
    await newsroom.do("rosa", story, "review", refusal_of(story, "request_changes"))
    await newsroom.approve(await newsroom.do("ana", story, "submit"))
    return await newsroom.do("pia", story, "publish")


async def test_a_trail_shows_its_hashes_and_is_whole(newsroom: Newsroom) -> None:
    story = await told(newsroom)

    found = await verified(newsroom, story)

    shown = await trail(newsroom, story)
    assert found == {
        "story_id": story["story_id"],
        "intact": True,
        "broken_at": None,
        "entries": 6,
        "head_hash": shown[-1]["entry_hash"],
        "retained_until": None,
    }
    assert len({one["entry_hash"] for one in shown}) == 6


TAMPERING = {
    "an approval gets another hand": (
        "update story_trail set actor_id = gen_random_uuid() where position = 5", 5,
    ),
    "a no becomes a yes": ("update story_trail set act = 'approved' where position = 3", 3),
    "reasons are taken out": ("update story_trail set reasons = '{}' where position = 3", 3),
    "an entry is dated back": (
        "update story_trail set happened_at = happened_at - interval '1 microsecond'"
        " where position = 2", 2,
    ),
    "an entry is lost": ("delete from story_trail where position = 3", 3),
    "the tail is cut off": ("delete from story_trail where position = 6", 6),
    "all is lost": ("delete from story_trail where true", 1),
    "an entry is added": (
        "insert into story_trail (tenant_id, story_id, position, act, actor_id, version,"
        " content_hash, reasons, happened_at) select tenant_id, story_id, 7, 'approved', actor_id,"
        " version, content_hash, '{}', happened_at from story_trail where position = 5", 7,
    ),
    "two entries change places": (
        "update story_trail set position = case position when 3 then 103 else 104 end"
        " where position in (3, 4);"
        "update story_trail set position = case position when 103 then 4 else 3 end"
        " where position in (103, 104)", 3,
    ),
}  # fmt: skip
"""What somebody may do who owns the table, and where it is found."""


@pytest.mark.parametrize("what", TAMPERING)
async def test_whoever_tampers_with_a_trail_is_found_out(newsroom: Newsroom, what: str) -> None:
    story = await told(newsroom)
    tampering, place = TAMPERING[what]

    async with as_owner(newsroom) as owner:
        for statement in tampering.split(";"):
            await owner.execute(f"{statement} and story_id = '{UUID(story['story_id'])}'")

    found = await verified(newsroom, story)
    assert (found["intact"], found["broken_at"]) == (False, place)


async def test_what_was_written_without_a_hash_is_sealed_by_what_comes_next(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.submitted()
    async with as_owner(newsroom) as owner:
        # A process of before the chain, which is still there while the new ones come.
        await owner.execute(
            "insert into story_trail (tenant_id, story_id, position, act, actor_id, version,"
            " content_hash, reasons, happened_at) select tenant_id, story_id, 3, 'submitted',"
            " actor_id, version, content_hash, '{}', happened_at from story_trail"
            " where position = 2 and story_id = $1",
            UUID(story["story_id"]),
        )
    before = await verified(newsroom, story)

    await newsroom.approve(story)

    after = await verified(newsroom, story)
    assert (before["intact"], before["broken_at"]) == (False, 3)
    assert (after["intact"], after["entries"]) == (True, 4)


async def test_a_trail_is_verified_by_those_who_read_it(newsroom: Newsroom) -> None:
    story = await newsroom.live()
    path = f"/v1/stories/{story['story_id']}/trail/verification"

    assert (await newsroom.as_("emil").get(path)).status_code == 403
    assert done(await newsroom.as_("ana").get(path))["intact"]
