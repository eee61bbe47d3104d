"""Apache Kafka itself as the broker of a laptop: a node of it, Java from a wheel, jars locked."""

import base64
import logging
import secrets
import shutil
import signal
import socket
import struct
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fortaler.embedded.children import Child, EmbeddedFailed, run, spawn
from fortaler.embedded.kafka_program import Announce, KafkaProgram, installed_program
from fortaler.embedded.ports import HOST, free_port
from fortaler.embedded.server import EmbeddedServer

FORMAT_TIMEOUT_S = 60.0
QUESTION_TIMEOUT_S = 1.0
ALONE_FOLDER = "logs"
"""Where the only node of a cluster keeps its log, below its data directory."""

CLUSTER_FILE = "cluster.json"
"""What says that a data directory is that of several nodes, and who they are."""


@dataclass(frozen=True)
class Broker:
    """One node: its number, its two ports on the loopback address and where its log lies."""

    node_id: int
    port: int
    controller_port: int
    logs: Path


def broker_properties(broker: Broker, nodes: Sequence[Broker] = ()) -> dict[str, str]:
    """Answer the configuration of a node that is broker and controller, alone or among `nodes`."""
    internal_topics = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    copies = max(1, len(nodes))
    # One of three may be away, and still two have what was acknowledged.
    in_sync_min = "2" if copies > 2 else "1"
    return {
        "process.roles": "broker,controller",
        "node.id": str(broker.node_id),
        "listeners": f"PLAINTEXT://{HOST}:{broker.port},CONTROLLER://{HOST}:{broker.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{broker.port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        **_controllers(broker, nodes),
        "log.dirs": str(broker.logs),
        **{f"{topic}.replication.factor": str(copies) for topic in internal_topics},
        "transaction.state.log.min.isr": in_sync_min,
        "share.coordinator.state.topic.min.isr": in_sync_min,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        # A broker that was killed is let in again when its old session is over.
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "2",
        # The default takes half of the heap for nothing on topics of this size.
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    }


def _controllers(broker: Broker, nodes: Sequence[Broker]) -> dict[str, str]:
    if not nodes:
        return {"controller.quorum.bootstrap.servers": f"{HOST}:{broker.controller_port}"}
    voters = ",".join(f"{node.node_id}@{HOST}:{node.controller_port}" for node in nodes)
    # Whoever ends would ask the controllers for consent, and the last of all would ask in vain.
    return {"controller.quorum.voters": voters, "controlled.shutdown.enable": "false"}


def new_cluster_id() -> str:
    """Draw the id of a cluster: 16 bytes in URL-safe base64, without padding."""
    drawn = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    # One in sixty-four begins with "-", which the formatter would take for an option.
    return f"F{drawn[1:]}"


class EmbeddedKafka(EmbeddedServer):
    """A Kafka broker that is a cluster of its own.

    The first start on a machine fetches Kafka into `jars_dir` (44 MB, shared by all data
    directories of a user) and says so through `announce`.
    """

    name = "Kafka"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        jars_dir: Path | None = None,
        announce: Announce = logging.getLogger(__name__).info,
    ) -> None:
        super().__init__(data_dir, port)
        self._jars_dir = jars_dir
        self._announce = announce

    @property
    def bootstrap_servers(self) -> str:
        """Answer where clients connect to."""
        return f"{self.host}:{self.port}"

    def _program(self) -> KafkaProgram:
        return installed_program(self._jars_dir, self._announce, _record)

    def _spawn(self, lock: int) -> Child:
        self._refuse_data_of_others()
        program = self._program()
        broker, nodes = self._place()
        if not broker.logs.exists():
            self._format(program, broker, nodes)
        configuration = self._write(broker_properties(broker, nodes), "server.properties")
        return spawn(
            self.name,
            program.server(configuration),
            log=self._data_dir / "broker.log",
            death_signal=self.stop_signal,
            keep_open=(lock,),
        )

    def _is_ready(self) -> bool:
        return brokers_known_to(self.port) > 0

    def _refuse_data_of_others(self) -> None:
        if (self._data_dir / CLUSTER_FILE).exists():
            raise EmbeddedFailed(
                f"{self._data_dir} was made by several brokers and cannot be used by one: "
                "start as many again, or use another data directory."
            )

    def _place(self) -> tuple[Broker, Sequence[Broker]]:
        """Answer this node, and all nodes of its cluster if there are several."""
        # The controller's port is nobody's business but the broker's own: a new one at each start.
        return Broker(1, self.port, free_port(), self._data_dir / ALONE_FOLDER), ()

    def _cluster_id(self) -> str:
        return new_cluster_id()

    def _format(self, program: KafkaProgram, broker: Broker, nodes: Sequence[Broker]) -> None:
        # Made beside and renamed when whole, so that a start killed half-way leaves nothing behind.
        unfinished = self._data_dir / "logs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        properties = broker_properties(broker, nodes) | {"log.dirs": str(unfinished)}
        configuration = self._write(properties, "format.properties")
        run(
            "Kafka's formatter",
            program.formatter(configuration, self._cluster_id(), alone=not nodes),
            timeout_s=FORMAT_TIMEOUT_S,
        )
        unfinished.rename(broker.logs)

    def _write(self, properties: Mapping[str, str], name: str) -> Path:
        path = self._data_dir / name
        path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        return path


class _RecordedKafka(EmbeddedKafka):
    """A throw-away broker that runs the program it is given."""

    def __init__(self, data_dir: Path, program: KafkaProgram) -> None:
        super().__init__(data_dir)
        self._given = program

    def _program(self) -> KafkaProgram:
        return self._given


def _record(program: KafkaProgram, cache: Path) -> None:
    """Run a broker once, so that Java writes down what a start loads and links."""
    with tempfile.TemporaryDirectory(dir=cache.parent, prefix="unfinished-") as scratch:
        unfinished = Path(scratch) / cache.name
        with _RecordedKafka(Path(scratch) / "data", program.recording(unfinished)):
            pass
        if unfinished.exists():
            unfinished.rename(cache)


def brokers_known_to(port: int) -> int:
    """Ask for the cluster's brokers (Metadata, version 4, of no topics); 0 while nobody answers."""
    question = struct.pack(">hhihi?", 3, 4, 0, -1, 0, False)
    try:
        with socket.create_connection((HOST, port), QUESTION_TIMEOUT_S) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            with connection.makefile("rb") as answer:
                head = answer.read(16)
    except OSError:
        return 0
    if len(head) < 16:
        return 0
    _length, _correlation, _throttled_ms, brokers = struct.unpack(">iiii", head)
    return int(brokers)
