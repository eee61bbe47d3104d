"""The command measures, prints a line for each comparison, and keeps them."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from bench.comparing import Line
from bench.results import read
from tests.patience import within
from tests.tidy.source import ROOT

PATIENCE_S = 200


async def ran(results: Path, only: str) -> tuple[int, bytes, bytes]:
    """Run the command with as little effort as can be."""
    told = {
        "BENCH_ROUNDS": "1",
        "BENCH_SECONDS": "0.02",
        "BENCH_RESULTS": str(results),
        "BENCH_ONLY": only,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench"),
        cwd=ROOT,
        env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        printed, said = await within(PATIENCE_S, process.communicate())
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    return process.returncode or 0, printed, said


async def test_a_program_that_is_picked_prints_and_keeps_its_lines(tmp_path: Path) -> None:
    results = tmp_path / "latest.jsonl"

    code, printed, said = await ran(results, "rls")

    assert code == 0, said.decode()
    lines = [msgspec.json.decode(line, type=Line) for line in printed.splitlines()]
    assert [line.name for line in lines] == ["rls.reads", "rls.writes"]
    assert read(results) == lines
    for line in lines:
        assert line.rounds == 1
        assert line.ratio is not None
        assert line.spread == (line.ratio, line.ratio)
        assert line.ratio > 0
        assert line.reached is not None
        assert line.machine.cores >= 1


async def test_a_program_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    code, printed, said = await ran(tmp_path / "latest.jsonl", "relay,warp")

    assert (code, printed) == (2, b"")
    assert b"There is no warp" in said
