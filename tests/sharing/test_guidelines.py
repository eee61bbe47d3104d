"""An advocate's text keeps the guidelines when it is shared, and still when it goes out (C4)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import SystemClock
from chassis.ids import new_id
from contracts.checks.checking import FINDINGS_SHOWN_MAX
from contracts.checks.rules import RULES
from contracts.content import GuidelinePublished, GuidelineRetired
from contracts.sharing import ShareFailed
from tests.sharing.conftest import Company
from tests.world import problem_of

SECRET: dict[str, Any] = {
    "kind": "confidential",
    "id": "not-yet-told",
    "severity": "refuse",
    "terms": ["Projekt Falk"],
    "prefix": True,
    "reason": "Det fortæller vi om til foråret.",
}
TOLD = "Jeg glæder mig til Projekt Falk."


async def published(
    company: Company, *rules: dict[str, Any], guideline_id: UUID | None = None, version: int = 1
) -> UUID:
    """Let content announce that a guideline with these rules holds."""
    event = GuidelinePublished(
        guideline_id=guideline_id or new_id(), version=version, rules=RULES.validate_python(rules)
    )
    await company.sharing.hear(company.tenant, event)
    return event.guideline_id


def in_minutes(minutes: int) -> datetime:
    return SystemClock().now() + timedelta(minutes=minutes)


async def test_what_a_guideline_refuses_is_not_shared_and_the_author_is_told_where(
    company: Company,
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    guideline_id = await published(company, SECRET)

    answer = await ana.try_to_share(story_id, "🎉 Om Projektfalken kan jeg ikke sige noget.")

    assert (answer.status_code, problem_of(answer)) == (422, "text-against-guidelines")
    (finding,) = answer.json()["findings"]
    assert finding["guideline_id"] == str(guideline_id)
    assert (finding["rule_id"], finding["excerpt"]) == ("not-yet-told", "Projektfalken")
    assert (finding["start"], finding["start_utf16"]) == (5, 6)
    assert finding["reason"] == SECRET["reason"]
    assert (await ana.calls.get("/v1/shares")).json()["items"] == []


@pytest.mark.parametrize("path", ["projekt%20falk", "Projekt-F%61lk", "?q=Projekt+Falk"])
async def test_a_link_in_ones_own_words_tells_no_secret_either(company: Company, path: str) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    await published(company, SECRET)

    answer = await ana.try_to_share(story_id, f"Se https://x.example/{path}")

    assert (answer.status_code, problem_of(answer)) == (422, "text-against-guidelines")


async def test_of_many_refusals_the_first_are_named_and_all_are_counted(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    rules = [{**SECRET, "id": f"r{number}", "terms": ["Falk"]} for number in range(8)]
    await published(company, *rules)

    answer = await ana.try_to_share(story_id, "Falk " * 20)

    refusal = answer.json()
    assert (len(refusal["findings"]), refusal["total"]) == (FINDINGS_SHOWN_MAX, 160)


@pytest.mark.parametrize("severity", ["warn", "hint"])
async def test_what_is_only_advised_against_is_shared_and_told(
    company: Company, severity: str
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    guideline_id = await published(company, {**SECRET, "severity": severity})

    share = await ana.share(story_id, TOLD)

    assert share["state"] == "scheduled"
    (finding,) = share["findings"]
    assert finding["guideline_id"] == str(guideline_id)
    assert (finding["severity"], finding["excerpt"]) == (severity, "Projekt Falk")
    assert TOLD[finding["start"] : finding["end"]] == "Projekt Falk"
    await company.publish()
    read = await ana.read(share)
    assert (read["state"], read["findings"]) == ("published", share["findings"])


async def test_a_rule_that_was_published_meanwhile_stops_a_share_that_waits(
    company: Company,
) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story(), TOLD)

    await published(company, SECRET)
    await company.publish()

    failed = await ana.read(share)
    assert (failed["state"], failed["reason"]) == ("failed", "against_guidelines")
    assert await company.sandbox.posts_of(ana.handle) == []
    assert [event.reason for event in await company.heard(ShareFailed)] == ["against_guidelines"]


async def test_a_term_is_no_secret_any_more_once_its_end_has_passed(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    passed, soon = ({**SECRET, "until": in_minutes(minutes)} for minutes in (-1, 5))
    guideline_id = await published(company, passed)
    share = await ana.share(story_id, TOLD)

    await published(company, soon, guideline_id=guideline_id, version=2)
    await company.publish(after_s=301)

    assert (await ana.read(share))["state"] == "published"


async def test_a_term_whose_end_is_still_to_come_stops_a_share(company: Company) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story(), TOLD)

    await published(company, {**SECRET, "until": in_minutes(5)})
    await company.publish(after_s=60)

    assert (await ana.read(share))["reason"] == "against_guidelines"


async def test_our_own_disclosure_and_link_are_not_held_against_the_author(
    company: Company,
) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    await published(
        company,
        {**SECRET, "terms": ["Nordlys"]},
        {
            "kind": "links",
            "id": "our-hosts",
            "severity": "refuse",
            "use": "allowed",
            "hosts": ["nordlys.example"],
        },
    )

    share = await ana.share(story_id, "En vandrefalk fik lov at blive i fred hos os.")
    await company.publish()

    assert "Nordlys" in share["text"]
    assert (await ana.read(share))["state"] == "published"


async def test_a_rule_for_another_network_or_language_says_nothing_here(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    await published(
        company,
        {**SECRET, "id": "elsewhere", "networks": ["linkedin"]},
        {**SECRET, "id": "otherwise", "languages": ["de"]},
    )

    share = await ana.share(story_id, f"{TOLD} Det er jeg stolt af.")

    assert share["state"] == "scheduled"


async def test_an_older_version_that_is_told_late_does_not_come_back(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    guideline_id = await published(company, version=2)

    await published(company, SECRET, guideline_id=guideline_id, version=1)

    assert (await ana.share(story_id, TOLD))["state"] == "scheduled"


async def test_the_same_version_told_twice_holds_as_once(company: Company) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    guideline_id = await published(company, SECRET)

    await published(company, SECRET, guideline_id=guideline_id)

    answer = await ana.try_to_share(story_id, TOLD)
    assert len(answer.json()["findings"]) == 1


@pytest.mark.parametrize("late", [False, True], ids=["in time", "after its retirement"])
async def test_a_guideline_that_was_retired_holds_no_more(company: Company, late: bool) -> None:
    ana = await company.advocate()
    story_id = await company.publish_story()
    guideline_id = new_id()
    retired = GuidelineRetired(guideline_id=guideline_id, version=1)

    if not late:
        await published(company, SECRET, guideline_id=guideline_id)
    await company.sharing.hear(company.tenant, retired)
    if late:
        await published(company, SECRET, guideline_id=guideline_id, version=2)

    assert (await ana.share(story_id, TOLD))["state"] == "scheduled"
