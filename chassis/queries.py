"""A query says a thing once, and in the document's words: the framework takes more than that.

Of a parameter that is given twice it takes the last, while a proxy or a log may have judged the
first (CWE-235); `on` is true for it, and a bare number a moment in 1970.
"""

import re
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params

from chassis.problems import ValidationFailed
from chassis.schemas import MOMENTS, is_dated, kinds_of

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True)
class Spelling:
    """How the values of a type are written."""

    rule: str
    detail: str
    fits: Callable[[str], object]


_MOMENT = Spelling(
    "datetime_type", "Write it as RFC 3339 does, such as 2031-05-04T08:00:00Z.", is_dated
)
SPELLINGS: Mapping[Any, Spelling] = {
    bool: Spelling("bool_type", "Write true or false.", re.compile("true|false").fullmatch),
    int: Spelling("int_type", "Write a whole number in digits.", re.compile("-?[0-9]+").fullmatch),
    date: Spelling(
        "date_type",
        "Write a day as RFC 3339 does, such as 2031-05-04.",
        re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch,
    ),
    **dict.fromkeys(MOMENTS, _MOMENT),
}
"""What of a type is only checked for how it is written; what it may be, its route says."""


@dataclass(frozen=True)
class Parameter:
    """A documented parameter that has one value."""

    name: str
    spelling: Spelling | None


def reading_as_documented(handle: Handle, dependant: Dependant) -> Handle:
    """Answer what refuses a query that is not written as its route documents it.

    What is not documented at all is let pass, as other versions of a client may send it.
    Raises ValidationFailed, with every parameter that is to blame.
    """
    known = tuple(_with_one_value(dependant))

    async def read(request: Request) -> Response:
        blamed = list(faults(known, request.query_params.multi_items()))
        if blamed:
            raise ValidationFailed("Some of the input cannot be used.", errors=blamed)
        return await handle(request)

    return read


def faults(
    known: Sequence[Parameter], given: Sequence[tuple[str, str]]
) -> Iterator[dict[str, object]]:
    """Answer what is wrong with a query, each as a problem document lists it."""
    for parameter in known:
        values = [value for name, value in given if name == parameter.name]
        if len(values) > 1:
            yield _fault(parameter, "repeated", "Give it once.")
        elif values and parameter.spelling is not None and not parameter.spelling.fits(values[0]):
            yield _fault(parameter, parameter.spelling.rule, parameter.spelling.detail)


def _fault(parameter: Parameter, rule: str, detail: str) -> dict[str, object]:
    return {"parameter": parameter.name, "detail": detail, "rule": rule}


def _with_one_value(dependant: Dependant) -> Iterator[Parameter]:
    for one in get_flat_params(dependant):
        kinds = set(kinds_of(one.field_info.annotation)) - {type(None)}
        many = any(getattr(kind, "__origin__", kind) in {list, tuple, set} for kind in kinds)
        if isinstance(one.field_info, params.Query) and not many:
            spelling = SPELLINGS.get(kinds.pop()) if len(kinds) == 1 else None
            yield Parameter(one.alias, spelling)
