"""What of the stream a caller wants: read from the query, and refused where it cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from chassis.errors import Refusal
from contracts.envelope import Envelope
from gateway.stream.public import KINDS, PUBLIC

FIELDS_MAX = 50
"""There are fewer public types than this, and each may stand in a parameter of its own."""

PARAMETERS = frozenset({"types", "subject", "last_event_id"})


class TypeNotPublic(Refusal):
    """The stream carries public events only; `types` says which there are."""

    kind = "invalid"
    title = "No such public event"


class SubjectUnknown(Refusal):
    """A subject is a kind of thing, such as `story`, or one thing, such as `story/{id}`."""

    kind = "invalid"
    title = "Subject is not understood"


class ParameterUnknown(Refusal):
    """The stream has no such parameter; a filter that is misspelt would let everything through."""

    kind = "invalid"
    title = "No such parameter"


@dataclass(frozen=True)
class Wanted:
    """Which public events, about what; None means all."""

    types: frozenset[str] | None = None
    kind: str | None = None
    aggregate_id: UUID | None = None

    def fits(self, envelope: Envelope) -> bool:
        """Answer whether an event is wanted."""
        return (
            (self.types is None or envelope.type in self.types)
            and (self.kind is None or envelope.kind == self.kind)
            and (self.aggregate_id is None or envelope.aggregate_id == self.aggregate_id)
        )


def read_query(query: str) -> Mapping[str, Sequence[str]]:
    """Answer the parameters of a stream; raises ParameterUnknown for others."""
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise ParameterUnknown(f"There may be {FIELDS_MAX} parameters at most.") from error
    for name in found.keys() - PARAMETERS:
        raise ParameterUnknown(
            f"A stream is filtered by {', '.join(sorted(PARAMETERS))}.", parameter=name[:100]
        )
    return found


def wanted_of(parameters: Mapping[str, Sequence[str]]) -> Wanted:
    """Answer what is wanted; raises TypeNotPublic and SubjectUnknown."""
    kind, aggregate_id = _subject_of(parameters.get("subject", ()))
    return Wanted(_types_of(parameters.get("types", ())), kind, aggregate_id)


def _types_of(given: Sequence[str]) -> frozenset[str] | None:
    types = frozenset(name.strip() for text in given for name in text.split(","))
    for name in sorted(types - PUBLIC.keys()):
        raise TypeNotPublic(
            "The stream does not carry events of this type.",
            parameter="types",
            type_asked=name[:100],
            types=sorted(PUBLIC),
        )
    return types or None


def _subject_of(given: Sequence[str]) -> tuple[str | None, UUID | None]:
    if not given:
        return None, None
    kind, has_id, id_ = given[-1].partition("/")
    if kind not in KINDS or len(given) > 1:
        raise SubjectUnknown(
            "One subject may be asked for: a kind, or one thing of that kind.",
            parameter="subject",
            kinds=sorted(KINDS),
        )
    try:
        return kind, UUID(id_) if has_id else None
    except ValueError as error:
        raise SubjectUnknown("After the kind stands an id.", parameter="subject") from error
