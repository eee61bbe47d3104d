"""What cannot be a guideline is refused, each with what is to blame."""

from typing import Any

import httpx2
import pytest

from services.content.domain.contradictions import among, between, keyed
from services.content.domain.rules import compose_rules
from tests.content.conftest import Newsroom, done
from tests.content.test_guidelines import ADVICE, SECRET, TONE, a_guideline, path_of
from tests.world import problem_of


def rule(kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"{kind}-1", "severity": "warn", **fields}


def pointers_of(answer: httpx2.Response) -> set[str]:
    """Answer what a refusal points at: a shape's fault may be in several places."""
    document = answer.json()
    return {one["pointer"] for one in document.get("errors", [document])}


REQUIRED = rule("hashtags", id="must", use="required", tags=["#Vind"])
FORBIDDEN = rule("hashtags", id="must-not", use="forbidden", tags=["vind", "sol"])


@pytest.mark.parametrize(
    ("fields", "problem", "pointer"),
    [
        ({"name": ""}, "validation-failed", "/name"),
        ({"name": "a\x00"}, "validation-failed", "/name"),
        ({"advice": [{**ADVICE, "dos": "x" * 5001}]}, "validation-failed", "/advice/0/dos"),
        ({"advice": [ADVICE, ADVICE]}, "language-repeated", "/advice"),
        ({"advice": [{**ADVICE, "language": "dk"}]}, "language-unknown", "/advice/0/language"),
        ({"advice": [{**ADVICE, "language": "Danish"}]}, "validation-failed", "/advice/0/language"),
        ({"audience": {"languages": ["dk"]}}, "language-unknown", "/audience/languages/0"),
        ({"rules": [{**TONE, "id": f"r{n}"} for n in range(101)]}, "validation-failed", "/rules"),
        ({"rules": [TONE, TONE]}, "rule-repeated", "/rules"),
        ({"rules": [{**TONE, "terms": []}]}, "validation-failed", "/rules/0/terms"),
        ({"rules": [{**TONE, "terms": ["a"] * 101}]}, "validation-failed", "/rules/0/terms"),
        ({"rules": [{**TONE, "terms": ["x" * 101]}]}, "validation-failed", "/rules/0/terms/0"),
        (
            {"rules": [{**TONE, "terms": ["ok", "\u200b-"]}]},
            "rule-says-nothing",
            "/rules/0/terms/1",
        ),
        ({"rules": [{**TONE, "terms": ["a b " * 6]}]}, "rule-says-nothing", "/rules/0/terms/0"),
        ({"rules": [{**TONE, "networks": ["icq"]}]}, "validation-failed", "/rules/0/networks/0"),
        ({"rules": [{**TONE, "languages": ["xq"]}]}, "language-unknown", "/rules/0/languages/0"),
        ({"rules": [{**TONE, "severity": "shout"}]}, "validation-failed", "/rules/0/severity"),
        ({"rules": [{**TONE, "regex": "(a+)+"}]}, "validation-failed", "/rules/0/regex"),
        ({"rules": [{**TONE, "kind": "taste"}]}, "validation-failed", "/rules/0"),
        ({"rules": ["words"]}, "validation-failed", "/rules/0"),
        (
            {"rules": [{**SECRET, "until": "2021-05-04T08:00:00Z"}]},
            "dates-out-of-order",
            "/rules/0/until",
        ),
        ({"rules": [{**SECRET, "until": "soon"}]}, "validation-failed", "/rules/0/until"),
        ({"rules": [rule("emojis")]}, "validation-failed", "/rules/0"),
        ({"rules": [rule("emojis", most=-1)]}, "validation-failed", "/rules/0/most"),
        (
            {"rules": [rule("emojis", forbidden=["ab"])]},
            "rule-says-nothing",
            "/rules/0/forbidden/0",
        ),
        (
            {"rules": [rule("address", form="formal", languages=["da", "en"])]},
            "rule-says-nothing",
            "/rules/0/languages/1",
        ),
        (
            {"rules": [rule("links", use="allowed", hosts=["https://a.example/b"])]},
            "validation-failed",
            "/rules/0/hosts/0",
        ),
        (
            {"rules": [rule("hashtags", use="suggested", tags=["vind"])]},
            "validation-failed",
            "/rules/0",
        ),
        ({"rules": [REQUIRED, FORBIDDEN]}, "rules-contradict", "/rules"),
        ({"name": "Om projekt falk", "rules": [SECRET]}, "secret-told", "/name"),
        (
            {"advice": [{**ADVICE, "donts": "Nævn ikke Projekt-Falk."}], "rules": [SECRET]},
            "secret-told",
            "/advice/0/donts",
        ),
        (
            {"advice": [{**ADVICE, "dos": "Nævn ikke Pro**jekt** Falk."}], "rules": [SECRET]},
            "secret-told",
            "/advice/0/dos",
        ),
        (
            {
                "advice": [{**ADVICE, "dos": "Se [her](https://x.example/?q=projekt+f&#97;lk)."}],
                "rules": [SECRET],
            },
            "secret-told",
            "/advice/0/dos",
        ),
        ({"rules": [{**SECRET, "id": "projekt-falk"}]}, "secret-told", "/rules/0/id"),
        ({"rules": [{**SECRET, "reason": "Projekt Falk!"}]}, "secret-told", "/rules/0/reason"),
        (
            {"rules": [{**TONE, "alternatives": ["projekt falk"]}, SECRET]},
            "secret-told",
            "/rules/0/alternatives",
        ),
        (
            {
                "rules": [
                    {**TONE, "id": f"r{n}", "terms": [f"{m:05} " + "ø" * 40 for m in range(100)]}
                    for n in range(5)
                ]
            },
            "rules-too-large",
            "/rules",
        ),
    ],
)
async def test_what_cannot_be_a_guideline_is_refused(
    quiet_newsroom: Newsroom, fields: dict[str, Any], problem: str, pointer: str
) -> None:
    answer = await quiet_newsroom.as_("pia").post("/v1/guidelines", a_guideline(**fields))

    assert (answer.status_code, problem_of(answer)) == (422, problem), answer.text
    assert pointer in pointers_of(answer)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "Fin <b onclick=x>tekst</b>",
        "[klik](javascript:alert(1))",
        "![billede](https://nordlys.example/a.png)",
    ],
)
async def test_markdown_that_holds_more_than_text_is_refused(
    quiet_newsroom: Newsroom, text: str
) -> None:
    advice = [{**ADVICE, "dos": text}]

    answer = await quiet_newsroom.as_("pia").post("/v1/guidelines", a_guideline(advice=advice))

    assert (answer.status_code, problem_of(answer)) == (422, "markdown-unsafe")
    assert pointers_of(answer) == {"/advice/0/dos"}


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        (REQUIRED, FORBIDDEN, True),
        ({**REQUIRED, "networks": ["x"]}, {**FORBIDDEN, "networks": ["linkedin"]}, False),
        ({**REQUIRED, "languages": ["da"]}, {**FORBIDDEN, "languages": ["da-DK"]}, True),
        ({**REQUIRED, "languages": ["da"]}, {**FORBIDDEN, "languages": ["en"]}, False),
        (REQUIRED, {**FORBIDDEN, "tags": ["sol"]}, False),
        ({**REQUIRED, "use": "suggested", "severity": "hint"}, FORBIDDEN, True),
        (
            rule("mentions", use="required", profiles=["@a"]),
            rule("mentions", use="forbidden", profiles=["A"]),
            True,
        ),
        (
            rule("mentions", use="required", profiles=["a"]),
            rule("mentions", use="allowed", profiles=["b"]),
            True,
        ),
        (
            rule("mentions", use="required", profiles=["a"]),
            rule("mentions", use="allowed", profiles=["a", "b"]),
            False,
        ),
        (
            rule("links", use="allowed", hosts=["jobs.nordlys.example"]),
            rule("links", use="forbidden", hosts=["NORDLYS.example"]),
            True,
        ),
        (
            rule("links", use="allowed", hosts=["nordlys.example"]),
            rule("links", use="forbidden", hosts=["old.nordlys.example"]),
            False,
        ),
        (rule("address", form="formal"), rule("address", form="informal"), True),
        (rule("words", terms=["a"]), rule("confidential", terms=["a"]), False),
    ],
)
def test_rules_contradict_where_no_text_can_keep_both(
    one: dict[str, Any], other: dict[str, Any], contradict: bool
) -> None:
    these, those = (keyed(compose_rules([fields])) for fields in (one, other))

    assert bool(list(among(keyed(compose_rules([one, other]))))) == contradict
    ours, back = list(between(these, those)), list(between(those, these))
    assert [(b, a) for a, b in back] == ours
    assert bool(ours) == contradict


async def test_a_rule_whose_end_has_passed_meanwhile_stands_in_nobodys_way(
    newsroom: Newsroom,
) -> None:
    rules = [{**SECRET, "until": "2131-05-04T08:00:00Z"}]
    body = a_guideline(rules=rules)
    guideline = done(await newsroom.as_("pia").post("/v1/guidelines", body), 201)
    async with newsroom.content.context.database.transaction(newsroom.tenant.tenant_id) as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "update guideline_versions set rules ="
            " jsonb_set(rules, '{0,until}', '\"2021-05-04T08:00:00Z\"')"
        )
    rules[0]["until"] = "2021-05-04T08:00:00Z"

    edited = await newsroom.as_("pia").patch(path_of(guideline), {"name": "Ny", "rules": rules})

    assert edited.status_code == 200, edited.text
