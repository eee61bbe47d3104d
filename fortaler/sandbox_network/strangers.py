"""What anybody may do without an account: read a post's page, like, comment, reshare."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from fortaler.sandbox_network import pages, timeline
from fortaler.sandbox_network.errors import SandboxRefusal
from fortaler.sandbox_network.network import Here
from fortaler.sandbox_network.posts import Counters

router = APIRouter(tags=["strangers"])


class Reaction(BaseModel):
    """Somebody's reaction; only comments have a text."""

    model_config = ConfigDict(extra="forbid")

    actor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    text: Annotated[str, StringConstraints(max_length=timeline.TEXT_CHARACTERS_MAX)] | None = None


@router.post("/api/posts/{post_id}/{kind}", status_code=201)
async def react(
    post_id: str, kind: Literal["likes", "comments", "reshares"], reaction: Reaction, here: Here
) -> Counters:
    """Like, comment on or reshare a post; a second like or reshare of the same actor adds none."""
    with here.store.transaction() as connection:
        row = timeline.react(
            connection, post_id, kind, actor=reaction.actor, text=reaction.text, now=here.epoch_s
        )
    return Counters(likes=row["likes"], comments=row["comments"], reshares=row["reshares"])


@router.get("/@{handle}/{post_id}", response_class=HTMLResponse)
async def show_page(handle: str, post_id: str, here: Here) -> HTMLResponse:
    """Show the post as a page for everybody."""
    with here.store.transaction() as connection:
        row = timeline.get_visible(connection, post_id, here.epoch_s)
    if row["handle"] != handle:
        raise SandboxRefusal(404, "not_found", f"@{handle} has no such post.")
    return pages.post_page(row)
