"""docker-compose.yml as compose reads it, and the rules for what its schema cannot see."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.deploy.processes import END_S, PROCESSES, STAND_INS, Process
from tests.tidy.source import ROOT

FILE = ROOT / "docker-compose.yml"
IMAGE = "fortaler:local"
ONCE = frozenset({"migrate", "topics", "story"})
DOOR = "gateway"

Json = Any
Compose = Mapping[str, Json]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<what>[^}]*))?\}")
_DURATION = re.compile(r"(\d+)s")


class Refused(Exception):
    """Compose does not start: a variable that must be set is not."""


def read(environment: Mapping[str, str]) -> Compose:
    """Read the file with its variables filled in; raises Refused for one that is asked for."""
    compose: Compose = yaml.safe_load(interpolated(FILE.read_text(), environment))
    return compose


def interpolated(text: str, environment: Mapping[str, str]) -> str:
    """Fill in variables by compose's own rules: `:-` and `:?` treat empty as unset."""

    def value(found: re.Match[str]) -> str:
        given = environment.get(found["name"], "")
        if not given and found["how"] == ":?":
            raise Refused(f"{found['name']} {found['what']}")
        return given or (found["what"] or "" if found["how"] == ":-" else "")

    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return _VARIABLE.sub(value, "\n".join(lines))


def variables() -> set[str]:
    """Answer the variables that a .env may set."""
    return {found["name"] for found in _VARIABLE.finditer(FILE.read_text())}


def asked_for() -> set[str]:
    """Answer the variables without which compose refuses to start."""
    return {found["name"] for found in _VARIABLE.finditer(FILE.read_text()) if found["how"] == ":?"}


def processes(compose: Compose) -> list[Process]:
    """Answer the processes of ours that it starts."""
    return [
        Process(name, tuple(service["command"]), frozenset(service["environment"]))
        for name, service in _ours(compose)
    ]


def _services(compose: Compose) -> Iterator[tuple[str, Json]]:
    yield from compose["services"].items()


def _ours(compose: Compose) -> Iterator[tuple[str, Json]]:
    return ((name, one) for name, one in _services(compose) if "fortaler" in one["image"])


def every_process_is_there(compose: Compose) -> Iterator[str]:
    """Every service is there as web and as worker, and so is what they need."""
    found = [process.role for process in processes(compose)]
    for role in sorted({*PROCESSES, *STAND_INS} - {*found}):
        yield f"{' '.join(role)} is not there."
    for role in sorted({*found} - PROCESSES - STAND_INS):
        yield f"{' '.join(role)} is nothing of ours."


def images_are_one(compose: Compose) -> Iterator[str]:
    """All of ours are one image, and others' are pinned to a version."""
    for name, service in _services(compose):
        image = service["image"]
        version = image.rpartition(":")[2] if ":" in image else "latest"
        if "fortaler" in image and image != IMAGE:
            yield f"{name} is of another image, {image}."
        elif "fortaler" not in image and not re.match(r"\d+\.\d+", version):
            yield f"{name} is of whatever {image} is today."


def nobody_is_waited_for_in_vain(compose: Compose) -> Iterator[str]:
    """Whoever is depended on says when it is there: healthy, or done."""
    services = compose["services"]
    for name, service in _services(compose):
        for other, how in service.get("depends_on", {}).items():
            condition = how.get("condition") if isinstance(how, dict) else None
            done = "service_completed_successfully" if other in ONCE else "service_healthy"
            if condition != done:
                yield f"{name} goes on before {other} is {done}: {condition}."
            if other not in services:
                yield f"{name} waits for {other}, which is not there."


def all_have_no_rights(compose: Compose) -> Iterator[str]:
    """No capabilities and no way to more; ours cannot write but where they must."""
    for name, service in _services(compose):
        if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
            yield f"{name} has capabilities."
        if "no-new-privileges:true" not in service.get("security_opt", ()):
            yield f"{name} may gain privileges."
        if service.get("privileged") or service.get("user") == "root":
            yield f"{name} is root."
    for name, service in _ours(compose):
        if service.get("read_only") is not True or "/tmp" not in service.get("tmpfs", ()):
            yield f"{name} can write to its own root."


def all_are_bounded(compose: Compose) -> Iterator[str]:
    """Everything has a limit, and what runs on tells how it is."""
    for name, service in _services(compose):
        if not service.get("mem_limit") or not service.get("pids_limit"):
            yield f"{name} has no limit."
        told = service.get("healthcheck", {"disable": True})
        if name not in ONCE and (told.get("disable") or not told.get("test")):
            yield f"{name} does not tell how it is."
        if (name in ONCE) != (service.get("restart") == "no"):
            yield f"{name} is restarted when it should not be, or the other way round."


def only_the_door_is_open(compose: Compose) -> Iterator[str]:
    """One port is published, to this machine alone."""
    for name, service in _services(compose):
        for port in service.get("ports", ()):
            if name != DOOR or not str(port).startswith("127.0.0.1:"):
                yield f"{name} is published: {port}."
    if not compose["services"][DOOR].get("ports"):
        yield "The gateway cannot be reached."


def ends_are_given_time(compose: Compose) -> Iterator[str]:
    """Whoever is told to end is not killed while it is ending."""
    for name, service in _ours(compose):
        found = _DURATION.fullmatch(str(service.get("stop_grace_period", "10s")))
        if found is None or int(found[1]) <= END_S:
            yield f"{name} is killed before {END_S} s are over."


RULES = (
    every_process_is_there,
    images_are_one,
    nobody_is_waited_for_in_vain,
    all_have_no_rights,
    all_are_bounded,
    only_the_door_is_open,
    ends_are_given_time,
)
