"""What compose starts plays the whole story, with the settings of the file alone, and then ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fortaler.embedded import EmbeddedKafka, EmbeddedPostgres
from fortaler.embedded.ports import free_port
from fortaler.local import new_secrets
from tests.deploy import composed
from tests.journeys.composed_platform import Played

STORY = "story"


@pytest.fixture
def played(scratch: Path) -> Iterator[Played]:
    """The file's processes on servers of their own; new secrets, as whoever begins would have."""
    folder = scratch / "composed"
    folder.mkdir()
    with (
        EmbeddedPostgres(folder / "postgres", durable=False) as postgres,
        EmbeddedKafka(folder / "kafka") as kafka,
    ):
        environment = new_secrets() | {
            "FORTALER_DATABASE_ADMIN_PASSWORD": postgres.password,
            "FORTALER_PORT": str(free_port()),
            "FORTALER_LOG_LEVEL": "warning",
        }
        servers = {
            "postgres": f"{postgres.host}:{postgres.port}",
            "kafka": kafka.bootstrap_servers,
        }
        one = Played(composed.read(environment), folder, servers)
        try:
            yield one
        finally:
            one.stop_all()


def test_the_story_is_played_by_what_compose_starts(played: Played) -> None:
    played.start_all()

    played.wait_for(STORY)

    assert "nobody was counted twice" in played.said(STORY)
    assert "docker compose exec outside python -m fortaler token ana" in played.said(STORY)
    assert set(played.stop_all().values()) == {0}
