"""Delegations end by whoever made them and by whoever was made a delegate, who was not asked."""

from services.content.domain.delegations import DELEGATIONS_MAX
from tests.content.approving import delegated, hired, waiting
from tests.content.conftest import Newsroom, done
from tests.world import problem_of


async def test_whoever_delegated_or_was_delegated_to_ends_it(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    made_by_ravi = await delegated(newsroom, "ravi", lea)
    await newsroom.submitted()
    path = f"/v1/delegations/{made_by_ravi['delegation_id']}/end"
    before = await waiting(newsroom, "lea")

    stranger = await newsroom.as_("emil").post(path)
    once, twice = [done(await newsroom.as_(who).post(path)) for who in ("lea", "ravi")]

    assert (stranger.status_code, problem_of(stranger)) == (404, "delegation-not-found")
    assert once == twice
    assert once["ended_at"] is not None
    assert (len(before), await waiting(newsroom, "lea")) == (1, [])


async def test_nobody_is_kept_from_being_a_delegate_by_delegations_they_never_wanted(
    newsroom: Newsroom,
) -> None:
    lea = await hired(newsroom, "lea", "employee")
    pointless = [await delegated(newsroom, "emil", lea) for _ in range(DELEGATIONS_MAX)]
    path = f"/v1/delegations/{pointless[0]['delegation_id']}/end"

    ended = done(await newsroom.as_("lea").post(path))
    wanted = await delegated(newsroom, "ravi", lea)

    assert ended["ended_at"] is not None
    assert wanted["ended_at"] is None
