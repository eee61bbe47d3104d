"""What content needs to be told besides: where the bytes of media lie."""

import os
import tempfile
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from chassis.crypto import read_key
from chassis.settings import ServiceSettings

_SCHEMES = ("file:///", "s3://")


def _default_media_url() -> str:
    # Everybody may write to the system's directory, so that each user has one of their own there.
    return (Path(tempfile.gettempdir()) / f"fortaler-media-{os.getuid()}").as_uri()


class ContentSettings(ServiceSettings):
    """A folder on one machine (`file:///...`), or a bucket of S3 (`s3://bucket`) for several.

    The folder needs `media_key`, by which its addresses are signed: URL-safe base64 of 32 bytes,
    the same for every process.
    """

    media_url: str = Field(default_factory=_default_media_url)
    media_key: SecretStr | None = None
    media_endpoint: str | None = None
    """Where S3 is, as people's browsers reach it; where nothing is said, Amazon's."""
    media_region: str = "eu-north-1"
    media_access_key_id: str | None = None
    media_secret_access_key: SecretStr | None = None

    @field_validator("media_url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(_SCHEMES) or url in _SCHEMES:
            raise ValueError("the address must be like file:///folder or s3://bucket")
        return url.rstrip("/")

    @field_validator("media_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            read_key(key.get_secret_value())
        return key

    @field_validator("media_endpoint", "media_access_key_id")
    @classmethod
    def _nothing_is_none(cls, text: str | None) -> str | None:
        return text or None
