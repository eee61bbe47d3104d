"""A released event never changes under its readers; it only grows fields they can do without."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from contracts import freeze
from contracts.catalogue import EVENTS
from contracts.freeze import all_breaks, breaks, topic_breaks


class Cover(BaseModel):
    """A picture."""

    key: str
    alt: str = ""


class Note(BaseModel):
    """A note as it was released."""

    note_id: str
    state: Literal["open", "done"]
    title: Annotated[str, Field(max_length=100)]
    weight: int
    cover: Cover
    covers: list[Cover]
    maybe: Cover | None
    marks: dict[str, Cover]
    colour: str = "red"


def head(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "fortaler.note.written.v1",
        "topic": "fortaler.notes",
        "public": False,
        "aggregate": {"kind": "note", "field": "note_id"},
        "schema": model.model_json_schema(),
    }


RELEASED = head(Note)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Answer the released event with one place of its document set, or removed by None."""
    document = deepcopy(RELEASED)
    *steps, last = path.split("/")
    place: Any = document
    for step in steps:
        place = place[step]
    if value is None:
        place.pop(last)
    else:
        place[last] = value
    return document


class WithAnOptionalField(Note):
    mood: str | None = None


class WithARequiredField(Note):
    mood: str


NOTE = RELEASED["schema"]["properties"]
REQUIRED = RELEASED["schema"]["required"]
COVER = RELEASED["schema"]["$defs"]["Cover"]

BREAKING: dict[str, tuple[dict[str, Any], str]] = {
    "a field is gone": (changed("schema/properties/weight", None), "data.weight is gone"),
    "a field is new and required": (head(WithARequiredField), "data.mood is new and required"),
    "a field has another type": (
        changed("schema/properties/weight", {"type": "number"}),
        'data.weight was {"type": "integer"} and is {"type": "number"}',
    ),
    "a field has another format": (
        changed("schema/properties/note_id", {"type": "string", "format": "uuid"}),
        "data.note_id was",
    ),
    "a field may now be empty": (
        changed("schema/properties/weight", {"anyOf": [NOTE["weight"], {"type": "null"}]}),
        "data.weight was",
    ),
    "an optional field became required": (
        changed("schema/required", [*REQUIRED, "colour"]),
        "data.colour was optional and is required",
    ),
    "a required field became optional": (
        changed("schema/required", REQUIRED[1:]),
        "data.note_id was required and is optional",
    ),
    "a choice is gone": (
        changed("schema/properties/state/enum", ["open"]),
        "data.state may no longer be 'done'",
    ),
    "a choice is new": (
        changed("schema/properties/state/enum", ["open", "done", "lost"]),
        "data.state may now be 'lost'",
    ),
    "a free text became a choice": (
        changed("schema/properties/colour", {"enum": ["red"], "type": "string", "default": "red"}),
        "data.colour was",
    ),
    "a limit is another": (
        changed("schema/properties/title/maxLength", 50),
        "data.title was",
    ),
    "a default is another": (
        changed("schema/properties/colour/default", "blue"),
        "data.colour has another default",
    ),
    "a default is gone": (
        changed("schema/properties/colour", {"type": "string"}),
        "data.colour has another default",
    ),
    "an inner field is gone": (
        changed("schema/$defs/Cover/properties/key", None),
        "data.cover.key is gone",
    ),
    "an inner choice of shapes has another shape": (
        changed("schema/properties/maybe/anyOf", [{"type": "string"}, {"type": "null"}]),
        "data.maybe was",
    ),
    "an inner field is new and required": (
        changed(
            "schema/$defs/Cover",
            {
                **COVER,
                "properties": {**COVER["properties"], "size": {"type": "integer"}},
                "required": ["key", "size"],
            },
        ),
        "data.covers[].size is new and required",
    ),
    "the values of a mapping have another type": (
        changed("schema/properties/marks/additionalProperties", {"type": "string"}),
        "data.marks{} was",
    ),
    "unknown fields are refused from now on": (
        changed("schema/additionalProperties", False),
        "data was",
    ),
    "it travels on another topic": (changed("topic", "fortaler.other"), "topic was"),
    "it became public": (changed("public", True), "public was False and is True"),
    "it is about something else": (
        changed("aggregate", {"kind": "book", "field": "note_id"}),
        "aggregate was",
    ),
}

BENIGN: dict[str, dict[str, Any]] = {
    "nothing": deepcopy(RELEASED),
    "a new optional field": head(WithAnOptionalField),
    "another wording": changed("schema/properties/weight/description", "In grams."),
    "another description of the whole": changed("schema/description", "A note, reworded."),
    "an example": changed("schema/properties/weight/examples", [3]),
    "the order of the fields": changed("schema/properties", dict(reversed(NOTE.items()))),
    "the order of the choices": changed("schema/properties/state/enum", ["done", "open"]),
    "the order of the required": changed("schema/required", REQUIRED[::-1]),
    "a new optional inner field": changed(
        "schema/$defs/Cover/properties", {**COVER["properties"], "size": {"type": "integer"}}
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_what_would_break_a_reader_is_refused_by_name(case: str) -> None:
    now, told = BREAKING[case]

    found = breaks(RELEASED, now)

    assert [one for one in found if told in one], found
    assert all(one.startswith("fortaler.note.written.v1: ") for one in found)


@pytest.mark.parametrize("case", BENIGN)
def test_what_no_reader_notices_is_allowed(case: str) -> None:
    assert breaks(RELEASED, BENIGN[case]) == []


def test_a_shape_that_moved_to_another_class_is_the_same_shape() -> None:
    renamed = json.loads(json.dumps(RELEASED).replace("Cover", "Picture"))

    assert breaks(RELEASED, renamed) == []


def test_a_shape_that_holds_itself_is_compared_too() -> None:
    tree = {
        "$defs": {
            "Tree": {
                "type": "object",
                "properties": {
                    "leaves": {"type": "integer"},
                    "left": {"$ref": "#/$defs/Tree"},
                },
            }
        },
        "$ref": "#/$defs/Tree",
    }
    felled = json.loads(json.dumps(tree).replace("integer", "string"))

    found = breaks({**RELEASED, "schema": tree}, {**RELEASED, "schema": felled})

    assert len(found) == 1
    assert "data.leaves was" in found[0]


def test_an_event_may_be_new_but_never_gone() -> None:
    other = {**deepcopy(RELEASED), "type": "fortaler.note.read.v1"}
    one = {"fortaler.note.written.v1": RELEASED}
    both = {**one, "fortaler.note.read.v1": other}

    assert all_breaks(one, both) == []
    assert all_breaks(both, one) == [
        "fortaler.note.read.v1: it is gone, but the topics still hold such events."
    ]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, "fortaler.notes: the topic is gone."),
        ({"fortaler.notes": {"partitions": 12, "compacted": False}}, "the topic was"),
        ({"fortaler.notes": {"partitions": 6, "compacted": True}}, "the topic was"),
    ],
)
def test_a_topic_in_use_keeps_its_partitions_and_its_cleaning(now: Any, told: str) -> None:
    frozen = {"fortaler.notes": {"partitions": 6, "compacted": False}}

    found = topic_breaks(frozen, now)

    assert len(found) == 1
    assert told in found[0]
    assert topic_breaks(frozen, {**frozen, "fortaler.more": {"partitions": 1}}) == []


def test_freezing_refuses_a_break_and_writes_nothing(tmp_path: Path) -> None:
    assert freeze.freeze(tmp_path) == []
    path = tmp_path / "fortaler.story.withdrawn.v1.json"
    released = json.loads(path.read_text())
    released["schema"]["properties"]["reason"] = {"type": "string"}
    path.write_text(freeze.written(released))
    before = path.read_text()

    found = freeze.freeze(tmp_path)

    assert found == [
        "fortaler.story.withdrawn.v1: data.reason is gone, but its readers may need it."
    ]
    assert path.read_text() == before


@pytest.mark.parametrize("name", [*EVENTS, freeze.TOPICS])
def test_what_is_frozen_is_what_the_code_says(name: str) -> None:
    path = freeze.SCHEMAS / f"{name}.json"

    assert path.exists(), "A new event? `make freeze`."
    assert json.loads(path.read_text()) == freeze.current()[name], (
        "Add a v2 beside it. Only a new optional field, or another wording? `make freeze`."
    )


def test_nothing_that_was_released_is_gone_or_broken() -> None:
    assert all_breaks(freeze.read_frozen(), freeze.current()) == []
