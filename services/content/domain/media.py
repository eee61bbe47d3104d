"""What a picture is, who may see and change it, and the life it has until it is withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis.errors import Refusal
from contracts.content import MEDIA_BYTES_MAX
from services.content.domain.stories import Actor

MediaState = Literal["awaiting_upload", "ready", "withdrawn"]
OriginKind = Literal["own_photo", "stock", "ai_generated"]
"""Where a picture comes from: networks and the law ask about what a machine has made (G14)."""

CONTENT_TYPES: Mapping[str, str] = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
}
"""What is taken in, and what Pillow calls it. Each can be made anew without what it hides."""

UPLOAD_FOR = timedelta(minutes=15)
"""How long an upload's address is good for: a slow line and a coffee."""

COMPLETE_WITHIN = timedelta(minutes=45)
"""From the beginning; whoever comes later begins again."""

SWEPT_AFTER = timedelta(hours=2)
"""When what was not completed is forgotten. Longer than COMPLETE_WITHIN and the longest request,
so that nobody completes what is being swept."""

MEDIA_PER_TENANT_MAX = 20_000
"""A large company's library; its list is still found by a person, page by page."""

BYTES_PER_TENANT_MAX = 50_000_000_000
"""Twenty thousand pictures of the usual two or three megabytes each."""

AWAITING_PER_PERSON_MAX = 50
"""As many as somebody picks in one go; the rest is given up or an attack."""

OVERSEERS = frozenset({"reviewer", "program_manager", "admin", "privacy_officer"})
"""They see every picture: to approve it, to look after the library, to help whoever is shown."""

KEEPERS = frozenset({"program_manager", "admin"})
"""They may change and withdraw a picture that somebody else has uploaded."""

PRIVACY = frozenset({"admin", "privacy_officer"})
"""They act for whoever is shown, and see what was taken back."""


class MediaNotFound(Refusal):
    """There is no such picture in your tenant, or none that you may see."""

    kind = "not_found"
    title = "Media not found"


class MediaWithdrawn(Refusal):
    """The picture was withdrawn, for good: somebody shown in it may have asked for that."""

    kind = "gone"
    title = "Media was withdrawn"


class MediaNotReady(Refusal):
    """The picture has not been uploaded and completed yet."""

    kind = "conflict"
    title = "Media is not ready"


class MediaNotYours(Refusal):
    """You can see this picture, but neither did you upload it nor has your role a say in it."""

    kind = "forbidden"
    title = "Not allowed on this media"


class MediaShown(Refusal):
    """A live story or the brand kit shows the picture to everybody: it stays in the library."""

    kind = "conflict"
    title = "Media is shown to everybody"


class MediaTypeRefused(Refusal):
    """Only pictures are taken whose hidden data can be taken out: JPEG, PNG, WebP and GIF."""

    kind = "invalid"
    title = "Type of media is not taken"


class MediaTooLarge(Refusal):
    """The file is larger than a picture may be, or would be once it is made anew."""

    kind = "invalid"
    title = "Media is too large"


class MediaLimitReached(Refusal):
    """Your company has as many pictures as it may have, or you have too many unfinished ones."""

    kind = "conflict"
    title = "No room for more media"


class AltTextMissing(Refusal):
    """A picture is told in words to whoever cannot see it, in the language (WCAG 2.2, 1.1.1)."""

    kind = "invalid"
    title = "Alternative text is missing"


class LicenceMissing(Refusal):
    """A picture from a stock has a licence, and it says which."""

    kind = "invalid"
    title = "Licence is missing"


class UploadOver(Refusal):
    """The time for this upload is over: begin another."""

    kind = "conflict"
    title = "Upload is over"


@dataclass(frozen=True)
class Origin:
    """Where a picture comes from: its licence if it was bought, its tool if a machine made it."""

    kind: OriginKind
    licence: str | None = None
    tool: str | None = None


@dataclass(frozen=True)
class Prepared:
    """A picture as it was made anew: its bytes are kept under the hash of them."""

    content_type: str
    bytes: int
    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class Media:
    """A picture: what is known of it, and how far it has come."""

    media_id: UUID
    state: MediaState
    filename: str | None
    content_type: str
    bytes: int
    sha256: str | None
    """Of what was announced until it is ready, then of what is kept."""
    width: int | None
    height: int | None
    alt_texts: Mapping[str, str]
    origin: Origin
    people_shown: int
    in_library: bool
    uploaded_by: UUID
    object_name: str
    """The unguessable part of its place in the object store."""
    created_at: datetime
    ready_at: datetime | None = None
    withdrawn_at: datetime | None = None
    review_since: datetime | None = None
    """Since when somebody shown has left the company, and nobody has looked at it (G3)."""
    cleared: bool = False
    """Whether nothing lies beside the picture itself that an upload may have left."""
    erased: bool = False
    """Whether a withdrawn picture's bytes are gone."""

    @property
    def upload_until(self) -> datetime:
        """Answer until when its upload's address is good."""
        return self.created_at + UPLOAD_FOR


def begin(media: Media) -> Media:
    """Check what is to be uploaded: that it is told in words, taken here, and not too large."""
    if media.content_type not in CONTENT_TYPES:
        raise MediaTypeRefused(
            "Pictures only. SVG can carry scripts, and out of documents and videos nobody here"
            " takes the places where they were made.",
            field="/content_type",
            taken=sorted(CONTENT_TYPES),
        )
    if media.bytes > MEDIA_BYTES_MAX:
        raise MediaTooLarge(
            f"A file may have {MEDIA_BYTES_MAX:,} bytes.", field="/bytes", bytes_max=MEDIA_BYTES_MAX
        )
    _check_words(media)
    return media


def check_room(*, count: int, total_bytes: int, awaiting: int) -> None:
    """Check that a tenant has room for one more, and a person not too many begun ones."""
    if count >= MEDIA_PER_TENANT_MAX or total_bytes >= BYTES_PER_TENANT_MAX:
        raise MediaLimitReached("Withdraw what is not needed any more.", count=count)
    if awaiting >= AWAITING_PER_PERSON_MAX:
        raise MediaLimitReached("Complete what you have begun, or wait two hours.", count=awaiting)


def is_seen(media: Media, actor: Actor, *, concerned: bool) -> bool:
    """Answer whether somebody may see a picture.

    What is not in the library is for whoever uploaded it, oversees, or is concerned: shown in it,
    or the author of a story that shows it, or to decide now on one. Of what has not arrived there
    is nothing to see.
    """
    if media.state == "awaiting_upload":
        return uploaded(media, actor)
    oversees = bool(actor.roles & OVERSEERS)
    return media.in_library or concerned or oversees or uploaded(media, actor)


def seen_by(media: Media, actor: Actor, *, concerned: bool) -> Media:
    """Answer a picture that somebody may see; raises MediaNotFound."""
    if not is_seen(media, actor, concerned=concerned):
        raise MediaNotFound(f"No media {media.media_id}.")
    return media


def uploaded(media: Media, actor: Actor) -> bool:
    """Answer whether a picture is somebody's own upload."""
    return media.uploaded_by == actor.person_id


def check_may_change(media: Media, actor: Actor) -> None:
    """Check that somebody may change or withdraw a picture."""
    if not uploaded(media, actor) and not actor.roles & KEEPERS:
        others = ", ".join(sorted(KEEPERS))
        raise MediaNotYours(f"This is for whoever uploaded it, and for: {others}.")


def change(media: Media, actor: Actor, changes: Mapping[str, Any], *, shown: bool) -> Media:
    """Change what is said of a picture. Stories keep the words that they were approved with.

    `shown` says whether a live story or the brand kit shows it to everybody.
    """
    check_may_change(media, actor)
    check_not_withdrawn(media)
    changed = replace(media, **changes)
    if shown and media.in_library and not changed.in_library:
        raise MediaShown(
            "A live story or the brand kit shows it: take it out there first, or withdraw it.",
            field="/in_library",
        )
    _check_words(changed)
    return changed


def check_completable(media: Media, *, at: datetime) -> None:
    """Check that an upload may be completed now."""
    check_not_withdrawn(media)
    if at > media.created_at + COMPLETE_WITHIN:
        raise UploadOver("Begin another upload.")


def complete(media: Media, prepared: Prepared, *, at: datetime) -> Media:
    """Let a picture be used, as it was made anew. Doing so twice is the same as once."""
    if media.state == "ready":
        return media
    check_completable(media, at=at)
    return replace(
        media,
        state="ready",
        content_type=prepared.content_type,
        bytes=prepared.bytes,
        sha256=prepared.sha256,
        width=prepared.width,
        height=prepared.height,
        ready_at=at,
    )


def withdraw(media: Media, *, at: datetime) -> Media:
    """Take a picture away everywhere, for good; a second time the picture itself comes back.

    What was said of it may tell who is shown, so it goes too.
    """
    if media.state == "withdrawn":
        return media
    return replace(
        media,
        state="withdrawn",
        withdrawn_at=at,
        review_since=None,
        alt_texts={},
        filename=None,
        erased=False,
    )


def keep(media: Media) -> Media:
    """Settle a review: the picture stays, though somebody shown in it has left."""
    check_not_withdrawn(media)
    return replace(media, review_since=None)


def check_usable(media: Media) -> None:
    """Check that a picture can be shown."""
    check_not_withdrawn(media)
    if media.state != "ready":
        raise MediaNotReady("Upload it, and complete the upload.")


def check_not_withdrawn(media: Media) -> None:
    """Check that a picture was not withdrawn."""
    if media.state == "withdrawn":
        raise MediaWithdrawn("This picture was withdrawn, for good.")


def words_in(alt_texts: Mapping[str, str], language: str) -> str | None:
    """Answer the alternative text for a language: `en-GB` is content with `en` (RFC 4647)."""
    by_tag = {tag.casefold(): text for tag, text in alt_texts.items()}
    wanted = language.casefold()
    return by_tag.get(wanted) or by_tag.get(wanted.partition("-")[0])


def _check_words(media: Media) -> None:
    if not media.alt_texts:
        raise AltTextMissing("Tell in a sentence what the picture shows.", field="/alt_texts")
    if media.origin.kind == "stock" and media.origin.licence is None:
        raise LicenceMissing("Say under which licence you have it.", field="/origin/licence")


Step = Literal["forget", "erase", "clear"]
"""What time does to a picture's bytes."""


def next_step(media: Media) -> tuple[Step, datetime] | None:
    """Answer what has to be done next to a picture's bytes, and when."""
    swept_at = media.created_at + SWEPT_AFTER
    if media.state == "awaiting_upload":
        return "forget", swept_at
    due: list[tuple[datetime, Step]] = []
    if media.state == "withdrawn" and not media.erased:
        due.append((media.withdrawn_at or swept_at, "erase"))
    if not media.cleared:
        # An upload's address may be used until its end, also when all is done.
        due.append((swept_at, "clear"))
    if not due:
        return None
    at, step = min(due)
    return step, at


def erased(media: Media) -> Media:
    """Note that a withdrawn picture's bytes are gone."""
    return replace(media, erased=True)


def cleared(media: Media) -> Media:
    """Note that nothing lies beside the picture, and that nothing can come any more."""
    return replace(media, cleared=True)


def keys_kept(tenant_id: UUID, media: Media) -> tuple[str, ...]:
    """Answer what may lie in a picture's folder for good."""
    if media.state != "ready" or media.sha256 is None:
        return ()
    return (key_of(tenant_id, media, media.sha256),)


def raw_key(tenant_id: UUID, media: Media) -> str:
    """Answer where the bytes of an upload lie until they were made anew."""
    return f"{folder_of(tenant_id, media)}/{media.object_name}/raw"


def key_of(tenant_id: UUID, media: Media, sha256: str) -> str:
    """Answer where a picture lies that was made anew."""
    return f"{folder_of(tenant_id, media)}/{media.object_name}/{sha256}"


def folder_of(tenant_id: UUID, media: Media) -> str:
    """Answer what all places of a picture begin with: the tenant first, then the picture."""
    return f"{tenant_id}/{media.media_id}"
