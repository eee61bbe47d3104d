"""What the people shown in a picture have permitted, and when it holds (C4, G1, G3)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.media import PRIVACY, Media
from services.content.domain.stories import Actor
from services.content.domain.texts import Content

MediaPurpose = Literal["internal", "social_media", "recruiting", "advertising"]

Use = tuple[MediaPurpose, str | None]
"""For what and on which network a picture is shown; without a network it may be on any."""

PERMISSIONS_PER_MEDIA_MAX = 200
"""A whole department on its stairs; of a crowd nobody is shown."""

ASKED_AGAIN_AFTER = timedelta(minutes=2)
"""After an end, for a story that went live meanwhile: whoever published it may have been asked
about permissions just before the end, and have waited since. No request lives as long."""

_ENDLESS = datetime.max.replace(tzinfo=UTC) - ASKED_AGAIN_AFTER
"""Whoever permits something for ever may say so by a moment behind which there is no other."""


class PermissionNotFound(Refusal):
    """There is no such permission for this picture, or none that you may see."""

    kind = "not_found"
    title = "Permission not found"


class PermissionMissing(Refusal):
    """Not everybody shown in a picture has permitted what it is used for here, for now."""

    kind = "conflict"
    title = "Permission of the people shown is missing"


class PermissionNotYours(Refusal):
    """A permission is taken back by whoever gave it, or for them by an admin or privacy officer."""

    kind = "forbidden"
    title = "Not your permission"


class PersonNotNamed(Refusal):
    """A permission names one person: of the directory by id, or an outsider by name."""

    kind = "invalid"
    title = "Whose permission it is is not said"


class TooManyPermissions(Refusal):
    """Of so many people nobody can look after each."""

    kind = "conflict"
    title = "Too many permissions"


@dataclass(frozen=True)
class Permission:
    """One yes of one person shown, for purposes, from when until when; no networks means any."""

    permission_id: UUID
    media_id: UUID
    person_id: UUID | None
    outside_name: str | None
    purposes: tuple[MediaPurpose, ...]
    networks: tuple[str, ...]
    holds_from: datetime
    holds_until: datetime | None
    how_given: str
    recorded_by: UUID
    recorded_at: datetime
    withdrawn_at: datetime | None = None

    def holds(self, *, at: datetime) -> bool:
        """Answer whether it is given, has begun, and is not over."""
        begun = self.holds_from <= at
        over = self.holds_until is not None and self.holds_until <= at
        return begun and not over and self.withdrawn_at is None

    def permits(self, use: Use) -> bool:
        """Answer whether it is for such a use: for its purpose, and for its network or any."""
        purpose, network = use
        return purpose in self.purposes and (not self.networks or network in self.networks)

    @property
    def whose(self) -> object:
        """Answer who gave it, as far as that is known."""
        return self.person_id or (self.outside_name or "").casefold()


def check_new(permission: Permission, *, so_far: int) -> None:
    """Check that a permission names one person, and that there is room for it."""
    if (permission.person_id is None) == (permission.outside_name is None):
        raise PersonNotNamed(
            "Name either a person of the directory or an outsider.", field="/person_id"
        )
    if so_far >= PERMISSIONS_PER_MEDIA_MAX:
        raise TooManyPermissions(f"A picture has {PERMISSIONS_PER_MEDIA_MAX} at most.")


def seen_by(permission: Permission, media: Media, actor: Actor) -> bool:
    """Answer whether somebody may know of a permission.

    Who took something back is for nobody's eyes but their own, and of those who act for them
    (V1): whoever uploaded the picture sees what holds while it is there, and nothing after.
    """
    if permission.person_id == actor.person_id or actor.roles & PRIVACY:
        return True
    looks_after = media.uploaded_by == actor.person_id or "program_manager" in actor.roles
    return looks_after and media.state != "withdrawn" and permission.withdrawn_at is None


def withdraw(permission: Permission, actor: Actor, *, at: datetime) -> Permission:
    """Take a permission back. Doing so twice is the same as once: the permission comes back."""
    if permission.person_id != actor.person_id and not actor.roles & PRIVACY:
        raise PermissionNotYours("Ask whoever gave it, an admin or a privacy officer.")
    return permission if permission.withdrawn_at else replace(permission, withdrawn_at=at)


def have_run_out(permissions: Sequence[Permission], uses: Collection[Use], *, at: datetime) -> bool:
    """Answer whether a picture may not be shown any more, for one of the people shown.

    They permit nothing of what they did, or not any more one of the `uses` that live stories make
    of it. A use that ends and is in no live story takes nothing along: none can begin it anew.
    """
    begun = [one for one in permissions if one.withdrawn_at is None and one.holds_from <= at]
    return any(_have_ended(given, uses, at) for given in _by_person(begun).values())


def asked_next(
    permissions: Sequence[Permission], *, after: datetime | None = None
) -> datetime | None:
    """Answer when to ask next whether a picture may still be shown: at each end, and soon after.

    With `after`, all that was due until then has been asked.
    """
    ends = [one.holds_until for one in permissions if one.holds_until and not one.withdrawn_at]
    due = [moment for end in ends for moment in (end, min(end, _ENDLESS) + ASKED_AGAIN_AFTER)]
    return min((moment for moment in due if after is None or moment > after), default=None)


def purposes_of(kind: str) -> frozenset[MediaPurpose]:
    """Answer what a story needs permissions for: it is shared, and a job advert recruits."""
    return frozenset({"social_media", *({"recruiting"} if kind == "job" else ())})


def uses_of(kind: str, networks: Iterable[str]) -> frozenset[Use]:
    """Answer what a story does with its pictures, by the networks that it has variants for.

    A story without variants can be shared anywhere, which permissions for some networks do not
    cover.
    """
    named: set[str | None] = {*networks} or {None}
    return frozenset((purpose, network) for purpose in purposes_of(kind) for network in named)


def check_permitted(
    media: Media,
    permissions: Sequence[Permission],
    content: Content,
    *,
    at: datetime,
    field: str | None = None,
) -> None:
    """Check that everybody shown has permitted what a story does with a picture, for now.

    What somebody has permitted piece by piece counts as if they had done so at once. Whoever has
    permitted it, and does not any more, is shown, however many others are said to be.
    """
    uses = uses_of(content.kind, (variant.network for variant in content.variants))
    if have_run_out(permissions, uses, at=at):
        raise PermissionMissing(
            "Somebody shown permits this no longer.",
            field=field,
            purposes=sorted(purposes_of(content.kind)),
        )
    holding = _by_person([one for one in permissions if one.holds(at=at)])
    willing = [
        whose for whose, given in holding.items() if all(_is_permitted(given, use) for use in uses)
    ]
    if len(willing) < media.people_shown:
        raise PermissionMissing(
            f"{media.people_shown} people are shown; {len(willing)} have permitted this.",
            field=field,
            purposes=sorted(purposes_of(content.kind)),
        )


def _by_person(permissions: Iterable[Permission]) -> Mapping[object, Sequence[Permission]]:
    by_person: dict[object, list[Permission]] = {}
    for one in permissions:
        by_person.setdefault(one.whose, []).append(one)
    return by_person


def _have_ended(given: Sequence[Permission], uses: Collection[Use], at: datetime) -> bool:
    holding = [one for one in given if one.holds(at=at)]
    lost = (use for use in uses if _is_permitted(given, use) and not _is_permitted(holding, use))
    return not holding or any(lost)


def _is_permitted(given: Iterable[Permission], use: Use) -> bool:
    return any(one.permits(use) for one in given)
