"""Sharing a story: what is asked before, what the answer shows, and who may see it."""

from uuid import UUID

import pytest
from yarl import URL

from chassis.ids import new_id
from contracts.sharing import ShareCancelled, ShareScheduled
from tests.sharing.conftest import Company
from tests.world import World, problem_of


async def test_the_tracked_link_is_announced_before_the_network_hears_of_anything(
    company: Company,
) -> None:
    ana = await company.advocate()
    campaign_id = new_id()
    story_id = await company.publish_story(campaign_id=campaign_id)

    share = await ana.share(story_id)

    [scheduled] = await company.heard(ShareScheduled)
    target = URL(scheduled.target)
    assert share["link"] == f"http://localhost:8080/r/{scheduled.code}"
    assert len(scheduled.code) >= 10
    assert (target.host, target.fragment, target.query["ref"]) == ("nordlys.example", "top", "hub")
    assert target.query["utm_source"] == "sandbox"
    assert target.query["utm_medium"] == "advocacy"
    assert target.query["utm_campaign"] == str(campaign_id)
    assert str(ana.person_id) not in scheduled.target
    assert await company.sandbox.posts_of(ana.handle) == []


async def test_a_story_without_a_link_has_none_to_track(company: Company) -> None:
    ana = await company.advocate()

    share = await ana.share(await company.publish_story(link=None))

    [scheduled] = await company.heard(ShareScheduled)
    assert (scheduled.code, scheduled.target, share["link"]) == (None, None, None)
    assert share["text"] == "Jeg arbejder hos Nordlys Energi. Det her er jeg stolt af."


@pytest.mark.parametrize(
    ("text", "first", "kind"),
    [
        ("Reklame: Kom og se falken, den er stor", "Reklame: Kom", "ad_word"),
        ("I work here and this is our falcon", "I work at Nordlys Energi. I work", "employment"),
        ("Et samarbejde, jeg er glad for", "Jeg arbejder hos Nordlys Energi. Et", "employment"),
    ],
)
async def test_the_answer_shows_the_text_that_will_stand_there_with_the_decision(
    company: Company, text: str, first: str, kind: str
) -> None:
    ana = await company.advocate()

    share = await ana.share(await company.publish_story(), text)

    assert share["text"].startswith(first)
    assert share["disclosure"] == kind
    assert share["decision"]["rule_set"] == "2026-11"
    assert share["decision"]["outcome"]["kind"] == kind
    assert share["decision"]["decided_at"]


async def test_suggested_copy_shared_as_it_is_is_not_own_words(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()

    share = await ana.share(
        story_id, "Vi stoppede en mølle i seks dage for tre falkeunger. Læs hvorfor!"
    )

    assert share["own_words"] is False


async def test_a_text_too_long_with_disclosure_and_link_is_refused_not_cut(
    company: Company,
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    room = 500 - len("Jeg arbejder hos Nordlys Energi. ") - len("\n\n") - 23

    fits = await ana.try_to_share(story_id, "å" * room)
    await ana.calls.post(f"/v1/shares/{fits.json()['share_id']}/cancel")
    too_long = await ana.try_to_share(story_id, "å" * (room + 1))

    assert fits.status_code == 201
    assert (too_long.status_code, problem_of(too_long)) == (422, "text-too-long")
    assert (too_long.json()["length"], too_long.json()["length_max"]) == (501, 500)


async def test_whoever_asks_again_in_the_same_words_has_not_posted_twice(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    first = await ana.share(story_id, "Det er jeg stolt af.")
    await company.publish()

    again = await ana.try_to_share(story_id, "Det er jeg stolt af.")
    anew = await ana.try_to_share(story_id, "Og nu er ungerne fløjet.")
    await company.publish()

    assert (again.status_code, problem_of(again)) == (409, "share-repeated")
    assert again.json()["share_id"] == first["share_id"]
    assert anew.status_code == 201
    assert len(await company.sandbox.posts_of(ana.handle)) == 2


async def test_sharing_twice_by_mistake_is_refused_while_the_first_is_under_way(
    company: Company,
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    first = await ana.share(story_id)

    second = await ana.try_to_share(story_id)

    assert (second.status_code, problem_of(second)) == (409, "share-under-way")
    assert second.json()["share_id"] == first["share_id"]


async def test_without_joining_nothing_is_shared(company: Company) -> None:
    await company.hire("bo")

    body = {"story_id": str(new_id()), "account_id": str(new_id()), "text": "Hej"}
    answer = await company.as_("bo").post("/v1/shares", body, key=str(new_id()))

    assert (answer.status_code, problem_of(answer)) == (403, "not-an-advocate")


async def test_without_the_consent_to_publish_nothing_is_shared(company: Company) -> None:
    ana = await company.advocate()
    await ana.withdraw("publish")

    answer = await ana.try_to_share(await company.publish_story())

    assert (answer.status_code, problem_of(answer)) == (403, "consent-missing")
    assert (answer.json()["purpose"], answer.json()["network"]) == ("publish", "sandbox")


async def test_a_disconnected_account_cannot_be_shared_on(company: Company) -> None:
    ana = await company.advocate()
    await ana.calls.delete(f"/v1/accounts/{ana.account_id}")

    answer = await ana.try_to_share(await company.publish_story())

    assert (answer.status_code, problem_of(answer)) == (409, "account-not-connected")


async def test_a_colleagues_account_cannot_be_shared_on(company: Company) -> None:
    ana = await company.advocate("ana")
    bo = await company.advocate("bo")
    bo.account_id = ana.account_id

    answer = await bo.try_to_share(await company.publish_story())

    assert (answer.status_code, problem_of(answer)) == (404, "account-not-found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"story_id": str(UUID(int=1)), "account_id": str(UUID(int=1)), "text": ""},
        {"story_id": str(UUID(int=1)), "account_id": str(UUID(int=1)), "text": "x" * 5001},
        {"story_id": str(UUID(int=1)), "account_id": str(UUID(int=1)), "text": "a\x00b"},
        {"story_id": "1", "account_id": str(UUID(int=1)), "text": "x"},
        {"story_id": str(UUID(int=1)), "account_id": str(UUID(int=1)), "text": "x", "to": "all"},
    ],
)
async def test_a_share_without_its_shape_is_refused(
    company: Company, body: dict[str, object]
) -> None:
    await company.hire("ana")

    answer = await company.as_("ana").post("/v1/shares", body, key=str(new_id()))

    assert (answer.status_code, problem_of(answer)) == (422, "validation-failed")


async def test_a_waiting_share_can_be_cancelled_and_a_published_one_cannot(
    company: Company,
) -> None:
    ana = await company.advocate()
    waiting = await ana.share(await company.publish_story())

    cancelled = await ana.calls.post(f"/v1/shares/{waiting['share_id']}/cancel")
    again = await ana.calls.post(f"/v1/shares/{waiting['share_id']}/cancel")
    published = await ana.share(await company.publish_story())
    await company.publish()
    too_late = await ana.calls.post(f"/v1/shares/{published['share_id']}/cancel")

    assert (cancelled.json()["state"], again.status_code) == ("cancelled", 200)
    assert (too_late.status_code, problem_of(too_late)) == (409, "share-not-cancellable")
    assert [event.reason for event in await company.heard(ShareCancelled)] == ["by_advocate"]
    assert len(await company.sandbox.posts_of(ana.handle)) == 1


async def test_own_shares_are_listed_by_state_and_story(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    first = await ana.share(story_id)
    await company.publish()
    second = await ana.share(await company.publish_story())

    async def found(**query: str) -> list[str]:
        page = (await ana.calls.get("/v1/shares", **query)).json()
        return [share["share_id"] for share in page["items"]]

    assert await found() == [second["share_id"], first["share_id"]]
    assert await found(state="published") == [first["share_id"]]
    assert await found(story_id=str(story_id)) == [first["share_id"]]


async def test_somebody_elses_share_is_not_found(company: Company, world: World) -> None:
    ana = await company.advocate("ana")
    share = await ana.share(await company.publish_story())
    await company.hire("bo", "program_manager", "admin")
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.hire("eva")

    for stranger in (company.as_("bo"), elsewhere.as_("eva")):
        for answer in (
            await stranger.get(f"/v1/shares/{share['share_id']}"),
            await stranger.post(f"/v1/shares/{share['share_id']}/cancel"),
        ):
            assert (answer.status_code, problem_of(answer)) == (404, "share-not-found")
        assert (await stranger.get("/v1/shares")).json()["items"] == []
