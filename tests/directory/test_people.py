"""Who is let in, by whom, and what of it the others hear."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import SettableClock, SystemClock
from contracts.directory import PersonChanged, PersonDeactivated, PersonProvisioned
from services.directory.main import SERVICE
from tests.directory.conftest import Company, admitted
from tests.world import World, problem_of

AT_ONCE = 6


async def test_an_admin_lets_others_in_as_employees(company: Company) -> None:
    bo = await company.let_in("bo")

    assert bo["roles"] == ["employee"]
    heard = (await company.announced())[-1]
    assert isinstance(heard, PersonProvisioned)
    assert (str(heard.person_id), heard.active) == (bo["person_id"], True)


async def test_an_employee_cannot_let_anybody_in(company: Company) -> None:
    await company.let_in("bo")

    answer = await company.as_("bo").post("/v1/people", {"subject": "eva", "display_name": "Eva"})

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")


async def test_a_role_that_was_given_holds_at_once_and_is_announced(company: Company) -> None:
    bo = await company.let_in("bo")

    await company.ida.patch(f"/v1/people/{bo['person_id']}", {"roles": ["admin"]})

    answer = await company.as_("bo").post("/v1/teams", {"name": "Drift"})
    assert answer.status_code == 201, answer.text
    changes = [event for event in await company.announced() if isinstance(event, PersonChanged)]
    assert [event.roles for event in changes] == [["admin"]]


async def test_null_takes_a_value_away_and_what_is_left_out_stays(company: Company) -> None:
    bo = await company.let_in("bo", region="Fyn", country="DK")

    answer = await company.ida.patch(f"/v1/people/{bo['person_id']}", {"region": None})

    assert answer.json() == {**bo, "region": None}


async def test_a_deactivated_person_is_refused_at_once(company: Company) -> None:
    bo = await company.let_in("bo")

    await company.ida.post(f"/v1/people/{bo['person_id']}/deactivate")

    answer = await company.as_("bo").get("/v1/me")
    assert (answer.status_code, problem_of(answer)) == (403, "person-unknown")
    assert isinstance((await company.announced())[-1], PersonDeactivated)


async def test_a_person_is_deactivated_once_however_often_it_is_asked_for(company: Company) -> None:
    bo = await company.let_in("bo")
    once = await company.ida.post(f"/v1/people/{bo['person_id']}/deactivate")
    heard = await company.announced()

    again = await company.ida.post(f"/v1/people/{bo['person_id']}/deactivate")

    assert again.json() == once.json()
    assert await company.announced() == heard


async def test_what_is_to_blame_is_pointed_at(company: Company) -> None:
    body = await company.ida.post(
        "/v1/people", {"subject": "bo", "display_name": "Bo", "region": 7}
    )
    query = await company.ida.get("/v1/people", limit=0)
    text = await company.ida.post_text("/v1/people", '{"subject": nobody}')

    assert [one["pointer"] for one in body.json()["errors"]] == ["/region"]
    assert [one["parameter"] for one in query.json()["errors"]] == ["limit"]
    assert [(one["pointer"], one["character"]) for one in text.json()["errors"]] == [("", 12)]


async def test_a_deactivated_person_is_not_changed_and_keeps_the_subject(company: Company) -> None:
    bo = await company.let_in("bo")
    await company.ida.post(f"/v1/people/{bo['person_id']}/deactivate")

    changed = await company.ida.patch(f"/v1/people/{bo['person_id']}", {"leader": True})
    again = await company.ida.post("/v1/people", {"subject": "bo", "display_name": "Bo Ny"})

    assert (changed.status_code, problem_of(changed)) == (409, "person-inactive")
    assert (again.status_code, problem_of(again)) == (409, "subject-taken")


async def test_the_last_admin_cannot_leave_the_door_unguarded(company: Company) -> None:
    me = (await company.ida.get("/v1/me")).json()

    answer = await company.ida.post(f"/v1/people/{me['person']['person_id']}/deactivate")

    assert (answer.status_code, problem_of(answer)) == (409, "last-admin")


async def test_two_admins_cannot_take_each_other_out_at_once(company: Company) -> None:
    ida = (await company.ida.get("/v1/me")).json()["person"]
    bo = await company.let_in("bo", "admin")

    answers = await asyncio.gather(
        company.ida.post(f"/v1/people/{bo['person_id']}/deactivate"),
        company.as_("bo").post(f"/v1/people/{ida['person_id']}/deactivate"),
    )

    assert [one.status_code for one in answers].count(200) == 1
    assert {problem_of(one) for one in answers if one.status_code != 200} <= {
        "last-admin",
        "person-unknown",
    }


async def test_of_two_people_at_once_with_one_subject_the_second_is_told(
    company: Company,
) -> None:
    bo = {"subject": "bo", "display_name": "Bo Krog"}

    answers = await asyncio.gather(*(company.ida.post("/v1/people", bo) for _ in range(AT_ONCE)))

    assert sorted(one.status_code for one in answers) == [201] + [409] * (AT_ONCE - 1)


async def test_people_are_found_by_team_role_activity_and_part_of_a_name(
    company: Company,
) -> None:
    team = await company.with_team("Drift")
    bo = await company.let_in("bo", "reviewer", team_id=team["team_id"])
    eva = await company.let_in("eva")
    await company.ida.post(f"/v1/people/{eva['person_id']}/deactivate")

    async def found(**question: Any) -> list[str]:
        answer = await company.ida.get("/v1/people", **question)
        return [person["subject"] for person in answer.json()["items"]]

    assert await found() == ["eva", "bo", "ida"]
    assert await found(team_id=team["team_id"]) == ["bo"]
    assert await found(role="reviewer") == [bo["subject"]]
    assert await found(active="false") == ["eva"]
    assert await found(name="EV") == ["eva"]
    assert await found(name="%") == []


@pytest.mark.parametrize(
    ("what", "where"),
    [("country", "dk"), ("country", "D"), ("language", "dansk!"), ("time_zone", "Mars/Olympus")],
)
async def test_a_place_that_no_standard_knows_is_refused_by_its_field(
    company: Company, what: str, where: str
) -> None:
    body = {"subject": "bo", "display_name": "Bo Krog", what: where}

    answer = await company.ida.post("/v1/people", body)

    assert (answer.status_code, problem_of(answer)) == (422, "place-unknown")
    assert answer.json()["pointer"] == f"/{what}"


async def test_news_of_somebody_is_younger_than_what_was_told_of_them_before(
    world: World,
) -> None:
    clock = SettableClock(SystemClock().now())
    async with world.open(SERVICE, clock=clock) as service:
        company = await admitted(world, service)
        bo = await company.let_in("bo")
        # Another process's clock, which goes after.
        clock.advance(timedelta(seconds=-5))
        await company.ida.patch(f"/v1/people/{bo['person_id']}", {"leader": True})
        await company.ida.post(f"/v1/people/{bo['person_id']}/deactivate")
        connection = await service.context.database.connect("relay")
        told = await connection.fetch(
            "select type, happened_at from outbox where aggregateid = $1 order by position",
            UUID(bo["person_id"]),
        )
        await connection.close()

    assert [one["type"].split(".")[2] for one in told] == ["provisioned", "changed", "deactivated"]
    assert told[0]["happened_at"] < told[1]["happened_at"] < told[2]["happened_at"]
