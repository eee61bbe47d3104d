"""A PostgreSQL whose disk can be filled up, as a test sees it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chassis.processes import ROOT
from tests.servers import PostgresServer

DISK_MIB = 192
"""Room for an empty cluster, its log and a few minutes of load; filled up within a second."""

ANSWER_TIMEOUT_S = 120.0


class SmallDisk:
    """The server, and a hand on its disk."""

    def __init__(self, keeper: asyncio.subprocess.Process, server: PostgresServer) -> None:
        self._keeper = keeper
        self.server = server

    async def fill(self) -> None:
        """Leave no room."""
        assert await _told(self._keeper, "fill") == {"full": True}

    async def free(self) -> None:
        """Make room again; a server that has ended is started."""
        answer = await _told(self._keeper, "free")
        assert "died" in answer, answer


async def _told(keeper: asyncio.subprocess.Process, word: str) -> dict[str, Any]:
    assert keeper.stdin is not None
    keeper.stdin.write(f"{word}\n".encode())
    return await _heard(keeper)


async def _heard(keeper: asyncio.subprocess.Process) -> dict[str, Any]:
    assert keeper.stdout is not None
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        answer: dict[str, Any] = json.loads(await keeper.stdout.readline())
    return answer


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[SmallDisk]:
    """Keep a PostgreSQL on a small disk; skips where no disk of one's own can be mounted."""
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.disk_keeper", str(folder), str(DISK_MIB)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert keeper.stdin is not None
    try:
        said = await _heard(keeper)
        if "refused" in said:
            pytest.skip(f"This system lets nobody mount a disk of their own: {said['refused']}")
        yield SmallDisk(
            keeper, PostgresServer("127.0.0.1", said["port"], "postgres", said["password"])
        )
    finally:
        keeper.stdin.close()
        await keeper.wait()
