"""The fuzz's own platform, and the order of its tests: what takes away comes last."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.grounds import Grounds, prepared

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def grounds(scratch: Path) -> Iterator[Grounds]:
    """A platform to which anything may happen."""
    with prepared(scratch / "fuzz") as ready:
        yield ready


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
    order = ("", "POST", "PUT", "GET", "PATCH", "DELETE")
    return takes_away, order.index(method), item.nodeid
