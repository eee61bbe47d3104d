"""A web process of the made-up service that stands still at a labelled point, to be killed there.

python -m ... POINT PORT TENANT, the last as the event that announced it.
"""

import asyncio
import signal
import sys
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import telemetry
from chassis.run import serve
from chassis.service import build_app, operator_issuers
from chassis.settings import ServiceSettings
from contracts.directory import TenantRegistered
from tests.chassis.scratch_process import say
from tests.chassis.scratch_service.main import SERVICE

POINTS = ("before-work", "before-record", "before-commit", "before-answer")
NOWHERE = "nowhere"

STATEMENT_AT = {
    "before-work": "INSERT INTO COUNTERS",
    "before-record": "INSERT INTO IDEMPOTENCY_KEYS",
    # The announcement is the last that is written.
    "before-commit": "INSERT INTO OUTBOX",
}


def stand_still() -> None:
    """Say so, and do nothing any more until killed."""
    say("here")
    while True:
        signal.pause()


class Stopping:
    """The web app, standing still where the work for a key has come to a point."""

    def __init__(self, point: str, app: FastAPI, around: ASGIApp) -> None:
        self._app = around
        self._at_the_answer = point == "before-answer"
        engine = app.state.database.engine.sync_engine
        if point == "before-commit":
            event.listen(engine, "after_cursor_execute", partial(_stop_at, STATEMENT_AT[point]))
        elif point in STATEMENT_AT:
            event.listen(engine, "before_cursor_execute", partial(_stop_at, STATEMENT_AT[point]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, perhaps without ever answering it."""

        async def tell(message: Message) -> None:
            if self._at_the_answer and scope.get("method") == "POST":
                stand_still()
            await send(message)

        await self._app(scope, receive, tell)


def _stop_at(statement: str, *heard: Any) -> None:
    _connection, _cursor, said, *_ = heard
    if said.strip().upper().startswith(statement):
        stand_still()


async def main(point: str, port: int, tenant: TenantRegistered) -> None:
    """Serve until killed."""
    settings = ServiceSettings()
    telemetry.set_up("scratch", settings)
    known = operator_issuers(settings)
    known.learn(tenant)

    def front(app: FastAPI, around: ASGIApp) -> ASGIApp:
        return Stopping(point, app, around)

    app = build_app(replace(SERVICE, front=front), settings, issuers=known)
    await serve([(app, "127.0.0.1", port)])


if __name__ == "__main__":
    _, asked, its_port, announced = sys.argv
    asyncio.run(main(asked, int(its_port), TenantRegistered.model_validate_json(announced)))
