"""Freezes every service's API document: `python -m tests.api.freeze`; review it as a diff."""

import json
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from chassis.service import document_app
from chassis.settings import ServiceSettings
from fortaler import services

FROZEN = Path(__file__).parent / "frozen"


def document_of(name: str) -> dict[str, Any]:
    """Answer a service's API document as the code has it now, as it would be read from JSON."""
    settings = ServiceSettings(database_password=SecretStr("unused: nothing is connected"))
    document = document_app(services.load(name), settings).openapi()
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


def written(document: dict[str, Any]) -> str:
    """Answer a document as its file has it: sorted, so that a change is a small diff."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def freeze(folder: Path = FROZEN) -> None:
    """Write the document of every service that there is, and remove those of services gone."""
    folder.mkdir(exist_ok=True)
    names = services.NAMES
    for path in folder.glob("*.json"):
        if path.stem not in names:
            path.unlink()
    for name in names:
        (folder / f"{name}.json").write_text(written(document_of(name)))


if __name__ == "__main__":
    freeze()
