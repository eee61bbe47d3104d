"""One platform for all journeys, with two companies in which the story has been played."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fortaler.demo.story import Outcome, Story
from tests.journeys.platform import Platform, up

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Played:
    """A platform, and what the story led to in two companies."""

    platform: Platform
    ours: Outcome
    theirs: Outcome


@pytest.fixture(scope="session")
def played(scratch: Path) -> Iterator[Played]:
    """The platform after the story was played twice, by two companies."""
    with up(scratch / "platform", "--no-story") as platform:
        ours = Story(platform.stage(TRACEPARENT)).play()
        theirs = Story(platform.stage()).play()
        yield Played(platform, ours, theirs)
