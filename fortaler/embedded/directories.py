"""Data directories: ours, and used by one server at a time."""

import fcntl
import os
from pathlib import Path

from fortaler.embedded.children import EmbeddedFailed, wait_until

# A server whose parent was killed is still writing its last page to disk when the next one starts.
PREDECESSOR_WAIT_S = 15.0


def own_directory(path: Path) -> None:
    """Create a directory that only we can enter; raise EmbeddedFailed if it cannot be ours."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = path.stat().st_uid
    except OSError as failure:
        raise EmbeddedFailed(f"{path} cannot be created: {failure.strerror}.") from failure
    if owner != os.getuid():
        raise EmbeddedFailed(
            f"{path} belongs to user {owner}, we are {os.getuid()}: "
            "run as that user, or use another directory."
        )


def hold(directory: Path, *, wait_s: float = PREDECESSOR_WAIT_S) -> int:
    """Lock a data directory and return the descriptor that holds the lock.

    A server that inherits it keeps the lock for as long as any process of it lives, whatever
    becomes of us, so a second server never touches the same files.
    """
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise EmbeddedFailed(f"{directory} cannot be written: {failure.strerror}.") from failure
    if not wait_until(lambda: _try_lock(descriptor), timeout_s=wait_s):
        os.close(descriptor)
        raise EmbeddedFailed(
            f"{directory} is in use by another server: stop it, or use another one."
        )
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
