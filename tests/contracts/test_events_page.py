"""What people read of events is what the code declares."""

import re
from pathlib import Path

from contracts.catalogue import EVENTS
from contracts.topics import ALL

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


def test_the_page_names_every_public_event_and_no_other_as_it_is_declared() -> None:
    declared = {
        f"| `{name}` | {event.about[0]} | {_said(event.__doc__ or '')} |"
        for name, event in EVENTS.items()
        if event.public
    }

    found = {line for line in PAGE.splitlines() if line.startswith("| `fortaler.") and ".v" in line}

    assert found == declared


def test_the_page_names_every_topic() -> None:
    named = re.findall(r"(?m)^\| `(fortaler\.[a-z]+)` \|", PAGE)

    assert sorted(named) == sorted(topic.name for topic in ALL)


def _said(text: str) -> str:
    """Answer a docstring's first line without its end and without the source of its rule."""
    return re.sub(r" \([A-Z]\d+\)$", "", text.strip().split("\n")[0].rstrip("."))
