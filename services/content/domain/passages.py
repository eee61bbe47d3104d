"""The texts that a story consists of, each as it is written and as a reader sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chassis import markdown
from contracts.checks.seen import Seen, joined
from services.content.domain.texts import Content, Example, Variant

_APART = "\n|"
"""What stands between links, since none has to do with the next: a sign that ends every term. It is
shorter than what Markdown writes around an address, so that all links are no longer than the text.
"""


@dataclass(frozen=True)
class Passage:
    """One text, and where it stands; `seen` is empty where readers see it as it is written."""

    pointer: str
    text: str
    network: str | None
    language: str
    is_link: bool = False
    seen: Sequence[Seen] = ()


def passages(content: Content) -> Iterator[Passage]:
    """Answer all that a story says to anybody."""
    for pointer, text in _told(content):
        if text is not None:
            seen = of_markdown(text) if pointer == "/body" else ()
            yield Passage(pointer, text, None, content.language, seen=seen)
    if (link := content.link) is not None:
        yield Passage("/link", link, None, content.language, is_link=True)
    copies: dict[str, Sequence[Variant | Example]] = {
        "variants": content.variants,
        "examples": content.examples,
    }
    for name, ones in copies.items():
        for number, one in enumerate(ones):
            yield Passage(f"/{name}/{number}/text", one.text, one.network, one.language)


def _told(content: Content) -> Iterator[tuple[str, str | None]]:
    """Answer what is said to readers of the story, in its language and not for a network."""
    yield "/title", content.title
    yield "/body", content.body
    yield from ((f"/topics/{n}", one) for n, one in enumerate(content.topics))
    for name in ("regions", "interests"):
        said = getattr(content.audience, name)
        yield from ((f"/audience/{name}/{n}", one) for n, one in enumerate(said))
    if content.preview:
        yield "/preview/title", content.preview.title
        yield "/preview/description", content.preview.description
        yield "/preview/site_name", content.preview.site_name
    # A withdrawn picture has no words any more.
    yield from (
        (f"/media/{n}/alt_text", one.alt_text or None) for n, one in enumerate(content.media)
    )
    yield from ((f"/examples/{n}/why", one.why) for n, one in enumerate(content.examples))


def of_markdown(text: str) -> tuple[Seen, Seen]:
    """Answer what a reader sees of Markdown, and what they see once they point at its links.

    Emphasis within a word does not part it, and neither does a link.
    """
    return joined(markdown.seen(text)), joined(_links(text))


def _links(text: str) -> Iterator[markdown.Piece]:
    for said, start, end in markdown.links(text):
        yield said, start, end
        yield _APART, end, end
