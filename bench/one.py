"""One program: `python -m bench.one NAME` prints its lines as JSON."""

import logging
import signal
import sys
from types import FrameType

import msgspec
import structlog

from bench import programs
from bench.settings import Effort


def main(name: str) -> None:
    """Measure, and print a line as soon as it is known."""
    # Logs belong beside the lines. Not by the chassis's own set-up: OpenTelemetry starts a thread
    # in every fork that follows, and PostgreSQL cannot then enter a namespace of its own.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Leave through every `with` on the way, so that nothing is left behind.
    signal.signal(signal.SIGTERM, _leave)
    for line in programs.load(name)(Effort()):
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.flush()


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
