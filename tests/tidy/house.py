"""The rules for the house as a whole: rooms, twins, decisions, the lock, and no stray address."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

from tests.tidy import exceptions
from tests.tidy.source import Source

TWIN_SHARE_MAX = 0.8
"""Two services' files that have more of their lines in common are one file in two places."""
TWIN_LINES_MIN = 8
"""Shorter files say too little to be anybody's copy."""

REQUIRED_ROOMS = ("README.md", "main")

_ADDRESS = re.compile(
    r"https?://(?:[^/\s\"'`<>@]*@)?(?P<host>[A-Za-z][A-Za-z0-9.-]*\.[A-Za-z]{2,})"
)
_NOBODYS = re.compile(
    r"(?i)(?:.*\.)?(?:example|test|invalid|localhost)|(?:.*\.)?example\.(?:com|net|org)"
)
"""Names that RFC 2606 and 6761 keep free for documents and tests."""
_HOME = re.compile(r"(?<![\w.])/(?:home|root|Users)/")

_IGNORED = frozenset({"__pycache__", "__init__.py"})


def room_faults(
    service: Path, further: Mapping[tuple[str, str], str] = exceptions.FURTHER_ROOMS
) -> Iterator[str]:
    """Answer what is wrong with the rooms of one service's folder."""
    there = {_room(path): path for path in service.iterdir() if path.name not in _IGNORED}
    for room, path in sorted(there.items()):
        if room not in exceptions.ROOMS and (service.name, room) not in further:
            yield f"{service.name}/{path.name} is a room that nobody named."
        if _is_empty(path):
            yield f"{service.name}/{path.name} is empty."
    for room in REQUIRED_ROOMS:
        if room not in there:
            yield f"{service.name} has no {room}."
    for owner, room in further:
        if owner == service.name and room not in there:
            yield f"{service.name}/{room} has a reason, but is not there."


def _room(path: Path) -> str:
    return path.stem if path.suffix == ".py" else path.name


def _is_empty(path: Path) -> bool:
    if path.is_dir():
        return all(_is_empty(inner) for inner in path.iterdir() if inner.name not in _IGNORED)
    if path.suffix != ".py":
        return not path.read_text().strip()
    # A docstring alone is a sign on the door of an empty room.
    return len(Source.of(path.name, path.read_text()).tree.body) <= 1


def twins(sources: Iterable[Source]) -> Iterator[str]:
    """Answer the files of two services that are copies of each other."""
    by_room: dict[str, list[Source]] = {}
    for source in sources:
        parts = source.path.split("/")
        if parts[0] == "services" and not _may_repeat(source):
            by_room.setdefault("/".join(parts[2:]), []).append(source)
    for alike in by_room.values():
        for one, other in combinations(alike, 2):
            if (share := _share(one, other)) > TWIN_SHARE_MAX:
                yield f"{one.path} and {other.path} have {share:.0%} of their lines in common."


def _may_repeat(source: Source) -> bool:
    return source.path.endswith("__init__.py") or "/migrations/" in source.path


def _share(one: Source, other: Source) -> float:
    lines, others = _lines(one), _lines(other)
    if min(len(lines), len(others)) < TWIN_LINES_MIN:
        return 0.0
    return SequenceMatcher(None, lines, others, autojunk=False).ratio()


def _lines(source: Source) -> list[str]:
    return [line.strip() for line in source.text.splitlines() if line.strip()]


def unenforced(decisions: Mapping[str, str]) -> Iterator[str]:
    """Answer the decisions, by name and text, that name neither a check nor review (STYLE.md)."""
    for name, text in decisions.items():
        if not re.search(r"(?m)^\**Enforced by\**:\** +\S", text):
            yield f"{name} does not say what enforces it: a check, or review."


def lock_faults(text: str) -> Iterator[str]:
    """Answer what is wrong with a lock file: everything is pinned and hashed, from nowhere."""
    for entry in re.split(r"\n(?=[^\s#])", text.strip()):
        name = entry.split()[0] if entry.split() else "nothing"
        if "--hash=sha256:" not in entry:
            yield f"{name} has no hash."
        if "==" not in name:
            yield f"{name} is not pinned."
    for word in re.findall(r"\S*://\S+|--(?:extra-)?index-url|--find-links| @ \S+", text):
        yield f"{word.strip()} is an address."


def npm_lock_faults(text: str) -> Iterator[str]:
    """Answer what is wrong with a lock of npm's: everything is hashed, from nowhere."""
    packages = json.loads(text)["packages"]
    for name, entry in packages.items():
        # The first, without a name, is what the lock is for.
        if name and not str(entry.get("integrity", "")).startswith("sha512-"):
            yield f"{name} has no hash."
    for word in re.findall(r"\S*://\S+", text):
        yield f"{word.strip()} is an address."


def strays(
    files: Iterable[Path], root: Path, hosts: Collection[str] = exceptions.HOSTS
) -> Iterator[str]:
    """Answer the lines of files that name a real host, `hosts` apart, or a place of one machine."""
    for path in files:
        name = path.relative_to(root).as_posix()
        for number, line in enumerate(_text(path).splitlines(), 1):
            for stray in _strays_of(line, hosts):
                yield f"{name}:{number} names {stray}."


def _strays_of(line: str, hosts: Collection[str]) -> Iterator[str]:
    for address in _ADDRESS.finditer(line):
        host = address["host"]
        if not _NOBODYS.fullmatch(host) and host not in hosts:
            yield host
    if home := _HOME.search(line):
        yield home.group()


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")
