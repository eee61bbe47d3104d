"""How a stream is worded: server-sent events, as the HTML standard has them."""

from typing import Any, Literal

import orjson

RETRY_MS = 3_000
"""How long a browser waits before it connects again."""

GAP = "stream.gap"
ENDED = "stream.ended"
"""What we say of the stream itself; no event of the house has such a name."""

Reason = Literal[
    "shutdown",
    "lifetime",
    "too_slow",
    "more_to_catch_up",
    "interrupted",
    "token_expired",
    "access_ended",
    "access_unknown",
]
"""Why a stream ends. For the last three another token, a role or patience is needed first."""


def opening(cursor: str) -> bytes:
    """Say how to reconnect, and from where, before anything has happened."""
    return f": fortaler live stream\nretry: {RETRY_MS}\nid: {cursor}\n\n".encode()


def told(type_: str, content: Any) -> bytes:
    """Word an event without its cursor, which differs by stream: all else is made once."""
    return b"event: %b\ndata: %b\n\n" % (type_.encode(), orjson.dumps(content))


def placed(cursor: str, worded: bytes) -> bytes:
    """Put an event in its place: the cursor after it."""
    return b"id: %b\n%b" % (cursor.encode(), worded)


def heartbeat(cursor: str) -> bytes:
    """Say that nothing happened up to here: an id without data moves the cursor and tells nobody.

    So a stream that was silent for a day resumes from now, and reads nothing again.
    """
    return f":\nid: {cursor}\n\n".encode()


def gap(topics: list[str]) -> bytes:
    """Say that events of these topics may be missing before this point."""
    return told(GAP, {"reason": "no_longer_kept", "topics": topics})


def ended(reason: Reason) -> bytes:
    """Say that we end, why, and that the last id is where to go on."""
    return told(ENDED, {"reason": reason, "resume": "Last-Event-ID"})
