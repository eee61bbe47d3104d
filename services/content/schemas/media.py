"""The shapes of pictures, and of what the people shown have permitted."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.schemas import InShape, OutShape
from services.content.domain.media import MediaState, OriginKind
from services.content.domain.permissions import PERMISSIONS_PER_MEDIA_MAX, MediaPurpose
from services.content.domain.stories import State
from services.content.domain.texts import Network
from services.content.objects.signing import Method
from services.content.schemas.fields import AltText, Hash, Instant, Language, Title

LANGUAGES_MAX = 20
"""More languages than a company speaks."""

PURPOSES_MAX = 4
NETWORKS_MAX = 8
"""As many as there are."""

FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f]+$"),
    Field(description="For people to find it by; nothing is believed of it.", examples=["14.jpg"]),
]

ContentType = Annotated[
    str,
    StringConstraints(max_length=50, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$"),
    Field(examples=["image/jpeg"]),
]

Licence = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    Field(examples=["Pexels licence, bought by the agency on 2031-03-01"]),
]

HowGiven = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(
        description="How the person said yes, so that it can be shown.",
        examples=["By mail on 2031-03-02, kept in the case file"],
    ),
]

PersonName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(description="Of somebody who is not in the directory.", examples=["Karen Bek"]),
]

AltTexts = Annotated[
    dict[Language, AltText],
    Field(
        min_length=1,
        max_length=LANGUAGES_MAX,
        description="What the picture shows, by language (WCAG 2.2, 1.1.1).",
        examples=[{"da": "En montør på toppen af en vindmølle", "en": "A fitter on a turbine"}],
    ),
]

PeopleShown = Annotated[
    int,
    Field(
        ge=0,
        le=PERMISSIONS_PER_MEDIA_MAX,
        description="How many people can be recognised. Each has to permit what a story does.",
    ),
]


class OriginIn(InShape):
    """Where a picture comes from."""

    kind: OriginKind
    licence: Licence | None = None
    tool: Title | None = None


class MediaIn(InShape):
    """A picture to upload: what is announced here is what has to arrive."""

    filename: FileName | None = None
    content_type: ContentType
    bytes: Annotated[int, Field(ge=1, description="How many bytes will be sent.")]
    sha256: Hash | None = Field(
        default=None, description="Of these bytes, in hex: what arrives otherwise is refused."
    )
    alt_texts: AltTexts
    origin: OriginIn
    people_shown: PeopleShown


class MediaChangesIn(InShape):
    """What to change; what is left out stays."""

    filename: FileName | None = None
    alt_texts: AltTexts = Field(default_factory=dict)
    origin: OriginIn = Field(default_factory=lambda: OriginIn(kind="own_photo"))
    people_shown: PeopleShown = Field(default_factory=int)
    in_library: bool = Field(default_factory=bool)


class PermissionIn(InShape):
    """A yes of one person shown: of the directory, or an outsider by name."""

    person_id: UUID | None = None
    outside_name: PersonName | None = None
    purposes: Annotated[
        list[MediaPurpose],
        Field(min_length=1, max_length=PURPOSES_MAX, description="What they said yes to."),
    ]
    networks: list[Network] = Field(
        default_factory=list, max_length=NETWORKS_MAX, description="An empty list means any."
    )
    holds_from: Instant | None = Field(
        default=None, description="From when on; at once, if nothing is said."
    )
    holds_until: Instant | None = Field(
        default=None, description="Until when; for good, if nothing is said. The picture goes then."
    )
    how_given: HowGiven


class OriginView(OutShape):
    """Where a picture comes from."""

    kind: OriginKind
    licence: str | None
    tool: str | None


class MediaView(OutShape):
    """A picture. `in_library` says that everybody in the company may see it.

    `sha256` is of what is kept, which was made anew: not of what was sent. `review_since` says
    since when somebody shown has left the company.
    """

    media_id: UUID
    state: MediaState
    filename: str | None
    content_type: str
    bytes: int
    sha256: str | None
    width: int | None
    height: int | None
    alt_texts: dict[str, str]
    origin: OriginView
    people_shown: int
    in_library: bool
    uploaded_by: UUID
    created_at: datetime
    ready_at: datetime | None
    withdrawn_at: datetime | None
    review_since: datetime | None


class AddressView(OutShape):
    """Where to send or fetch the bytes: by this method, with these headers, without a token."""

    url: str
    method: Method
    headers: dict[str, str]
    expires_at: datetime


class UploadView(OutShape):
    """A picture that was begun, and where to send its bytes."""

    media: MediaView
    upload: AddressView


class PermissionView(OutShape):
    """A yes of one person shown, as far as you may know of it."""

    permission_id: UUID
    media_id: UUID
    person_id: UUID | None
    outside_name: str | None
    purposes: list[MediaPurpose]
    networks: list[str]
    holds_from: datetime
    holds_until: datetime | None
    how_given: str
    recorded_by: UUID
    recorded_at: datetime
    withdrawn_at: datetime | None


class AttentionView(OutShape):
    """A story that shows a withdrawn picture: take it out of the version you work on.

    `live` says that readers still have that version; the picture itself is shown to nobody.
    """

    story_id: UUID
    title: str
    state: State
    media_id: UUID
    working: bool
    live: bool
    since: datetime
