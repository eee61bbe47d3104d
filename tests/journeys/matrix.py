"""Every operation of the public API: who may call it, with what, and what strangers are told.

The tests that use this fail for an operation that is not in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fortaler.demo.story import Outcome

Ids = Mapping[str, str]
Body = Callable[[Ids], Any]

ANYBODY = frozenset({"anybody"})
OPERATOR = frozenset({"operator"})
PUBLIC = frozenset({"public"})



@dataclass(frozen=True)
class Door:
    """One operation: whom it lets in, a body that fits, and what a stranger's id is answered."""

    who: frozenset[str] = ANYBODY
    body: Body | None = None
    stranger: str | None = None


def _roles(*roles: str) -> frozenset[str]:
    return frozenset(roles)


def _named(name: str) -> Body:
    return lambda ids: {"name": name}


DOORS: Mapping[tuple[str, str], Door] = {
    ("GET", "/v1/me"): Door(),
    ("GET", "/v1/people"): Door(_roles("admin", "program_manager", "privacy_officer")),
    ("POST", "/v1/people"): Door(
        _roles("admin"), lambda ids: {"subject": "eva", "display_name": "Eva Holst"}
    ),
    ("GET", "/v1/people/{person_id}"): Door(
        _roles("admin", "program_manager", "privacy_officer"), stranger="person-not-found"
    ),
    ("PATCH", "/v1/people/{person_id}"): Door(
        _roles("admin"), lambda ids: {"region": "Jylland"}, "person-not-found"
    ),
    ("POST", "/v1/people/{person_id}/deactivate"): Door(
        _roles("admin"), stranger="person-not-found"
    ),
    ("GET", "/v1/teams"): Door(),
    ("POST", "/v1/teams"): Door(_roles("admin"), _named("Drift")),
    ("PATCH", "/v1/teams/{team_id}"): Door(_roles("admin"), _named("Drift"), "team-not-found"),
    ("GET", "/v1/tenants"): Door(OPERATOR),
    ("POST", "/v1/tenants"): Door(
        OPERATOR,
        lambda ids: {
            "slug": "solvind",
            "name": "Solvind",
            "issuer": "https://login.solvind.example",
            "jwks_uri": "https://login.solvind.example/jwks.json",
            "country": "DK",
            "language": "da",
            "time_zone": "Europe/Copenhagen",
            "first_admin": {"subject": "ib", "display_name": "Ib"},
        },
    ),
    ("GET", "/v1/tenants/{tenant_id}"): Door(OPERATOR),
    ("PATCH", "/v1/tenants/{tenant_id}"): Door(OPERATOR, _named("Nordlys Energi")),
    ("GET", "/v1/campaigns"): Door(),
    ("POST", "/v1/campaigns"): Door(
        _roles("program_manager"), lambda ids: {"name": "Efterår", "purpose": "traffic"}
    ),
    ("GET", "/v1/campaigns/{campaign_id}"): Door(stranger="campaign-not-found"),
    ("POST", "/v1/campaigns/{campaign_id}/close"): Door(
        _roles("program_manager"), stranger="campaign-not-found"
    ),
    ("GET", "/v1/stories"): Door(),
    ("POST", "/v1/stories"): Door(
        _roles("employee", "author"),
        lambda ids: {"title": "En dag i møllen", "body": "Der er højt.", "language": "da"},
    ),
    ("GET", "/v1/stories/{story_id}"): Door(stranger="story-not-found"),
    ("PATCH", "/v1/stories/{story_id}"): Door(
        body=lambda ids: {"title": "Et andet navn"}, stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/submit"): Door(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/review"): Door(
        _roles("reviewer"),
        lambda ids: {"decision": "approve", "content_hash": "0" * 64, "reasons": []},
        "story-not-found",
    ),
    ("POST", "/v1/stories/{story_id}/publish"): Door(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/revise"): Door(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/withdraw"): Door(stranger="story-not-found"),
    ("GET", "/v1/stories/{story_id}/trail"): Door(stranger="story-not-found"),
    ("GET", "/v1/programs"): Door(),
    ("POST", "/v1/programs"): Door(_roles("program_manager"), _named("Nye stemmer")),
    ("GET", "/v1/programs/mine"): Door(),
    ("POST", "/v1/programs/{program_id}/close"): Door(
        _roles("program_manager"), stranger="program-not-found"
    ),
    ("POST", "/v1/programs/{program_id}/join"): Door(stranger="program-not-found"),
    ("POST", "/v1/programs/{program_id}/leave"): Door(stranger="program-not-found"),
    ("GET", "/v1/consents"): Door(),
    ("PUT", "/v1/consents/{purpose}"): Door(
        body=lambda ids: {"network": None, "text_version": ids["text_version"]}
    ),
    ("DELETE", "/v1/consents/{purpose}"): Door(),
    ("GET", "/v1/accounts"): Door(),
    ("POST", "/v1/accounts"): Door(body=lambda ids: {"network": "sandbox"}),
    ("DELETE", "/v1/accounts/{account_id}"): Door(stranger="account-not-found"),
    ("GET", "/v1/accounts/callback"): Door(PUBLIC),
    ("GET", "/v1/feed"): Door(),
    ("GET", "/v1/shares"): Door(),
    ("POST", "/v1/shares"): Door(
        body=lambda ids: {
            "story_id": ids["story_id"],
            "account_id": ids["account_id"],
            "text": "Jeg er med.",
        }
    ),
    ("GET", "/v1/shares/{share_id}"): Door(stranger="share-not-found"),
    ("POST", "/v1/shares/{share_id}/cancel"): Door(stranger="share-not-found"),
    ("GET", "/r/{code}"): Door(PUBLIC),
    ("POST", "/v1/engagements:batch"): Door(
        _roles("analyst", "program_manager", "admin"),
        lambda ids: {"source": "sandbox", "items": [_item(ids)]},
    ),
    ("GET", "/v1/metrics/stories/{story_id}"): Door(stranger="story-not-found"),
    ("GET", "/v1/metrics/campaigns/{campaign_id}"): Door(stranger="campaign-not-found"),
    ("GET", "/v1/metrics/shares/{share_id}"): Door(stranger="share-not-found"),
    ("GET", "/v1/metrics/people/me"): Door(),
    ("GET", "/v1/rules"): Door(),
    ("POST", "/v1/rules"): Door(
        _roles("program_manager", "admin"),
        lambda ids: {"trigger": "comment", "name": "Godt snakket", "points": 3},
    ),
    ("PATCH", "/v1/rules/{rule_id}"): Door(
        _roles("program_manager", "admin"), lambda ids: {"points": 4}, "rule-not-found"
    ),
    ("GET", "/v1/points/me"): Door(),
    ("GET", "/v1/points/me/statement"): Door(),
    ("GET", "/v1/board"): Door(),
    ("GET", "/v1/board/settings"): Door(),
    ("PUT", "/v1/board/settings"): Door(
        _roles("works_council", "admin"), lambda ids: {"enabled": True}
    ),
}


def ids_of(outcome: Outcome, **more: str) -> dict[str, str]:
    """Answer the ids of a company in which the story was played, by path parameter."""
    share = outcome.shares["ana"]
    return {
        "tenant_id": outcome.tenant_id,
        "story_id": outcome.story_id,
        "campaign_id": outcome.campaign_id,
        "share_id": share["share_id"],
        "account_id": share["account_id"],
        "code": outcome.code,
        "purpose": "photo",
        "text_version": "1",
        **more,
    }


def _item(ids: Ids) -> dict[str, str]:
    return {
        "id": "1",
        "share_id": ids["share_id"],
        "kind": "comment",
        "happened_at": ids.get("now", "2026-11-24T08:00:00Z"),
    }
