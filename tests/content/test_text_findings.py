"""Texts and stories are checked against the guidelines that hold, at every step to readers (C4)."""

from typing import Any

import pytest

from tests.content.conftest import Newsroom, a_story, approval_of, done
from tests.content.test_guidelines import SECRET, TONE, path_of, publish, published
from tests.world import problem_of

TOLD = {"body": "Vi bygger videre på Projekt Falk."}


async def check(newsroom: Newsroom, text: str, **fields: Any) -> list[dict[str, Any]]:
    body = {"text": text, "language": "da", "network": "linkedin", **fields}
    found = done(await newsroom.as_("emil").post("/v1/guidelines/check", body))
    assert found["total"] == len(found["findings"])
    findings: list[dict[str, Any]] = found["findings"]
    return findings


async def test_any_text_can_be_checked_against_all_guidelines_that_hold(
    newsroom: Newsroom,
) -> None:
    tone = await published(newsroom)
    secret = await published(newsroom, rules=[SECRET])

    first, second = await check(newsroom, "🎉 Bedste år! Og Projekt Falk.")

    assert first == {
        "guideline_id": tone["guideline_id"],
        "pointer": "/text",
        "rule_id": "no-superlatives",
        "kind": "words",
        "severity": "warn",
        "start": 2,
        "end": 8,
        "start_utf16": 3,
        "end_utf16": 9,
        "excerpt": "Bedste",
        "message": "This is better said otherwise.",
        "suggestion": "god til",
        "reason": None,
    }
    assert (second["guideline_id"], second["excerpt"]) == (secret["guideline_id"], "Projekt Falk")
    assert second["reason"] == SECRET["reason"]


async def test_what_is_worked_on_or_retired_finds_nothing(newsroom: Newsroom) -> None:
    guideline = await published(newsroom)
    await newsroom.as_("pia").patch(path_of(guideline), {"rules": [TONE, SECRET]})
    working = await check(newsroom, "Projekt Falk er bedst.")

    await newsroom.as_("pia").post(path_of(guideline, "/retire"))

    assert [one["rule_id"] for one in working] == ["no-superlatives"]
    assert await check(newsroom, "Projekt Falk er bedst.") == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": ""}, "validation-failed"),
        ({"text": "x" * 10_001}, "validation-failed"),
        ({"text": "a\x00b"}, "validation-failed"),
        ({"network": "icq"}, "validation-failed"),
        ({"language": "Danish"}, "validation-failed"),
        ({"language": "dk"}, "language-unknown"),
    ],
)
async def test_what_cannot_be_checked_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str
) -> None:
    body = {"text": "Hej", "language": "da", "network": "x", **fields}

    answer = await quiet_newsroom.as_("emil").post("/v1/guidelines/check", body)

    assert (answer.status_code, problem_of(answer)) == (422, problem)


async def test_each_finding_in_a_story_points_to_its_field(newsroom: Newsroom) -> None:
    rules = [
        {**TONE, "terms": ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"]},
        {**SECRET, "terms": ["Falk på vej"]},
        {
            "kind": "links",
            "id": "links",
            "severity": "warn",
            "use": "allowed",
            "hosts": ["nordlys.example"],
        },
        {
            "kind": "hashtags",
            "id": "tag",
            "severity": "warn",
            "use": "required",
            "networks": ["x"],
            "tags": ["nordlys"],
        },
    ]
    await published(newsroom, rules=rules)
    story = await newsroom.written(
        title="x1",
        body="x2",
        link="https://andre.example/x2/falk-p%C3%A5%20vej",
        preview={"title": "x3", "description": "x4", "site_name": "x7"},
        variants=[
            {"network": "linkedin", "language": "en", "text": "x5"},
            {"network": "x", "language": "en", "text": "Hej"},
        ],
        examples=[{"network": "x", "language": "en", "text": "x6 #nordlys", "why": "x8"}],
    )

    path = f"/v1/stories/{story['story_id']}/findings"
    found = done(await newsroom.as_("ana").get(path))

    assert [(one["pointer"], one["excerpt"]) for one in found["findings"]] == [
        ("/title", "x1"),
        ("/body", "x2"),
        ("/preview/title", "x3"),
        ("/preview/description", "x4"),
        ("/preview/site_name", "x7"),
        ("/examples/0/why", "x8"),
        ("/link", "https://andre.example/x2/falk-p%C3%A5%20vej"),
        ("/link", "falk-p%C3%A5%20vej"),
        ("/variants/0/text", "x5"),
        ("/variants/1/text", ""),
        ("/examples/0/text", "x6"),
    ]


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("🎉 Om pro**jekt** *f*alk.", "pro**jekt** *f*alk"),
        ("Om projekt&nbsp;f&#97;lk", "projekt&nbsp;f&#97;lk"),
        ("> - [Projekt](https://nordlys.example 'Om')\n> falk", None),
        ("Projekt falk, og intet andet.", "Projekt falk"),
    ],
    ids=["emphasis", "signs written otherwise", "a link in a list in a quotation", "as it is"],
)
async def test_a_body_is_checked_as_a_reader_sees_it_and_found_as_it_is_written(
    newsroom: Newsroom, body: str, excerpt: str | None
) -> None:
    await published(newsroom, rules=[SECRET])
    story = await newsroom.written(body=f"Godt.\n\n{body}")

    path = f"/v1/stories/{story['story_id']}/findings"
    (one,) = done(await newsroom.as_("ana").get(path))["findings"]

    whole = f"Godt.\n\n{body}"
    assert one["pointer"] == "/body"
    assert one["excerpt"] == (excerpt or body[body.index("Projekt") :])
    assert whole[one["start"] : one["end"]] == one["excerpt"]
    units = whole.encode("utf-16-le")[2 * one["start_utf16"] : 2 * one["end_utf16"]]
    assert units.decode("utf-16-le") == one["excerpt"]


HIDDEN: dict[str, dict[str, Any]] = {
    "a topic": {"topics": ["klima", "projekt-falk"]},
    "an interest": {"audience": {"interests": ["projekt-falk"]}},
    "a region": {"audience": {"regions": ["Fyn", "Projekt Falk"]}},
    "a link in the body": {"body": "Se [her](https://x.example/Projekt%20Falk)."},
    "an escaped letter": {"body": "Se [her](https://x.example/projekt-fal%6B)."},
    "an address in the body": {"body": "Se https://x.example/projekt-f&#97;lk."},
    "a letter written otherwise": {"body": "Se [her](https://x.example/projekt-f&#97;lk)."},
    "a title": {"body": "Se [her](https://x.example 'Projekt&nbsp;f&#97;lk')."},
    "a link defined elsewhere": {"body": "Se [her].\n\n[her]: mailto:a@b.dk?body=projekt+f&#97;lk"},
    "many links": {
        "body": "".join(f"[æ](https://å/{n:03}) <a@b{n:03}.co> " for n in range(280))
        + "[her](https://x.example/projekt-f&#97;lk)"
    },
    "the query of a link": {"link": "https://x.example/?q=Projekt+Falk"},
    "a link in suggested copy": {
        "variants": [
            {"network": "x", "language": "da", "text": "https://x.example/Projekt%20fal%6B"}
        ]
    },
}


@pytest.mark.parametrize("fields", HIDDEN.values(), ids=HIDDEN.keys())
async def test_what_is_confidential_is_told_in_no_link_or_label(
    newsroom: Newsroom, fields: dict[str, Any]
) -> None:
    await published(newsroom, rules=[SECRET])
    story = await newsroom.written(**fields)

    answer = await newsroom.try_to("ana", story, "submit")

    assert (answer.status_code, problem_of(answer)) == (409, "story-against-guidelines")
    (finding,) = answer.json()["findings"]
    assert finding["pointer"].split("/")[1] == next(iter(fields))


async def test_a_link_leads_to_no_host_that_is_written_otherwise(newsroom: Newsroom) -> None:
    rule = {"kind": "links", "id": "links", "severity": "refuse", "use": "forbidden"}
    await published(newsroom, rules=[{**rule, "hosts": ["ond.example"]}])
    story = await newsroom.written(body="Se [her](https://o&#110;d.example/)")

    answer = await newsroom.try_to("ana", story, "submit")

    assert (answer.status_code, problem_of(answer)) == (409, "story-against-guidelines")


async def test_links_one_behind_the_other_make_no_secret_together(newsroom: Newsroom) -> None:
    await published(newsroom, rules=[SECRET])
    links = "[a](https://x.example/ 'Om projekt') [b](https://falk.example/ 'Falk og and')"
    story = await newsroom.written(body=links)

    submitted = await newsroom.do("ana", story, "submit")

    assert submitted["state"] == "in_review"


async def test_findings_are_of_the_version_that_one_may_see(newsroom: Newsroom) -> None:
    await published(newsroom)
    story = await newsroom.live(body="Godt.")
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    await newsroom.as_("ana").patch(path, {"body": "Bedst."})

    totals = [
        done(await newsroom.as_(who).get(f"{path}/findings"))["total"] for who in ("ana", "emil")
    ]

    assert totals == [1, 0]


async def test_findings_of_a_story_that_one_may_not_see_are_not_there(newsroom: Newsroom) -> None:
    story = await newsroom.written()

    answer = await newsroom.as_("emil").get(f"/v1/stories/{story['story_id']}/findings")

    assert (answer.status_code, problem_of(answer)) == (404, "story-not-found")


async def test_a_story_that_tells_what_is_confidential_is_not_submitted(
    newsroom: Newsroom,
) -> None:
    await published(newsroom, rules=[TONE, SECRET])
    story = await newsroom.written(**TOLD, title="Bedst")

    answer = await newsroom.try_to("ana", story, "submit")

    assert (answer.status_code, problem_of(answer)) == (409, "story-against-guidelines")
    (finding,) = answer.json()["findings"]
    assert (finding["pointer"], finding["excerpt"]) == ("/body", "Projekt Falk")
    read = done(await newsroom.as_("ana").get(f"/v1/stories/{story['story_id']}"))
    assert read["state"] == "draft"


async def test_what_is_only_advised_against_goes_on(newsroom: Newsroom) -> None:
    await published(newsroom, rules=[TONE])

    live = await newsroom.live(body="Bedst.")

    assert live["state"] == "live"


async def test_a_rule_that_came_after_the_submission_stops_the_approval(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.submitted(**TOLD)
    await published(newsroom, rules=[SECRET])

    answer = await newsroom.try_to("ravi", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (409, "story-against-guidelines")


async def test_a_rule_that_came_after_the_submission_lets_changes_be_asked_for(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.submitted(**TOLD)
    await published(newsroom, rules=[SECRET])
    no = {**approval_of(story), "decision": "request_changes", "reasons": ["Ikke endnu."]}

    asked = await newsroom.do("ravi", story, "review", no)

    assert asked["state"] == "changes_requested"


async def test_a_rule_that_came_after_the_approval_stops_the_publication(
    newsroom: Newsroom,
) -> None:
    story = await newsroom.approved(**TOLD)
    guideline = await published(newsroom, rules=[SECRET])

    stopped = await newsroom.try_to("ana", story, "publish")
    await newsroom.as_("pia").patch(path_of(guideline), {"rules": []})
    await publish(newsroom, guideline)
    live = await newsroom.do("ana", story, "publish")

    assert (stopped.status_code, problem_of(stopped)) == (409, "story-against-guidelines")
    assert live["state"] == "live"


async def test_another_companys_guidelines_say_nothing_here(newsroom: Newsroom) -> None:
    await published(newsroom, rules=[SECRET])
    elsewhere = newsroom.content.world.new_tenant()
    await newsroom.content.hire(elsewhere, "nina", "employee")
    nina = newsroom.content.as_(elsewhere, "nina")

    story = done(await nina.post("/v1/stories", a_story(**TOLD)), 201)
    answer = await nina.post(f"/v1/stories/{story['story_id']}/submit")

    assert done(answer)["state"] == "in_review"
