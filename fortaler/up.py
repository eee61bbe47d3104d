"""The whole platform on one machine: servers, all services, and the demo story once."""

import importlib
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import FrameType

from chassis import garbage
from fortaler import running, services
from fortaler.embedded import EmbeddedCluster, EmbeddedFailed, EmbeddedKafka, EmbeddedPostgres
from fortaler.embedded.children import wait_until
from fortaler.embedded.ports import require_free
from fortaler.embedded.server import EmbeddedServer
from fortaler.local import HOST, Local, LocalSettings, impose
from fortaler.processes import Forked, fork

READY_TIMEOUT_S = 60
PREPARE_TIMEOUT_S = 120
STOP_TIMEOUT_S = 12
"""A little more than the services give their requests in flight."""
WATCH_INTERVAL_S = 0.5

Say = Callable[[str], None]


class Stopped(BaseException):
    """The user pressed Ctrl-C, or the machine asks us to end."""


class Platform:
    """The embedded platform: started in order, watched, and stopped in the opposite order."""

    def __init__(self, settings: LocalSettings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._local = Local.open(settings)
        self._logs = self._local.data_dir / "logs"
        self._logs.mkdir(exist_ok=True)
        self._servers: list[tuple[str, EmbeddedServer]] = []
        self._children: list[Forked] = []

    @property
    def local(self) -> Local:
        """Answer where everything is."""
        return self._local

    def start(self, stack: ExitStack) -> None:
        """Start everything; what was started is stopped by `stack`. Raises EmbeddedFailed."""
        began = time.monotonic()
        for port, whose in self._known_ports():
            require_free(port, wanted_by=whose)
        database_url, admin_password = self._start_postgres(stack)
        kafka = self._start_kafka(stack)
        running.keep(self._local, database_url=database_url, kafka_bootstrap_servers=kafka)
        impose(self._local.environment(database_url=database_url, kafka_bootstrap_servers=kafka))
        _preload()
        stack.callback(self._stop_children)
        self._prepare(kafka, admin_password)
        self._fork_all()
        self._wait_until_ready()
        self._say(f"Everything is ready after {time.monotonic() - began:.1f} s.")

    def watch(self) -> None:
        """Return when asked to stop; raises EmbeddedFailed when a part of the platform dies."""
        while True:
            self.check()
            time.sleep(WATCH_INTERVAL_S)

    def check(self) -> None:
        """Raise EmbeddedFailed, in one line, when a part of the platform has died."""
        for name, server in self._servers:
            if not server.alive:
                raise EmbeddedFailed(f"{name} has died: {server.last_words()}")
        for child in self._children:
            if not child.alive():
                raise EmbeddedFailed(f"{child.name} has died: {child.last_words()}")

    def _known_ports(self) -> list[tuple[int, str]]:
        ports = self._local.ports
        return [
            (ports.gateway, "the gateway (FORTALER_PORT)"),
            (ports.issuer, "the local issuer"),
            (ports.sandbox, "the sandbox network"),
        ]

    def _start_postgres(self, stack: ExitStack) -> tuple[str, str]:
        if self._settings.database_url is not None:
            return self._settings.database_url, self._settings.database_admin_password
        server = EmbeddedPostgres(self._local.data_dir / "postgres")
        stack.enter_context(server)
        self._servers.append(("PostgreSQL", server))
        self._say(f"PostgreSQL is up on port {server.port}.")
        return f"postgresql://{server.host}:{server.port}", server.password

    def _start_kafka(self, stack: ExitStack) -> str:
        if self._settings.kafka_bootstrap_servers is not None:
            return self._settings.kafka_bootstrap_servers
        data_dir = self._local.data_dir / "kafka"
        if self._settings.brokers > 1:
            return self._start_cluster(stack, EmbeddedCluster(data_dir, announce=self._say))
        broker = EmbeddedKafka(data_dir, announce=self._say)
        stack.enter_context(broker)
        self._servers.append(("Apache Kafka", broker))
        self._say(f"Apache Kafka is up on port {broker.port}.")
        return broker.bootstrap_servers

    def _start_cluster(self, stack: ExitStack, cluster: EmbeddedCluster) -> str:
        stack.enter_context(cluster)
        self._servers += [(f"Apache {node.name}", node) for node in cluster.nodes]
        ports = ", ".join(str(node.port) for node in cluster.nodes)
        self._say(f"Apache Kafka is up, {len(cluster.nodes)} brokers on ports {ports}.")
        return cluster.bootstrap_servers

    def _prepare(self, kafka: str, admin_password: str) -> None:
        """Migrate and create topics in a child, since an event loop must not precede a fork."""
        from fortaler.databases import create_topics, migrate_services

        def prepare() -> None:
            create_topics(kafka, replication=self._settings.brokers)
            migrate_services(
                services.NAMES,
                admin_user=self._settings.database_admin_user,
                admin_password=admin_password,
            )

        child = fork("prepare", prepare, self._logs)
        if child.wait(timeout_s=PREPARE_TIMEOUT_S) != 0:
            raise EmbeddedFailed(f"Migrations or topics failed: {child.last_words()}")
        self._say("Databases are migrated and topics are there.")

    def _fork_all(self) -> None:
        from fortaler import serving

        ports, local = self._local.ports, self._local
        work: dict[str, Callable[[], None]] = {"outside": partial(serving.serve_outside, local)}
        for name, port in ports.services.items():
            work[name] = partial(serving.serve_service, name, "web", HOST, port)
        work["worker"] = partial(serving.serve_workers, HOST, ports.worker)
        work["gateway"] = partial(serving.serve_gateway, HOST, ports.gateway)
        garbage.settle()
        self._children = [fork(name, doing, self._logs) for name, doing in work.items()]

    def _wait_until_ready(self) -> None:
        ports = self._local.ports
        waiting = {
            **{name: f"http://{HOST}:{port}/ready" for name, port in ports.services.items()},
            "worker": f"http://{HOST}:{ports.worker}/ready",
            "gateway": f"http://{HOST}:{ports.gateway}/ready",
        }

        def ready() -> bool:
            self.check()
            for name in [name for name, url in waiting.items() if _answers(url)]:
                del waiting[name]
            return not waiting

        if not wait_until(ready, timeout_s=READY_TIMEOUT_S):
            late = ", ".join(waiting)
            raise EmbeddedFailed(
                f"Not ready after {READY_TIMEOUT_S} s: {late}. Their logs are in {self._logs}."
            )

    def _stop_children(self) -> None:
        for child in reversed(self._children):
            child.stop(timeout_s=STOP_TIMEOUT_S)


def run(settings: LocalSettings, say: Say, *, play: Callable[[Local, Say], None]) -> None:
    """Bring the platform up, play the story once, and stay until asked to stop.

    Returns after Ctrl-C; raises EmbeddedFailed, one clear line, when a part cannot be started or
    dies.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with ExitStack() as stack:
            platform = Platform(settings, say)
            platform.start(stack)
            play(platform.local, say)
            try:
                platform.watch()
            finally:
                say("Stopping ...")
    except Stopped:
        say("Stopped. The data stay where they are; the next start is quick.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    # Asked twice, we are stopping already.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _preload() -> None:
    """Import everything once, so that the children share it."""
    for name in services.NAMES:
        services.load(name)
    for module in ("gateway.main", "fortaler.serving", "fortaler.sandbox_network.app"):
        importlib.import_module(module)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
