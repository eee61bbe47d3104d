"""The whole path of a share: join, consent, connect, find, share, publish."""

from contracts.sharing import (
    AccountConnected,
    AdvocateJoined,
    ConsentGiven,
    ProgramOpened,
    SharePublished,
    ShareScheduled,
)
from tests.sharing.conftest import Company


async def test_a_story_reaches_the_network_in_the_advocates_own_words(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()

    feed = (await ana.calls.get("/v1/feed")).json()["items"]
    share = await ana.share(story_id, "Jeg kører forbi møllen hver morgen, og nu ved jeg hvorfor.")
    await company.publish()

    assert [story["story_id"] for story in feed] == [str(story_id)]
    published = await ana.read(share)
    [post] = await company.sandbox.posts_of(ana.handle)
    assert published["state"] == "published"
    assert [step["state"] for step in published["history"]] == [
        "scheduled",
        "publishing",
        "published",
    ]
    assert (published["post_id"], published["own_words"]) == (post["id"], True)
    assert post["text"] == published["text"] == share["text"]
    assert post["text"].startswith("Jeg arbejder hos Nordlys Energi. Jeg kører forbi")
    assert post["text"].endswith(f"\n\n{share['link']}")
    assert post["client_ref"] == f"share-{share['share_id']}"
    assert [type(event) for event in await company.sharing.announced(company.tenant)] == [
        ProgramOpened,
        AdvocateJoined,
        ConsentGiven,
        ConsentGiven,
        AccountConnected,
        ShareScheduled,
        SharePublished,
    ]
