"""The fuzz's own platform, and the order of its tests: what takes away comes last."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.grounds import Grounds, prepared
from tests.journeys.matrix import OPERATIONS

HERE = Path(__file__).parent

Tally = dict[str, Counter[int]]
"""How often each operation has answered with each status."""

_TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def grounds(scratch: Path) -> Iterator[Grounds]:
    """A platform to which anything may happen."""
    with prepared(scratch / "fuzz") as ready:
        yield ready


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """What all operations have answered so far; it is told at the end."""
    return pytestconfig.stash.setdefault(_TALLY, {})


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many requests there were and how they were answered, and by whom only with a no."""
    tally = config.stash.get(_TALLY, {})
    if not tally:
        return
    answers = sum(tally.values(), Counter[int]())
    told = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
    terminalreporter.write_line(f"fuzz: {answers.total()} requests: {told}")
    if refusing := [name for name, of_it in tally.items() if min(of_it) >= 400]:
        terminalreporter.write_line(f"fuzz: never a yes from {', '.join(sorted(refusing))}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let operations come in one order always: each finds what those before it have left."""
    places = [place for place, item in enumerate(items) if HERE in item.path.parents]
    ours = sorted((items[place] for place in places), key=_rank)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _rank(item: pytest.Item) -> tuple[bool, int, str]:
    key = getattr(item, "callspec", None) and item.callspec.params.get("key")  # type: ignore[attr-defined]
    method, path = key or ("", "")
    takes_away = method == "DELETE" or path.endswith(
        ("/deactivate", "/close", "/leave", "/withdraw", "/cancel")
    )
    order = list(OPERATIONS)
    return takes_away, order.index((method, path)) if key else 0, item.nodeid
