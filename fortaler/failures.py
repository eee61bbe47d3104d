"""What goes wrong on an operator's machine, said in one clear line."""

import asyncpg
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from chassis.errors import Refusal
from fortaler.demo.stage import StoryFailed
from fortaler.embedded import EmbeddedFailed

_PREFIX = "FORTALER_"


def in_one_line(failure: Exception) -> str | None:
    """Answer what an operator should read of a failure; None when it is a fault of ours.

    Values of settings are never quoted: some of them are secrets.
    """
    if isinstance(failure, EmbeddedFailed | StoryFailed):
        return str(failure)
    if isinstance(failure, Refusal):
        return f"{failure.title}: {failure.detail}"
    if isinstance(failure, ValidationError):
        return "; ".join(_setting(one["loc"], one["msg"]) for one in failure.errors())
    if isinstance(failure, KafkaError):
        return f"Kafka (FORTALER_KAFKA_BOOTSTRAP_SERVERS) does not serve us: {failure}"
    if isinstance(failure, DBAPIError):
        return _database(failure.orig or failure)
    if isinstance(failure, OSError) and failure.filename is not None:
        return f"{failure.filename}: {failure.strerror}"
    if isinstance(failure, asyncpg.PostgresError | asyncpg.InterfaceError | OSError):
        return _database(failure)
    return None


def _database(failure: BaseException) -> str:
    told = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
    return f"The database (FORTALER_DATABASE_URL) does not serve us: {told}"


def _setting(location: tuple[int | str, ...], message: str) -> str:
    name = "_".join(str(part) for part in location[:1]).upper()
    return f"the setting {_PREFIX}{name} cannot be used: {message.lower()}"
