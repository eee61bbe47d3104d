"""A folder in the place of S3: this service itself answers for the addresses that it signed."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from chassis.errors import Refusal
from services.content.objects.signing import Grant, Signer

DOOR = "/v1/media/objects"

ARRIVING_FOR = timedelta(hours=1)
"""What has not arrived by then was broken off: no request takes so long."""

TRIES_MAX = 3
"""A folder that became empty may be removed in the moment in which something is put there."""

_ARRIVING = ".arriving"
_PIECE_BYTES = 256 * 1024


class ObjectMissing(Refusal):
    """What this address led to is gone."""

    kind = "gone"
    title = "Nothing is left here"


class ObjectSizeWrong(Refusal):
    """The body has another length than the address was made for; nothing of it was kept."""

    kind = "invalid"
    title = "Body has another length"


class Folder:
    """Takes in and gives out what its addresses say."""

    def __init__(self, root: Path, signer: Signer, public_url: str) -> None:
        self._root = root
        self._signer = signer
        self._public_url = public_url

    def make(self, grant: Grant, *, lasting: timedelta) -> str:
        """Answer an address that leads back to us; the grant says itself how long it lasts."""
        assert lasting > timedelta()
        return f"{self._public_url}{DOOR}/{self._signer.sign(grant)}"

    async def take_in(
        self, token: str, body: AsyncIterator[bytes], *, announced: int | None, at: datetime
    ) -> None:
        """Keep a body as it comes, piece by piece; it is there whole, or not at all.

        Raises AddressRefused, AddressExpired or ObjectSizeWrong.
        """
        grant = self._signer.read(token, method="PUT", at=at)
        if announced is not None and announced != grant.bytes:
            raise _wrong_size(grant)
        arriving = await asyncio.to_thread(self._begin)
        try:
            await _write(arriving, body, grant)
            await asyncio.to_thread(_settle, arriving, self._root / grant.key)
        finally:
            await asyncio.to_thread(arriving.unlink, missing_ok=True)

    async def open(self, token: str, *, at: datetime) -> tuple[Grant, BinaryIO]:
        """Answer what lies where an address leads to; whoever has it open may read to its end.

        Raises AddressRefused, AddressExpired or ObjectMissing.
        """
        grant = self._signer.read(token, method="GET", at=at)
        try:
            return grant, await asyncio.to_thread((self._root / grant.key).open, "rb")
        except FileNotFoundError as error:
            raise ObjectMissing("This picture is not there any more.") from error

    async def forget_broken_off(self, *, at: datetime) -> None:
        """Remove what began to arrive long ago, in a process that has died since."""
        before = (at - ARRIVING_FOR).timestamp()

        def sweep() -> None:
            for path in (self._root / _ARRIVING).glob("*"):
                # It may have arrived just now, and lie elsewhere.
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before:
                        path.unlink()

        await asyncio.to_thread(sweep)

    def _begin(self) -> Path:
        folder = self._root / _ARRIVING
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        return Path(name)


def pieces_of(opened: BinaryIO) -> Iterator[bytes]:
    """Answer a file piece by piece, and close it."""
    with opened:
        yield from iter(lambda: opened.read(_PIECE_BYTES), b"")


async def _write(arriving: Path, body: AsyncIterator[bytes], grant: Grant) -> None:
    size = 0
    with await asyncio.to_thread(arriving.open, "wb") as opened:
        async for piece in body:
            size += len(piece)
            if size > grant.bytes:
                raise _wrong_size(grant)
            await asyncio.to_thread(opened.write, piece)
    if size != grant.bytes:
        raise _wrong_size(grant)


def _settle(arriving: Path, place: Path) -> None:
    for tries_left in reversed(range(TRIES_MAX)):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            # In one step, so that nobody ever reads half of it.
            arriving.replace(place)
        except FileNotFoundError:
            if not tries_left:
                raise
        else:
            return


def _wrong_size(grant: Grant) -> ObjectSizeWrong:
    return ObjectSizeWrong(f"Send exactly {grant.bytes:,} bytes.", bytes=grant.bytes)
