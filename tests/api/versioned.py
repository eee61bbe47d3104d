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


_PEOPLE = ("PATCH", "/v1/people/{person_id}")
_RULES = ("PATCH", "/v1/rules/{rule_id}")

EDITABLE: Mapping[str, Editable] = {
    "a story": Editable(
        "content",
        ("PATCH", "/v1/stories/{story_id}"),
        _a_story,
        ({"title": "Et andet navn"}, {"title": "Et tredje"}),
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
