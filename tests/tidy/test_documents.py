"""What people read is true of the house: what it names is there, and what is there it names."""

from pathlib import Path

import pytest

from tests.tidy.documents import lost_places, unnamed_modules
from tests.tidy.source import ROOT, files

# The plan names what is still to be built.
PLAN = ROOT / "docs" / "design.md"
DOCUMENTS = [path for path in files() if path.suffix == ".md" and path != PLAN]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_places_that_are_there(document: Path) -> None:
    assert list(lost_places(document, document.read_text(), ROOT)) == []


def test_the_architecture_names_every_module_of_the_chassis() -> None:
    chassis = sorted((ROOT / "chassis").glob("*.py"))

    assert list(unnamed_modules(chassis, (ROOT / "ARCHITECTURE.md").read_text())) == []


def test_a_place_that_is_gone_is_found(tmp_path: Path) -> None:
    text = "See `gone/room.py`, [this](gone.md), `services/<name>/x`, `there/` and [that](there)."
    (tmp_path / "there").mkdir()

    assert list(lost_places(tmp_path / "README.md", text, tmp_path)) == [
        "README.md names gone/room.py, which is not there.",
        "README.md links to gone.md, which is not there.",
    ]


def test_a_module_without_a_name_is_found() -> None:
    modules = [Path("chassis/__init__.py"), Path("chassis/clock.py"), Path("chassis/attic.py")]

    assert list(unnamed_modules(modules, "`clock` tells the time")) == ["attic.py is not named."]
