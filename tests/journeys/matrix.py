"""Every operation of the public API: who may call it, with what, and what strangers are told.

The tests that use this fail for an operation that is not in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
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


def a_policy(_ids: Ids) -> dict[str, Any]:
    """Answer a policy of one stage, for what is rare."""
    stage = {"name": "legal", "deciders": {"roles": ["admin"]}}
    return {"name": "Events", "kinds": ["event"], "stages": [stage]}


def a_delegation(ids: Ids) -> dict[str, Any]:
    """Answer a delegation to somebody, for some hours of tomorrow: today they are who they were."""
    begins_at = SystemClock().now() + timedelta(days=1)
    return {
        "to_person_id": ids["person_id"],
        "begins_at": begins_at.isoformat(),
        "ends_at": (begins_at + timedelta(hours=8)).isoformat(),
    }


_POLICY_MAKERS = _roles("admin", "program_manager")
_STOPPERS = _roles("reviewer", "program_manager", "admin")

_SOURCE_READERS = _roles("program_manager", "admin", "author")
_SOURCE_KEEPERS = _roles("program_manager", "admin")

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
    ("PATCH", "/v1/campaigns/{campaign_id}"): Operation(
        body=_named("Vinter"), stranger="campaign-not-found"
    ),
    ("POST", "/v1/campaigns/{campaign_id}/close"): Operation(
        _roles("program_manager"), stranger="campaign-not-found"
    ),
    ("GET", "/v1/campaigns/{campaign_id}/trail"): Operation(
        _roles("program_manager"), stranger="campaign-not-found"
    ),
    ("GET", "/v1/campaigns/{campaign_id}/contributors"): Operation(stranger="campaign-not-found"),
    ("POST", "/v1/campaigns/{campaign_id}/contributors"): Operation(
        body=lambda ids: {"person_id": ids["person_id"]}, stranger="campaign-not-found"
    ),
    ("GET", "/v1/campaigns/invitations/mine"): Operation(),
    ("POST", "/v1/campaigns/invitations/{invitation_id}/accept"): Operation(
        stranger="invitation-not-found"
    ),
    ("POST", "/v1/campaigns/invitations/{invitation_id}/decline"): Operation(
        stranger="invitation-not-found"
    ),
    ("GET", "/v1/stories"): Operation(),
    ("POST", "/v1/stories"): Operation(
        _roles("employee", "author"),
        lambda ids: {"title": "En dag i møllen", "body": "Der er højt.", "language": "da"},
    ),
    ("GET", "/v1/stories/facets"): Operation(),
    ("GET", "/v1/stories/{story_id}"): Operation(stranger="story-not-found"),
    ("PATCH", "/v1/stories/{story_id}"): Operation(
        body=lambda ids: {"title": "Et andet navn"}, stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/submit"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/review"): Operation(
        body=lambda ids: {"decision": "approve", "content_hash": "0" * 64, "reasons": []},
        stranger="story-not-found",
    ),
    ("POST", "/v1/stories/{story_id}/classify"): Operation(
        body=lambda ids: {"communication_class": "interactive", "content_hash": "0" * 64},
        stranger="story-not-found",
    ),
    ("GET", "/v1/stories/{story_id}/comments"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/comments"): Operation(
        body=lambda ids: {"pointer": "/title", "text": "Er det sådan?"}, stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/comments/{comment_id}/resolve"): Operation(
        stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/comments/{comment_id}/reopen"): Operation(
        stranger="story-not-found"
    ),
    ("GET", "/v1/stories/{story_id}/trail/verification"): Operation(stranger="story-not-found"),
    ("GET", "/v1/reviews"): Operation(),
    ("POST", "/v1/reviews/decide"): Operation(
        body=lambda ids: {
            "items": [
                {"story_id": ids["story_id"], "decision": "approve", "content_hash": "0" * 64}
            ]
        }
    ),
    ("GET", "/v1/approval_policies"): Operation(_POLICY_MAKERS),
    ("POST", "/v1/approval_policies"): Operation(_POLICY_MAKERS, a_policy),
    ("GET", "/v1/approval_policies/settings"): Operation(_POLICY_MAKERS),
    ("PUT", "/v1/approval_policies/settings"): Operation(
        _roles("admin"), lambda ids: {"regulated": False, "retention_years": 3}
    ),
    ("GET", "/v1/approval_policies/settings/changes"): Operation(_roles("admin")),
    ("GET", "/v1/approval_policies/{policy_id}"): Operation(
        _POLICY_MAKERS, stranger="policy-not-found"
    ),
    ("PATCH", "/v1/approval_policies/{policy_id}"): Operation(
        _POLICY_MAKERS, _named("Pressen"), "policy-not-found"
    ),
    ("POST", "/v1/approval_policies/{policy_id}/archive"): Operation(
        _POLICY_MAKERS, stranger="policy-not-found"
    ),
    ("GET", "/v1/delegations"): Operation(),
    ("POST", "/v1/delegations"): Operation(body=a_delegation),
    ("POST", "/v1/delegations/{delegation_id}/end"): Operation(stranger="delegation-not-found"),
    ("POST", "/v1/stories/{story_id}/publish"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/revise"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/withdraw"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/duplicate"): Operation(
        _roles("employee", "author"), stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/hand_over"): Operation(
        body=lambda ids: {"to_person_id": ids["person_id"]}, stranger="story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/archive"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/unarchive"): Operation(stranger="story-not-found"),
    ("POST", "/v1/stories/{story_id}/pin"): Operation(
        _roles("program_manager", "admin"), lambda ids: {"until": None}, "story-not-found"
    ),
    ("POST", "/v1/stories/{story_id}/unpin"): Operation(
        _roles("program_manager", "admin"), stranger="story-not-found"
    ),
    ("GET", "/v1/stories/{story_id}/versions"): Operation(stranger="story-not-found"),
    ("GET", "/v1/stories/{story_id}/versions/{version}"): Operation(stranger="story-not-found"),
    ("GET", "/v1/stories/{story_id}/versions/{version}/differences"): Operation(
        stranger="story-not-found"
    ),
    ("GET", "/v1/stories/{story_id}/trail"): Operation(stranger="story-not-found"),
    ("GET", "/v1/stories/{story_id}/performance"): Operation(stranger="story-not-found"),
    ("GET", "/v1/stories/performance/mine"): Operation(),
    ("GET", "/v1/pauses"): Operation(_STOPPERS),
    ("POST", "/v1/pauses"): Operation(_STOPPERS, lambda ids: {"reason": "Et uheld på værket."}),
    ("POST", "/v1/pauses/{pause_id}/prolong"): Operation(
        _STOPPERS, lambda ids: {"until": None}, "pause-not-found"
    ),
    ("POST", "/v1/pauses/{pause_id}/lift"): Operation(
        _roles("program_manager", "admin"), stranger="pause-not-found"
    ),
    ("GET", "/v1/stories/{story_id}/dullness"): Operation(stranger="story-not-found"),
    ("GET", "/v1/lessons"): Operation(),
    ("POST", "/v1/lessons"): Operation(_roles("admin", "program_manager"), lambda ids: a_lesson()),
    ("GET", "/v1/lessons/completions/mine"): Operation(),
    ("GET", "/v1/lessons/{lesson_id}"): Operation(stranger="lesson-not-found"),
    ("PATCH", "/v1/lessons/{lesson_id}"): Operation(
        _roles("admin", "program_manager"), lambda ids: {"minutes": 5}, "lesson-not-found"
    ),
    ("POST", "/v1/lessons/{lesson_id}/publish"): Operation(
        _roles("admin", "program_manager"), stranger="lesson-not-found"
    ),
    ("POST", "/v1/lessons/{lesson_id}/retire"): Operation(
        _roles("admin", "program_manager"), stranger="lesson-not-found"
    ),
    ("POST", "/v1/lessons/{lesson_id}/answers"): Operation(
        body=lambda ids: {"version": 1, "answers": [[0]]}, stranger="lesson-not-found"
    ),
    ("POST", "/v1/lessons/{lesson_id}/complete"): Operation(
        body=lambda ids: {"version": 1}, stranger="lesson-not-found"
    ),
    ("GET", "/v1/lessons/{lesson_id}/completions"): Operation(
        _roles("admin", "program_manager", "analyst"), stranger="lesson-not-found"
    ),
    ("POST", "/v1/dullness/check"): Operation(
        body=lambda ids: {"text": "Vi er stolte af at kunne præsentere os.", "language": "da"}
    ),
    ("GET", "/v1/dullness/rules"): Operation(),
    ("GET", "/v1/calendar"): Operation(),
    ("GET", "/v1/calendar/items"): Operation(),
    ("POST", "/v1/calendar/items"): Operation(
        body=lambda ids: {"title": "Nattevagten", "planned_on": "2031-05-04"}
    ),
    ("GET", "/v1/calendar/items/{item_id}"): Operation(stranger="item-not-found"),
    ("PATCH", "/v1/calendar/items/{item_id}"): Operation(
        body=lambda ids: {"title": "Dagvagten"}, stranger="item-not-found"
    ),
    ("POST", "/v1/calendar/items/{item_id}/drop"): Operation(stranger="item-not-found"),
    ("GET", "/v1/calendar/items/{item_id}/contributors"): Operation(stranger="item-not-found"),
    ("POST", "/v1/calendar/items/{item_id}/contributors"): Operation(
        body=lambda ids: {"person_id": ids["person_id"]}, stranger="item-not-found"
    ),
    ("GET", "/v1/calendar/feeds"): Operation(),
    ("POST", "/v1/calendar/feeds"): Operation(body=_named("Redaktionen")),
    ("POST", "/v1/calendar/feeds/{feed_id}/renew"): Operation(stranger="feed-not-found"),
    ("DELETE", "/v1/calendar/feeds/{feed_id}"): Operation(stranger="feed-not-found"),
    ("GET", "/v1/calendar/feeds/{token}.ics"): Operation(PUBLIC),
    ("GET", "/v1/ideas"): Operation(),
    ("POST", "/v1/ideas"): Operation(
        body=lambda ids: {"title": "Nattevagten", "text": "Ingen ser os.", "language": "da"}
    ),
    ("GET", "/v1/ideas/{idea_id}"): Operation(stranger="idea-not-found"),
    ("POST", "/v1/ideas/{idea_id}/vote"): Operation(stranger="idea-not-found"),
    ("DELETE", "/v1/ideas/{idea_id}/vote"): Operation(stranger="idea-not-found"),
    ("POST", "/v1/ideas/{idea_id}/decide"): Operation(
        body=lambda ids: {"decision": "considered"}, stranger="idea-not-found"
    ),
    ("POST", "/v1/ideas/{idea_id}/withdraw"): Operation(stranger="idea-not-found"),
    ("POST", "/v1/ideas/{idea_id}/story"): Operation(stranger="idea-not-found"),
    ("POST", "/v1/ideas/{idea_id}/link"): Operation(
        body=lambda ids: {"story_id": ids["story_id"]}, stranger="idea-not-found"
    ),
    ("GET", "/v1/ideas/{idea_id}/trail"): Operation(stranger="idea-not-found"),
    ("GET", "/v1/sources"): Operation(_SOURCE_READERS),
    ("POST", "/v1/sources"): Operation(
        _SOURCE_KEEPERS,
        lambda ids: {"name": "Nyt", "url": "https://a.example/feed", "language": "da"},
    ),
    ("GET", "/v1/sources/items"): Operation(_SOURCE_READERS),
    ("POST", "/v1/sources/items/{item_id}/story"): Operation(
        _SOURCE_READERS, stranger="source-item-not-found"
    ),
    ("POST", "/v1/sources/items/{item_id}/dismiss"): Operation(
        _SOURCE_READERS, stranger="source-item-not-found"
    ),
    ("GET", "/v1/sources/{source_id}"): Operation(_SOURCE_READERS, stranger="source-not-found"),
    ("PATCH", "/v1/sources/{source_id}"): Operation(
        _SOURCE_KEEPERS, _named("Andet nyt"), "source-not-found"
    ),
    ("DELETE", "/v1/sources/{source_id}"): Operation(_SOURCE_KEEPERS, stranger="source-not-found"),
    ("POST", "/v1/sources/{source_id}/poll"): Operation(
        _SOURCE_KEEPERS, stranger="source-not-found"
    ),
    ("GET", "/v1/sources/{source_id}/items"): Operation(
        _SOURCE_READERS, stranger="source-not-found"
    ),
    ("GET", "/v1/media"): Operation(),
    ("POST", "/v1/media"): Operation(
        _roles("employee", "author", "program_manager", "admin"),
        lambda ids: {
            "content_type": "image/jpeg",
            "bytes": 1000,
            "alt_texts": {"da": "En montør på toppen af en vindmølle"},
            "origin": {"kind": "own_photo"},
            "people_shown": 1,
        },
    ),
    ("GET", "/v1/media/attention"): Operation(),
    ("GET", "/v1/media/objects/{token}"): Operation(PUBLIC),
    ("PUT", "/v1/media/objects/{token}"): Operation(PUBLIC),
    ("GET", "/v1/media/{media_id}"): Operation(stranger="media-not-found"),
    ("PATCH", "/v1/media/{media_id}"): Operation(
        body=lambda ids: {"people_shown": 2}, stranger="media-not-found"
    ),
    ("GET", "/v1/media/{media_id}/download"): Operation(stranger="media-not-found"),
    ("POST", "/v1/media/{media_id}/complete"): Operation(stranger="media-not-found"),
    ("POST", "/v1/media/{media_id}/keep"): Operation(stranger="media-not-found"),
    ("POST", "/v1/media/{media_id}/withdraw"): Operation(stranger="media-not-found"),
    ("GET", "/v1/media/{media_id}/permissions"): Operation(stranger="media-not-found"),
    ("POST", "/v1/media/{media_id}/permissions"): Operation(
        body=lambda ids: {
            "outside_name": "Karen Bek",
            "purposes": ["social_media"],
            "how_given": "På mail",
        },
        stranger="media-not-found",
    ),
    ("POST", "/v1/media/{media_id}/permissions/{permission_id}/withdraw"): Operation(
        stranger="media-not-found"
    ),
    ("GET", "/v1/brand_assets"): Operation(),
    ("POST", "/v1/brand_assets"): Operation(
        _roles("program_manager", "admin"),
        lambda ids: {"kind": "colour", "name": "Nordlys", "colour": {"hex": "#00684a"}},
    ),
    ("GET", "/v1/brand_assets/{brand_asset_id}"): Operation(stranger="brand-asset-not-found"),
    ("PATCH", "/v1/brand_assets/{brand_asset_id}"): Operation(
        _roles("program_manager", "admin"), lambda ids: {"name": "Lys"}, "brand-asset-not-found"
    ),
    ("DELETE", "/v1/brand_assets/{brand_asset_id}"): Operation(
        _roles("program_manager", "admin"), stranger="brand-asset-not-found"
    ),
    ("GET", "/v1/stories/{story_id}/findings"): Operation(stranger="story-not-found"),
    ("GET", "/v1/guidelines"): Operation(),
    ("POST", "/v1/guidelines"): Operation(
        _roles("program_manager", "admin"), _named("Sådan taler vi om os")
    ),
    ("POST", "/v1/guidelines/check"): Operation(
        body=lambda ids: {"text": "Vi er verdens bedste.", "language": "da"}
    ),
    ("GET", "/v1/guidelines/{guideline_id}"): Operation(stranger="guideline-not-found"),
    ("PATCH", "/v1/guidelines/{guideline_id}"): Operation(
        _roles("program_manager", "admin"), _named("Sådan taler vi"), "guideline-not-found"
    ),
    ("POST", "/v1/guidelines/{guideline_id}/publish"): Operation(
        _roles("program_manager", "admin"), stranger="guideline-not-found"
    ),
    ("POST", "/v1/guidelines/{guideline_id}/retire"): Operation(
        _roles("program_manager", "admin"), stranger="guideline-not-found"
    ),
    ("POST", "/v1/guidelines/{guideline_id}/acknowledge"): Operation(
        body=lambda ids: {"version": 1}, stranger="guideline-not-found"
    ),
    ("GET", "/v1/guidelines/{guideline_id}/versions"): Operation(stranger="guideline-not-found"),
    ("GET", "/v1/guidelines/{guideline_id}/acknowledgements"): Operation(
        _roles("program_manager", "admin"), stranger="guideline-not-found"
    ),
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


def a_lesson() -> dict[str, Any]:
    """Answer the body of a lesson to begin."""
    return {
        "title": "Begynd med et menneske",
        "text": "Sig *hvem*, før du siger hvad.",
        "language": "da",
        "topic": "at-skrive",
        "minutes": 3,
    }


def ids_of(outcome: Outcome, **more: str) -> dict[str, str]:
    """Answer the ids of a company in which the story was played, by path parameter."""
    share = outcome.shares["ana"]
    return {
        "tenant_id": outcome.tenant_id,
        "story_id": outcome.story_id,
        "version": "1",
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
