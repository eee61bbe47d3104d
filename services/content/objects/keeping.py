"""The object store: bytes by key, in a folder or in S3, and addresses to bring and fetch them by.

obstore's synchronous calls in threads: its asynchronous ones abort now and then at a process's end.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from chassis.errors import Refusal
from services.content.objects.pictures import PICTURE_MEMORY_BYTES_MAX
from services.content.objects.signing import Grant, Method

DOWNLOAD_FOR = timedelta(minutes=5)
"""How long an address of a picture is good for: a page and its reload. After a withdrawal it leads
nowhere, since the bytes are gone."""

LISTINGS_MAX = 3
"""Of a folder out of which others take things meanwhile."""

MEMORY_BYTES_MAX = 530_000_000
"""For all pictures that are whole in memory at once: content's web process may have 768 MiB, and
takes 200 itself."""

PLACES = max(1, MEMORY_BYTES_MAX // PICTURE_MEMORY_BYTES_MAX)
"""One at least: without a place every upload would be told to come again, for ever."""

T = TypeVar("T")


class ObjectsUnavailable(Refusal):
    """The object store is in trouble; the same request may be sent again."""

    kind = "unavailable"
    title = "Object store is unavailable"
    retry_after_s = 2


class SizeDiffers(Exception):
    """What lies under a key has another size than whoever asked wants; nothing of it was taken."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size:,} bytes lie there.")
        self.size = size


@dataclass(frozen=True)
class Address:
    """Where to send or fetch bytes, how, and until when."""

    url: str
    method: Method
    headers: dict[str, str]
    expires_at: datetime


class Addresses(Protocol):
    """Makes addresses that let their holder do one thing."""

    def make(self, grant: Grant, *, lasting: timedelta) -> str:
        """Answer the address that grants this."""
        ...


class OfS3:
    """S3's own addresses."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def make(self, grant: Grant, *, lasting: timedelta) -> str:
        """Answer an address that S3 itself understands (AWS Signature Version 4)."""
        return str(obstore.sign(self._store, grant.method, grant.key, lasting))


class Objects:
    """Bytes by key."""

    def __init__(self, store: ObjectStore, addresses: Addresses) -> None:
        self._store = store
        self.addresses = addresses
        self.places = asyncio.Semaphore(PLACES)
        """For whoever holds a whole picture in memory, from reading it to having kept it.

        A slow store does not hold one for long: each call ends by `opening.ANSWER_TIMEOUT_S`.
        """

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Keep bytes under a key."""
        # A folder keeps no types; the database knows them.
        named = {"Content-Type": content_type} if isinstance(self._store, S3Store) else None
        await _ask(obstore.put, self._store, key, content, attributes=named)

    async def read(self, key: str, *, size: int) -> bytes | None:
        """Answer the bytes under a key, of which there are so many, or None; raises SizeDiffers."""

        def whole() -> bytes:
            # The size that comes with these bytes: an answer of before may tell of others.
            found = obstore.get(self._store, key)
            if found.meta["size"] != size:
                raise SizeDiffers(found.meta["size"])
            return bytes(found.bytes())

        try:
            return await _ask(whole)
        except FileNotFoundError:
            return None

    async def remove(self, key: str) -> None:
        """Let nothing lie under a key."""
        try:
            await _ask(obstore.delete, self._store, key)
        except FileNotFoundError:
            return

    async def empty(self, folder: str, *, but: Sequence[str] = ()) -> None:
        """Let nothing lie under a folder but what is named."""
        for key in await self.keys_in(folder):
            if key not in but:
                await self.remove(key)

    async def keys_in(self, folder: str) -> list[str]:
        """Answer what lies under a folder."""

        def listed() -> list[str]:
            pages = obstore.list(self._store, prefix=f"{folder}/")
            return [str(one["path"]) for page in pages for one in page]

        for _ in range(LISTINGS_MAX):
            try:
                return await _ask(listed)
            except FileNotFoundError:
                # Somebody else removed what was just being listed: what is left is listed anew.
                continue
        raise ObjectsUnavailable("Pictures are being removed all the time.")

    def address(
        self,
        method: Method,
        key: str,
        *,
        content_type: str,
        size: int,
        at: datetime,
        lasting: timedelta,
    ) -> Address:
        """Answer an address to bring or fetch one object by."""
        grant = Grant(method, key, content_type, size, at + lasting)
        headers = {"content-type": content_type} if method == "PUT" else {}
        url = self.addresses.make(grant, lasting=lasting)
        return Address(url, method, headers, grant.expires_at)


async def _ask(ask: Callable[..., T], *about: Any, **named: Any) -> T:
    """Ask the store in a thread; what is missing raises FileNotFoundError, trouble a refusal."""
    try:
        return await asyncio.to_thread(ask, *about, **named)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise ObjectsUnavailable("Pictures cannot be reached at the moment.") from error
