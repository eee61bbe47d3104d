"""Every resource that can be edited: where it comes from, and two changes that fit it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.directory.conftest import admitted, an_application
from tests.world import Caller, OpenService, World


@dataclass(frozen=True)
class Found:
    """A resource that there is: its editor, and where it stands."""

    editor: Caller
    path: str
    made_with: str | None = None
    """The ETag of the answer that made it, where somebody did."""


@dataclass(frozen=True)
class Editable:
    """One kind of resource, and how it is edited."""

    service: str
    operation: tuple[str, str]
    find: Callable[[World, OpenService], Awaitable[Found]]
    changes: tuple[dict[str, Any], dict[str, Any]]
    made: bool = True
    """Whether somebody makes it, by a POST that answers its ETag."""


async def _made(editor: Caller, path: str, body: dict[str, Any], name: str) -> Found:
    answer = await editor.post(path, body)
    assert answer.status_code == 201, answer.text
    return Found(editor, f"{path}/{answer.json()[name]}", answer.headers["etag"])


async def _a_story(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "ana", "employee", "admin")
    story = {
        "title": "En dag i møllen",
        "body": "Der er højt.",
        "language": "da",
        "topics": ["vind", "natur"],
        "variants": [{"network": "sandbox", "language": "da", "text": "Højt oppe."}],
        # Written in another zone than it is answered in.
        "embargo_until": "2031-05-04T10:00:00.123+02:00",
        "audience": {"countries": ["DK"]},
    }
    return await _made(content.as_(tenant, "ana"), "/v1/stories", story, "story_id")


async def _a_campaign(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "pia", "program_manager")
    campaign = {
        "name": "Forår",
        "purpose": "leads",
        # Written in another zone than it is answered in.
        "starts_at": "2031-05-04T10:00:00.123+02:00",
        "objectives": [{"kind": "leads", "target": 12, "unit": "leads"}],
    }
    return await _made(content.as_(tenant, "pia"), "/v1/campaigns", campaign, "campaign_id")


async def _a_picture(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "ana", "employee")
    ana = content.as_(tenant, "ana")
    picture = {
        "content_type": "image/png",
        "bytes": 1000,
        "alt_texts": {"da": "En montør", "en": "A fitter"},
        "origin": {"kind": "stock", "licence": "Bought"},
        "people_shown": 0,
    }
    begun = await ana.post("/v1/media", picture)
    return Found(ana, f"/v1/media/{begun.json()['media']['media_id']}")


async def _a_brand_asset(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "pia", "program_manager")
    colour = {"kind": "colour", "name": "Nordlys", "colour": {"hex": "#00684A"}, "position": 3}
    return await _made(content.as_(tenant, "pia"), "/v1/brand_assets", colour, "brand_asset_id")


async def _a_plan_item(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "pia", "program_manager")
    item = {
        "title": "Nattevagten",
        # Written in another zone than it is answered in.
        "planned_at": "2031-05-04T10:00:00.123+02:00",
        "networks": ["x", "linkedin"],
        "audience": {"countries": ["DK"]},
    }
    return await _made(content.as_(tenant, "pia"), "/v1/calendar/items", item, "item_id")


async def _a_policy(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "ada", "admin")
    deadline = {"hours": 8, "escalate_after_hours": 9, "escalate_to": {"roles": ["admin"]}}
    stage = {"name": "legal", "deciders": {"roles": ["reviewer"]}, "deadline": deadline}
    body = {"name": "Pressen", "kinds": ["news"], "stages": [stage]}
    return await _made(content.as_(tenant, "ada"), "/v1/approval_policies", body, "policy_id")


async def _regulation(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "ada", "admin")
    return Found(content.as_(tenant, "ada"), "/v1/approval_policies/settings")


async def _a_guideline(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "ada", "admin")
    guideline = {
        "name": "Sådan taler vi om os",
        "advice": [{"language": "da", "dos": "Sig *hvad du så*.", "donts": "Pral ikke."}],
        "rules": [
            {
                "kind": "confidential",
                "id": "kommende",
                "severity": "refuse",
                "terms": ["Projekt Falk"],
                # Written in another zone than it is answered in.
                "until": "2131-05-04T10:00:00.123+02:00",
            }
        ],
        "audience": {"countries": ["DK"]},
    }
    return await _made(content.as_(tenant, "ada"), "/v1/guidelines", guideline, "guideline_id")


async def _a_tenant(world: World, directory: OpenService) -> Found:
    body = an_application(world, world.new_tenant())
    return await _made(directory.as_(None, "ops"), "/v1/tenants", body, "tenant_id")


async def _a_team(world: World, directory: OpenService) -> Found:
    ida = (await admitted(world, directory)).ida
    return await _made(ida, "/v1/teams", {"name": "Drift"}, "team_id")


async def _a_person(world: World, directory: OpenService) -> Found:
    ida = (await admitted(world, directory)).ida
    roles = ["reviewer", "employee", "author", "analyst", "program_manager"]
    body = {"subject": "bo", "display_name": "Bo Krog", "roles": roles}
    return await _made(ida, "/v1/people", body, "person_id")


async def _oneself(world: World, directory: OpenService) -> Found:
    company = await admitted(world, directory)
    me = (await company.ida.get("/v1/me")).json()["person"]
    return Found(company.ida, f"/v1/people/{UUID(me['person_id'])}")


async def _an_admin(world: World, recognition: OpenService) -> Caller:
    tenant = world.new_tenant()
    await recognition.hire(tenant, "pia", "admin")
    return recognition.as_(tenant, "pia")


async def _a_rule(world: World, recognition: OpenService) -> Found:
    rule = {"trigger": "comment", "name": "A good comment", "points": 7}
    return await _made(await _an_admin(world, recognition), "/v1/rules", rule, "rule_id")


async def _a_rule_from_the_start(world: World, recognition: OpenService) -> Found:
    pia = await _an_admin(world, recognition)
    rule = (await pia.get("/v1/rules")).json()["items"][0]
    return Found(pia, f"/v1/rules/{rule['rule_id']}")


async def _board_settings(world: World, recognition: OpenService) -> Found:
    return Found(await _an_admin(world, recognition), "/v1/board/settings")


async def _a_lesson(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "pia", "program_manager")
    lesson = {
        "title": "Begynd med et menneske",
        "text": "Sig *hvem*, før du siger hvad.",
        "language": "da",
        "topic": "at-skrive",
        "minutes": 3,
    }
    return await _made(content.as_(tenant, "pia"), "/v1/lessons", lesson, "lesson_id")


async def _a_source(world: World, content: OpenService) -> Found:
    tenant = world.new_tenant()
    await content.hire(tenant, "pia", "program_manager")
    source = {"name": "Nyt", "url": "https://news.example/feed", "language": "da"}
    return await _made(content.as_(tenant, "pia"), "/v1/sources", source, "source_id")


_PEOPLE = ("PATCH", "/v1/people/{person_id}")
_RULES = ("PATCH", "/v1/rules/{rule_id}")

EDITABLE: Mapping[str, Editable] = {
    "a story": Editable(
        "content",
        ("PATCH", "/v1/stories/{story_id}"),
        _a_story,
        ({"title": "Et andet navn"}, {"title": "Et tredje"}),
    ),
    "a campaign": Editable(
        "content",
        ("PATCH", "/v1/campaigns/{campaign_id}"),
        _a_campaign,
        ({"name": "Et andet navn"}, {"description": "Tolv montører."}),
    ),
    "a lesson": Editable(
        "content",
        ("PATCH", "/v1/lessons/{lesson_id}"),
        _a_lesson,
        ({"title": "Begynd med nogen"}, {"minutes": 4}),
    ),
    "a source": Editable(
        "content",
        ("PATCH", "/v1/sources/{source_id}"),
        _a_source,
        ({"name": "Andet nyt"}, {"interval_minutes": 120}),
    ),
    "a picture": Editable(
        "content",
        ("PATCH", "/v1/media/{media_id}"),
        _a_picture,
        ({"people_shown": 2}, {"alt_texts": {"da": "En maler"}}),
        made=False,
    ),
    "a brand asset": Editable(
        "content",
        ("PATCH", "/v1/brand_assets/{brand_asset_id}"),
        _a_brand_asset,
        ({"name": "Lys"}, {"position": 1}),
    ),
    "a plan item": Editable(
        "content",
        ("PATCH", "/v1/calendar/items/{item_id}"),
        _a_plan_item,
        ({"title": "Dagvagten"}, {"planned_on": "2031-05-05"}),
    ),
    "an approval policy": Editable(
        "content",
        ("PATCH", "/v1/approval_policies/{policy_id}"),
        _a_policy,
        ({"name": "Nyheder"}, {"comments_must_be_resolved": True}),
    ),
    "regulation": Editable(
        "content",
        ("PUT", "/v1/approval_policies/settings"),
        _regulation,
        (
            {"regulated": False, "retention_years": 4},
            {"regulated": True, "retention_years": 6, "principals": {"roles": ["admin"]}},
        ),
        made=False,
    ),
    "a guideline": Editable(
        "content",
        ("PATCH", "/v1/guidelines/{guideline_id}"),
        _a_guideline,
        ({"name": "Sådan taler vi"}, {"rules": []}),
    ),
    "a tenant": Editable(
        "directory",
        ("PATCH", "/v1/tenants/{tenant_id}"),
        _a_tenant,
        ({"name": "Nordlys"}, {"country": "SE"}),
    ),
    "a team": Editable(
        "directory",
        ("PATCH", "/v1/teams/{team_id}"),
        _a_team,
        ({"name": "Nord"}, {"name": "Syd"}),
    ),
    "a person": Editable(
        "directory", _PEOPLE, _a_person, ({"region": "Fyn"}, {"roles": ["employee"]})
    ),
    "oneself": Editable(
        "directory", _PEOPLE, _oneself, ({"region": "Fyn"}, {"leader": True}), made=False
    ),
    "a rule": Editable("recognition", _RULES, _a_rule, ({"points": 8}, {"active": False})),
    "a rule from the start": Editable(
        "recognition",
        _RULES,
        _a_rule_from_the_start,
        ({"points": 8}, {"active": False}),
        made=False,
    ),
    "board settings": Editable(
        "recognition",
        ("PUT", "/v1/board/settings"),
        _board_settings,
        ({"enabled": False}, {"enabled": True}),
        made=False,
    ),
}
