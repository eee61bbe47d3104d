"""What every shape that comes in or goes out has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

NUL = "\x00"


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
