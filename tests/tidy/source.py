"""A file of ours as the rules see it: its place, its text and its syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "chassis", "services", "gateway", "fortaler", "bench")

_NOT_OURS = frozenset({".git", ".venv", ".local", "__pycache__", "node_modules", "dist", "build"})
_KEPT_DOTS = frozenset({".ci", ".github", ".dockerignore", ".env.example", ".gitignore"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the repository, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> "Source":
        """Make a source of a text, as if it lay at `path`."""
        return cls(path, text, ast.parse(text))

    @property
    def is_migration(self) -> bool:
        """Answer whether it is a step in a database's history, which is never rewritten."""
        return "/migrations/" in self.path and not self.path.endswith("__init__.py")

    @property
    def is_route(self) -> bool:
        """Answer whether it belongs to a service's routes."""
        parts = self.path.removesuffix(".py").split("/")
        return parts[0] == "services" and parts[2:3] == ["routes"]

    def functions(self) -> Iterator[Function]:
        """Answer every function and method in it."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def nodes(self) -> Iterator[tuple[ast.AST, str]]:
        """Answer every node with its place: the file, and behind `::` the innermost function."""
        waiting: list[tuple[ast.AST, str]] = [(self.tree, self.path)]
        while waiting:
            node, place = waiting.pop()
            if isinstance(node, Function):
                place = f"{self.path}::{node.name}"
            yield node, place
            waiting.extend((child, place) for child in ast.iter_child_nodes(node))

    def names(self) -> Iterator[tuple[str, int]]:
        """Answer every dotted name that is read in it, such as `datetime.now`, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                yield dotted(node), node.lineno

    def imports(self) -> Iterator[tuple[str, int]]:
        """Answer every module or name that it imports, in full, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, node.lineno
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno


def dotted(node: ast.AST) -> str:
    """Answer a chain of attributes as text; what is not a plain name becomes `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@cache
def sources() -> tuple[Source, ...]:
    """Answer every Python file but the tests, which are held to their own rules."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Source.of(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)


@cache
def sources_of_tests() -> tuple[Source, ...]:
    """Answer every Python file of the tests."""
    return tuple(
        Source.of(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in sorted((ROOT / "tests").rglob("*.py"))
    )


def files() -> Iterator[Path]:
    """Answer every file that belongs to the repository."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name in _NOT_OURS or path.name.endswith(".egg-info"):
                continue
            if path.name.startswith(".") and path.name not in _KEPT_DOTS:
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                yield path
