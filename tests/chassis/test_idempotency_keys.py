"""What an Idempotency-Key may look like."""

import pytest

from chassis.errors import Refusal
from chassis.idempotency import KEY_CHARS_MAX, key_of


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("7f1c-one", "7f1c-one"),
        ('"7f1c-one"', "7f1c-one"),
        (' "a" ', "a"),
        (r'"a\"b\\c"', r"a\"b\c".replace(r"\"", '"')),
        ('"a,b"', "a,b"),
        ("a;b=c", "a;b=c"),
        ("k" * KEY_CHARS_MAX, "k" * KEY_CHARS_MAX),
        (f'"{"k" * KEY_CHARS_MAX}"', "k" * KEY_CHARS_MAX),
    ],
)
def test_a_key_is_read_with_quotes_or_without(written: str, key: str) -> None:
    assert key_of([written]) == key


@pytest.mark.parametrize(
    "written",
    [
        *("", '""', " ", "a b", '"a b"', '"a', 'a"', 'a"b', '"a"b"', r'"a\b"', '"a";p=1'),
        *("a,b", '"a", "b"', "ключ", "\x7f", '"\x07"', "k" * (KEY_CHARS_MAX + 1)),
        f'"{"k" * (KEY_CHARS_MAX + 1)}"',
    ],
)
def test_a_key_that_cannot_be_used_is_refused(written: str) -> None:
    with pytest.raises(Refusal) as refused:
        key_of([written])

    assert refused.value.slug() == "idempotency-key-unusable"
