"""`fortaler dead-letters`: what an operator reads of them, and what is done for one."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.ids import new_id
from chassis.messages import Record
from chassis.people import find_person
from chassis.settings import ServiceSettings
from contracts.directory import PersonProvisioned
from services.content.main import SERVICE
from tests.envelopes import envelope_of
from tests.fortaler.test_command import say

NAME = "Ana Holm"
_offsets = itertools.count()


@dataclass
class Operator:
    """Somebody at a terminal, and a company whose people have become dead letters."""

    settings: ServiceSettings
    database: Database
    tenant_id: UUID

    async def says(self, *arguments: str) -> tuple[int, str]:
        """Run `fortaler dead-letters`; answers its exit code and all that it said."""
        surroundings = {
            "FORTALER_DATABASE_URL": self.settings.database_url,
            "FORTALER_DATABASE_PASSWORD": self.settings.database_password.get_secret_value(),
        }
        return await asyncio.to_thread(lambda: say("dead-letters", *arguments, **surroundings))

    async def parks(self, *records: Record) -> list[str]:
        """Let content park records; answers the ids of the letters, in their order."""
        consumer = Consumer(SERVICE.name, SERVICE.handlers, self.database, SystemClock())
        await consumer.take_in(records)
        return [letter["id"] for letter in (await self.listed())[::-1]]

    async def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """Answer the company's letters in content, the newest first."""
        asked = ("list", "content", "--json", "--tenant", str(self.tenant_id), *arguments)
        code, said = await self.says(*asked)
        assert code == 0, said
        return [json.loads(line) for line in said.splitlines()]

    async def knows(self, person_id: UUID) -> bool:
        """Answer whether content knows a person."""
        async with self.database.transaction(self.tenant_id) as session:
            return await find_person(session, person_id) is not None

    def person(self, **facts: Any) -> tuple[PersonProvisioned, Record]:
        """Answer a person, and the record that brings them."""
        known: dict[str, Any] = {
            "person_id": new_id(),
            "subject": "ana",
            "display_name": NAME,
            **dict.fromkeys(("team_id", "region", "country", "language", "time_zone")),
            "leader": False,
            "roles": ["employee"],
            "active": True,
        }
        event = PersonProvisioned(**{**known, **facts})
        envelope = envelope_of(event, self.tenant_id)
        return event, Record(
            *(event.topic.name, 0, next(_offsets)),
            *(envelope.key, envelope.data, envelope.headers()),
        )


@pytest.fixture
async def operator(migrated: ServiceSettings) -> AsyncIterator[Operator]:
    database = Database(migrated, SERVICE.name)
    yield Operator(migrated, database, new_id())
    await database.close()


async def test_letters_are_counted_listed_and_shown_without_what_may_be_personal(
    operator: Operator,
) -> None:
    _, good = operator.person()
    assert good.value is not None
    [letter_id] = await operator.parks(replace(good, value=good.value[:-1]))

    _, table = await operator.says("list", "--tenant", str(operator.tenant_id))
    _, lines = await operator.says("list", "content", "--tenant", str(operator.tenant_id))
    _, shown = await operator.says("show", "content", letter_id)
    _, body = await operator.says("show", "content", letter_id, "--body")

    assert [line.split()[0] for line in table.splitlines()] == ["SERVICE", "content"]
    assert "body-does-not-fit" in table
    assert letter_id in lines
    assert "fortaler.person.provisioned.v1" in lines
    assert "header ce_tenant: " + str(operator.tenant_id) in shown
    assert "body-does-not-fit: The body does not fit" in shown
    assert not any(NAME in said for said in (table, lines, shown))
    assert body.encode() == good.value[:-1]


async def test_a_letter_is_repaired_from_what_was_shown_and_replayed(
    operator: Operator, tmp_path: Path
) -> None:
    person, good = operator.person()
    assert good.value is not None
    [letter_id] = await operator.parks(replace(good, value=good.value[:-1]))
    repaired = tmp_path / "body.json"
    repaired.write_bytes(good.value)
    doing = ("replay", "content", letter_id, "--by", "Ida", "--reason", "Cut off on its way.")

    as_it_was = await operator.says(*doing)
    rehearsed = await operator.says(*doing, "--value", str(repaired), "--dry-run")
    known_after_rehearsal = await operator.knows(person.person_id)
    mended = await operator.says(*doing, "--value", str(repaired))
    again = await operator.says(*doing)

    assert as_it_was[0] == 1
    assert "failed: The body does not fit" in as_it_was[1]
    assert (rehearsed[0], "would replay" in rehearsed[1]) == (0, True)
    assert not known_after_rehearsal
    assert (mended[0], "replayed" in mended[1]) == (0, True)
    assert await operator.knows(person.person_id)
    assert (again[0], "is settled" in again[1]) == (1, True)
    [letter] = await operator.listed("--state", "any")
    assert (letter["state"], letter["attempts"], letter["settled_by"]) == ("replayed", 2, "Ida")
    assert letter["settled_why"].startswith("Cut off on its way. Repaired: body ")


async def test_many_are_replayed_and_those_that_fail_are_told(operator: Operator) -> None:
    people = [operator.person(subject=f"p{number}") for number in range(3)]
    records = [record for _, record in people]
    await operator.parks(*(replace(record, headers=record.headers[1:]) for record in records))
    doing = ("replay", "content", "--all", "--tenant", str(operator.tenant_id), "--reason", "x")

    code, said = await operator.says(*doing)

    assert code == 1
    assert said.count("failed: ") == 3
    assert "0 replayed, 3 not." in said


async def test_letters_are_discarded_once_and_with_a_reason(operator: Operator) -> None:
    records = [operator.person(subject=f"p{number}")[1] for number in range(3)]
    first, *_ = await operator.parks(*(replace(record, value=b"{}") for record in records))
    everything = ("discard", "content", "--all", "--tenant", str(operator.tenant_id))

    one = await operator.says("discard", "content", first, "--reason", "A test's.")
    again = await operator.says("discard", "content", first, "--reason", "A test's.")
    rehearsed = await operator.says(*everything, "--reason", "x", "--dry-run")
    left = await operator.listed()
    rest = await operator.says(*everything, "--parked-for", "body-does-not-fit", "--reason", "x")

    assert (one[0], "1 discarded." in one[1]) == (0, True)
    assert (again[0], "it was discarded" in again[1]) == (1, True)
    assert (rehearsed[0], "2 would be discarded." in rehearsed[1]) == (0, True)
    assert len(left) == 2
    assert (rest[0], "2 discarded." in rest[1]) == (0, True)
    assert await operator.listed() == []
    assert len(await operator.listed("--state", "discarded", "--since", "2h")) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("list nobody", "no service 'nobody'"),
        ("list content --state gone", "Say parked, replayed"),
        ("list content --since yesterday", "Say an instant"),
        ("show content 7", "valid UUID"),
        ("replay content --reason x", "or --all"),
        (f"replay content {new_id()} --all --reason x", "or --all"),
        (f"replay content {new_id()}", "Missing option '--reason'"),
        ("replay content --all --key x --reason x", "Only a single letter"),
        (f"replay content {new_id()} --header ce_id --reason x", "name=value"),
        ("discard content --all", "Missing option '--reason'"),
        ("discard content --reason x", "or --all"),
    ],
)
async def test_what_cannot_be_meant_is_refused(arguments: str, told: str) -> None:
    code, said = await asyncio.to_thread(lambda: say("dead-letters", *arguments.split()))

    assert code == 2
    assert told in " ".join(said.replace("│", " ").split())


async def test_a_letter_that_is_not_there_is_told_in_one_line(operator: Operator) -> None:
    code, said = await operator.says("show", "content", str(new_id()))

    assert code == 1
    assert said.startswith("fortaler: Dead letter not found: ")
    assert len(said.splitlines()) == 1
