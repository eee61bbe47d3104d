"""`fortaler outbox`: what an operator is told, and what is asked of whom."""

import asyncio

import pytest

from chassis.settings import ServiceSettings
from tests.fortaler.test_command import say


def surroundings(settings: ServiceSettings) -> dict[str, str]:
    return {
        "FORTALER_DATABASE_URL": settings.database_url,
        "FORTALER_DATABASE_PASSWORD": settings.database_password.get_secret_value(),
    }


async def test_what_waits_is_told_for_every_service(migrated: ServiceSettings) -> None:
    code, said = await asyncio.to_thread(lambda: say("outbox", "status", **surroundings(migrated)))

    assert code == 0, said
    told = [line for line in said.splitlines() if not line.startswith(" ")]
    assert [line.split(": ")[0] for line in told] == [
        *("directory", "content", "sharing", "metrics", "recognition")
    ]
    assert all(" wait" in line for line in told)


async def test_a_rewind_is_kept_with_its_reason_until_a_worker_does_it(
    migrated: ServiceSettings,
) -> None:
    asking = ("outbox", "rewind", "content", "--last-hours", "1", "--reason", "a lost Kafka")

    code, said = await asyncio.to_thread(
        lambda: say(*asking, "--wait-s", "0", "--by", "Ida", **surroundings(migrated))
    )
    _, status = await asyncio.to_thread(
        lambda: say("outbox", "status", "content", **surroundings(migrated))
    )

    assert (code, "waits for a worker" in said) == (1, True)
    assert "asked for by Ida" in status
    assert "waits (a lost Kafka)" in status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("content --reason x", "either --since or --last-hours"),
        ("content --reason x --since 2020-01-01 --last-hours 1", "either --since or --last-hours"),
        ("content --reason x --since 2990-01-01", "in the future"),
        ("content --reason x --since yesterday", "does not match"),
        ("nobody --reason x --last-hours 1", "no service 'nobody'"),
        ("content --last-hours 1", "Missing option '--reason'"),
    ],
)
def test_a_rewind_that_cannot_be_meant_is_refused(arguments: str, told: str) -> None:
    code, said = say("outbox", "rewind", *arguments.split())

    assert code == 2
    assert told in " ".join(said.replace("│", " ").split())


async def test_a_rewind_beyond_what_is_kept_is_refused_in_one_line(
    migrated: ServiceSettings,
) -> None:
    code, said = await asyncio.to_thread(
        lambda: say(
            *("outbox", "rewind", "content", "--since", "2020-01-01", "--reason", "x"),
            **surroundings(migrated),
        )
    )

    assert code == 1
    assert said.startswith("fortaler: The outbox does not go back as far")
