"""What every shape that comes in or goes out has in common."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

NUL = "\x00"

MOMENTS = frozenset({datetime, AwareDatetime})
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")
"""How a moment begins (RFC 3339)."""


def storable(text: str) -> bool:
    """Answer whether PostgreSQL can hold a text: neither NUL nor half of a surrogate pair."""
    return NUL not in text and not any("\ud800" <= char <= "\udfff" for char in text)


class InShape(BaseModel):
    """A body that a client sends: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_it_is(cls, value: Any, info: ValidationInfo) -> Any:
        # By itself pydantic takes 1 for true, true for 1, "1" for either, and all of them for a
        # moment in 1970; the document does not.
        kinds = set(kinds_of(cls.model_fields[str(info.field_name)].annotation))
        if bool in kinds and value is not None and not isinstance(value, bool):
            raise PydanticKnownError("bool_type")
        if int in kinds and isinstance(value, bool | str):
            raise PydanticKnownError("int_type")
        if kinds & MOMENTS and not isinstance(value, datetime | None) and not is_dated(value):
            raise PydanticKnownError("datetime_type")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        # PostgreSQL cannot store the NUL character, and nobody means it.
        if any(NUL in text for text in _texts(value)):
            raise ValueError("the NUL character is not allowed")
        return value


class OutShape(BaseModel):
    """A body that we answer: no defaults, so that what is always there is never optional."""

    model_config = ConfigDict(from_attributes=True)


def _texts(value: Any) -> Iterator[str]:
    """Answer every text in a value, however deep; what is a shape itself has looked already."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case Mapping() as pairs:
                waiting += (*pairs.keys(), *pairs.values())
            case list() | tuple() | set() | frozenset() as ones:
                waiting += ones


def is_dated(value: Any) -> bool:
    """Answer whether a value is written as a moment is, and no number of seconds since 1970."""
    return isinstance(value, str) and _DATED.match(value) is not None


def kinds_of(annotation: Any) -> Iterator[Any]:
    """Answer every type that a field may have, whatever is said of them besides."""
    if get_origin(annotation) is Annotated:
        yield from kinds_of(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for one in get_args(annotation):
            yield from kinds_of(one)
    else:
        yield annotation
