"""Pictures in a story: which may be put in, and which may stay when it goes on its way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.media import AltTextMissing, Media, words_in
from services.content.domain.permissions import Permission, Use, check_permitted, have_run_out
from services.content.domain.texts import Content, Picture

PICTURES_MAX = 10
"""As many as the strictest of the networks shows in one post."""


class PictureUnknown(Refusal):
    """A story names a picture that is not there, or not for you."""

    kind = "invalid"
    title = "Picture is unknown"


class PictureRepeated(Refusal):
    """A story shows a picture once."""

    kind = "invalid"
    title = "Picture is named twice"


class PictureNotReady(Refusal):
    """A story names a picture whose upload has not been completed."""

    kind = "conflict"
    title = "Picture is not ready"


class PictureWithdrawn(Refusal):
    """A story shows a picture that was withdrawn: revise the story, and take the picture out."""

    kind = "conflict"
    title = "Picture was withdrawn"


REFUSALS = (PictureUnknown, PictureRepeated, PictureNotReady, PictureWithdrawn, AltTextMissing)
"""What naming pictures may be answered."""


@dataclass(frozen=True)
class Attention:
    """A story that shows a withdrawn picture, in the version worked on, in the live one, or both.

    It says neither who asked for that nor why.
    """

    story_id: UUID
    title: str
    state: str
    media_id: UUID
    working: bool
    live: bool
    since: datetime


def resolve(
    asked: Sequence[Mapping[str, Any]], found: Sequence[Media | None], *, language: str
) -> list[dict[str, Any]]:
    """Answer the pictures of a story with the hash of their bytes, and with words for each."""
    if len({one["media_id"] for one in asked}) < len(asked):
        raise PictureRepeated("Name each picture once.", field="/media")
    return [
        _resolve(one, media, language, field=f"/media/{place}")
        for place, (one, media) in enumerate(zip(asked, found, strict=True))
    ]


def check_all(
    content: Content,
    media: Mapping[UUID, Media],
    permissions: Mapping[UUID, Sequence[Permission]],
    *,
    at: datetime,
) -> None:
    """Check that every picture of a story is there as it was read, and permitted by all shown."""
    for place, picture in enumerate(content.media):
        field = f"/media/{place}"
        known = media.get(picture.media_id)
        check_there(known, field)
        assert known is not None
        if known.sha256 != picture.sha256:
            raise PictureUnknown("The picture is not the one that was read.", field=field)
        check_permitted(known, permissions.get(known.media_id, ()), content, at=at, field=field)


def check_there(media: Media | None, field: str) -> None:
    """Check that a picture can be shown by whatever names it at `field`."""
    if media is None:
        raise PictureUnknown("There is no such picture for you.", field=field)
    if media.state == "withdrawn":
        raise PictureWithdrawn("This picture was withdrawn, for good.", field=field)
    if media.state != "ready":
        raise PictureNotReady("Complete its upload first.", field=field)


def first_shown(
    named: Sequence[Picture],
    uses: Collection[Use],
    given: Mapping[UUID, Sequence[Permission]],
    *,
    at: datetime,
) -> Picture | None:
    """Answer the first of a story's pictures that may still be shown.

    `given` names the pictures that are there, each with what was permitted.
    """
    for one in named:
        permissions = given.get(one.media_id)
        if permissions is not None and not have_run_out(permissions, uses, at=at):
            return one
    return None


def _resolve(
    asked: Mapping[str, Any], media: Media | None, language: str, *, field: str
) -> dict[str, Any]:
    check_there(media, f"{field}/media_id")
    assert media is not None
    words = asked.get("alt_text") or words_in(media.alt_texts, language)
    if words is None:
        raise AltTextMissing(
            f"Nothing is said of this picture in {language!r}: say it here.",
            field=f"{field}/alt_text",
        )
    return {"media_id": media.media_id, "sha256": media.sha256, "alt_text": words}
