"""How the object store is found that the settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, S3Store

from chassis.service import Context
from services.content.objects.folder import Folder
from services.content.objects.keeping import Objects, OfS3
from services.content.objects.signing import Signer
from services.content.settings import ContentSettings

CONNECT_TIMEOUT_S = 3
ANSWER_TIMEOUT_S = 10
"""For one call. Requests wait for it, and a sweep holds a row meanwhile."""

RETRIES_MAX = 1


class SettingMissing(Exception):
    """A folder of media cannot be used without the key that signs its addresses."""


@asynccontextmanager
async def open_objects(context: Context) -> AsyncIterator[Objects]:
    """Open the object store; nothing is asked of it yet."""
    settings = context.settings
    if not isinstance(settings, ContentSettings):
        raise TypeError("Content is opened with ContentSettings.")
    yield objects_of(settings)


def objects_of(settings: ContentSettings) -> Objects:
    """Answer the object store that settings name; raises SettingMissing."""
    url = urlsplit(settings.media_url)
    if url.scheme == "s3":
        store = _bucket(settings, url.netloc, prefix=url.path.strip("/") or None)
        return Objects(store, OfS3(store))
    if settings.media_key is None:
        raise SettingMissing("FORTALER_MEDIA_KEY is missing: it signs the addresses of media.")
    root = Path(unquote(url.path))
    signer = Signer(settings.media_key.get_secret_value())
    # Emptied folders are removed with what was in them.
    folder = LocalStore(root, mkdir=True, automatic_cleanup=True)
    return Objects(folder, Folder(root, signer, settings.public_url))


def _bucket(settings: ContentSettings, bucket: str, *, prefix: str | None) -> S3Store:
    secret = settings.media_secret_access_key
    return S3Store(
        bucket,
        prefix=prefix,
        config={
            "region": settings.media_region,
            **({"endpoint": endpoint} if (endpoint := settings.media_endpoint) else {}),
            **({"access_key_id": known_as} if (known_as := settings.media_access_key_id) else {}),
            **({"secret_access_key": secret.get_secret_value()} if secret else {}),
        },
        client_options={
            "allow_http": (settings.media_endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "timeout": timedelta(seconds=ANSWER_TIMEOUT_S),
        },
        retry_config={
            "max_retries": RETRIES_MAX,
            "retry_timeout": timedelta(seconds=ANSWER_TIMEOUT_S),
        },
    )
