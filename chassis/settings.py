"""What every process is told by its surroundings: few settings, typed and frozen."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
