"""Runs the programs one after the other, and keeps what they found: `python -m bench`."""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence

import msgspec

from bench import programs
from bench.comparing import Line
from bench.processes import python
from bench.results import keep
from bench.settings import Effort

PROGRAM_TIMEOUT_S = 300.0
"""Twice what the longest takes when nothing is wrong: `search` fills a hub before it measures."""

RUN_TIMEOUT_S = 720.0
"""All of them together; who has had no turn by then is told as failed."""

STOP_TIMEOUT_S = 40.0
TRIES = 2
"""Ports are chosen free and taken a moment later: on a shared machine somebody may be faster."""

TIMED_OUT = 128 + signal.SIGTERM
"""How a program ends that was told to; another try would take as long."""

LAST_WORDS = 3000


def main() -> int:
    """Measure, print each line, keep them all; answers 1 when a program has failed."""
    effort = Effort()
    names = [name.strip() for name in effort.only.split(",") if name.strip()] or [*programs.NAMES]
    if unknown := [name for name in names if name not in programs.NAMES]:
        _say(f"There is no {unknown[0]}; there are {', '.join(programs.NAMES)}.")
        return 2
    until = time.monotonic() + RUN_TIMEOUT_S
    failed = []
    for name in names:
        _say(f"{name}: {programs.NAMES[name]} ...")
        began = time.monotonic()
        lines = _measured(name, until)
        if not lines:
            failed.append(name)
            continue
        keep(effort.results, lines)
        _say(f"{name}: done in {time.monotonic() - began:.0f} s.")
    if failed:
        _say(f"Failed: {', '.join(failed)}. Their lines stay as they were.")
    return 1 if failed else 0


def _measured(name: str, until: float) -> Sequence[Line]:
    """Run a program, once more if it fails; answers its lines, or none."""
    for _ in range(TRIES):
        left_s = until - time.monotonic()
        if left_s <= 0:
            _say(f"{name}: there is no time left.")
            break
        lines: list[Line] = []
        with tempfile.TemporaryFile() as log:
            code = _run(name, min(left_s, PROGRAM_TIMEOUT_S), log.fileno(), lines)
            if code == 0:
                return lines
            if code == TIMED_OUT:
                _say(f"{name}: it took too long; is this machine busy?")
                break
            log.seek(0)
            said = log.read().decode(errors="replace")[-LAST_WORDS:]
        _say(f"{name} failed (code {code}): {said}")
    return []


def _run(name: str, seconds: float, log: int, lines: list[Line]) -> int:
    popen = subprocess.Popen(  # noqa: S603 - the command is our own, no shell reads it
        python("bench.one", name), stdout=subprocess.PIPE, stderr=log
    )
    # What it started ends with it, however it ends.
    limits = [
        threading.Timer(seconds, popen.terminate),
        threading.Timer(seconds + STOP_TIMEOUT_S, popen.kill),
    ]
    try:
        for limit in limits:
            limit.start()
        lines.extend(_printed(popen))
        return popen.wait()
    finally:
        for limit in limits:
            limit.cancel()
        _end(popen)


def _printed(popen: "subprocess.Popen[bytes]") -> Iterator[Line]:
    assert popen.stdout is not None
    for told in popen.stdout:
        line = msgspec.json.decode(told, type=Line)
        sys.stdout.write(told.decode())
        sys.stdout.flush()
        yield line


def _end(popen: "subprocess.Popen[bytes]") -> None:
    if popen.poll() is None:
        popen.terminate()
        try:
            popen.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
    if popen.stdout is not None:
        popen.stdout.close()


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
