"""The operator's door: switch misbehaviour on, and see everything that was posted."""

from datetime import datetime
from sqlite3 import Row
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fortaler.sandbox_network import timeline
from fortaler.sandbox_network.auth import require_operator
from fortaler.sandbox_network.misbehaviour import Kind, Misbehaviour, Route
from fortaler.sandbox_network.network import Here, moment

TIMES_MAX = 100_000
SECONDS_MAX = 300.0
LIST_LIMIT_MAX = 10_000

router = APIRouter(prefix="/sandbox", tags=["operator"], dependencies=[Depends(require_operator)])


class NewMisbehaviour(BaseModel):
    """A fault for the next `times` requests on a route.

    `seconds`: how long `hang` waits, how long `show_late` hides, what `rate_limited` asks to wait.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    times: int = Field(default=1, ge=1, le=TIMES_MAX, strict=True)
    route: Route = "POST /api/posts"
    seconds: float = Field(default=5.0, gt=0, le=SECONDS_MAX)

    @model_validator(mode="after")
    def can_happen_there(self) -> Self:
        """Refuse a fault that could never show: it is a mistake of the operator's."""
        if self.kind == "show_late" and self.route != "POST /api/posts":
            raise ValueError("show_late happens to POST /api/posts only")
        if self.kind in {"revoke_token", "expire_token"} and self.route.startswith("POST /oauth"):
            raise ValueError(f"{self.kind} happens to requests with an access token only")
        return self


class MisbehaviourView(BaseModel):
    """A fault that still waits."""

    kind: Kind
    times: int
    route: Route
    seconds: float


class MisbehaviourList(BaseModel):
    """The faults that wait, oldest first: each request takes the first that fits."""

    items: list[MisbehaviourView]


class PostedView(BaseModel):
    """A post as it happened, whoever may see it now."""

    position: int
    id: str
    handle: str
    text: str
    link: str | None
    language: str | None
    client_ref: str | None
    created_at: datetime
    visible_from: datetime
    deleted_at: datetime | None


class PostedList(BaseModel):
    """Everything posted, oldest first; go on with `after` = the last position."""

    items: list[PostedView]


@router.post("/misbehaviours", status_code=201)
async def misbehave(new: NewMisbehaviour, here: Here) -> MisbehaviourView:
    """Let the next requests on a route go wrong."""
    fault = Misbehaviour(new.kind, new.route, new.seconds, new.times)
    here.misbehaviours.waiting.append(fault)
    return _fault_view(fault)


@router.get("/misbehaviours")
async def list_misbehaviours(here: Here) -> MisbehaviourList:
    """Show what still waits to go wrong."""
    return MisbehaviourList(items=[_fault_view(fault) for fault in here.misbehaviours.waiting])


@router.delete("/misbehaviours", status_code=204)
async def behave(here: Here) -> None:
    """Behave again: nothing more goes wrong, and what hangs is answered now."""
    here.misbehaviours.end()


@router.get("/posts")
async def list_everything_posted(
    here: Here,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT_MAX)] = LIST_LIMIT_MAX,
) -> PostedList:
    """Everything that was posted, deleted and hidden posts too, for checkers."""
    with here.store.transaction() as connection:
        rows = timeline.everything(connection, after=after, limit=limit)
    return PostedList(items=[_posted_view(row) for row in rows])


@router.delete("/posts", status_code=204)
async def forget_everything_posted(here: Here) -> None:
    """Empty the timeline; accounts and their grants stay."""
    with here.store.transaction() as connection:
        timeline.forget_everything(connection)


def _fault_view(fault: Misbehaviour) -> MisbehaviourView:
    return MisbehaviourView(
        kind=fault.kind, times=fault.times, route=fault.route, seconds=fault.seconds
    )


def _posted_view(row: Row) -> PostedView:
    return PostedView(
        position=row["position"],
        id=row["id"],
        handle=row["handle"],
        text=row["text"],
        link=row["link"],
        language=row["language"],
        client_ref=row["client_ref"],
        created_at=moment(row["created_at"]),
        visible_from=moment(row["visible_from"]),
        deleted_at=None if row["deleted_at"] is None else moment(row["deleted_at"]),
    )
