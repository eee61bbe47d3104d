"""A directory that every user may pass through, which pytest's own is not."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fortaler-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)
