"""Finding stories: the list, with words, filters and orders, and what is in it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from chassis.callers import Me, Now, Transaction
from chassis.paging import CursorUnreadable, Page, Paging, page_of
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain.searching import Filters, Sort, StoryLine
from services.content.domain.stories import State
from services.content.domain.texts import Kind, Network
from services.content.schemas import searching as schemas
from services.content.schemas.fields import Country, Instant, Language, Topic
from services.content.store import searching as store

router = Router(prefix="/v1/stories")

WORDS_CHARS_MAX = 200
"""Whoever writes more than this has a text, not a question."""

VALUES_MAX = 20
"""As many as a facet answers."""

Words = Annotated[
    str | None,
    Query(
        max_length=WORDS_CHARS_MAX,
        pattern=r"^[^\x00]*$",
        description=(
            "Words to find in titles, bodies, suggested copy, topics and previews, in Danish,"
            ' English or as they stand. All must be there; `"a phrase"` as it stands, `-word` must'
            " not, `or` between alternatives. A word of three letters or more finds what begins"
            " with it: `medarbejder` finds `medarbejderfest`."
        ),
        examples=['vindmølle "stille dag" -regnskab'],
    ),
]


StateAsked = Annotated[
    State | Literal["expired"] | None,
    Query(
        description="`live` finds what is live, also while its next version is being written; "
        "`expired` what was live until its end. So a story may be found by two states."
    ),
]

RegionAsked = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[^\x00]*$", description="For people there, or for all."),
]

Interests = Annotated[
    list[Topic],
    Query(max_length=VALUES_MAX, description="For who has any of these, or for all."),
]

LanguageRead = Annotated[
    Language | None,
    Query(description="For who reads it, or for all. `da-DK` finds what is for `da` too."),
]


async def read_filters(
    *,
    q: Words = None,
    state: StateAsked = None,
    kind: Annotated[list[Kind], Query(max_length=VALUES_MAX, description="Any of these.")] = [],  # noqa: B006
    campaign_id: Annotated[UUID | None, Query(description="Only of this campaign.")] = None,
    author: Annotated[Literal["me"] | None, Query(description="Only your own.")] = None,
    author_id: Annotated[UUID | None, Query(description="By whom it is shown to be.")] = None,
    contributor_id: Annotated[
        UUID | None, Query(description="With this contributor besides the author.")
    ] = None,
    topic: Annotated[list[Topic], Query(max_length=VALUES_MAX, description="Any of these.")] = [],  # noqa: B006
    language: Annotated[
        Language | None, Query(description="`en` finds `en-GB` too.", examples=["da"])
    ] = None,
    network: Annotated[
        list[Network],
        Query(max_length=VALUES_MAX, description="With suggested copy for any of these."),
    ] = [],  # noqa: B006
    has_media: Annotated[bool | None, Query(description="With a picture, or without.")] = None,
    country: Annotated[Country | None, Query(description="For people there, or for all.")] = None,
    region: RegionAsked = None,
    team_id: Annotated[UUID | None, Query(description="For its people, or for all.")] = None,
    interest: Interests = [],  # noqa: B006
    audience_language: LanguageRead = None,
    created_from: Annotated[Instant | None, Query(description="Begun then or later.")] = None,
    created_until: Annotated[Instant | None, Query(description="Begun before.")] = None,
    expires_until: Annotated[
        Instant | None, Query(description="Ends by then, and not before now.")
    ] = None,
    pinned: Annotated[bool | None, Query(description="Pinned now, or not.")] = None,
    archived: Annotated[bool, Query(description="What was put away, instead of the rest.")] = False,
) -> Filters:
    """Read what is asked of the stories."""
    return Filters(
        words=q,
        state=state,
        kinds=tuple(kind),
        campaign_id=campaign_id,
        mine=author == "me",
        author_id=author_id,
        contributor_id=contributor_id,
        topics=tuple(topic),
        language=language,
        networks=tuple(network),
        has_media=has_media,
        country=country,
        region=region,
        team_id=team_id,
        interests=tuple(interest),
        audience_language=audience_language,
        created_from=created_from,
        created_until=created_until,
        expires_until=expires_until,
        pinned=pinned,
        archived=archived,
    )


Asked = Annotated[Filters, Depends(read_filters)]


@router.get("", response_model=Page[schemas.StoryLineView], **refuses(CursorUnreadable))
async def list_stories(
    asked: Asked,
    page: Paging,
    me: Me,
    session: Transaction,
    clock: Now,
    sort: Annotated[
        Sort | None,
        Query(
            description=(
                "`relevance` where there are words (of the newest 2,000 that have them), else"
                " `newest`; of what is live, pinned stories come first then. `expiring` leaves out"
                " what has no end."
            )
        ),
    ] = None,
) -> Page[StoryLine]:
    """Find stories: your own, and what is live. What was put away is left out.

    Reviewers, program managers and admins see whatever was ever submitted.
    """
    found = await store.stories_found(session, me, asked, page, sort=sort, at=clock.now())
    return page_of(found, page.limit, lambda line: line.place)


@router.get("/facets", response_model=schemas.FacetsView, **refuses())
async def read_facets(asked: Asked, me: Me, session: Transaction, clock: Now) -> schemas.FacetsView:
    """Read what the stories that a list with the same filters finds have in common.

    Of each sort of value the 20 most frequent are told; the newest 10,000 stories are counted.
    A value counts what the filter by it finds: a story that is live while its next version is
    written counts as `live`, and to whoever sees that version as `draft` besides.
    """
    return schemas.view_facets(await store.facets_of(session, me, asked, at=clock.now()))
