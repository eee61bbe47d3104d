"""What every process is told by its surroundings: few settings, typed and frozen."""

import re

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.crypto import FIRST_KEY, PlatformKeys, read_key

_KEY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Settings(BaseSettings):
    """What every process of ours needs. Each setting is `FORTALER_` plus its name."""

    model_config = SettingsConfigDict(
        env_prefix="FORTALER_",
        frozen=True,
        extra="ignore",
        # A setting that cannot be used is told by its name; beside it stand secrets.
        hide_input_in_errors=True,
    )

    public_url: str = "http://localhost:8080"

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_session_timeout_ms: int = 6000

    operator_issuer: str = "http://localhost:8080/issuers/operator"
    operator_jwks_uri: str = "http://localhost:8080/issuers/operator/jwks.json"
    audience: str = "fortaler"

    trace_sample_ratio: float = Field(default=0.1, ge=0, le=1)
    otlp_endpoint: str | None = None
    log_level: str = "info"

    @field_validator("public_url", "database_url", check_fields=False)
    @classmethod
    def _no_slash_at_the_end(cls, url: str) -> str:
        return url.rstrip("/")


class ServiceSettings(Settings):
    """What a process with a database needs besides; a missing secret stops the start.

    `database_url` names the server without user and database: `postgresql://host:5432`. Every
    service has a database and three roles of its own there (design 10.15, 10.16).
    """

    database_url: str = "postgresql://127.0.0.1:5432"
    database_urls: dict[str, str] = Field(default_factory=dict)
    """Servers of single services that do not use the common one, as JSON by service name."""
    database_password: SecretStr
    database_connections_max: int = 10
    """Per process. PostgreSQL works best with few; a request waits for one, at most a deadline."""

    def database_server(self, service: str) -> str:
        """Answer the server of a service's database, without user and database name."""
        return self.database_urls.get(service, self.database_url).rstrip("/")


class SealingSettings(ServiceSettings):
    """What a service that keeps secrets needs besides: the platform's keys.

    Each is URL-safe base64 of 32 bytes (`fortaler keys new`). Whoever has one only says
    `sealing_key`; its id is `first`.
    """

    sealing_key: SecretStr | None = None
    sealing_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Further keys, as JSON by id. One stays as long as anything is wrapped by it."""
    sealing_key_current: str = Field(default=FIRST_KEY, validate_default=True)
    """The id of the key that wraps from now on."""

    # No message quotes what was given: it may be a key that stands in the wrong place.

    @field_validator("sealing_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            read_key(key.get_secret_value())
        return key

    @field_validator("sealing_keys")
    @classmethod
    def _are_keys(cls, keys: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        for name, key in keys.items():
            if not _KEY_ID.fullmatch(name):
                raise ValueError("an id has small letters, digits and .-_ only, 64 at most")
            read_key(key.get_secret_value())
        if FIRST_KEY in keys and info.data.get("sealing_key") is not None:
            raise ValueError(f"{FIRST_KEY!r} is the id of FORTALER_SEALING_KEY already")
        return keys

    @field_validator("sealing_key_current")
    @classmethod
    def _is_among_them(cls, current: str, info: ValidationInfo) -> str:
        known, first = info.data.get("sealing_keys"), info.data.get("sealing_key", current)
        # A setting before that cannot be used is told by itself.
        if known is not None and current not in known and (first is None or current != FIRST_KEY):
            raise ValueError("neither FORTALER_SEALING_KEY nor FORTALER_SEALING_KEYS has this id")
        return current

    def platform_keys(self) -> PlatformKeys:
        """Answer the keys, ready for use."""
        first = {} if self.sealing_key is None else {FIRST_KEY: self.sealing_key}
        keys = {
            name: key.get_secret_value() for name, key in {**first, **self.sealing_keys}.items()
        }
        return PlatformKeys(keys, self.sealing_key_current)
