"""What an operator asks of the platform that is up, with nothing set but where its data are."""

from tests.fortaler.test_command import say
from tests.journeys.conftest import Played


def test_dead_letters_are_looked_for_on_the_platform_that_is_up(played: Played) -> None:
    code, said = say("dead-letters", "list", FORTALER_DATA_DIR=str(played.platform.data_dir))

    # Two companies have played the whole story, and nothing of it could not be taken in.
    assert (code, said) == (0, "No dead letters.\n")
