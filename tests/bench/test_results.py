"""What is shown is what was found."""

from pathlib import Path

import pytest

from bench import programs
from bench.comparing import Bar, Contest, Line
from bench.results import BEGIN, DOCUMENT, END, keep, read, written
from bench.settings import Effort


def a_line(name: str, ours: float = 8.0, theirs: float | None = 10.0) -> Line:
    b = None if theirs is None else "theirs"
    contest = Contest(name, "ours", b, "per second", Bar(">=", 0.5))
    return contest.told([ours], [] if theirs is None else [theirs])


def test_the_document_shows_what_the_last_run_has_found() -> None:
    document = DOCUMENT.read_text()

    assert document == written(document, read(Effort().results)), "Run python -m bench.results."


def test_every_kept_line_is_of_a_program_that_is_there() -> None:
    assert {line.program for line in read(Effort().results)} <= {*programs.NAMES}


@pytest.mark.parametrize("name", programs.NAMES)
def test_every_program_is_there(name: str) -> None:
    assert callable(programs.load(name))


def test_a_program_renews_its_own_lines_and_lets_the_others_be(tmp_path: Path) -> None:
    results = tmp_path / "new" / "latest.jsonl"
    keep(results, [a_line("relay.batches"), a_line("relay.gone")])
    keep(results, [a_line("redirect.cpu")])

    keep(results, [a_line("relay.batches", ours=9.0)])

    assert [(line.name, line.ratio) for line in read(results)] == [
        ("redirect.cpu", 0.8),
        ("relay.batches", 0.9),
    ]


def test_tables_are_written_between_their_marks_only() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    lines = [
        a_line("relay.batches"),
        a_line("relay.drain", ours=2.0),
        a_line("latency.p50", 7, None),
    ]

    shown = written(document, lines)

    assert shown.startswith(f"before\n{BEGIN}\n")
    assert shown.endswith(f"\n{END}\nafter\n")
    assert "old" not in shown
    assert "| `relay.batches` | ours | theirs | **0.8** | 0.8 to 0.8 | >= 0.5, reached |" in shown
    assert "| `relay.drain` | ours | theirs | **0.2** | 0.2 to 0.2 | >= 0.5, **missed** |" in shown
    assert "| `latency.p50` | ours | **7** | 7 to 7 |" in shown
    assert written(shown, lines) == shown
