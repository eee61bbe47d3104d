"""What is odd about a request besides its input: headers, targets and bodies of no good will."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

HUGE = 10**400
LONG = 70_000

RAW_VALUES = (
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\ud83d\\ude00"',
    '"\u202e\u0000"',
    str(HUGE),
    f"-{HUGE}",
    "1e400",
    "-1e400",
    "1e-400",
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "9223372036854775808",
    "2147483648",
    "0.1",
    "true",
    "null",
    "[]",
    "{}",
    "[null]",
    '[["x"]]',
    '{"$ref": "#"}',
    '""',
    '" "',
    '"\\u200b"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
    '"2026-02-30T00:00:00Z"',
    '"2026-11-24T12:00:00"',
    '"00000000-0000-0000-0000-000000000000"',
    '"{00000000-0000-0000-0000-000000000000}"',
    '"javascript:alert(1)"',
    '"http://[::1"',
    '"\'; drop table stories; --"',
    '"%00"',
    "[" * 5000 + "]" * 5000,
    f'"{"x" * LONG}"',
)
"""One of them stands in the place of a field's value; not each is JSON."""

BODIES = (
    b"",
    b" ",
    b"{",
    b"[]",
    b"null",
    b"NaN",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"a": 1, "a": 2}',
    b'{"\\ud800": 1}',
    b'{"\xff": 1}',
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"name": "x"} trailing',
    b"name=x&name=y",
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    b"x" * 1_100_000,
)

MEDIA_TYPES = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json; charset=utf-16",
    "application/json; charset=nobody-knows",
    "application/problem+json",
    "application/merge-patch+json",
    "APPLICATION/JSON",
    "application/json,text/html",
    "/",
    "",
    "\u00e6",
)

HEADERS = (
    ("accept", "application/xml"),
    ("accept", "text/html;q=0"),
    ("accept", "*/*;q=nan"),
    ("accept", "\u00e6\u00f8\u00e5"),
    ("accept-language", "x-" * 500),
    ("accept-encoding", "identity;q=0"),
    ("if-match", '"abc"'),
    ("if-match", "*"),
    ("if-match", 'W/"1", "2'),
    ("if-match", ", , ,"),
    ("if-none-match", "*"),
    ("if-none-match", '"' * 99),
    ("if-modified-since", "yesterday"),
    ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("idempotency-key", ""),
    ("idempotency-key", '"unclosed'),
    ("idempotency-key", "k" * 4000),
    ("idempotency-key", '"\u00e6"'),
    ("idempotency-key", '"8e03978e-40d5-43e8-bc93-6894a57f9324"'),
    ("range", "bytes=0-0,-1"),
    ("prefer", "respond-async, wait=999999999999"),
    ("traceparent", "00-00000000000000000000000000000000-0000000000000000-00"),
    ("traceparent", "ff-xyz"),
    ("tracestate", "=" * 600),
    ("x-request-id", "\u00e6 " * 100),
    ("x-forwarded-for", "'; --"),
    ("x-forwarded-host", "evil.example"),
    ("x-http-method-override", "DELETE"),
    ("cookie", "a=b; a=c; =; \u00e6"),
    ("user-agent", ""),
    ("user-agent", "\u00e6" * 1000),
    ("content-language", "da"),
    ("content-encoding", "gzip"),
    ("content-encoding", "nobody-knows"),
    ("expect", "200-nothing"),
    ("te", "trailers"),
    ("origin", "null"),
    ("authorization", "Bearer"),
    ("authorization", "Bearer a.b.c"),
    ("authorization", "Basic \u00e6"),
)

QUERIES = (
    "limit=1&limit=2",
    "limit=0",
    "limit=1e2",
    f"limit={HUGE}",
    "limit=%D9%A3",
    "limit=",
    "limit",
    "limit[]=1",
    "cursor=%00",
    "cursor=%ED%A0%80",
    "cursor=%FF",
    "cursor=W10",
    "cursor=WyJhIl0",
    "cursor=WyIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ",
    "cursor=WyJcdTAwMDAiXQ",
    "cursor=WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTE0OjAwIiwgIngiXQ",
    "cursor=WyItMSIsICJ4IiwgInkiXQ",
    "cursor=a&cursor=b",
    "state=&state=",
    "from=0001-01-01&to=9999-12-31",
    "network=%00",
    "code=%00&state=%ED%B0%80",
    "code=x&state=" + "s" * 3000,
    "unknown=1",
    "&&&=&",
    "%",
    "%00=%00",
    "x=" + "y" * 6000,
)

SEGMENTS = (
    "%00",
    "%ED%A0%80",
    "%FF",
    "%0A",
    "%20",
    "%F0%9F%92%A5",
    "me",
    "..;x",
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "1",
    "-1",
    "9" * 500,
    "'%20or%201=1",
    "a:b",
)
"""In the place of what names something in a path."""


@dataclass(frozen=True)
class Oddity:
    """One thing that is odd, or none: then a request is as its document would have it."""

    kind: str = "none"
    value: Any = None

    @property
    def is_none(self) -> bool:
        """Answer whether nothing is odd."""
        return self.kind == "none"


def _each(kind: str, values: Any) -> st.SearchStrategy[Oddity]:
    return st.sampled_from(values).map(lambda value: Oddity(kind, value))


NOTHING = st.just(Oddity())

ODDITIES = st.one_of(
    NOTHING,
    NOTHING,
    NOTHING,
    _each("query", QUERIES),
    _each("segment", SEGMENTS),
    _each("media type", MEDIA_TYPES),
    _each("body", BODIES),
    _each("value", RAW_VALUES),
    _each("header", HEADERS),
    # Control characters are no HTTP at all: the server's parser refuses those before it is asked.
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(
        lambda text: Oddity("header", ("x-anything", text))
    ),
)
"""Half of all requests are left as they are."""


def with_raw_value(body: Any, raw: str, which: int) -> bytes:
    """Put raw text in the place of one field's value."""
    if not isinstance(body, dict) or not body:
        return raw.encode()
    fields = dict(body)
    names = sorted(fields)
    fields[names[which % len(names)]] = "@@here@@"
    return json.dumps(fields).replace('"@@here@@"', raw, 1).encode()
