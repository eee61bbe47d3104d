"""What was found, kept as JSON lines, and shown as the tables of docs/performance.md.

`python -m bench.results` writes the tables.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from bench import programs
from bench.comparing import Line
from bench.settings import Effort

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN = "<!-- What follows is written by `make bench`. -->"
END = "<!-- What comes after this line is written by hand. -->"


def read(results: Path) -> list[Line]:
    """Answer the kept lines."""
    if not results.exists():
        return []
    return [msgspec.json.decode(line, type=Line) for line in results.read_bytes().splitlines()]


def keep(results: Path, lines: Sequence[Line]) -> None:
    """Keep a program's lines in the place of those that it has found before."""
    renewed = {line.program for line in lines}
    known = [line for line in read(results) if line.program not in renewed]
    order = [*programs.NAMES]
    kept = sorted([*known, *lines], key=lambda line: order.index(line.program))
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in kept))


def written(document: str, lines: Sequence[Line]) -> str:
    """Answer the document with the tables of these lines."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{tables(lines)}\n{END}{after}"


def tables(lines: Sequence[Line]) -> str:
    """Answer the lines as tables: what is compared, and what is only told."""
    compared = [line for line in lines if line.b is not None]
    told = [line for line in lines if line.b is None]
    return "\n".join([
        "### Ratios",
        "",
        "| line | A: ours | B | A/B | lowest to highest | bar | A | B | unit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_compared(line) for line in compared),
        "",
        "### Absolute figures",
        "",
        "| line | what | figure | lowest to highest | bar | unit |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_told(line) for line in told),
        "",
        "### How these lines came about",
        "",
        *_circumstances(lines),
        "",
    ])  # fmt: skip


def _compared(line: Line) -> str:
    ratio = f"**{line.ratio:g}**" if line.ratio is not None else "not measured here"
    figures = [ratio, _spread(line), _bar(line), _figure(line.a_median), _figure(line.b_median)]
    return _row([f"`{line.name}`", line.a, line.b or "", *figures, line.unit])


def _told(line: Line) -> str:
    figures = [f"**{_figure(line.a_median)}**", _spread(line), _bar(line)]
    return _row([f"`{line.name}`", line.a, *figures, line.unit])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:g}"


def _spread(line: Line) -> str:
    if line.spread is None:
        return "–"
    lowest, highest = line.spread
    return f"{_figure(lowest)} to {_figure(highest)}"


def _bar(line: Line) -> str:
    if line.bar is None:
        return "–"
    ending = {True: "reached", False: "**missed**", None: "not measured"}[line.reached]
    return f"{line.bar}, {ending}"


def _circumstances(lines: Sequence[Line]) -> Iterable[str]:
    for program, of_program in groupby(lines, key=lambda line: line.program):
        known = list(of_program)
        rounds = sorted({line.rounds for line in known if line.rounds})
        notes = dict.fromkeys(line.note for line in known if line.note)
        yield (
            f"* `{program}`, {known[0].measured_on}: {', '.join(map(str, rounds)) or 'no'} rounds; "
            f"{'; '.join(notes) or 'nothing to add'}."
        )
    for machine in dict.fromkeys(_machine(line) for line in lines):
        yield f"* {machine}"


def _machine(line: Line) -> str:
    facts = line.machine
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    return f"{facts.cores} cores, {facts.system}, Python {facts.python}; {versions}."


def main() -> None:
    """Write the tables into the document."""
    lines = read(Effort().results)
    DOCUMENT.write_text(written(DOCUMENT.read_text(), lines))


if __name__ == "__main__":
    main()
