"""The API by which clients post for the people who let them."""

from datetime import datetime
from sqlite3 import Row
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, field_validator

from fortaler.sandbox_network import timeline
from fortaler.sandbox_network.auth import caller_with
from fortaler.sandbox_network.errors import SandboxRefusal
from fortaler.sandbox_network.grants import Account
from fortaler.sandbox_network.network import Here, Network, moment

LIST_LIMIT_MAX = 40
LINK_CHARACTERS_MAX = 2_000

router = APIRouter(prefix="/api", tags=["posts"])

Reader = Annotated[Account, Depends(caller_with("read:posts"))]
Writer = Annotated[Account, Depends(caller_with("write:posts"))]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)
]


class NewPost(BaseModel):
    """A post to publish."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    link: str | None = Field(default=None, max_length=LINK_CHARACTERS_MAX)
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35
    )

    @field_validator("text")
    @classmethod
    def fits(cls, text: str) -> str:
        """Not blank and at most TEXT_CHARACTERS_MAX, every address counted as URL_CHARACTERS."""
        length = timeline.text_length(text)
        if not text.strip() or length > timeline.TEXT_CHARACTERS_MAX:
            raise ValueError(f"has {length} characters, allowed are 1 to 500")
        return text

    @field_validator("link")
    @classmethod
    def is_web_address(cls, link: str | None) -> str | None:
        """http or https; kept as it was written."""
        if link is not None:
            AnyHttpUrl(link)
        return link


class Counters(BaseModel):
    """What strangers did with a post so far."""

    likes: int
    comments: int
    reshares: int


class PostView(BaseModel):
    """A post as the API shows it; `client_ref` is the Idempotency-Key, shown to its author only."""

    id: str
    url: str
    created_at: datetime
    author: str
    text: str
    link: str | None
    language: str | None
    client_ref: str | None
    counters: Counters


class PostList(BaseModel):
    """Posts, newest first."""

    items: list[PostView]


class Me(BaseModel):
    """The account behind the token."""

    id: str
    handle: str
    display_name: str


def view_of(here: Network, row: Row, viewer: str | None) -> PostView:
    """Answer the post as that account sees it."""
    return PostView(
        id=row["id"],
        url=f"{here.public_url}/@{row['handle']}/{row['id']}",
        created_at=moment(row["created_at"]),
        author=row["handle"],
        text=row["text"],
        link=row["link"],
        language=row["language"],
        client_ref=row["client_ref"] if viewer == row["account_id"] else None,
        counters=Counters(likes=row["likes"], comments=row["comments"], reshares=row["reshares"]),
    )


async def count_post(request: Request, response: Response, here: Here, author: Writer) -> None:
    """429 with Retry-After beyond 300 posts in 5 minutes; the allowance rides on every answer."""
    now = here.now()
    allowance = here.post_rate.count(author.id, now)
    request.state.rate_headers = allowance.headers
    response.headers.update(allowance.headers)
    if allowance.remaining < 0:
        wait = {"Retry-After": str(allowance.wait_s(now))}
        raise SandboxRefusal(429, "rate_limited", "Too many posts. Slow down.", wait)


@router.get("/me")
async def show_me(account: Annotated[Account, Depends(caller_with("profile"))]) -> Me:
    """Say whose token this is."""
    return Me(id=account.id, handle=account.handle, display_name=account.display_name)


@router.post("/posts", status_code=201, dependencies=[Depends(count_post)])
async def publish(
    new: NewPost,
    request: Request,
    here: Here,
    author: Writer,
    idempotency_key: IdempotencyKey = None,
) -> PostView:
    """Publish a post; the same Idempotency-Key within an hour gives the first one again."""
    draft = timeline.Draft(new.text, new.link, new.language, idempotency_key)
    late_s: float = getattr(request.state, "late_s", 0.0)
    with here.store.transaction() as connection:
        row = timeline.publish(connection, author.id, draft, now=here.epoch_s, late_s=late_s)
    return view_of(here, row, author.id)


@router.get("/posts")
async def list_own_posts(
    here: Here,
    reader: Reader,
    author: Literal["me"],
    client_ref: Annotated[str | None, Query(max_length=255)] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT_MAX)] = 20,
) -> PostList:
    """Own posts, newest first; by `client_ref` a client settles an answer that was lost."""
    with here.store.transaction() as connection:
        rows = timeline.posts_of(
            connection, reader.id, client_ref=client_ref, limit=limit, now=here.epoch_s
        )
    return PostList(items=[view_of(here, row, reader.id) for row in rows])


@router.get("/posts/{post_id}")
async def show_post(post_id: str, here: Here, reader: Reader) -> PostView:
    """One post with its counters."""
    with here.store.transaction() as connection:
        row = timeline.get_visible(connection, post_id, here.epoch_s)
    return view_of(here, row, reader.id)


@router.delete("/posts/{post_id}", status_code=204)
async def delete_post(post_id: str, here: Here, author: Writer) -> None:
    """Delete an own post; 404 when it is gone already."""
    with here.store.transaction() as connection:
        timeline.remove(connection, post_id, author.id, here.epoch_s)
