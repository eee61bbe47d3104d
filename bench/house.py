"""The surroundings of what is measured: a PostgreSQL and an Apache Kafka of one's own."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bench.processes import Process, python, running
from chassis.kafka import apply_topics
from chassis.migrating import migrate, provision
from chassis.service import Service
from chassis.settings import ServiceSettings
from contracts import topics
from contracts.topics import Topic
from fortaler.embedded import EmbeddedKafka, EmbeddedPostgres
from fortaler.embedded.ports import HOST, free_port

PASSWORD = "only-for-measuring"  # noqa: S105 - the server lives as long as the measurement
CONNECTIONS = 8
NO_KAFKA = f"{HOST}:9"


@dataclass(frozen=True)
class House:
    """Where a program finds everything, and starts what it measures."""

    scratch: Path
    settings: ServiceSettings
    issuer_base: str
    _stack: ExitStack

    @property
    def environment(self) -> dict[str, str]:
        """Answer the settings of a process of ours, in the form in which an environment holds them.

        All that is not said here is as it comes: a service is measured as it is run, logs included.
        """
        settings = self.settings
        return {
            "FORTALER_DATABASE_URL": settings.database_url,
            "FORTALER_DATABASE_PASSWORD": PASSWORD,
            "FORTALER_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "FORTALER_OPERATOR_ISSUER": settings.operator_issuer,
            "FORTALER_OPERATOR_JWKS_URI": settings.operator_jwks_uri,
            "FORTALER_SPOOL_DIR": str(self.scratch / "spool"),
        }

    def start(self, name: str, command: Sequence[str], **told: str) -> Process:
        """Start a process that ends with this house."""
        log = self.scratch / f"{name}.log"
        environment = {**self.environment, **told}
        return self._stack.enter_context(running(command, log, environment))

    def serve(self, name: str, command: Sequence[str], port: int, **told: str) -> "Server":
        """Start a process that answers /ready on a port, and wait until it does."""
        process = self.start(name, [*command, "--port", str(port)], **told)
        process.wait_for(f"http://{HOST}:{port}/ready")
        return Server(process, port)

    def serve_ours(self, name: str, *options: str, label: str = "", **told: str) -> "Server":
        """Start a service of ours, or the gateway, as an operator would."""
        command = python("fortaler", "serve", name, *options)
        return self.serve(label or name, command, free_port(), **told)

    def serve_peer(self, name: str) -> "Server":
        """Start one of the small apps of `bench/peers.py`."""
        return self.serve(name, python("bench.peers", name), free_port())


@dataclass(frozen=True)
class Server:
    """A process that answers requests on a port of the loopback address."""

    process: Process
    port: int


@contextmanager
def house(
    *services: Service, further_topics: Sequence[Topic] = (), kafka: bool = True
) -> Iterator[House]:
    """Have servers with the databases of these services; call it from the main thread."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fortaler-bench-")))
        scratch.chmod(0o711)
        broker = stack.enter_context(EmbeddedKafka(scratch / "kafka")) if kafka else None
        store = stack.enter_context(EmbeddedPostgres(scratch / "postgres")) if services else None
        issuer_base = f"http://{HOST}:{free_port()}"
        settings = ServiceSettings(
            database_url=f"postgresql://{HOST}:{store.port if store else 9}",
            database_password=SecretStr(PASSWORD),
            database_connections_max=CONNECTIONS,
            kafka_bootstrap_servers=broker.bootstrap_servers if broker else NO_KAFKA,
            operator_issuer=f"{issuer_base}/issuers/operator",
            operator_jwks_uri=f"{issuer_base}/issuers/operator/jwks.json",
        )

        async def prepare() -> None:
            if broker:
                await apply_topics(broker.bootstrap_servers, [*topics.ALL, *further_topics])
            for service in services:
                assert store is not None
                admin = {"admin_user": store.superuser, "admin_password": store.password}
                await provision(settings, service.name, **admin)
                await migrate(settings, service.name, service.migrations, service.metadata)

        asyncio.run(prepare())
        yield House(scratch, settings, issuer_base, stack)
