"""Processes of the made-up service: started, listened to, and ended by their ids."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from chassis.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
WORD_TIMEOUT_S = 60.0


class Process:
    """One process, what it says, and what it logs."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._running = running
        self.logged = b""
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._running.stderr is not None
        while line := await self._running.stderr.readline():
            self.logged += line

    @property
    def pid(self) -> int:
        """Answer the process id."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Answer whether it still runs."""
        return self._running.returncode is None

    async def heard(self, word: str) -> None:
        """Wait until the process has said a word."""
        assert self._running.stdout is not None
        async with asyncio.timeout(WORD_TIMEOUT_S):
            while line := await self._running.stdout.readline():
                if line.strip() == word.encode():
                    return
        raise AssertionError(f"It ended before it said {word}: {self.logged.decode()}")

    async def said(self) -> bytes:
        """Wait for the end, and answer all that was said."""
        assert self._running.stdout is not None
        return await self._running.stdout.read()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._running.returncode is None:
            self._running.send_signal(signal.SIGKILL)
        await self.ended()

    async def end(self) -> None:
        """Ask it to end, and end it by force if it has not done so in time."""
        if self._running.returncode is None:
            self.ask_to_end()
        try:
            await self.ended()
        except TimeoutError:
            await self.kill()

    def ask_to_end(self) -> None:
        """Ask it to end, as an orchestrator does."""
        self._running.send_signal(signal.SIGTERM)

    async def ended(self, within_s: float = WORD_TIMEOUT_S) -> int:
        """Wait for the end; answers the exit code."""
        async with asyncio.timeout(within_s):
            code = await self._running.wait()
            await self._listening
            await self.said()
        return code


@asynccontextmanager
async def started(
    settings: ServiceSettings,
    *arguments: str,
    module: str = "tests.chassis.scratch_process",
    watched: bool = True,
) -> AsyncIterator[Process]:
    """Start a process that has such settings; at the end it is asked to end, then killed.

    Watched, it complains of what it leaves undone, and is several times slower.
    """
    told = {
        f"FORTALER_{name.upper()}": str(
            value.get_secret_value() if isinstance(value, SecretStr) else value
        )
        for name, value in settings.model_dump(exclude={"database_urls", "otlp_endpoint"}).items()
    }
    options = ("-X", "dev") if watched else ()
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, *options, "-m", module, *arguments),
        cwd=ROOT,
        env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    process = Process(running)
    try:
        yield process
    finally:
        await process.end()
