"""A query is taken as it is documented: each parameter once, and written as its type is."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Query
from httpx2 import ASGITransport, AsyncClient
from pydantic import AwareDatetime

from chassis import problems
from chassis.paging import Paging
from chassis.routing import Router

router = Router()


async def read_topics(topic: Annotated[list[str], Query()] = []) -> list[str]:  # noqa: B006
    """Answer the topics that are asked for."""
    return topic


@router.get("/days")
async def list_days(
    page: Paging,
    topics: Annotated[list[str], Depends(read_topics)],
    word: str | None = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    at: AwareDatetime | None = None,
    archived: bool | None = None,
) -> dict[str, Any]:
    """Answer what was understood."""
    return {
        "limit": page.limit,
        "topics": topics,
        "word": word,
        "from": since,
        "at": at,
        "archived": archived,
    }


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.include_router(router)
    problems.install(app, "http://public")
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://days") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("word=a&word=b", [("word", "repeated")]),
        ("word=&word=", [("word", "repeated")]),
        ("limit=3&limit=3", [("limit", "repeated")]),
        ("at=true&at=2031-05-04T08:00:00Z", [("at", "repeated")]),
        (
            "from=2031-05-04&archived=on&from=2031-05-05",
            [("from", "repeated"), ("archived", "bool_type")],
        ),
        ("archived=1", [("archived", "bool_type")]),
        ("archived=True", [("archived", "bool_type")]),
        ("archived=", [("archived", "bool_type")]),
        ("limit=1.0", [("limit", "int_type")]),
        ("limit=+3", [("limit", "int_type")]),
        ("limit=1_0", [("limit", "int_type")]),
        ("limit=%D9%A3", [("limit", "int_type")]),
        ("at=0.0", [("at", "datetime_type")]),
        ("at=1924416000", [("at", "datetime_type")]),
        ("from=0", [("from", "date_type")]),
        ("from=2031-05-04T00:00:00Z", [("from", "date_type")]),
    ],
)
async def test_what_is_written_otherwise_is_refused(
    client: AsyncClient, query: str, blamed: list[tuple[str, str]]
) -> None:
    answer = await client.get(f"/days?{query}")

    assert (answer.status_code, answer.headers["content-type"]) == (422, problems.MEDIA_TYPE)
    assert answer.json()["type"] == "http://public/problems/validation-failed"
    told = [(error["parameter"], error["rule"]) for error in answer.json()["errors"]]
    assert sorted(told) == sorted(blamed)
    assert all(error["detail"] for error in answer.json()["errors"])


@pytest.mark.parametrize(
    ("query", "understood"),
    [
        ("", {"limit": 20, "topics": [], "word": None}),
        ("topic=a&topic=b&topic=a", {"topics": ["a", "b", "a"]}),
        ("word=1", {"word": "1"}),
        ("archived=true&limit=3", {"archived": True, "limit": 3}),
        ("archived=false&from=2031-05-04", {"archived": False, "from": "2031-05-04"}),
        ("at=2031-05-04T08:00:00%2B02:00", {"at": "2031-05-04T08:00:00+02:00"}),
        ("unheard_of=1&unheard_of=2", {"limit": 20}),
    ],
)
async def test_what_is_written_as_documented_is_understood(
    client: AsyncClient, query: str, understood: dict[str, Any]
) -> None:
    answer = await client.get(f"/days?{query}")

    assert answer.status_code == 200
    assert answer.json().items() >= understood.items()


@pytest.mark.parametrize("query", ["limit=0", "at=2031-13-04T08:00:00Z", "from=2031-02-30"])
async def test_what_is_written_well_is_still_judged_by_its_route(
    client: AsyncClient, query: str
) -> None:
    answer = await client.get(f"/days?{query}")

    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [query.split("=")[0]]
