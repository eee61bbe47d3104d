"""Which edition of an entry a followed calendar shows, and to whom that tells nothing (ADR 33)."""

from datetime import timedelta
from typing import Any

from tests.content.conftest import Newsroom, approval_of, done, refusal_of
from tests.content.test_calendar_feeds import asked, components, opened


async def edition(newsroom: Newsroom, feed: dict[str, Any]) -> tuple[str, bytes]:
    answer = await asked(newsroom.content, feed)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"], answer.content


async def test_a_feed_tells_a_reader_nothing_of_a_later_version_before_it_is_live(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.live("ana", title="Told")
    emils, anas = await opened(newsroom, "emil"), await opened(newsroom, "ana")
    before, anas_before = await edition(newsroom, emils), await edition(newsroom, anas)

    meanwhile = []
    await newsroom.do("ana", story, "revise")
    meanwhile.append(await edition(newsroom, emils))
    path = f"/v1/stories/{story['story_id']}"
    revision = done(await newsroom.as_("ana").patch(path, {"title": "Told anew"}))
    meanwhile.append(await edition(newsroom, emils))
    await newsroom.do("ana", story, "submit")
    meanwhile.append(await edition(newsroom, emils))
    await newsroom.do("ravi", story, "review", approval_of(revision))
    meanwhile.append(await edition(newsroom, emils))
    anas_meanwhile = await edition(newsroom, anas)
    await newsroom.do("ana", story, "publish")
    after = await edition(newsroom, emils)

    assert meanwhile == [before] * 4
    assert anas_meanwhile != anas_before
    assert after[0] != before[0]
    [[old], [new]] = [components("VEVENT", body) for _tag, body in (before, after)]
    assert (str(old["summary"]), str(new["summary"])) == ("Told (live)", "Told anew (live)")
    assert new["sequence"] > old["sequence"]
    assert new.decoded("last-modified") >= old.decoded("last-modified")


async def test_a_revision_that_came_to_nothing_never_was_in_a_readers_feed(
    newsroom: Newsroom,
) -> None:
    story, feed = await newsroom.live("ana", title="Told"), await opened(newsroom, "emil")
    before = await edition(newsroom, feed)

    await newsroom.do("ana", story, "revise")
    revision = await newsroom.do("ana", story, "submit")
    await newsroom.do("ravi", story, "review", refusal_of(revision, "reject"))

    assert await edition(newsroom, feed) == before


async def test_an_authors_editions_only_ever_grow(newsroom: Newsroom) -> None:
    story, feed = await newsroom.live("ana", title="Told"), await opened(newsroom, "ana")
    at = newsroom.content.context.clock.now() + timedelta(days=5)

    editions = [await edition(newsroom, feed)]
    revision = await newsroom.do("ana", story, "revise")
    path, ends = f"/v1/stories/{story['story_id']}", {"expires_at": at.isoformat()}
    revision = done(await newsroom.as_("ana").patch(path, ends))
    editions.append(await edition(newsroom, feed))
    revision = await newsroom.do("ana", story, "submit")
    # From here on the calendar shows the version that is live again.
    await newsroom.do("ravi", story, "review", refusal_of(revision, "reject"))
    editions.append(await edition(newsroom, feed))

    found = [
        max(event["sequence"] for event in components("VEVENT", body)) for _tag, body in editions
    ]
    assert found == sorted(found)
    assert found[0] < found[-1]
