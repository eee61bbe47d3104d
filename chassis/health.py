"""What orchestrators ask: `/live` (is the process alone well), `/ready` (may it be given work)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

Check = Callable[[], Awaitable[bool]]
"""Answers whether one thing that the process needs is there."""

Detail = Callable[[], Awaitable[Mapping[str, object]]]
"""Answers what a person may want to know beside; it decides nothing."""

CHECK_TIMEOUT_S = 2.0


def install(
    app: FastAPI, checks: Mapping[str, Check], details: Mapping[str, Detail] | None = None
) -> None:
    """Give an app the doors for orchestrators and for Prometheus; not part of the public API."""

    @app.get("/live", include_in_schema=False)
    async def live() -> Response:
        """Answer that the process turns its wheels."""
        return _answer(200, {"live": True})

    @app.get("/ready", include_in_schema=False)
    async def ready() -> Response:
        """Answer 200 when everything that is needed is there, else 503 and what is missing."""
        answers = await asyncio.gather(*(ask(check) for check in checks.values()))
        found = dict(zip(checks, answers, strict=True))
        told = {name: await _tell(detail) for name, detail in (details or {}).items()}
        body = {"ready": all(answers), "checks": found, **({"details": told} if told else {})}
        return _answer(200 if all(answers) else 503, body)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Answer the counters in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def ask(check: Check) -> bool:
    """Answer whether what a check asks for is there now."""
    # Whatever goes wrong with a check, the answer to "may it be given work" is no.
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception:  # noqa: BLE001
        return False


async def _tell(detail: Detail) -> Mapping[str, object] | None:
    # What is told beside an answer must not keep the answer from coming.
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await detail()
    except Exception:  # noqa: BLE001
        return None


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
