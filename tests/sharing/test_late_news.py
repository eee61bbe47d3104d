"""What sharing is told late, from the dead letters, changes nothing newer."""

from datetime import timedelta
from typing import Any

from chassis.people import find_person, get_tenant
from contracts.content import StoryRevised, StoryWithdrawn
from contracts.directory import PersonChanged, PersonDeactivated, TenantChanged
from contracts.sharing import AccountDisconnected, ShareCancelled
from tests.sharing.conftest import Company, a_story
from tests.sharing.test_feed import feed_of


async def test_a_publication_that_is_told_after_the_withdrawal_does_not_go_live(
    company: Company,
) -> None:
    ana = await company.advocate()
    story = a_story()

    await company.sharing.hear(company.tenant, StoryWithdrawn(story_id=story.story_id))
    await company.sharing.hear(company.tenant, story)
    await company.sharing.hear(company.tenant, StoryRevised(**story.model_dump() | {"version": 2}))

    assert await feed_of(company, "ana") == []
    assert (await ana.try_to_share(story.story_id)).status_code == 409


async def test_an_old_version_does_not_take_the_place_of_a_newer_one(company: Company) -> None:
    await company.hire("ana")
    story = a_story()
    told = [
        story,
        *(
            StoryRevised(**story.model_dump() | {"version": version, "title": f"Version {version}"})
            for version in (3, 2)
        ),
    ]

    for news in [*told, story]:
        await company.sharing.hear(company.tenant, news)

    assert [one["title"] for one in await feed_of(company, "ana")] == ["Version 3"]


async def test_a_deactivation_that_is_told_late_ends_nothing_of_who_is_back(
    company: Company,
) -> None:
    ana = await company.advocate()
    now = company.sharing.context.clock.now()
    known: dict[str, Any] = ana.person.model_dump()
    back = PersonChanged(**known | {"display_name": "Ana Ny"})
    gone = PersonDeactivated(**known | {"active": False, "roles": []})

    await company.sharing.hear(company.tenant, back, at=now + timedelta(minutes=2))
    await company.sharing.hear(company.tenant, gone, at=now + timedelta(minutes=1))

    assert await company.heard(AccountDisconnected) == []
    assert await company.heard(ShareCancelled) == []
    async with company.sharing.context.database.transaction(company.tenant.tenant_id) as session:
        found = await find_person(session, ana.person_id)
    assert found is not None
    assert found.display_name == "Ana Ny"


async def test_an_old_state_of_a_person_or_company_does_not_come_back(company: Company) -> None:
    ana = await company.hire("ana")
    now = company.sharing.context.clock.now()
    registered: dict[str, Any] = company.sharing.world.registered(company.tenant).model_dump()

    for minutes, name in ((2, "Ny"), (1, "Gammel"), (2, "Nyest")):
        at = now + timedelta(minutes=minutes)
        person = PersonChanged(**ana.model_dump() | {"display_name": name})
        await company.sharing.hear(company.tenant, person, at=at)
        tenant = TenantChanged(**registered | {"name": name})
        await company.sharing.hear(company.tenant, tenant, at=at)

    async with company.sharing.context.database.transaction(company.tenant.tenant_id) as session:
        person_known = await find_person(session, ana.person_id)
        tenant_known = await get_tenant(session)
    assert person_known is not None
    # Of two at one instant the later one counts, as Kafka has kept their order.
    assert (person_known.display_name, tenant_known.name) == ("Nyest", "Nyest")


async def test_who_joined_before_the_news_came_that_they_are_gone_leaves_after_they_joined(
    company: Company,
) -> None:
    ana = await company.advocate()
    before = company.sharing.context.clock.now() - timedelta(hours=1)
    gone = PersonDeactivated(**ana.person.model_dump() | {"active": False, "roles": []})

    async with company.sharing.context.database.transaction(company.tenant.tenant_id) as session:
        await (await session.connection()).exec_driver_sql(
            "update known_people set as_of = 'epoch'"
        )
    await company.sharing.hear(company.tenant, gone, at=before)

    relay = await company.sharing.context.database.connect("relay")
    told = await relay.fetch(
        "select type, happened_at from outbox where tenant_id = $1 order by position",
        company.tenant.tenant_id,
    )
    await relay.close()
    when = {one["type"].removeprefix("fortaler."): one["happened_at"] for one in told}
    assert when["advocate.left.v1"] >= when["advocate.joined.v1"]
    assert when["consent.withdrawn.v1"] >= when["consent.given.v1"]
    assert when["consent.given.v1"] > before
