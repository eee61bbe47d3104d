"""What an event is: a frozen fact in the past tense that is only ever added to."""

import re
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.topics import Topic

_TYPE = re.compile(r"fortaler\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")

_registered: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """A fact that a service announces.

    A subclass says in its head what CloudEvents `type` it has, on which topic it travels, which
    aggregate it is about (that aggregate's key keeps its order), and whether it is public: only
    public events reach webhooks and the live stream (design 10.2). Events carry ids, never
    personal data; `fortaler.directory` is the one exception (design 4.7).
    """

    # A reader must not break on a field that a newer writer has added.
    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[Topic]
    public: ClassVar[bool]
    about: ClassVar[tuple[str, str]]

    def __init_subclass__(cls, **_declared: object) -> None:
        """Let the words of a subclass's head pass; they are read once pydantic knows the fields."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]  # narrower on purpose: our words only
        cls,
        *,
        type: str = "",  # noqa: A002 - CloudEvents calls it so
        topic: Topic | None = None,
        public: bool = False,
        about: tuple[str, str] = ("", ""),
    ) -> None:
        """Register a concrete event; a subclass without a type is only a shared shape."""
        if not type:
            return
        if not _TYPE.fullmatch(type) or topic is None or about[1] not in cls.model_fields:
            raise TypeError(f"{cls.__name__} is not declared as an event: {type!r}, {about!r}")
        if type in _registered:
            raise TypeError(f"{type} is declared twice")
        cls.type, cls.topic, cls.public, cls.about = type, topic, public, about
        _registered[type] = cls

    @property
    def aggregate_kind(self) -> str:
        """Answer the kind of thing the event is about, such as `story`."""
        return self.about[0]

    @property
    def aggregate_id(self) -> UUID:
        """Answer the id of the thing the event is about."""
        found = getattr(self, self.about[1])
        assert isinstance(found, UUID)
        return found

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read an event's JSON body; raises pydantic's ValidationError when it does not fit."""
        return cls.model_validate_json(body)


def registered() -> dict[str, type[Event]]:
    """Answer every event declared so far by its CloudEvents type; see contracts.catalogue."""
    return dict(_registered)
