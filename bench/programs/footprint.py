"""What the whole platform takes on one machine: its start, its memory, and what it does idling."""

import itertools
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil

from bench.comparing import Bar, Contest, Line
from bench.processes import Process, python, running
from bench.settings import Effort
from fortaler.embedded.ports import free_port, port_is_free

SERVERS = {"postgres": "store", "java": "broker"}
OURS = "ours"
STARTS_MAX = 3
"""A start takes some seconds, and hardly differs from the one before."""

SETTLE_S = 3.0
IDLE_S = 3.0
"""Times the length of other measurements: processor time is told in hundredths of a second."""
PORT_TRIES = 100
READY = re.compile(r"Everything is ready after ([\d.]+) s")
MB = 1024 * 1024
ABSOLUTE = "an absolute figure"


def measure(effort: Effort) -> Iterator[Line]:
    """Start it once for the first time, then warm; look at the last one as it idles."""
    with tempfile.TemporaryDirectory(prefix="fortaler-bench-") as directory:
        scratch = Path(directory)
        scratch.chmod(0o711)
        port = _three_free_ports()
        first = [_start(scratch, port, 0)]
        starts = min(effort.rounds, STARTS_MAX)
        warm = [_start(scratch, port, number) for number in range(1, starts)]
        yield _figure("footprint.first_start", "ready, the first start: no data yet", "s", first)
        with _up(scratch, port, starts) as platform:
            warm.append(_ready_s(platform))
            what = "ready, a later start: data and jars are there"
            yield _figure("footprint.start", what, "s", warm, Bar("<=", 10))
            time.sleep(SETTLE_S)
            yield from _memory(platform)
            yield from _idling(platform, effort.seconds * IDLE_S)


def _figure(name: str, what: str, unit: str, found: list[float], bar: Bar | None = None) -> Line:
    return Contest(name, what, None, unit, bar, ABSOLUTE).told(found)


def _memory(platform: Process) -> Iterator[Line]:
    taken = _by_part(platform)
    ours = taken[OURS]
    unit = "MB, shared pages divided (PSS)"
    what = f"memory of our {len(ours)} processes, without store and broker"
    yield _figure("footprint.ours", what, unit, [sum(ours)], Bar("<=", 1024))
    each = f"memory of one of our processes: the largest of {len(ours)}"
    yield _figure("footprint.largest", each, unit, [max(ours)], Bar("<=", 120))
    for part in SERVERS.values():
        yield _figure(f"footprint.{part}", f"memory of the {part}", unit, [sum(taken[part])])
    whole = [sum(itertools.chain.from_iterable(taken.values()))]
    yield _figure("footprint.all", "memory of everything", unit, whole)


def _idling(platform: Process, seconds: float) -> Iterator[Line]:
    processes = _processes(platform)
    before = {one: _cpu_s(one) for one in processes}
    began = time.perf_counter()
    time.sleep(seconds)
    took_s = time.perf_counter() - began
    used: dict[str, float] = dict.fromkeys([OURS, *SERVERS.values()], 0.0)
    for one in processes:
        used[_part(one)] += (_cpu_s(one) - before[one]) / took_s * 100
    unit = "% of one core"
    for part, share in used.items():
        yield _figure(f"footprint.idle.{part}", f"nobody asks anything: {part}", unit, [share])


def _start(scratch: Path, port: int, number: int) -> float:
    with _up(scratch, port, number) as platform:
        return _ready_s(platform)


def _up(scratch: Path, port: int, number: int) -> AbstractContextManager[Process]:
    told = {
        "FORTALER_DATA_DIR": str(scratch / "platform"),
        "FORTALER_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    return running(python("fortaler", "up", "--no-story"), scratch / f"up-{number}.log", told)


def _ready_s(platform: Process) -> float:
    """Answer what it says itself, once it does: from its own beginning to the last /ready."""
    platform.wait_until_said(READY.pattern[:19])
    found = READY.search(platform.last_words())
    if found is None:
        raise ValueError(f"It does not say when it was ready: {platform.last_words()}")
    return float(found.group(1))


def _by_part(platform: Process) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {OURS: [], **{part: [] for part in SERVERS.values()}}
    for one in _processes(platform):
        memory = one.memory_full_info()
        # Where the system does not divide shared pages, what is one's own is the nearest.
        taken[_part(one)].append(getattr(memory, "pss", memory.uss) / MB)
    return taken


def _processes(platform: Process) -> list[psutil.Process]:
    root = psutil.Process(platform.popen.pid)
    return [root, *root.children(recursive=True)]


def _part(process: psutil.Process) -> str:
    return SERVERS.get(process.name(), OURS)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _three_free_ports() -> int:
    for _ in range(PORT_TRIES):
        port = free_port()
        if all(port_is_free(port + step) for step in range(3)):
            return port
    raise OSError("There are no three free ports in a row.")
