"""The live stream in the API document: written by hand, since no framework serves it."""

from typing import Any

from chassis.auth import IssuerUnavailable, TokenMissing, TokenRefused
from chassis.callers import BEARER, PersonUnknown, RoleMissing
from chassis.paging import CursorUnreadable
from chassis.problems import MEDIA_TYPE, MethodNotAllowed, TemporarilyUnavailable, refuses
from gateway.quotas.policies import QuotaExceeded
from gateway.refusals import RequestMalformed, ServiceBroke, ServiceUnavailable
from gateway.routing import STREAM
from gateway.stream import wording
from gateway.stream.access import ROLES
from gateway.stream.filters import ParameterUnknown, SubjectUnknown, TypeNotPublic
from gateway.stream.public import KINDS, PUBLIC
from gateway.stream.seats import CatchUpsTooMany, StreamsTooMany

TAG = "gateway"

_REFUSALS = (
    RequestMalformed,
    CursorUnreadable,
    TokenMissing,
    TokenRefused,
    PersonUnknown,
    RoleMissing,
    MethodNotAllowed,
    TypeNotPublic,
    SubjectUnknown,
    ParameterUnknown,
    StreamsTooMany,
    CatchUpsTooMany,
    QuotaExceeded,
    ServiceBroke,
    ServiceUnavailable,
    IssuerUnavailable,
    TemporarilyUnavailable,
)

_DESCRIPTION = f"""Hear your company's public events as they are announced, as server-sent events.

For the roles {" and ".join(f"`{role}`" for role in ROLES)}. `event` is the CloudEvents type, `data`
the CloudEvents 1.0 JSON of one event, `id` a cursor: sent back as `Last-Event-ID`, the stream goes
on behind it, and nothing is lost or told twice. A line without data beats every few seconds, and
moves the cursor too. `{wording.GAP}` says that what was missed is no longer kept;
`{wording.ENDED}` says why the stream ends: connect again, with the last id."""

_EXAMPLE = """: fortaler live stream
retry: 3000
id: AQpX0m4c

id: AQpX0m9k
event: fortaler.story.withdrawn.v1
data: {"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057",\
"source":"/services/content","type":"fortaler.story.withdrawn.v1","time":"2026-03-01T09:00:00Z",\
"subject":"story/01890a5d-ac96-774b-bcce-b302099a8058",\
"tenant":"01890a5d-ac96-774b-bcce-b302099a8059",\
"dataschema":"urn:fortaler:schema:fortaler.story.withdrawn.v1",\
"datacontenttype":"application/json",\
"data":{"story_id":"01890a5d-ac96-774b-bcce-b302099a8058"}}

:
id: AQpX0mB2

id: AQpX0mB2
event: stream.ended
data: {"reason":"lifetime","resume":"Last-Event-ID"}

"""


def add_stream(document: dict[str, Any]) -> None:
    """Add the stream to the merged document."""
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes.setdefault(
        BEARER.scheme_name, BEARER.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    )
    document["tags"].append({"name": TAG, "description": "What the door itself answers."})
    document["paths"][STREAM] = {"get": _operation()}


def _operation() -> dict[str, Any]:
    return {
        "tags": [TAG],
        "operationId": "gateway_read_stream",
        "summary": "Read Stream",
        "description": _DESCRIPTION,
        "parameters": _parameters(),
        "security": [{BEARER.scheme_name: []}],
        "responses": {
            "200": {
                "description": "A stream without an end.",
                "content": {
                    "text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}
                },
            },
            **_refusals(),
        },
    }


def _parameters() -> list[dict[str, Any]]:
    cursor = "The id of the last event that you have: the stream goes on after it."
    return [
        {
            "name": "types",
            "in": "query",
            "description": "Only events of these types.",
            "style": "form",
            "explode": False,
            "schema": {"type": "array", "items": {"type": "string", "enum": sorted(PUBLIC)}},
        },
        {
            "name": "subject",
            "in": "query",
            "description": f"Only about one thing, or one kind of it: {', '.join(sorted(KINDS))}.",
            "schema": {"type": "string"},
            "examples": {
                "a kind": {"value": "story"},
                "one thing": {"value": "story/01890a5d-ac96-774b-bcce-b302099a8058"},
            },
        },
        {
            "name": "last_event_id",
            "in": "query",
            "description": f"{cursor} For clients that cannot send the header.",
            "schema": {"type": "string"},
        },
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": cursor,
            "schema": {"type": "string"},
        },
    ]


def _refusals() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {
            "description": response["description"],
            "content": {MEDIA_TYPE: {**response["content"][MEDIA_TYPE], "schema": schema}},
        }
        for status, response in refuses(*_REFUSALS)["responses"].items()
    }
