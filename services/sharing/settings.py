"""What sharing needs to be told besides: the key for tokens at rest, and its networks."""

from pydantic import SecretStr, field_validator

from chassis.settings import ServiceSettings


class SharingSettings(ServiceSettings):
    """Settings of sharing. A network is offered when its address is set.

    `sealing_key` is URL-safe base64 of 32 bytes (`chassis.crypto.new_key`). Whoever changes it
    makes every advocate connect anew.
    """

    sealing_key: SecretStr
    sandbox_url: str | None = None
    sandbox_client_id: str = "fortaler"
    sandbox_client_secret: SecretStr = SecretStr("")

    @field_validator("sandbox_url")
    @classmethod
    def _no_slash(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else None
