"""What sharing needs to be told besides: its networks, and the keys for tokens at rest."""

from pydantic import SecretStr, field_validator

from chassis.settings import SealingSettings


class SharingSettings(SealingSettings):
    """Settings of sharing. A network is offered when its address is set."""

    sandbox_url: str | None = None
    sandbox_client_id: str = "fortaler"
    sandbox_client_secret: SecretStr = SecretStr("")

    @field_validator("sandbox_url")
    @classmethod
    def _no_slash(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else None
