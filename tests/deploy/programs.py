"""Other people's checkers, which come by wheels, and what they say."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import ROOT

TIMEOUT_S = 120
_BIN = Path(sys.executable).parent
_NO_WHEEL_ON_ARM = frozenset({"hadolint", "kubectl"})


def run(program: str, *arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    """Run a checker in our root; answers its exit code, its output and its complaints."""
    done = subprocess.run(
        [find(program), *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def find(program: str) -> Path:
    """Answer where a checker is; skips the test only where there can be none."""
    path = _BIN / program
    arm = sys.platform == "linux" and platform.machine() != "x86_64"
    if arm and program in _NO_WHEEL_ON_ARM and not path.exists():
        pytest.skip(f"There is no wheel of {program} for Linux on {platform.machine()}.")
    assert path.exists(), f"{program} is not installed: make test does that."
    return path
