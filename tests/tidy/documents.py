"""The rules for what people read: documents name what is there, and all of the chassis."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_PATH = re.compile(r"`([a-z][\w.-]*/[\w./-]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


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
