"""A worker that asks strangers once, and stands still at a point: python -m ... POINT PORT."""

import asyncio
import sys
from functools import partial
from typing import Any

from sqlalchemy import event

from chassis.clock import SystemClock
from chassis.guarded_client import GuardedClient
from chassis.service import open_context, opened
from services.content.main import SERVICE
from services.content.polling.rounds import poll_round
from services.content.settings import ContentSettings
from tests.chassis.stopping_process import stand_still
from tests.strangers import Names, Ways

POINTS = ("in-the-answer", "before-items", "before-commit", "after-commit")


class Watching:
    """Stands still where the saving of what was found has come to a point."""

    def __init__(self, point: str) -> None:
        self._point = point
        self._items_saved = False

    def executes(self, before: bool, *heard: Any) -> None:
        _connection, _cursor, said, *_ = heard
        if "INSERT INTO SOURCE_ITEMS" not in said.upper():
            return
        if before and self._point == "before-items":
            stand_still()
        self._items_saved = True

    def commits(self, *_: Any) -> None:
        if self._items_saved and self._point == "before-commit":
            stand_still()


async def main(point: str, port: int) -> None:
    """Ask what is due, until killed."""
    context = open_context(SERVICE, ContentSettings(), SystemClock())
    watching, engine = Watching(point), context.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", partial(watching.executes, True))
    event.listen(engine, "commit", watching.commits)
    async with (
        opened(SERVICE, context),
        GuardedClient(user_agent="Fortaler/1", resolve=Names(), dial=Ways(port)) as client,
    ):
        await poll_round(context, client)
        stand_still()


if __name__ == "__main__":
    _, asked, strangers_port = sys.argv
    asyncio.run(main(asked, int(strangers_port)))
