"""A worker that sees to pictures, and stands still at a point: python -m ... POINT MEDIA_ID."""

import asyncio
import sys
from typing import Any

from sqlalchemy import Engine, event

from chassis.clock import SystemClock
from chassis.service import open_context, opened
from services.content.main import SERVICE
from services.content.settings import ContentSettings
from services.content.use_cases.sweeping_media import sweep_media
from tests.chassis.stopping_process import stand_still

POINTS = ("before-commit", "after-commit", "bytes-gone")
"""Of a withdrawal, and of what follows: its bytes are gone, and the row does not say so yet."""


class Watching:
    """Stands still where the work for one picture has come to a point; others' goes on."""

    def __init__(self, point: str, media_id: str, engine: Engine) -> None:
        self._point = point
        self._media_id = media_id
        self._announced = self._committed = False
        event.listen(engine, "before_cursor_execute", self._executes)
        event.listen(engine, "commit", self._commits)
        event.listen(engine, "begin", self._begins)

    def _executes(self, *heard: Any) -> None:
        _connection, _cursor, said, told, *_ = heard
        statement = said.strip().upper()
        if self._media_id not in str(told):
            return
        if statement.startswith("INSERT INTO OUTBOX"):
            self._announced = True
        if statement.startswith("UPDATE MEDIA ") and self._committed:
            self._reaches("bytes-gone")

    def _commits(self, *_: Any) -> None:
        if self._announced and not self._committed:
            self._reaches("before-commit")
            self._committed = True

    def _begins(self, *_: Any) -> None:
        if self._committed:
            self._reaches("after-commit")

    def _reaches(self, point: str) -> None:
        if point == self._point:
            stand_still()


async def main(point: str, media_id: str) -> None:
    """Do what is due, again and again, until killed."""
    context = open_context(SERVICE, ContentSettings(), SystemClock())
    Watching(point, media_id, context.database.engine.sync_engine)
    async with opened(SERVICE, context):
        await sweep_media(context)


if __name__ == "__main__":
    _, asked, named = sys.argv
    asyncio.run(main(asked, named))
