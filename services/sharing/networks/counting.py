"""How networks count a text."""

import re

_ADDRESS = re.compile(r"https?://\S+")


def length_with_addresses_as(characters: int, text: str) -> int:
    """Count characters, every web address as so many (Mastodon, X and the sandbox)."""
    return len(_ADDRESS.sub("x" * characters, text))
