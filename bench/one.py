"""One program: `python -m bench.one NAME` prints its lines as JSON."""

import signal
import sys
from types import FrameType

import msgspec

from bench import programs
from bench.settings import Effort
from chassis import telemetry
from chassis.settings import Settings


def main(name: str) -> None:
    """Measure, and print a line as soon as it is known."""
    # To the standard error, where a log belongs: the lines are the only thing on the output.
    telemetry.set_up("bench", Settings(log_level="warning"))
    # Leave through every `with` on the way, so that nothing is left behind.
    signal.signal(signal.SIGTERM, _leave)
    for line in programs.load(name)(Effort()):
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.flush()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
