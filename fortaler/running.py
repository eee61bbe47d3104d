"""Finding the platform that runs on this machine, for commands that ask its databases or its Kafka.

What the user has set in the environment goes first, as everywhere.
"""

import getpass
import json
import os

from fortaler.local import Local, LocalSettings, impose

FILE = "servers.json"
"""Beside the data: where the servers of the last start listen. Secrets have their own file."""


def keep(local: Local, *, database_url: str, kafka_bootstrap_servers: str) -> None:
    """Keep where the servers are, for commands that come later."""
    known = {"database_url": database_url, "kafka_bootstrap_servers": kafka_bootstrap_servers}
    path = local.data_dir / FILE
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(known, indent=2))
    unfinished.replace(path)


def reach() -> None:
    """Let settings name the platform that runs here, where nothing else is set.

    A command of the operator calls this first. Where no platform was ever started on this machine,
    settings are what the environment says, and a missing one is told by its name.
    """
    settings = LocalSettings()
    path = settings.data_dir.resolve() / FILE
    if settings.database_url is not None or not path.exists():
        return
    known: dict[str, str] = json.loads(path.read_text())
    impose(Local.open(settings).environment(**known))


def whoever_asks() -> str:
    """Answer the name of the system's user, which is written beside what an operator does."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
