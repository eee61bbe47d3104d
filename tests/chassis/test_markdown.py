"""Markdown: what is refused when it is written, and that nothing harmful is ever shown."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import markdown
from chassis.markdown import MARKDOWN_CHARS_MAX, SCHEMES, TAGS, MarkdownUnsafe

TIMES_AS_LONG_MAX = 20
"""What short lists and quotations in one another take, whose signs are written."""

A_LESSON = """\
## Skriv selv

1. Begynd med *et menneske*.
2. Sig hvad **du** så.

> Det er din stemme, [ikke firmaets](https://nordlys.example/stemme).

| før | efter |
| --- | ----- |
| vi er stolte | jeg var nervøs |

`<b>` vises, og gør intet.
"""


class Elements(HTMLParser):
    """Reads HTML as a program of somebody else's does: which elements, with which attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_lesson_is_taken_and_shown() -> None:
    markdown.check(A_LESSON, field="/text")

    html = markdown.render(A_LESSON)

    assert {"h2", "ol", "li", "em", "strong", "blockquote", "a", "table", "code"} <= set(
        Elements(html).tags
    )
    assert 'href="https://nordlys.example/stemme"' in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<script>alert(1)</script>", 1),
        ("Fint.\n\nHer er <img src=x onerror=alert(1)>", 3),
        ("En\n\n<!-- skjult -->", 3),
        ("<iframe src='https://ond.example'></iframe>", 1),
        ("- en\n- <b>to</b>", 2),
        ("[klik](javascript:alert(1))", 1),
        ("[klik](JaVaScRiPt:alert(1))", 1),
        ("[klik](java&#115;cript:alert(1))", 1),
        ("Se\n\n[klik][1]\n\n[1]: javascript:alert(1)", 3),
        ("<javascript:alert(1)>", 1),
        ("[klik](data:text/html;base64,PHNjcmlwdD4=)", 1),
        ("[klik](//ond.example)", 1),
        ("[klik](/intern)", 1),
        ("[klik](https://)", 1),
        ("![billede](https://ond.example/pixel.gif)", 1),
    ],
)
def test_what_could_do_harm_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(MarkdownUnsafe) as refused:
        markdown.check(text, field="/text")

    assert (refused.value.field, refused.value.members) == ("/text", {"line": line})


@pytest.mark.parametrize(
    "text",
    [
        "2 < 3, og 3 > 2",
        "```html\n<script>alert(1)</script>\n```",
        "Skriv til [os](mailto:hej@nordlys.example) eller <https://nordlys.example>.",
        "Et hjerte <3 til jer",
    ],
)
def test_what_only_looks_like_it_is_taken(text: str) -> None:
    markdown.check(text, field="/text")

    assert set(Elements(markdown.render(text)).tags) <= TAGS


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(MarkdownUnsafe):
        markdown.check("a" * (MARKDOWN_CHARS_MAX + 1), field="/text")


def a_table(columns: int, *rows: str) -> str:
    return "\n".join([f"{'|h' * columns}|", f"{'|-' * columns}|", *rows, ""])


@pytest.mark.parametrize("chars", [5_000, MARKDOWN_CHARS_MAX])
@pytest.mark.parametrize("columns", [3, 10, 50, 400])
def test_a_table_whose_cells_are_left_out_ends_before_it_is_far_longer_than_its_text(
    columns: int, chars: int
) -> None:
    rows = (chars - len(a_table(columns))) // 2
    text = a_table(columns, *["a"] * rows)

    html = markdown.render(text)

    shown = Elements(html)
    assert 1 < shown.tags.count("tr") < rows
    assert shown.tags.count("th") + shown.tags.count("td") <= chars
    assert len(html) < TIMES_AS_LONG_MAX * chars
    assert shown.text.count("a") == rows


def test_many_tables_are_no_longer_than_one() -> None:
    text = "\n".join([a_table(50, *["a"] * 50)] * 60)

    html = markdown.render(text)

    shown = Elements(html)
    assert shown.tags.count("th") + shown.tags.count("td") <= len(text)
    assert shown.text.count("a") == 50 * 60


def test_a_table_that_is_filled_in_is_shown_to_its_end() -> None:
    text = a_table(100, *["|a" * 100] * 95)

    shown = Elements(markdown.render(text))

    assert shown.tags.count("td") == 95 * 100
    assert "p" not in shown.tags


def test_a_table_of_some_rows_may_leave_cells_out() -> None:
    shown = Elements(markdown.render("|||\n|-|-|\n" + "a\n" * 5))

    assert shown.tags.count("td") == 10
    assert "p" not in shown.tags


@pytest.mark.parametrize("of_it", ["[a]: https://a.example/{}", '[a]: https://a.example "{}"'])
def test_what_links_repeat_ends_before_it_is_far_longer_than_their_text(of_it: str) -> None:
    text = f"{of_it.format('b' * 5_000)}\n\n{'[a] ' * 1_000}"

    html = markdown.render(text)

    shown = Elements(html)
    assert 1 < shown.tags.count("a") < 1_000
    assert len(html) < TIMES_AS_LONG_MAX * len(text)
    # Those that lead nowhere any more are shown as they are written.
    assert shown.text.count("[a]") == 1_000 - shown.tags.count("a")


def test_an_address_is_named_at_as_many_links_as_anybody_writes() -> None:
    text = "[lov]: https://nordlys.example/retsinformation\n\n" + "Se [paragraffen][lov].\n" * 300

    shown = Elements(markdown.render(text))

    assert shown.tags.count("a") == 300


_PIECES = st.sampled_from(
    [
        "<script>", "</script>", "<svg/onload=alert(1)>", "<a href='javascript:x'>", "<!--", "-->",
        "[x](javascript:alert(1))", "![x](data:image/svg+xml;x)", "<https://a.example>", "`", "```",
        "&#x6a;avascript:", "\\", "\n", "\n\n", "> ", "- ", "|", "<style>", "]]>", "\x00", "\u202e",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=10), max_size=30).map("".join))
def test_whatever_is_rendered_holds_only_what_is_allowed(text: str) -> None:
    shown = Elements(markdown.render(text))

    assert set(shown.tags) <= TAGS
    assert {name for name, _value in shown.attributes} <= {"href", "title", "rel", "start"}
    targets = [value or "" for name, value in shown.attributes if name == "href"]
    assert all(one.split(":")[0] in SCHEMES or ":" not in one for one in targets)


_LINES = st.sampled_from(
    [
        "*a*", "__b__", "a_b_c", "~~gone~~", "`code`", "[x](https://a.example)", "[1]: https://a",
        "![x](https://a)", "<https://a.example>", "<b>", "&amp;", "&#60;", "R&D", "\\", "\\*",
        "# one", "#", "- two", "-", "---", "===", "+ three", "***", "1. five", "12) six", "1.", "9",
        "> seven", "| a | b |", "| - | - |", ":-:", "a | b", "- | -", "```", "~~~", "    x", "\t",
    ]
)  # fmt: skip

_PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)


@given(
    st.lists(_LINES | _PIECES.filter(lambda one: one != "\x00") | _PLAIN, max_size=12), st.data()
)
def test_a_text_that_is_escaped_is_shown_as_it_is_and_without_markup(
    pieces: list[str], drawn: st.DataObject
) -> None:
    text = "".join(f"{one}{drawn.draw(st.sampled_from(['', ' ', chr(10)]))}" for one in pieces)

    escaped = markdown.escape(text)

    markdown.check(escaped, field="/body")
    shown = Elements(markdown.render(escaped))
    assert set(shown.tags) <= {"p"}
    assert shown.text.split() == text.split()


@pytest.mark.parametrize(
    "text", ["What happened, part 1.", "R&D: 5-10 % more (in 2026)!", 'Why? "Because" of 1.5 °C']
)
def test_a_text_of_words_stays_as_it_was_written(text: str) -> None:
    assert markdown.escape(text) == text


@given(st.text("ab *_`[](){}>-#|&;\\\n\r\t1.~", max_size=60))
def test_what_a_reader_sees_has_its_place_in_what_is_written(text: str) -> None:
    pieces = list(markdown.seen(text))

    assert all(0 <= start <= end <= len(text) for _shown, start, end in pieces)
    assert [start for _shown, start, _end in pieces] == sorted(start for _, start, _ in pieces)


@given(st.text("ab *_`[](){}<>:/-#|&;\\\n\r\t1.~'", max_size=60))
def test_what_links_say_has_its_place_in_what_is_written(text: str) -> None:
    pieces = list(markdown.links(text))

    assert all(0 <= start <= end <= len(text) for _said, start, end in pieces)
    assert sum(len(said) + 2 for said, _start, _end in pieces) <= len(text)


def test_links_say_where_they_lead_and_what_they_are_titled_as_it_is_meant() -> None:
    text = "[a](https://x.example/&#97;ø 'On\\* \"b\"') [c] <https://d.example>\n\n[c]: https://e"

    assert list(markdown.links(text)) == [
        ("https://x.example/aø", 0, 65),
        ('On* "b"', 0, 65),
        ("https://e", 71, 80),
    ]


def test_a_reader_sees_no_signs_of_emphasis_and_no_addresses() -> None:
    seen = "".join(shown for shown, _start, _end in markdown.seen(A_LESSON))

    assert seen.split("\n")[:4] == [
        "Skriv selv",
        "Begynd med et menneske.",
        "Sig hvad du så.",
        "Det er din stemme, ikke firmaets.",
    ]
    assert "<b> vises, og gør intet." in seen
