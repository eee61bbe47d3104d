"""The embedded profile: which ports, folders and secrets a laptop's platform has.

What the user has set in the environment is left as it is; the rest is decided here, once, and kept
between runs.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.crypto import new_key
from fortaler.embedded.ports import free_port, reserve
from fortaler.services import NAMES

Value = TypeVar("Value")

HOST = "127.0.0.1"
_SECRETS: dict[str, Callable[[], str]] = {
    "database_password": lambda: secrets.token_urlsafe(24),
    "sealing_key": new_key,
    "stream_key": new_key,
    "media_key": new_key,
    "sandbox_client_secret": lambda: secrets.token_urlsafe(24),
    "issuer_secret": lambda: secrets.token_urlsafe(24),
}


def _one_or_three(brokers: int) -> int:
    # Two are worse than one: when either is away, nobody may be elected.
    if brokers not in {1, 3}:
        raise PydanticCustomError("brokers", "there are 1 or 3 of them")
    return brokers


class LocalSettings(BaseSettings):
    """What a user may say about a platform on their own machine."""

    model_config = SettingsConfigDict(
        env_prefix="FORTALER_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    port: int = Field(default=8080, ge=1, le=65533)
    """The gateway's; the local issuer and the sandbox network take the next two, for good."""
    data_dir: Path = Path(".local")
    database_url: str | None = None
    """A PostgreSQL server of one's own; then none is started."""
    database_admin_user: str = "postgres"
    database_admin_password: str = ""
    kafka_bootstrap_servers: str | None = None
    """A Kafka of one's own; then none is started."""
    brokers: Annotated[int, AfterValidator(_one_or_three)] = 1
    """How many are started, or how many a Kafka of one's own has: so often each record is kept."""
    public_url: str | None = None
    issuer_url: str | None = None
    sandbox_url: str | None = None
    """Where people, the services and the story find them, if not on this machine's own ports."""
    issuer_secret: SecretStr | None = None
    sandbox_client_secret: SecretStr | None = None
    """Secrets of the stand-ins that others hold too; what is not given is made here."""
    command: str | None = None
    """How this command is called by those who read what to try, such as outside a container."""

    def given_secrets(self) -> dict[str, str]:
        """Answer the secrets that the surroundings hold, by the names under which we keep ours."""
        given = {
            "issuer_secret": self.issuer_secret,
            "sandbox_client_secret": self.sandbox_client_secret,
        }
        return {name: secret.get_secret_value() for name, secret in given.items() if secret}


@dataclass(frozen=True)
class Ports:
    """Where each process of the embedded profile listens, on the loopback address."""

    gateway: int
    issuer: int
    sandbox: int
    worker: int
    services: dict[str, int]

    @classmethod
    def choose(cls, gateway: int, known: dict[str, int]) -> "Ports":
        """Choose ports: those that are known to the outside, and free ones for the rest.

        The issuer's stands in every tenant and the sandbox's in every account, so what the first
        start has chosen stays.
        """
        reserve(gateway, *known.values())
        return cls(
            gateway=gateway,
            issuer=known["issuer"],
            sandbox=known["sandbox"],
            worker=free_port(),
            services={name: free_port() for name in NAMES},
        )


@dataclass(frozen=True)
class Local:
    """One platform on this machine."""

    data_dir: Path
    ports: Ports
    secrets: dict[str, str]
    settings: LocalSettings

    @classmethod
    def open(cls, settings: LocalSettings) -> "Local":
        """Open the data folder, and make the secrets that are not there yet."""
        data_dir = settings.data_dir.resolve()
        data_dir.mkdir(parents=True, exist_ok=True)
        first = {"issuer": settings.port + 1, "sandbox": settings.port + 2}
        known = _kept(
            data_dir / "ports.json", {name: _always(port) for name, port in first.items()}
        )
        return cls(
            data_dir,
            Ports.choose(settings.port, known),
            _kept(data_dir / "secrets.json", _SECRETS) | settings.given_secrets(),
            settings,
        )

    @property
    def public_url(self) -> str:
        """Answer the address that people use."""
        return _address(self.settings.public_url, self.ports.gateway)

    @property
    def issuer_url(self) -> str:
        """Answer the address of the local issuer; it stands in tokens, so it stays the same."""
        return _address(self.settings.issuer_url, self.ports.issuer)

    @property
    def sandbox_url(self) -> str:
        """Answer the address of the sandbox network."""
        return _address(self.settings.sandbox_url, self.ports.sandbox)

    @property
    def issuer_keys(self) -> Path:
        """Answer where the local issuers' keys are kept."""
        return self.data_dir / "issuers"

    def environment(self, *, database_url: str, kafka_bootstrap_servers: str) -> dict[str, str]:
        """Answer the settings of every process, in the form in which an environment holds them."""
        operator = f"{self.issuer_url}/issuers/operator"
        urls = {name: f"http://{HOST}:{port}" for name, port in self.ports.services.items()}
        return {
            "FORTALER_PUBLIC_URL": self.public_url,
            "FORTALER_DATABASE_URL": database_url,
            "FORTALER_DATABASE_PASSWORD": self.secrets["database_password"],
            "FORTALER_KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap_servers,
            "FORTALER_OPERATOR_ISSUER": operator,
            "FORTALER_OPERATOR_JWKS_URI": f"{operator}/jwks.json",
            "FORTALER_SEALING_KEY": self.secrets["sealing_key"],
            "FORTALER_STREAM_KEY": self.secrets["stream_key"],
            "FORTALER_MEDIA_KEY": self.secrets["media_key"],
            "FORTALER_MEDIA_URL": (self.data_dir / "media").as_uri(),
            "FORTALER_SANDBOX_URL": self.sandbox_url,
            "FORTALER_SANDBOX_CLIENT_SECRET": self.secrets["sandbox_client_secret"],
            "FORTALER_SPOOL_DIR": str(self.data_dir / "spool"),
            "FORTALER_SERVICE_URLS": json.dumps(urls),
        }


def new_secrets() -> dict[str, str]:
    """Make the secrets of a platform of one's own, by the names of their settings."""
    makers = {**_SECRETS, "database_admin_password": _SECRETS["database_password"]}
    return {f"FORTALER_{name.upper()}": make() for name, make in sorted(makers.items())}


def impose(environment: dict[str, str]) -> None:
    """Put settings into the environment that children inherit; what the user has set stays."""
    for name, value in environment.items():
        os.environ.setdefault(name, value)


def _kept(path: Path, makers: Mapping[str, Callable[[], Value]]) -> dict[str, Value]:
    """Answer what an earlier start has kept in a file, and make and keep what is missing."""
    known: dict[str, Value] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: make() for name, make in makers.items() if name not in known}
    if missing:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(known | missing, file, indent=2)
    return {**known, **missing}


def _address(given: str | None, port: int) -> str:
    return given.rstrip("/") if given else f"http://localhost:{port}"


def _always(value: Value) -> Callable[[], Value]:
    return lambda: value
