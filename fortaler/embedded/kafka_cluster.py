"""Three Kafka brokers on one machine: what a cluster does when one of them is away, at hand."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fortaler.embedded.children import Child, EmbeddedFailed, wait_until
from fortaler.embedded.directories import hold, own_directory
from fortaler.embedded.kafka import (
    ALONE_FOLDER,
    CLUSTER_FILE,
    Broker,
    EmbeddedKafka,
    brokers_known_to,
    new_cluster_id,
)
from fortaler.embedded.kafka_program import Announce
from fortaler.embedded.ports import free_port, require_free
from fortaler.embedded.server import START_TIMEOUT_S

NODES = 3
"""The fewest of which one may be away while the others agree; more only cost memory here."""


@dataclass(frozen=True)
class Roll:
    """Who the nodes of a cluster are; kept beside their data, since each knows the others by it."""

    cluster_id: str
    nodes: tuple[Broker, ...]

    @classmethod
    def draw(cls, data_dir: Path) -> "Roll":
        """Choose an id, and free ports for every node."""
        ports = [free_port() for _ in range(2 * NODES)]
        return cls.of(new_cluster_id(), list(zip(ports[::2], ports[1::2], strict=True)), data_dir)

    @classmethod
    def of(cls, cluster_id: str, ports: Sequence[tuple[int, int]], data_dir: Path) -> "Roll":
        """Answer the roll of nodes with these pairs of ports: for clients, and for controllers."""
        return cls(
            cluster_id,
            tuple(
                Broker(number, port, controller_port, data_dir / str(number) / ALONE_FOLDER)
                for number, (port, controller_port) in enumerate(ports, start=1)
            ),
        )


class _Node(EmbeddedKafka):
    """One broker and controller of several."""

    def __init__(
        self, data_dir: Path, roll: Roll, index: int, jars_dir: Path | None, announce: Announce
    ) -> None:
        self._roll = roll
        self._broker = roll.nodes[index]
        super().__init__(data_dir, self._broker.port, jars_dir, announce)
        self.name = f"Kafka node {self._broker.node_id}"

    def _spawn(self, lock: int) -> Child:
        require_free(self._broker.controller_port, wanted_by=f"the controller of {self.name}")
        return super()._spawn(lock)

    def _place(self) -> tuple[Broker, Sequence[Broker]]:
        return self._broker, self._roll.nodes

    def _cluster_id(self) -> str:
        return self._roll.cluster_id


class EmbeddedCluster:
    """Three Kafka brokers, each of them a controller too, in one data directory.

    `nodes` are started, stopped and killed one by one like any embedded server; all is well as
    long as two of them run. A directory that one broker has made is refused: the cluster would
    begin without what that broker has.
    """

    def __init__(
        self,
        data_dir: Path,
        jars_dir: Path | None = None,
        announce: Announce = logging.getLogger(__name__).info,
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._jars_dir = jars_dir
        self._announce = announce
        self.nodes: tuple[EmbeddedKafka, ...] = ()

    @property
    def bootstrap_servers(self) -> str:
        """Answer where clients connect to, whichever node is away."""
        return ",".join(node.bootstrap_servers for node in self.nodes)

    def start(self) -> None:
        """Start the nodes side by side; return when each of them serves clients and knows all.

        Must be called from the main thread. Raises EmbeddedFailed with one clear line; then no
        node runs.
        """
        if not self.nodes:
            roll = self._roll()
            self.nodes = tuple(
                _Node(self._data_dir / str(index + 1), roll, index, self._jars_dir, self._announce)
                for index in range(NODES)
            )
        try:
            for node in self.nodes:
                node.begin()
            for node in self.nodes:
                node.wait_until_ready()
            self._wait_until_complete()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End all nodes in order, at the same time: two would wait for the third's consent."""
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """End every node at once (SIGKILL), as a power cut would; for tests of faults."""
        for node in self.nodes:
            node.kill()

    def __enter__(self) -> Self:
        """Start the cluster."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the cluster."""
        self.stop()

    def _wait_until_complete(self) -> None:
        def complete() -> bool:
            return all(brokers_known_to(node.port) == NODES for node in self.nodes)

        if not wait_until(complete, timeout_s=START_TIMEOUT_S):
            raise EmbeddedFailed(
                f"The {NODES} Kafka nodes did not find each other in {START_TIMEOUT_S:.0f} s: "
                f"{self.nodes[0].last_words()}"
            )

    def _roll(self) -> Roll:
        """Answer who the nodes are: as it was kept, or drawn now and kept."""
        own_directory(self._data_dir)
        lock = hold(self._data_dir)
        try:
            if (self._data_dir / ALONE_FOLDER).exists():
                raise EmbeddedFailed(
                    f"{self._data_dir} was made by one broker and cannot be used by {NODES}: "
                    "start one again, or use another data directory."
                )
            kept = self._data_dir / CLUSTER_FILE
            if kept.exists():
                return _read(kept)
            roll = Roll.draw(self._data_dir)
            unfinished = kept.with_name(f"{kept.name}.unfinished")
            unfinished.write_text(json.dumps(_as_kept(roll), indent=2))
            unfinished.rename(kept)
            return roll
        finally:
            os.close(lock)


def _as_kept(roll: Roll) -> dict[str, Any]:
    ports = [[node.port, node.controller_port] for node in roll.nodes]
    return {"cluster_id": roll.cluster_id, "ports": ports}


def _read(kept: Path) -> Roll:
    try:
        found = json.loads(kept.read_text())
        ports = [(int(port), int(controller_port)) for port, controller_port in found["ports"]]
        return Roll.of(str(found["cluster_id"]), ports, kept.parent)
    except (ValueError, KeyError, TypeError) as spoiled:
        raise EmbeddedFailed(
            f"{kept} cannot be read: put it back, or remove {kept.parent} to begin anew."
        ) from spoiled
