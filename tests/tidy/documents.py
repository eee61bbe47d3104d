"""The rules for what people read: documents name what is there, and all of the chassis."""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_PATH = re.compile(r"`([a-z][\w.-]*/[\w./-]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
_REQUIREMENT = re.compile(r"\b[CDGMRSV]\d{1,2}\b")
_SECTION = re.compile(r"\bdesign (\d+(?:\.\d+)?)")
_ELSEWHERE = re.compile(r"\b(?:networks|measurements|scorecard|libraries) \d+(?:\.\d+)?")


def lost_places(document: Path, text: str, root: Path) -> Iterator[str]:
    """Answer the files and folders that a document names, and that are not there.

    A place is meant from the document's own folder, from the root, or among the services.
    """
    own = document.parent
    for place in _PATH.findall(text):
        if not any((base / place).exists() for base in (own, root, root / "services")):
            yield f"{document.relative_to(root)} names {place}, which is not there."
    for place in _LINK.findall(text):
        if not (own / place).exists():
            yield f"{document.relative_to(root)} links to {place}, which is not there."


def unnamed_modules(modules: Iterable[Path], text: str) -> Iterator[str]:
    """Answer the modules that a document of theirs does not name."""
    for module in modules:
        if module.stem != "__init__" and f"`{module.stem}`" not in text:
            yield f"{module.name} is not named."


def requirements_in(text: str) -> set[str]:
    """Answer the ids of requirements that a document has a line for."""
    return set(re.findall(r"(?m)^\| ([A-Z]\d{1,2}) \|", text))


def sections_in(text: str) -> set[str]:
    """Answer the numbers of a plan's sections, and of the numbered rules in them."""
    found, section = set(), ""
    for line in text.splitlines():
        if heading := re.match(r"## (\d+)\. ", line):
            section = heading.group(1)
            found.add(section)
        elif rule := re.match(r"(\d+)\. ", line):
            found.add(f"{section}.{rule.group(1)}")
    return found


def lost_reasons(
    path: str, text: str, requirements: Collection[str], sections: Collection[str]
) -> Iterator[str]:
    """Answer the requirements and sections that a file refers to, and that nobody wrote down."""
    for name in sorted(set(_REQUIREMENT.findall(text)) - set(requirements)):
        yield f"{path} refers to requirement {name}, which is not there."
    for number in sorted(set(_SECTION.findall(text)) - set(sections)):
        yield f"{path} refers to section {number} of the plan, which is not there."
    for place in sorted(set(_ELSEWHERE.findall(text))):
        yield f"{path} refers to {place}, a document that is not in this house."
