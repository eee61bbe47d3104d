"""What an operator reads when something is wrong: one clear line, and no secret in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = "127.0.0.1:9"
SECRET = "a-secret-that-nobody-may-read"


def say(*arguments: str, **settings: str) -> tuple[int, str]:
    """Run the command; answers its exit code and all that it said."""
    inherited = {name: value for name, value in os.environ.items() if "FORTALER_" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "fortaler", *arguments],
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        ("topics apply", {"KAFKA_BOOTSTRAP_SERVERS": NOBODY}, "KAFKA_BOOTSTRAP_SERVERS"),
        ("migrate", {"DATABASE_CONNECTIONS_MAX": "many"}, "DATABASE_CONNECTIONS_MAX"),
        (
            "migrate directory",
            {"DATABASE_URL": f"postgresql://{NOBODY}", "DATABASE_ADMIN_PASSWORD": SECRET},
            "DATABASE_URL",
        ),
        ("serve sharing", {}, "SEALING_KEY"),
        ("serve gateway", {}, "SERVICE_URLS"),
        ("up", {"PORT": "many"}, "PORT"),
        ("up", {"BROKERS": "2"}, "BROKERS cannot be used: there are 1 or 3 of them"),
        ("demo", {"PORT": "9"}, "/v1/tenants"),
        ("demo", {"DATA_DIR": "/dev/null/data"}, "/dev/null/data: Not a directory"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, arguments: str, settings: dict[str, str], told: str
) -> None:
    given = {"DATABASE_PASSWORD": SECRET, "DATA_DIR": str(tmp_path), **settings}

    code, said = say(
        *arguments.split(), **{f"FORTALER_{name}": value for name, value in given.items()}
    )

    assert code == 1
    assert said.splitlines()[-1].startswith("fortaler: ")
    assert told in said.splitlines()[-1]
    assert "Traceback" not in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "arguments",
    ["serve nobody", "migrate nobody", "token ana --tenant ../x", "token ana --hours 0"],
)
def test_an_argument_that_cannot_be_is_refused(tmp_path: Path, arguments: str) -> None:
    code, said = say(*arguments.split(), FORTALER_DATA_DIR=str(tmp_path))

    assert code == 2
    assert "Traceback" not in said


def test_the_command_explains_itself() -> None:
    code, said = say("--help")

    assert code == 0
    assert all(
        name in said for name in ("up", "serve", "migrate", "topics", "token", "demo", "keys")
    )
