"""What comes in is taken as it is: a shape casts nothing that its document does not allow."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime, Field, ValidationError

from chassis.schemas import InShape


class Order(InShape):
    """A shape with all that pydantic would cast."""

    count: Annotated[int, Field(ge=1, le=9)] = 1
    most: Annotated[int, Field(ge=1)] | None = None
    urgent: bool = False
    maybe: bool | None = None
    words: str = "x"
    at: AwareDatetime | None = None
    names: dict[str, str] = Field(default_factory=dict)
    more: dict[str, list[dict[str, Any]]] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", True),
        ("count", "1"),
        ("count", 1.5),
        ("count", None),
        ("most", True),
        ("most", "1"),
        ("urgent", 1),
        ("urgent", "true"),
        ("urgent", 0.0),
        ("urgent", None),
        ("maybe", "off"),
        ("at", "0"),
        ("at", 0),
        ("at", True),
        ("at", "2026-11-24"),
        ("at", "2026-11-24T12:00:00"),
        ("words", 1),
        ("words", True),
        ("words", "a\x00b"),
        ("names", {"da": "a\x00b"}),
        ("names", {"d\x00a": "ab"}),
        ("more", {"x": [{"y": ["a", {"z": "\x00"}]}]}),
        ("more", {"x": [{"y": {"\x00": 1}}]}),
        ("nobody", 1),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Order.model_validate({field: value})

    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", 3), ("count", 3.0), ("most", None), ("most", 2), ("urgent", True), ("maybe", None)],
)
def test_a_value_of_the_type_is_taken(field: str, value: Any) -> None:
    assert getattr(Order.model_validate({field: value}), field) == value


def test_a_moment_with_its_zone_is_taken() -> None:
    at = Order.model_validate({"at": "2026-11-24t12:00:00+01:00"}).at

    assert at == datetime(2026, 11, 24, 11, tzinfo=UTC)


def test_the_document_says_the_limits_of_a_number() -> None:
    count = Order.model_json_schema()["properties"]["count"]

    assert (count["minimum"], count["maximum"]) == (1, 9)
