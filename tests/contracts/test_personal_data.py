"""No event tells of a person more than an id, but in the directory, where it can be erased."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from contracts.catalogue import EVENTS
from contracts.content import StoryWithdrawn
from contracts.directory import PersonProvisioned
from contracts.events import Event
from contracts.topics import CONTENT, DIRECTORY

_WHOSE = "display|given|family|first|middle|last|full|user|person|author|reviewer|advocate"
_PERSONAL = re.compile(
    rf"(?:^|_)(?:subject|(?:{_WHOSE})_name|surname|nickname|username|handle|e?mail|phone|mobile"
    r"|address|street|postcode|birthday|birth_date|gender|photo|picture|portrait|avatar"
    r"|ip|user_agent|device)(?:e?s)?(?:_|$)"
)
"""How a field is called that says who somebody is; a campaign or a program may have a name."""


def personal_fields(event: type[BaseModel]) -> set[str]:
    """Answer the fields of an event, however deep, that are named like a person's data."""
    return {name for name in _fields(event.model_json_schema()) if _PERSONAL.search(name)}


def _fields(schema: Any) -> Iterator[str]:
    inner = schema if isinstance(schema, list) else []
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        inner = list(schema.values())
    for one in inner:
        yield from _fields(one)


@pytest.mark.parametrize("type_", [t for t, event in EVENTS.items() if event.topic != DIRECTORY])
def test_an_event_off_the_directory_tells_of_nobody_more_than_an_id(type_: str) -> None:
    assert personal_fields(EVENTS[type_]) == set(), "An id stands in its place (design 4.7)."


def test_what_the_directory_tells_of_a_person_would_be_found_elsewhere() -> None:
    assert personal_fields(PersonProvisioned) == {"subject", "display_name"}


class Reader(BaseModel):
    """Somebody who has read a story, told with far too much."""

    person_id: UUID
    author_name: str
    email: str
    home_addresses: list[str]


class StoryRead(Event, type="fortaler.story.read.v1", topic=CONTENT, about=("story", "story_id")):
    """A planted event: with an address, and with people in lists, by name, and where there are."""

    story_id: UUID
    name: str
    ip: str
    user_agent: str | None
    readers: list[Reader]
    by_region: dict[str, Reader]
    first: Reader | None


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (StoryRead, {"ip", "user_agent", "author_name", "email", "home_addresses"}),
        (StoryWithdrawn, set()),
    ],
)
def test_a_persons_data_is_found_in_a_planted_event_however_deep(
    event: type[Event], found: set[str]
) -> None:
    assert personal_fields(event) == found


@pytest.mark.parametrize(
    "name", ["subject", "given_name", "family_name", "phone", "handle", "photo", "ip", "ip_address"]
)
def test_a_persons_data_is_known_by_its_name(name: str) -> None:
    assert _PERSONAL.search(name)


@pytest.mark.parametrize("name", ["name", "person_id", "description", "subjective", "clip", "team"])
def test_what_is_not_a_persons_data_is_not_taken_for_it(name: str) -> None:
    assert not _PERSONAL.search(name)
