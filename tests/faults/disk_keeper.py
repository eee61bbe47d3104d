"""A process that keeps a PostgreSQL on a small disk of its own: python -m ... FOLDER MEBIBYTES.

The disk is a tmpfs that this process alone sees, in namespaces of its own, so it needs no root. It
is told in words, a line each: `fill` leaves no room on the disk, `free` makes room again and starts
the server if it has ended.
"""

import ctypes
import errno
import json
import os
import sys
from io import RawIOBase
from pathlib import Path

from fortaler.embedded import EmbeddedFailed, EmbeddedPostgres
from fortaler.embedded.children import enter_user_namespace

_CLONE_NEWNS = 0x00020000
_LIBC = ctypes.CDLL(None, use_errno=True)
CHUNK_BYTES = 256 * 1024


def mount(folder: Path, mebibytes: int) -> None:
    """Mount a small disk, for this process and its children only; raises OSError."""
    enter_user_namespace(0, 0)
    options = f"size={mebibytes}m,mode=0711".encode()
    if _LIBC.unshare(_CLONE_NEWNS) or _LIBC.mount(
        b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options
    ):
        raise OSError(ctypes.get_errno(), "no disk of its own can be mounted")


def fill(ballast: Path) -> None:
    """Write until nothing more fits."""
    for size in (CHUNK_BYTES, 512):
        with ballast.open("ab", buffering=0) as file:
            while fits(file, size):
                pass


def fits(file: RawIOBase, size: int) -> bool:
    """Write so many bytes; answers whether there was room for them all."""
    try:
        return file.write(bytes(size)) == size
    except OSError as full:
        if full.errno != errno.ENOSPC:
            raise
        return False


def say(**words: object) -> None:
    """Tell the test something, in a line."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main(folder: Path, mebibytes: int) -> None:
    """Keep the server until the input ends."""
    try:
        mount(folder, mebibytes)
    except OSError as refused:
        say(refused=str(refused))
        return
    ballast = folder / "ballast"
    server = EmbeddedPostgres(folder / "data")
    server.start()
    say(port=server.port, password=server.password)
    for line in sys.stdin:
        if line.strip() == "fill":
            fill(ballast)
            say(full=True)
            continue
        ballast.unlink()
        died = not server.alive
        try:
            server.start()
        except EmbeddedFailed as failure:
            say(failure=str(failure))
            continue
        say(died=died)
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
