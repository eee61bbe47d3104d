"""What compose starts, started without Docker: the same commands, settings and order.

A name and port in the file becomes a port of this machine; a volume becomes a folder. A process
sees no environment but its own, and where it has no volume, nothing can be written to the folders
that the image names.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fortaler.embedded.children import wait_until
from fortaler.embedded.ports import free_port
from fortaler.healthy import healthy
from tests.deploy.composed import IMAGE, ONCE, Compose, Json
from tests.deploy.dockerfile import environment as environment_of_the_image
from tests.tidy.source import ROOT

PATIENCE_S = 90.0
"""Far longer than it takes, also on a machine that has other things to do."""

USUAL_PORT = 8000
NOWHERE = "/dev/null/nowhere"
"""A read-only root, as far as a process can tell: nothing can be made there."""

_ADDRESS = re.compile(r"\b([a-z]+(?:-[a-z]+)?):(\d{4,5})\b")


@dataclass
class Played:
    """The processes of a compose file; `servers` are those that stand in for others' images."""

    compose: Compose
    folder: Path
    servers: Mapping[str, str]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _ports: dict[tuple[str, str], int] = field(default_factory=dict)

    def start_all(self) -> None:
        """Start each once what it depends on is healthy, or done."""
        for name in self._in_order():
            self._start(name)

    def wait_for(self, name: str) -> None:
        """Wait until a process is what others wait for; fails with its last words."""
        if not wait_until(lambda: self._is_there(name), timeout_s=PATIENCE_S):
            raise AssertionError(f"{name} is not there: {self.said(name)}")

    def said(self, name: str) -> str:
        """Answer all that a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def stop_all(self) -> dict[str, int]:
        """Ask all to end, those first that were started last; answers their exit codes."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        try:
            return {name: one.wait(timeout=PATIENCE_S) for name, one in self.running.items()}
        finally:
            for process in self.running.values():
                process.kill()

    def _in_order(self) -> Iterator[str]:
        waiting = {name: one for name, one in self._services() if one["image"] == IMAGE}
        ready = set(self.servers)
        while waiting:
            now = [name for name, one in waiting.items() if {*one.get("depends_on", ())} <= ready]
            assert now, f"They wait for each other: {sorted(waiting)}"
            for name in now:
                del waiting[name]
            ready |= {*now}
            yield from now

    def _services(self) -> Iterator[tuple[str, Json]]:
        yield from self.compose["services"].items()

    def _start(self, name: str) -> None:
        service = self.compose["services"][name]
        for other in service.get("depends_on", ()):
            if other not in self.servers:
                self.wait_for(other)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "fortaler", *self._arguments(name, service)],
                cwd=self.folder,
                env=self._environment(service),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _is_there(self, name: str) -> bool:
        code = self.running[name].poll()
        assert not code, f"{name} ended with {code}: {self.said(name)}"
        if name in ONCE:
            return code == 0
        assert code is None, f"{name} has ended."
        (url,) = (word for word in self._health(name) if word.startswith("http://"))
        asked = urlsplit(url)
        port = self._port(name, str(asked.port))
        return healthy(f"http://127.0.0.1:{port}{asked.path}")

    def _health(self, name: str) -> list[str]:
        test: list[str] = self.compose["services"][name]["healthcheck"]["test"]
        assert test[:4] == ["CMD", "python", "-m", "fortaler.healthy"]
        return test

    def _arguments(self, name: str, service: Json) -> list[str]:
        words: list[str] = list(service["command"])
        if words[0] != "serve":
            return words
        if "--port" not in words:
            words += ["--port", str(USUAL_PORT)]
        at = words.index("--port") + 1
        words[at] = str(self._port(name, words[at]))
        return ["127.0.0.1" if word == "0.0.0.0" else word for word in words]

    def _environment(self, service: Json) -> dict[str, str]:
        of_image = {
            key: value.replace("/var/lib/fortaler", self._volume(service))
            for key, value in environment_of_the_image().items()
            if key.startswith("FORTALER_")
        }
        told = {key: self._here(str(value)) for key, value in service["environment"].items()}
        return {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **of_image, **told}

    def _volume(self, service: Json) -> str:
        for volume in service.get("volumes", ()):
            source, _, place = volume.partition(":")
            assert place == "/var/lib/fortaler"
            folder = self.folder / "volumes" / source
            folder.mkdir(parents=True, exist_ok=True)
            return str(folder)
        return NOWHERE

    def _here(self, text: str) -> str:
        def address(found: re.Match[str]) -> str:
            name, port = found.groups()
            if name in self.servers:
                return self.servers[name]
            known = name in self.compose["services"]
            return f"127.0.0.1:{self._port(name, port)}" if known else found[0]

        return _ADDRESS.sub(address, text)

    def _port(self, name: str, port: str) -> int:
        # The gateway's is the same inside and outside; stand-ins listen on two in a row.
        if name == "gateway" and port != str(USUAL_PORT):
            return int(port)
        if name == "outside":
            return self._chosen(name, "8081", in_a_row=2) + int(port) - 8081
        return self._chosen(name, port)

    def _chosen(self, name: str, port: str, *, in_a_row: int = 1) -> int:
        if (name, port) not in self._ports:
            self._ports[name, port] = free_port(in_a_row=in_a_row)
        return self._ports[name, port]
