"""Keeps what was released as it was: `python -m contracts.freeze` writes only what has grown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts import topics
from contracts.catalogue import EVENTS
from contracts.events import Event

SCHEMAS = Path(__file__).parent / "schemas"
TOPICS = "topics"
"""The topics' own file; events' files are named after their types, which begin with `fortaler.`"""

Document = Mapping[str, Any]
Documents = dict[str, dict[str, Any]]

_HEAD = ("type", "topic", "public", "aggregate")
_WORDS = frozenset({"title", "description", "examples", "deprecated"})
"""What a schema says to people only; it may be reworded at any time."""
_CHOICES = ("anyOf", "oneOf", "allOf")


def describe(event: type[Event]) -> dict[str, Any]:
    """Answer what readers of an event rely on: its head, and the JSON Schema of its data."""
    kind, field = event.about
    return {
        "type": event.type,
        "topic": event.topic.name,
        "public": event.public,
        "aggregate": {"kind": kind, "field": field},
        "schema": event.model_json_schema(),
    }


def current() -> Documents:
    """Answer all documents as the code has them now, by the names of their files."""
    documents = {type_: describe(event) for type_, event in EVENTS.items()}
    documents[TOPICS] = {
        topic.name: {"partitions": topic.partitions, "compacted": topic.compacted}
        for topic in topics.ALL
    }
    return documents


def read_frozen(folder: Path = SCHEMAS) -> Documents:
    """Answer the documents as they were frozen last."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def all_breaks(frozen: Documents, now: Documents) -> list[str]:
    """Answer how the code breaks what was frozen, one sentence each; an empty list is well."""
    found = []
    for name, document in frozen.items():
        if name == TOPICS:
            found += topic_breaks(document, now.get(TOPICS, {}))
        elif name in now:
            found += breaks(document, now[name])
        else:
            found.append(f"{name}: it is gone, but the topics still hold such events.")
    return found


def breaks(frozen: Document, now: Document) -> list[str]:
    """Answer how a released event would break its readers; it may only grow optional fields."""
    name = frozen["type"]
    found = [
        f"{name}: {word} was {frozen[word]!r} and is {now[word]!r}."
        for word in _HEAD
        if frozen[word] != now[word]
    ]
    compared = _Compared(frozen["schema"], now["schema"])
    return found + [f"{name}: {problem}" for problem in compared.problems()]


def topic_breaks(frozen: Document, now: Document) -> list[str]:
    """Answer how the topics would break what runs: other partitions move keys, so order is lost."""
    found = []
    for name, topic in frozen.items():
        if name not in now:
            found.append(f"{name}: the topic is gone.")
        elif now[name] != topic:
            found.append(f"{name}: the topic was {topic} and is {now[name]}.")
    return found


def freeze(folder: Path = SCHEMAS) -> list[str]:
    """Write the documents, unless one breaks what was released; answers the breaks."""
    now = current()
    if found := all_breaks(read_frozen(folder), now):
        return found
    folder.mkdir(exist_ok=True)
    for name, document in now.items():
        (folder / f"{name}.json").write_text(written(document))
    return []


def written(document: Document) -> str:
    """Answer a document as its file has it: sorted, so that a change is a small diff."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class _Compared:
    """Two JSON Schemas side by side, each with its own definitions."""

    def __init__(self, frozen: Document, now: Document) -> None:
        self._frozen = frozen
        self._now = now
        self._open: set[tuple[str, str]] = set()

    def problems(self) -> list[str]:
        """Answer how the newer schema breaks the older."""
        return list(self._nodes("data", self._frozen, self._now))

    def _nodes(self, at: str, frozen: Document, now: Document) -> Iterator[str]:
        pair = (str(frozen.get("$ref")), str(now.get("$ref")))
        # A shape that holds itself is compared once, not for ever.
        if "$ref" in frozen and pair in self._open:
            return
        self._open.add(pair)
        old, new = _resolved(frozen, self._frozen), _resolved(now, self._now)
        if _shape(old) != _shape(new):
            yield f"{at} was {_told(old)} and is {_told(new)}."
        else:
            yield from _enums(at, old.get("enum", ()), new.get("enum", ()))
            yield from self._inside(at, old, new)
        if _default(old) != _default(new):
            yield f"{at} has another default, so that older events would be read differently."
        self._open.discard(pair)

    def _inside(self, at: str, old: Document, new: Document) -> Iterator[str]:
        yield from self._fields(at, old, new)
        if isinstance(old.get("items"), Mapping):
            yield from self._nodes(f"{at}[]", old["items"], new["items"])
        if isinstance(old.get("additionalProperties"), Mapping):
            inner = (old["additionalProperties"], new["additionalProperties"])
            yield from self._nodes(f"{at}{{}}", *inner)
        for key in _CHOICES:
            for one, other in zip(old.get(key, ()), new.get(key, ()), strict=True):
                yield from self._nodes(at, one, other)

    def _fields(self, at: str, old: Document, new: Document) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        had_to, has_to = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(was.keys() | now.keys()):
            field = f"{at}.{name}"
            if name not in now:
                yield f"{field} is gone, but its readers may need it."
            elif name not in was:
                if name in has_to:
                    yield f"{field} is new and required, but older events do not have it."
            else:
                if (name in had_to) != (name in has_to):
                    yield f"{field} was {_must(name, had_to)} and is {_must(name, has_to)}."
                yield from self._nodes(field, was[name], now[name])


def _resolved(node: Document, root: Document) -> Document:
    if "$ref" not in node:
        return node
    target: Document = root["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return {**_resolved(target, root), **beside}


def _shape(node: Document) -> dict[str, Any]:
    """Answer what a value must be like, without words and without what lies inside it."""
    elsewhere = _WORDS | {"properties", "required", "$defs", "default"}
    shape = {key: value for key, value in node.items() if key not in elsewhere}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            shape[key] = "described"
    if "enum" in node:
        shape["enum"] = "described"
    return shape | {key: len(node[key]) for key in _CHOICES if key in node}


def _default(node: Document) -> tuple[bool, Any]:
    return "default" in node, node.get("default")


def _enums(at: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
    if gone:
        yield f"{at} may no longer be {_listed(gone)}."
    if come:
        yield f"{at} may now be {_listed(come)}, which its readers do not know."


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(repr(value) for value in values)


def _must(name: str, required: set[str]) -> str:
    return "required" if name in required else "optional"


def _told(node: Document) -> str:
    return json.dumps(_shape(node), sort_keys=True)


if __name__ == "__main__":
    if problems := freeze():
        lines = "\n".join(problems)
        raise SystemExit(f"{lines}\nReleased events only grow: declare a v2 beside the v1.")
