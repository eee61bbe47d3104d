"""What comes in is taken as it is: a shape casts nothing that its document does not allow."""

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from chassis.schemas import InShape


class Order(InShape):
    """A shape with all that pydantic would cast."""

    count: Annotated[int, Field(ge=1, le=9)] = 1
    most: Annotated[int, Field(ge=1)] | None = None
    urgent: bool = False
    maybe: bool | None = None
    words: str = "x"


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
        ("words", 1),
        ("words", True),
        ("words", "a\x00b"),
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


def test_the_document_says_the_limits_of_a_number() -> None:
    count = Order.model_json_schema()["properties"]["count"]

    assert (count["minimum"], count["maximum"]) == (1, 9)
