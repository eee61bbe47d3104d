"""What every problem means: collected from the examples in the merged document, and shown."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from chassis.problems import MEDIA_TYPE
from gateway.merging import AT_THE_DOOR, Document, operations_of

ANY = "any operation"


@dataclass(frozen=True)
class Explained:
    """One problem type, and which operations answer it."""

    slug: str
    type: str
    title: str
    status: int
    summary: str
    operations: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Answer what a program is told."""
        return asdict(self)


def explain(document: Document, *, base: str) -> dict[str, Explained]:
    """Answer every problem that a document has an example of, by name; `base` begins its type."""
    found: dict[str, Explained] = {}
    for operation, example in _examples(document):
        slug = str(example["value"]["type"]).rsplit("/", 1)[-1]
        problem = found.setdefault(
            slug,
            Explained(
                slug,
                f"{base}/{slug}",
                str(example["value"]["title"]),
                int(example["value"]["status"]),
                str(example.get("summary", "")),
            ),
        )
        if operation not in problem.operations:
            problem.operations.append(operation)
    return dict(sorted(found.items()))


def _examples(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    door = document.get("components", {}).get("responses", {}).get(AT_THE_DOOR, {})
    answers = [(ANY, door)]
    for method, path, operation in operations_of(document):
        line = f"{method.upper()} {path}"
        answers += [(line, response) for response in operation.get("responses", {}).values()]
    for line, response in answers:
        examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
        for example in examples.values():
            if {"type", "title", "status"} <= set(example.get("value", {})):
                yield line, example


def list_page(problems: Sequence[Explained]) -> str:
    """Show all problems to a person."""
    lines = "".join(
        f'<tr><td>{one.status}</td><td><a href="/problems/{escape(one.slug)}">'
        f"{escape(one.slug)}</a></td><td>{escape(one.summary)}</td></tr>"
        for one in problems
    )
    return _page("Problems", f"<table>{lines}</table>")


def problem_page(problem: Explained) -> str:
    """Show one problem to a person."""
    operations = "".join(f"<li><code>{escape(one)}</code></li>" for one in problem.operations)
    return _page(
        problem.title,
        f"<p>{escape(problem.summary)}</p>"
        f"<p>Status {problem.status}, type <code>{escape(problem.type)}</code>. Answered by:</p>"
        f'<ul>{operations}</ul><p><a href="/problems">All problems</a></p>',
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>body{{font:1rem/1.5 system-ui;max-width:60rem;"
        "margin:2rem auto;padding:0 1rem}td{vertical-align:top;padding:.2rem .8rem .2rem 0}"
        f"</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
