"""Tracked links: an unguessable code, and where it leads, without a word about anybody."""

from uuid import UUID

from yarl import URL

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

CODE_CHARS = 12
"""71 bits: at a billion links, a guess at random hits one in two thousand billion times."""


def code_of(number: int) -> str:
    """Write a random number below CODES as a code in base 62."""
    digits = []
    for _ in range(CODE_CHARS):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


CODES = len(ALPHABET) ** CODE_CHARS


def link_of(public_url: str, code: str) -> str:
    """Answer the address that stands in the post."""
    return f"{public_url}/r/{code}"


def target_of(link: str, *, network: str, story_id: UUID, campaign_id: UUID | None) -> str:
    """Answer where a tracked link leads; query and fragment stay, no personal data is added."""
    return str(
        URL(link).update_query(
            utm_source=network,
            utm_medium="advocacy",
            utm_campaign=str(campaign_id or story_id),
        )
    )
