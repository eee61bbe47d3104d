"""The rules for one file at a time: each answers what is wrong, one line per fault.

A rule that does not hold everywhere takes its exceptions as `but`, so that it can be tried without.
"""

import ast
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from tests.tidy import exceptions
from tests.tidy.source import Function, Source, dotted

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
ROUTE_BODY_LINES_MAX = 12
"""The sizes of STYLE.md, with the room that keeps a good whole from being cut for a number."""

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route"})
VAGUE = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "shared", "manager"})
READS_TIME = frozenset({
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.gmtime", "time.localtime",
})  # fmt: skip
IDS_WITHOUT_ORDER = ("uuid.uuid1", "uuid.uuid4", "uuid_utils.uuid1", "uuid_utils.uuid4")

KAFKA = ("aiokafka.", "chassis.kafka.")
OF_THE_WEB = re.compile(r"(?:^|\.)(?:HTTPException|\w*JSONResponse|HTTP_[45]\d\d_\w+)$")
"""How a framework says no."""

Rule = Callable[[Source], Iterator[str]]


def files_fit_in_the_head(source: Source) -> Iterator[str]:
    """Files have at most 400 lines."""
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX and not source.is_migration:
        yield f"{source.path} has {lines} lines: split it by behaviour."


def functions_fit_on_a_screen(source: Source) -> Iterator[str]:
    """Functions have at most 60 lines."""
    for function in source.functions() if not source.is_migration else ():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield f"{source.path}:{function.lineno} {function.name} has {lines} lines."


def modules_say_what_they_are_for(source: Source) -> Iterator[str]:
    """A module begins with one sentence; more may follow after an empty line (style 23)."""
    said = (ast.get_docstring(source.tree) or "").split("\n\n")[0]
    if not said:
        yield f"{source.path} does not say what it is for."
    elif not said.endswith((".", "?", "!")) or re.search(r"[.!?]\s+[A-Z]", said):
        yield f"{source.path} does not begin with one sentence: {said!r}"


def names_say_something(source: Source) -> Iterator[str]:
    """No room is called after nothing in particular (style 17)."""
    for part in source.path.removesuffix(".py").split("/"):
        if part in VAGUE:
            yield f"{source.path}: {part} says nothing; name it after what it does."


def only_the_chassis_commits(
    source: Source, but: Collection[str] = exceptions.COMMITS
) -> Iterator[str]:
    """A request or a batch is one transaction, and one place ends it (style 8)."""
    if source.path in but:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and _ends_a_transaction(source, node):
            yield f"{source.path}:{node.lineno} {dotted(node)}: only chassis/database.py commits."


def _ends_a_transaction(source: Source, node: ast.Attribute) -> bool:
    whose = dotted(node.value).split(".")[-1]
    if node.attr == "transaction" and source.path.startswith("services/"):
        # A raw connection's own transaction commits past the outbox; the chassis's does not.
        return whose not in {"database", "_database"}
    if node.attr in {"begin", "begin_nested"}:
        # A domain may have something else that begins.
        return bool(re.search(r"session|connection|engine|\?", whose))
    return node.attr in {"commit", "rollback"}


def time_is_an_argument(source: Source, but: Collection[str] = exceptions.CLOCKS) -> Iterator[str]:
    """Only chassis.clock reads the time."""
    if source.path in but:
        return
    for name, line in source.names():
        if ".".join(name.split(".")[-2:]) in READS_TIME:
            yield f"{source.path}:{line} {name}: time comes from chassis.clock."
    for name, line in source.imports():
        if name in READS_TIME:
            yield f"{source.path}:{line} imports {name}: time comes from chassis.clock."


def settings_are_read_in_one_place(
    source: Source, but: Collection[str] = exceptions.ENVIRONMENT
) -> Iterator[str]:
    """Only settings read the environment (style 20)."""
    if source.path.endswith("/settings.py") or source.path in but:
        return
    for name, line in [*source.names(), *source.imports()]:
        if name in {"os.environ", "os.getenv", "os.environb", "os.putenv"}:
            yield f"{source.path}:{line} {name}: only settings.py reads the environment."


def nothing_is_printed(source: Source, but: Collection[str] = exceptions.PRINTS) -> Iterator[str]:
    """Only the operator's command talks to a terminal; all else logs."""
    if source.path in but:
        return
    for name, line in source.names():
        if name in {"print", "sys.stdout", "sys.stderr"}:
            yield f"{source.path}:{line} {name}: log it, or answer it."


def ids_are_ordered(source: Source) -> Iterator[str]:
    """Ids are UUIDv7 (design 10.1)."""
    for name, line in [*source.names(), *source.imports()]:
        if name in IDS_WITHOUT_ORDER or name in {"uuid1", "uuid4"}:
            yield f"{source.path}:{line} {name}: ids come from chassis.ids.new_id."


def only_the_chassis_knows_kafka(
    source: Source, but: Collection[str] = exceptions.RAW_ENGAGEMENT
) -> Iterator[str]:
    """Services announce through the outbox; nobody else touches Kafka (style 9)."""
    if source.path.startswith(("bench/", "chassis/", "fortaler/")):
        return
    # The driver itself stays the chassis's own, even where raw engagement goes out.
    forbidden = KAFKA[:1] if source.path in but else KAFKA
    for name, line in source.imports():
        if f"{name}.".startswith(forbidden):
            yield f"{source.path}:{line} imports {name}: announce through the outbox."


def refusals_are_named(source: Source) -> Iterator[str]:
    """A service says no by the name of its rule; the chassis decides on HTTP (style 14)."""
    if not source.path.startswith("services/"):
        return
    for name, line in [*source.imports(), *source.names()]:
        if OF_THE_WEB.search(name):
            yield f"{source.path}:{line} {name}: raise a Refusal."
    for node in ast.walk(source.tree):
        if isinstance(node, ast.keyword) and node.arg == "status_code" and _is_a_no(node.value):
            yield f"{source.path}:{node.lineno} answers {ast.unparse(node)}: raise a Refusal."


def _is_a_no(status: ast.expr) -> bool:
    return (
        isinstance(status, ast.Constant) and isinstance(status.value, int) and status.value >= 400
    )


def sessions_ask_by_exec(source: Source) -> Iterator[str]:
    """SQLModel's session has `exec`; its inherited `execute` answers rows of no type."""
    for name, line in source.names():
        if name.endswith("session.execute"):
            yield f"{source.path}:{line} {name}: use exec, or the session's connection."


def failures_are_named(source: Source) -> Iterator[str]:
    """Whoever swallows a failure names it (style 16)."""
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    for call in calls:
        caught = {dotted(argument) for argument in call.args}
        if dotted(call.func).endswith("suppress") and caught & {"Exception", "BaseException"}:
            yield f"{source.path}:{call.lineno} suppresses every failure."


def nothing_is_left_to_do(source: Source) -> Iterator[str]:
    """A wish is an issue, not a comment."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if re.search(r"#\s*(TODO|FIXME|XXX|HACK)\b", line):
            yield f"{source.path}:{number} leaves something to do."


def routes_are_doors(
    source: Source, but: Collection[str] = exceptions.ROUTES_WITHOUT_MODEL
) -> Iterator[str]:
    """A route says what it does, answers and refuses, and does it elsewhere (style 3)."""
    if not source.is_route:
        return
    for function in source.functions():
        has_no_model = f"{source.path}::{function.name}" in but
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _is_route(decorator):
                where = f"{source.path}:{function.lineno} {function.name}"
                found = _route_faults(function, decorator, has_no_model=has_no_model)
                yield from (f"{where} {fault}" for fault in found)


def _is_route(decorator: ast.Call) -> bool:
    return isinstance(decorator.func, ast.Attribute) and decorator.func.attr in METHODS


def _route_faults(function: Function, decorator: ast.Call, *, has_no_model: bool) -> Iterator[str]:
    given = {keyword.arg: keyword.value for keyword in decorator.keywords}
    if "include_in_schema" in given:
        return
    spread = [
        dotted(keyword.value.func)
        for keyword in decorator.keywords
        if keyword.arg is None and isinstance(keyword.value, ast.Call)
    ]
    if not ast.get_docstring(function):
        yield "has no docstring."
    if not [name for name in spread if name.split(".")[-1] == "refuses"]:
        yield "does not declare what it refuses."
    if not (has_no_model or _says_what_it_answers(function, given)):
        yield "has no response_model."
    if (lines := _body_lines(function)) > ROUTE_BODY_LINES_MAX:
        yield f"has a body of {lines} lines: a use case belongs in use_cases."


def _says_what_it_answers(function: Function, given: dict[str | None, ast.expr]) -> bool:
    answers_nothing = dotted(given.get("status_code", function)).endswith("204_NO_CONTENT")
    return "response_model" in given or answers_nothing


def _body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def tests_patch_nothing(source: Source) -> Iterator[str]:
    """If a test needs to patch something of ours, an argument is missing (style 25)."""
    for name, line in source.imports():
        if name.startswith(("unittest.mock", "mock.", "pytest_mock")):
            yield f"{source.path}:{line} imports {name}."
    for function in source.functions():
        for argument in function.args.args:
            if argument.arg in {"monkeypatch", "mocker"}:
                yield f"{source.path}:{function.lineno} {function.name} takes {argument.arg}."


def nothing_is_slept_for(source: Source, but: Collection[str] = exceptions.PACES) -> Iterator[str]:
    """That time has passed shows nothing: a test asks. A turn of the loop is no time."""
    for name, line in source.imports():
        if name.endswith(".sleep"):
            yield f"{source.path}:{line} imports {name}."
    nodes = list(source.nodes())
    turns = {node.func for node, _ in nodes if isinstance(node, ast.Call) and _is_a_turn(node)}
    for node, place in nodes:
        if _is_sleep(node) and node not in turns and place not in but:
            yield f"{place} sleeps: wait for what happens, or say why not in exceptions.py."


def _is_sleep(node: ast.AST) -> bool:
    return dotted(node).split(".")[-1] == "sleep"


def _is_a_turn(call: ast.Call) -> bool:
    return [ast.unparse(argument) for argument in call.args] == ["0"]


def exceptions_of(rule: Rule) -> Collection[str]:
    """Answer the places where a rule does not hold."""
    but = inspect.signature(rule).parameters.get("but")
    return but.default if but else ()


def unneeded(
    rule: Callable[..., Iterator[str]], but: Collection[str], sources: Iterable[Source]
) -> Iterator[str]:
    """Answer the exceptions from a rule that hide no fault any more."""
    by_path = {source.path: source for source in sources}
    for place in but:
        source = by_path.get(place.split("::")[0])
        if source is None or not list(rule(source, but={*but} - {place})):
            yield f"{place} is an exception from {rule.__name__} that nobody needs."


RULES: tuple[Rule, ...] = (
    files_fit_in_the_head,
    functions_fit_on_a_screen,
    modules_say_what_they_are_for,
    names_say_something,
    only_the_chassis_commits,
    time_is_an_argument,
    settings_are_read_in_one_place,
    nothing_is_printed,
    ids_are_ordered,
    only_the_chassis_knows_kafka,
    refusals_are_named,
    sessions_ask_by_exec,
    failures_are_named,
    nothing_is_left_to_do,
    routes_are_doors,
)

RULES_FOR_TESTS: tuple[Rule, ...] = (
    tests_patch_nothing,
    nothing_is_slept_for,
    nothing_is_left_to_do,
)
