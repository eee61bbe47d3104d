"""What people read is true of the house: what it names is there, and what is there it names."""

from pathlib import Path

import pytest

from tests.tidy.documents import (
    lost_places,
    lost_reasons,
    requirements_in,
    sections_in,
    unnamed_modules,
)
from tests.tidy.source import ROOT, files, sources

# The plan names what is still to be built.
PLAN = ROOT / "docs" / "design.md"
DOCUMENTS = [path for path in files() if path.suffix == ".md" and path != PLAN]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_places_that_are_there(document: Path) -> None:
    assert list(lost_places(document, document.read_text(), ROOT)) == []


def test_the_architecture_names_every_module_of_the_chassis() -> None:
    chassis = sorted((ROOT / "chassis").glob("*.py"))

    assert list(unnamed_modules(chassis, (ROOT / "ARCHITECTURE.md").read_text())) == []


def test_what_the_code_gives_as_its_reason_is_written_down() -> None:
    requirements = requirements_in((ROOT / "docs" / "requirements.md").read_text())
    sections = sections_in(PLAN.read_text())

    lost = [
        fault
        for source in sources()
        for fault in lost_reasons(source.path, source.text, requirements, sections)
    ]

    assert lost == []


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


def test_a_reason_that_nobody_wrote_down_is_found() -> None:
    requirements = requirements_in("| id | says |\n| V1 | voluntary |\n")
    sections = sections_in("## 4. What holds\n1. Tenants.\n2. Events.\n")
    text = "Nobody is shown (V1, V9), see design 4.2, design 4.3, design 5 and networks 4."

    assert list(lost_reasons("a.py", text, requirements, sections)) == [
        "a.py refers to requirement V9, which is not there.",
        "a.py refers to section 4.3 of the plan, which is not there.",
        "a.py refers to section 5 of the plan, which is not there.",
        "a.py refers to networks 4, a document that is not in this house.",
    ]
