"""HTML of strangers becomes plain text: no tag is kept, no sign that cannot be seen or stored."""

import html
import unicodedata

import nh3

HTML_CHARS_MAX = 100_000
"""What comes after so much markup is not the beginning of anything."""

_ROUNDS_MAX = 4
"""Feeds escape their markup once or twice; whoever does so more often means to hide something."""

_UNSEEN = frozenset({"Cc", "Cs", "Cf", "Co"})
"""Controls, surrogates, marks of direction, and signs of nobody's."""

_NO_TAGS: set[str] = set()


def plain(text: str, chars_max: int) -> str:
    """Answer the text that is left of HTML, in one line, cut at a word's end."""
    left = _seen(text[:HTML_CHARS_MAX])
    for _ in range(_ROUNDS_MAX):
        cleaned = _seen(html.unescape(nh3.clean(left, tags=_NO_TAGS)))
        if cleaned == left:
            break
        left = cleaned
    else:
        # Still not only text: then it is shown as it was escaped.
        left = nh3.clean(left, tags=_NO_TAGS)
    return _cut(" ".join(left.split()), chars_max)


def _seen(text: str) -> str:
    return "".join(
        _instead(sign) if unicodedata.category(sign) in _UNSEEN else sign for sign in text
    )


def _instead(sign: str) -> str:
    # Joiners hold emoji and words of some scripts together.
    return sign if sign in "\u200c\u200d" else " " if sign.isspace() or sign < " " else ""


def _cut(text: str, chars_max: int) -> str:
    if len(text) <= chars_max:
        return text
    kept = text[: chars_max - 1]
    head, _, _ = kept.rpartition(" ")
    return f"{head or kept}…"
