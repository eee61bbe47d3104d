"""What every shape that comes in or goes out has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

NUL = "\x00"


def storable(text: str) -> bool:
    """Answer whether PostgreSQL can hold a text: neither NUL nor half of a surrogate pair."""
    return NUL not in text and not any("\ud800" <= char <= "\udfff" for char in text)


class InShape(BaseModel):
    """A body that a client sends: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        # PostgreSQL cannot store the NUL character, and nobody means it.
        texts = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(text, str) and NUL in text for text in texts):
            raise ValueError("the NUL character is not allowed")
        return value


class OutShape(BaseModel):
    """A body that we answer: no defaults, so that what is always there is never optional."""

    model_config = ConfigDict(from_attributes=True)


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are not numbers")
    return value


StrictCount = Annotated[int, BeforeValidator(_no_bool)]
"""A whole number; JSON's true is not 1."""
