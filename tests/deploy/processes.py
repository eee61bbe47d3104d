"""A process of ours as something starts it, and which settings it may and must be given."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydantic_settings import BaseSettings

from chassis.kafka import STOP_TIMEOUT_S
from chassis.run import DRAIN_TIMEOUT_S, LEAVE_TIMEOUT_S
from chassis.settings import ServiceSettings, Settings
from fortaler import services
from fortaler.local import LocalSettings
from gateway.settings import GatewaySettings

PREFIX = "FORTALER_"
END_S = DRAIN_TIMEOUT_S + LEAVE_TIMEOUT_S + STOP_TIMEOUT_S
"""How long one of our processes may take to end in order."""

PROCESSES = frozenset({
    *((name, role) for name in services.NAMES for role in ("web", "worker")),
    ("gateway", ""), ("migrate", ""), ("topics", ""),
})  # fmt: skip
"""What a platform consists of: whose process, and in which role."""

STAND_INS = frozenset({("outside", ""), ("demo", "")})

_STAND_INS_NEED = frozenset({"public_url", "issuer_url", "sandbox_url"})
_BESIDES = {
    "content": frozenset({"media_url", "media_key"}),
    "sharing": frozenset({"sealing_key"}),
    "migrate": frozenset({"database_admin_password"}),
    "outside": _STAND_INS_NEED | {"issuer_secret", "sandbox_client_secret"},
    "demo": _STAND_INS_NEED,
}
"""What has a default, or none, that suits one machine alone and no other place."""

_EVERYWHERE = frozenset({"public_url", "kafka_bootstrap_servers", "operator_issuer",
                         "operator_jwks_uri"})  # fmt: skip


@dataclass(frozen=True)
class Process:
    """What is started, by which arguments behind the image's entrypoint, with which settings."""

    name: str
    arguments: tuple[str, ...]
    settings: frozenset[str]

    @property
    def role(self) -> tuple[str, str]:
        """Answer whose process it is, and in which role."""
        command, *rest = self.arguments or ("nothing",)
        if command != "serve":
            return command, ""
        role = rest[rest.index("--role") + 1] if "--role" in rest else ""
        return rest[0], role


def kinds_of_settings() -> tuple[type[BaseSettings], ...]:
    """Answer every class of settings that there is."""
    of_services = {services.load(name).settings for name in services.NAMES}
    return (Settings, ServiceSettings, GatewaySettings, LocalSettings, *of_services)


def known() -> frozenset[str]:
    """Answer every setting that there is, as the environment calls it."""
    return frozenset(_named(field) for kind in kinds_of_settings() for field in kind.model_fields)


def unknown_settings(processes: Collection[Process]) -> Iterator[str]:
    """Answer what nobody reads: it was misspelt, or forgotten when its setting went."""
    real = known()
    for process in processes:
        for name in sorted(process.settings - real):
            if name.startswith(PREFIX):
                yield f"{process.name} is given {name}, which is no setting."


def missing_settings(processes: Collection[Process]) -> Iterator[str]:
    """Answer what a process does not start without, or would only find on one machine."""
    for process in processes:
        for field in sorted(_needed(process.role[0])):
            if _named(field) not in process.settings:
                yield f"{process.name} is not given {_named(field)}."


def _needed(whose: str) -> set[str]:
    if whose in services.NAMES:
        required = _required(services.load(whose).settings) | _BESIDES.get(whose, frozenset())
        return required | {*_EVERYWHERE, "database_url"}
    if whose == "gateway":
        return _required(GatewaySettings) | _EVERYWHERE
    if whose == "migrate":
        return _required(ServiceSettings) | {"database_url"} | _BESIDES[whose]
    if whose == "topics":
        return {"kafka_bootstrap_servers"}
    return set(_BESIDES.get(whose, ()))


def _required(kind: type[BaseSettings]) -> set[str]:
    return {name for name, field in kind.model_fields.items() if field.is_required()}


def _named(field: str) -> str:
    return f"{PREFIX}{field.upper()}"
