"""Starts keepers, as several kinds of user, and asks the servers they keep."""

import ctypes
import json
import os
import platform
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from fortaler.embedded.children import enter_user_namespace

ROOT = Path(__file__).parents[2]
AS_WE_ARE = "the user of the tests"
NAMED = "a user with a name"
NAMELESS = "a user that is in no passwd file"
CONFINED_ROOT = "root where namespaces are refused"
# Only root may become somebody else; a plain user is the case it is.
USERS = (AS_WE_ARE, NAMED, NAMELESS, CONFINED_ROOT) if os.getuid() == 0 else (AS_WE_ARE,)

_UNSHARE = {"x86_64": 272, "aarch64": 97}


@dataclass(frozen=True)
class Keeper:
    """A running keeper and what it said about its server."""

    process: "subprocess.Popen[bytes]"
    words: Mapping[str, Any]

    @property
    def server_pid(self) -> int:
        return int(self.words["pid"])

    async def ask(self, question: str) -> object:
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=self.words["port"],
            user="postgres",
            password=self.words["password"],
            database="postgres",
        )
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()


def those_there_are(*users: str) -> list[str]:
    """Answer those of these users that the tests can be here; of the others nothing is claimed."""
    return [user for user in users if user in USERS]


@contextmanager
def kept(
    kind: str,
    data_dir: Path,
    *options: Path,
    user: str = AS_WE_ARE,
    surroundings: Mapping[str, str] | None = None,
) -> Iterator[Keeper]:
    """A keeper of a server of this kind; its input ends with the block, and so does the server."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.embedded.keeper", kind, data_dir, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **(surroundings or {})},
        preexec_fn=_becoming(user),
    ) as process:
        assert process.stdout is not None
        yield Keeper(process, json.loads(process.stdout.readline()))


def _becoming(user: str) -> Callable[[], None] | None:
    """What turns a child into that user. Its files stay ours, so it can read the interpreter."""
    return {
        AS_WE_ARE: None,
        NAMED: partial(enter_user_namespace, 65534, 65534),
        NAMELESS: partial(enter_user_namespace, 12345, 12345),
        CONFINED_ROOT: refuse_namespaces,
    }[user]


def refuse_namespaces() -> None:
    """Make unshare(2) fail in this process and its children, as a container's filter does."""
    instructions = (
        (0x20, 0, 0, 0),  # Load the number of the system call.
        (0x15, 0, 1, _UNSHARE[platform.machine()]),  # Another one than unshare: skip a line.
        (0x06, 0, 0, 0x00050001),  # Answer "not permitted".
        (0x06, 0, 0, 0x7FFF0000),  # Allow.
    )
    code = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *line) for line in instructions)
    )
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, program) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "no system call filter")


def runs(pid: int) -> bool:
    """Whether the process does anything any more; one that only waits to be counted does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
