"""The image holds what runs and nothing else, and its processes may do nothing but run."""

import re
import sys
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.deploy.dockerfile import FILE, environment, final_stage, instructions
from tests.deploy.programs import run
from tests.tidy.house import lock_faults
from tests.tidy.source import PACKAGES, ROOT, sources

RUNTIME = ROOT / "requirements.runtime.lock"
WHOLE = ROOT / "requirements.lock"
SHIPPED = ("contracts", "chassis", "services", "gateway", "fortaler")
LAPTOP_ONLY = "fortaler/embedded/"
"""What needs the extra `local`; it says so in one line where that is missing."""


def test_the_recipe_keeps_the_usual_rules() -> None:
    code, said, _ = run("hadolint", FILE)

    assert (code, said) == (0, "")


@pytest.mark.parametrize(
    ("good", "slip", "rule"),
    [
        ('ENTRYPOINT ["python", "-m", "fortaler"]', "ENTRYPOINT python", "DL3025"),
        ("FROM python:${PYTHON} AS build", "FROM python AS build", "DL3006"),
    ],
)
def test_a_slip_in_the_recipe_is_found(good: str, slip: str, rule: str) -> None:
    text = FILE.read_text()
    assert good in text

    code, said, _ = run("hadolint", "-", stdin=text.replace(good, slip))

    assert code == 1
    assert rule in said


def test_the_process_is_nobody_and_hears_when_it_is_to_end() -> None:
    told = dict(final_stage(FILE.read_text()))

    user, _, group = told["USER"].partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    assert told["ENTRYPOINT"] == '["python", "-m", "fortaler"]'
    assert told["STOPSIGNAL"] == "SIGTERM"
    assert told["HEALTHCHECK"] == "NONE"


def test_the_base_is_pinned_to_one_python() -> None:
    told = instructions(FILE.read_text())
    argued = next(rest for word, rest in told if word == "ARG")
    bases = [rest for word, rest in told if word == "FROM"]

    assert re.fullmatch(r"PYTHON=3\.11\.\d+-slim-\w+", argued)
    assert bases == ["python:${PYTHON} AS build", "python:${PYTHON}"]


def test_what_is_installed_is_hashed_and_only_for_running() -> None:
    text = FILE.read_text()

    assert "--require-hashes" in text
    assert "requirements.runtime.lock" in text
    assert WHOLE.name not in text


def test_no_secret_is_part_of_the_image() -> None:
    told = [rest for word, rest in instructions(FILE.read_text()) if word in {"ENV", "ARG"}]

    assert not re.search(r"(?i)password|secret|key|token", " ".join(told))
    assert set(environment()) >= {"FORTALER_SPOOL_DIR", "PYTHONDONTWRITEBYTECODE"}


def test_the_builder_is_sent_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    copied = {
        rest.split()[0]
        for word, rest in instructions(FILE.read_text())
        if word == "COPY" and not rest.startswith("--from")
    }

    sent = {path.name for path in ROOT.iterdir() if is_sent(path, patterns)}

    assert copied == {*SHIPPED, RUNTIME.name}
    assert sent == copied


def is_sent(path: Path, patterns: list[str]) -> bool:
    """Answer by .dockerignore's rule: the last pattern that fits decides."""
    sent = True
    for pattern in patterns:
        if fnmatch(path.name, pattern.lstrip("!")):
            sent = pattern.startswith("!")
    return sent


def test_the_runtime_lock_pins_and_hashes_everything_and_names_no_address() -> None:
    assert list(lock_faults(RUNTIME.read_text())) == []


def test_the_runtime_lock_is_a_part_of_the_whole_one_word_for_word() -> None:
    runtime, whole = entries(RUNTIME.read_text()), entries(WHOLE.read_text())

    assert set(runtime) < set(whole)
    assert {name for name in runtime if hashes(runtime[name]) != hashes(whole[name])} == set()


def entries(lock: str) -> dict[str, str]:
    """Answer a lock's entries by name and version; the same name may stand for several systems."""
    found = re.split(r"\n(?=[^\s#])", lock.strip())
    return {entry.split()[0]: entry for entry in found}


def hashes(entry: str) -> set[str]:
    return set(re.findall(r"sha256:[0-9a-f]{64}", entry))


def test_what_our_code_imports_is_in_the_runtime_lock() -> None:
    locked = {name.partition("==")[0] for name in entries(RUNTIME.read_text())}
    distributions = packages_distributions()

    missing = {
        f"{source.path} imports {name}"
        for source in sources()
        if source.path.startswith(SHIPPED) and not source.path.startswith(LAPTOP_ONLY)
        for name, _ in source.imports()
        if is_foreign(top := name.split(".")[0])
        and not locked & {plain(one) for one in distributions[top]}
    }

    assert missing == set()


def is_foreign(top: str) -> bool:
    return top not in sys.stdlib_module_names and top not in PACKAGES


def plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
