"""Teams: a name of their own, and people who are put in them."""

import asyncio

from chassis.ids import new_id
from contracts.directory import TeamChanged, TeamCreated
from tests.directory.conftest import Company
from tests.world import problem_of

AT_ONCE = 6


async def test_a_team_that_gets_another_name_is_announced_with_it(company: Company) -> None:
    team = await company.with_team("Drift")

    await company.ida.patch(f"/v1/teams/{team['team_id']}", {"name": "Drift og service"})

    created, renamed = (await company.announced())[-2:]
    assert isinstance(created, TeamCreated)
    assert isinstance(renamed, TeamChanged)
    assert (created.team_id, created.name) == (renamed.team_id, "Drift")
    assert renamed.name == "Drift og service"


async def test_of_two_teams_at_once_with_one_name_the_second_is_told(company: Company) -> None:
    ida = company.ida
    made = [await company.with_team(name) for name in ("Nord", "Syd", "Vest")]
    paths = [f"/v1/teams/{team['team_id']}" for team in made]

    renamed = await asyncio.gather(*(ida.patch(path, {"name": "Havet"}) for path in paths))
    created = await asyncio.gather(
        *(ida.post("/v1/teams", {"name": "Kysten"}) for _ in range(AT_ONCE))
    )

    assert sorted(one.status_code for one in renamed) == [200, 409, 409]
    assert sorted(one.status_code for one in created) == [201] + [409] * (AT_ONCE - 1)


async def test_nobody_is_put_in_a_team_that_is_not_there(company: Company) -> None:
    body = {"subject": "bo", "display_name": "Bo Krog", "team_id": str(new_id())}

    answer = await company.ida.post("/v1/people", body)

    assert (answer.status_code, problem_of(answer)) == (422, "team-unknown")
