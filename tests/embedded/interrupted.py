"""A process that asks after its child while Ctrl-C rains on it, and then ends the child."""

import signal
import sys
from pathlib import Path
from types import FrameType

from fortaler.embedded.children import Child, spawn

INTERRUPTIONS = 50_000
SLEEPER = "import signal; signal.pause()"


class Interrupted(BaseException):
    """Somebody pressed Ctrl-C."""


class Asker:
    """Asks after a child, and counts how often it was interrupted in that, and in nothing else."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._asking = False
        self.interruptions = 0
        signal.signal(signal.SIGINT, self._interrupt)

    def ask(self) -> None:
        try:
            self._asking = True
            assert self._child.alive
            self._asking = False
        except Interrupted:
            self.interruptions += 1

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._asking:
            self._asking = False
            raise Interrupted


def main(log: Path) -> None:
    child = spawn("sleeper", [sys.executable, "-c", SLEEPER], log=log, death_signal=signal.SIGKILL)
    asker = Asker(child)
    sys.stdout.write("asking\n")
    sys.stdout.flush()
    while asker.interruptions < INTERRUPTIONS:
        asker.ask()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child.kill()
    assert not child.alive


if __name__ == "__main__":
    main(Path(sys.argv[1]))
