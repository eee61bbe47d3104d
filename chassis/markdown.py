"""Markdown that people write, as HTML that can do nothing to who reads it.

What could do harm is refused when it is written, with its line, instead of vanishing unseen. What
is rendered is escaped by one library and cleaned by another: a hole in either is not enough.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token

from chassis.errors import Refusal

MARKDOWN_CHARS_MAX = 20_000
"""Ten pages. The worst that we know, brackets alone and a table whose cells are left out, take half
a second; a real text, a few ms."""

NESTING_MAX = 20
"""Lists in lists in quotations: nobody follows deeper, and a parser's stack ends somewhere."""

CELLS_PER_SIGN_MAX = 1
"""In the tables of a text: whoever fills their cells in writes two signs for each, that and a bar.
Where a row has fewer, empty ones are shown: a hundred for a sign, if nothing stops it."""

REPEATED_CHARS_MAX = 20_000
"""Of addresses and titles that are written once, and repeated at every link that names them: some
three hundred. A long one that is named in each word would be thousands of pages."""

SCHEMES = frozenset({"https", "http", "mailto"})

TAGS = frozenset(
    {
        *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
        *("em", "strong", "s", "a", "ol", "ul", "li"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)

_MEANINGFUL = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?[0-9A-Za-z]+;)")
_MEANINGFUL_FIRST = re.compile(r"^([0-9]+)?((?(1)[.)]|[-+=:#]))")
"""What begins a list, a heading, or the line under one of a table."""

_LINE_END = re.compile(r"\r\n?|\n")

Piece = tuple[str, int, int]
"""Some text that a reader sees, and from where to where in the Markdown it is written."""


class MarkdownUnsafe(Refusal):
    """Texts are Markdown without HTML and pictures; links lead to https, http or mailto."""

    kind = "invalid"
    title = "Markdown is not safe"


def check(text: str, *, field: str) -> None:
    """Check that a text holds nothing that rendering would have to take away; else MarkdownUnsafe.

    `field` points at the text in the body. Code may show HTML: it is shown, and does nothing.
    """
    if len(text) > MARKDOWN_CHARS_MAX:
        raise MarkdownUnsafe(f"A text has {MARKDOWN_CHARS_MAX:,} characters at most.", field=field)
    for line, blame in _to_blame(text):
        raise MarkdownUnsafe(blame, field=field, line=line)


def render(text: str) -> str:
    """Answer the HTML of a text. It is safe whatever the text is, checked or not."""
    return nh3.clean(
        _parser(text, html=False).render(text),
        tags=set(TAGS),
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=set(SCHEMES),
        link_rel="noopener nofollow ugc",
    )


def escape(text: str) -> str:
    """Answer Markdown that shows a plain text as it is, line by line, without any markup.

    Only what could mean something is escaped, since people go on writing in what comes of it.
    """
    return "\n".join(_escaped(line.strip()) for line in text.splitlines())


def _escaped(line: str) -> str:
    everywhere = _MEANINGFUL.sub(r"\\\g<0>", line)
    return _MEANINGFUL_FIRST.sub(lambda found: f"{found[1] or ''}\\{found[2]}", everywhere)


def seen(text: str) -> Iterator[Piece]:
    """Answer the pieces of text that a reader sees, and the end of each line.

    A piece is as long as its place, unless it is written otherwise than it is shown (`&amp;`).
    """
    lines = _lines(text)
    at = end = 0
    for block in _parser(text, html=False).disable("text_join").parse(text):
        if block.map:
            at, end = max(at, lines[block.map[0]]), max(end, lines[block.map[1]])
        for shown, written in _shown(block):
            start = text.find(written, at, end)
            # What the parser has changed, as a tab, stands somewhere in what is left of the block.
            place = (start, start + len(written)) if start >= 0 else (at, end)
            yield shown, *place
            at = place[1] if start >= 0 else at


def links(text: str) -> Iterator[Piece]:
    """Answer where links lead and their titles, each once; what is shown as it stands, is `seen`.

    A piece is as long as its place, unless it is written otherwise than it is meant (`&amp;`): then
    that is somewhere in the block which holds the link.
    """
    lines = _lines(text)
    parser = _parser(text, html=False)
    # Otherwise an address would be escaped, and longer than it is written.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    begin, end = 0, len(text)
    known: set[str] = set()
    for block in parser.parse(text):
        if block.map:
            begin, end = lines[block.map[0]], lines[block.map[1]]
        for said in _behind(block):
            if said not in known:
                known.add(said)
                start = text.find(said)
                yield (said, start, start + len(said)) if start >= 0 else (said, begin, end)


def _behind(block: Token) -> Iterator[str]:
    for one in block.children or ():
        if one.type == "link_open" and one.info != "auto":
            yield from map(str, one.attrs.values())


def _lines(text: str) -> list[int]:
    return [0, *(one.end() for one in _LINE_END.finditer(text)), len(text)]


def _shown(block: Token) -> Iterator[tuple[str, str]]:
    """Answer what is shown of a block, each as it is written."""
    if not block.content:
        return
    if block.children is None:
        yield from ((line, line) for line in block.content.splitlines(keepends=True))
    for one in block.children or ():
        if one.type in {"softbreak", "hardbreak"}:
            yield "\n", ""
        elif one.content:
            yield one.content, one.markup if one.type == "text_special" else one.content
    yield "\n", ""


def _to_blame(text: str) -> Iterator[tuple[int, str]]:
    parser = _parser(text, html=True)
    # By itself the parser leaves a link that it refuses in the text, and nobody hears of it.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    line = 1
    for token in parser.parse(text):
        line = token.map[0] + 1 if token.map else line
        for one in (token, *(token.children or ())):
            if (blame := _blame(one)) is not None:
                yield line, blame


def _blame(token: Token) -> str | None:
    if token.type in {"html_block", "html_inline"}:
        return "HTML is not taken: write it in Markdown, or as code if it is to be shown."
    if token.type == "image":
        # An address elsewhere would tell its host who has read this, and may show another thing
        # tomorrow.
        return "A picture from elsewhere is not taken: link to it."
    if token.type == "link_open" and not _leads_somewhere(str(token.attrs.get("href", ""))):
        return "A link begins with https://, http:// or mailto:."
    return None


def _leads_somewhere(href: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or parts.scheme == "mailto")


def _parser(text: str, *, html: bool) -> MarkdownIt:
    """Answer what reads one text, once: it keeps count of what it makes of it."""
    room = _Room(len(text))
    parser = MarkdownIt("js-default", {"html": html, "maxNesting": NESTING_MAX})
    parser.block.ruler.at("table", room.table, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.at("link", room.link)
    return parser


class _Room:
    """How much more a text may become than is written in it; the rest is shown as it is written.

    By itself the library lets a page become thousands.
    """

    def __init__(self, signs: int) -> None:
        self._cells = signs * CELLS_PER_SIGN_MAX
        self._repeated = REPEATED_CHARS_MAX

    def table(self, state: StateBlock, begin: int, end: int, silent: bool) -> bool:
        """Read a table as far as there is room for its cells."""
        # The second line says how many columns there are. If it does not, this is no table.
        line = state.src[state.bMarks[begin + 1] : state.eMarks[begin + 1]]
        columns = line.strip("| \t").count("|") + 1
        rows = self._cells // columns
        if not table(state, begin, min(end, begin + 1 + rows), silent):
            return False
        if not silent:
            self._cells -= columns * (state.line - begin - 1)
        return True

    def link(self, state: StateInline, silent: bool) -> bool:
        """Read a link; once enough was repeated, no address is known that is written elsewhere."""
        before = len(state.tokens)
        if not link(state, silent):
            return False
        if not silent and state.src[state.pos - 1] == "]":
            opened = next(one for one in state.tokens[before:] if one.type == "link_open")
            self._repeated -= sum(len(str(said)) for said in opened.attrs.values())
            if self._repeated < 0:
                state.env["references"].clear()
        return True
