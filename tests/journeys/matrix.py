"""Every operation of the public API: who may call it, with what, and what strangers are told.

The tests that use this fail for an operation that is not in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.clock import SystemClock
from fortaler.demo.story import Outcome

Ids = Mapping[str, str]
Body = Callable[[Ids], Any]

ANYBODY = frozenset({"anybody"})
OPERATOR = frozenset({"operator"})
PUBLIC = frozenset({"public"})


@dataclass(frozen=True)
class Operation:
    """One operation: whom it lets in, a body that fits, and what a stranger's id is answered."""

    who: frozenset[str] = ANYBODY
    body: Body | None = None
    stranger: str | None = None
    streams: bool = False
    """Whether its answer has no end, so that it is read by tests of its own."""


def _roles(*roles: str) -> frozenset[str]:
    return frozenset(roles)


def _named(name: str) -> Body:
    return lambda ids: {"name": name}


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/v1/me"): Operation(),
    ("GET", "/v1/people"): Operation(_roles("admin", "program_manager", "privacy_officer")),
    ("POST", "/v1/people"): Operation(
        _roles("admin"), lambda ids: {"subject": "eva", "display_name": "Eva Holst"}
    ),
    ("GET", "/v1/people/{person_id}"): Operation(
        _roles("admin", "program_manager", "privacy_officer"), stranger="person-not-found"
    ),
    ("PATCH", "/v1/people/{person_id}"): Operation(
        _roles("admin"), lambda ids: {"region": "Jylland"}, "person-not-found"
    ),
    ("POST", "/v1/people/{person_id}/deactivate"): Operation(
        _roles("admin"), stranger="person-not-found"
    ),
    ("GET", "/v1/teams"): Operation(),
    ("POST", "/v1/teams"): Operation(_roles("admin"), _named("Drift")),
    ("GET", "/v1/teams/{team_id}"): Operation(stranger="team-not-found"),
    ("PATCH", "/v1/teams/{team_id}"): Operation(_roles("admin"), _named("Drift"), "team-not-found"),
    ("GET", "/v1/tenants"): Operation(OPERATOR),
    ("POST", "/v1/tenants"): Operation(
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
    ("GET", "/v1/tenants/{tenant_id}"): Operation(OPERATOR),
    ("PATCH", "/v1/tenants/{tenant_id}"): Operation(OPERATOR, _named("Nordlys Energi")),
    ("GET", "/v1/campaigns"): Operation(),
    ("POST", "/v1/campaigns"): Operation(
        _roles("program_manager"), lambda ids: {"name": "Efterår", "purpose": "traffic"}
    ),
    ("GET", "/v1/campaigns/{campaign_id}"): Operation(stranger="campaign-not-found"),
    ("POST", "/v1/campaigns/{campaign_id}/close"): Operation(
        _roles("program_manager"), stranger="campaign-not-found"
    ),
    ("GET", "/v1/stories"): Operation(),
    ("POST", "/v1/stories"): Operation(
        _roles("employee", "author"),
        lambda ids: {"title": "En dag i møllen", "body": "Der er højt.", "language": "da"},
    ),
    ("GET", "/v1/stories/{story_id}"): Operation(stranger="story-not-found"),
    ("PATCH", "/v1/stories/{story_id}"): Operation(
        body=lambda ids: {"title": "Et andet navn"}, stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/submit"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/review"): Operation(
        _roles("reviewer"),
        lambda ids: {"decision": "approve", "content_hash": "0" * 64, "reasons": []},
        "story-not-found",
    ),
    ("POST", "/v1/stories/{story_id}/publish"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/revise"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/withdraw"): Operation(stranger="story-not-found"),
    ("GET", "/v1/stories/{story_id}/trail"): Operation(stranger="story-not-found"),
    ("GET", "/v1/programs"): Operation(),
    ("POST", "/v1/programs"): Operation(_roles("program_manager"), _named("Nye stemmer")),
    ("GET", "/v1/programs/mine"): Operation(),
    ("POST", "/v1/programs/{program_id}/close"): Operation(
        _roles("program_manager"), stranger="program-not-found"
    ),
    ("POST", "/v1/programs/{program_id}/join"): Operation(stranger="program-not-found"),
    ("POST", "/v1/programs/{program_id}/leave"): Operation(stranger="program-not-found"),
    ("GET", "/v1/consents"): Operation(),
    ("PUT", "/v1/consents/{purpose}"): Operation(
        body=lambda ids: {"network": None, "text_version": ids["text_version"]}
    ),
    ("DELETE", "/v1/consents/{purpose}"): Operation(),
    ("GET", "/v1/accounts"): Operation(),
    ("POST", "/v1/accounts"): Operation(body=lambda ids: {"network": "sandbox"}),
    ("DELETE", "/v1/accounts/{account_id}"): Operation(stranger="account-not-found"),
    ("GET", "/v1/accounts/callback"): Operation(PUBLIC),
    ("GET", "/v1/feed"): Operation(),
    ("GET", "/v1/shares"): Operation(),
    ("POST", "/v1/shares"): Operation(
        body=lambda ids: {
            "story_id": ids["story_id"],
            "account_id": ids["account_id"],
            "text": "Jeg er med.",
        }
    ),
    ("GET", "/v1/shares/{share_id}"): Operation(stranger="share-not-found"),
    ("POST", "/v1/shares/{share_id}/cancel"): Operation(stranger="share-not-found"),
    ("GET", "/r/{code}"): Operation(PUBLIC),
    ("POST", "/v1/engagements:batch"): Operation(
        _roles("analyst", "program_manager", "admin"),
        lambda ids: {"source": "sandbox", "items": [_item(ids)]},
    ),
    ("GET", "/v1/metrics/stories/{story_id}"): Operation(stranger="story-not-found"),
    ("GET", "/v1/metrics/campaigns/{campaign_id}"): Operation(stranger="campaign-not-found"),
    ("GET", "/v1/metrics/shares/{share_id}"): Operation(stranger="share-not-found"),
    ("GET", "/v1/metrics/people/me"): Operation(),
    ("GET", "/v1/events/stream"): Operation(_roles("admin", "program_manager"), streams=True),
    ("GET", "/v1/rules"): Operation(),
    ("POST", "/v1/rules"): Operation(
        _roles("program_manager", "admin"),
        lambda ids: {"trigger": "comment", "name": "Godt snakket", "points": 3},
    ),
    ("GET", "/v1/rules/{rule_id}"): Operation(stranger="rule-not-found"),
    ("PATCH", "/v1/rules/{rule_id}"): Operation(
        _roles("program_manager", "admin"), lambda ids: {"points": 4}, "rule-not-found"
    ),
    ("GET", "/v1/points/me"): Operation(),
    ("GET", "/v1/points/me/statement"): Operation(),
    ("GET", "/v1/board"): Operation(),
    ("GET", "/v1/board/settings"): Operation(),
    ("PUT", "/v1/board/settings"): Operation(
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
        # Of now, so that it is never for its age that it is refused.
        "happened_at": SystemClock().now().isoformat(),
    }
