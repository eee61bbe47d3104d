"""Versions: which tags a change names, and which an answer has."""

from dataclasses import dataclass

import pytest

from chassis.errors import Refusal
from chassis.preconditions import IfMatch, Versioned, expected, tag_of
from chassis.schemas import OutShape

TAG, OTHER = '"v1"', '"v2"'


class View(OutShape):
    """How a thing is answered."""

    name: str


@dataclass(frozen=True)
class Thing:
    """Something with a name that is shown, and a secret that is not."""

    name: str
    secret: str = ""


@pytest.mark.parametrize(
    ("headers", "tags"),
    [
        ([TAG], {TAG}),
        ([f"{TAG}, {OTHER}"], {TAG, OTHER}),
        ([TAG, OTHER], {TAG, OTHER}),
        ([f" {TAG}\t,{OTHER} "], {TAG, OTHER}),
        (['""'], {'""'}),
        (['"a,b"'], {'"a,b"'}),
        (["W/" + TAG], {"W/" + TAG}),
        (["*"], None),
        ([" * "], None),
    ],
)
def test_if_match_names_versions_or_any(headers: list[str], tags: set[str] | None) -> None:
    assert expected(headers) == tags


@pytest.mark.parametrize(
    "headers", [["v1"], ['"v1'], ["*", TAG], [f"*, {TAG}"], ["'v1'"], [""], [f"{TAG};"], ['w/"v1"']]
)
def test_what_names_no_version_is_refused(headers: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        expected(headers)

    assert refused.value.slug() == "precondition-unreadable"


def test_no_if_match_at_all_is_another_refusal() -> None:
    with pytest.raises(Refusal) as refused:
        expected([])

    assert refused.value.slug() == "precondition-missing"


def test_the_tag_is_that_of_the_answer() -> None:
    answered = Versioned({"name": "Ana"})

    assert answered.body == b'{"name":"Ana"}'
    assert answered.headers["etag"] == tag_of(View(name="Ana")) != tag_of(View(name="Bo"))


def test_a_version_is_what_is_shown() -> None:
    read = IfMatch(frozenset({tag_of(View(name="Ana"))}), View.model_validate)

    read.check(Thing("Ana", secret="changed"))
    with pytest.raises(Refusal) as refused:
        read.check(Thing("Bo"))

    assert refused.value.slug() == "precondition-failed"


def test_a_weak_tag_is_no_version() -> None:
    weak = IfMatch(frozenset({"W/" + tag_of(View(name="Ana"))}), View.model_validate)

    with pytest.raises(Refusal):
        weak.check(Thing("Ana"))
