"""A text as rules read it: its words, tags, mentions, links and emojis, each with its place."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import regex

from contracts.checks.escapes import words_made_out
from contracts.checks.folding import fold, without_unseen, words_of
from contracts.checks.seen import Seen, as_written
from contracts.checks.terms import Runs

HOST_CHARS_MAX = 253
"""No name in the DNS is longer (RFC 1035)."""

# Each can begin only where it cannot go on, so that none looks at a sign more than a few times.
_TAG = regex.compile(r"(?<![\w&/#＃])[#＃](\w+)")
_MENTION = regex.compile(r"(?<![\w@./])[@＠](\w[\w.-]*+(?:@\w[\w.-]*+)?)")
_ADDRESS = regex.compile(r"(?i)(?:https?:[/\\]{2}|(?<![\w.-])www\.)[^\s<>\"“”]++")
_BARE_HOST = regex.compile(r"(?<![\w.。@/\\-])\w[\w-]*+(?:[.。]\w[\w-]*+)+")
_AFTER_THE_HOST = regex.compile(r"[/?#]")
_TOKEN = regex.compile(r"\w+")
_ENDS = ".,;:!?…)]}'’"
"""What stands behind an address or a mention belongs to the sentence."""

_SHOWN_IN_COLOUR = regex.compile(
    r"\p{Emoji_Presentation}(?!\uFE0E)|\p{Extended_Pictographic}\uFE0F|[0-9#*]\uFE0F?\u20E3"
)
_LOOKS = regex.compile(r"[\uFE0E\uFE0F\p{Emoji_Modifier}]")
# Pairs first: to find them within a row of flags, \X would look back to the beginning of the row.
_CLUSTER = regex.compile(r"\p{Regional_Indicator}{2}|\X")
_SENTENCE_ENDS = frozenset(".!?:…•\n")


@dataclass(frozen=True)
class Place:
    """Something that stands in a text, as it is compared."""

    key: str
    start: int
    end: int


class Reading:
    """One text, read only as far as rules ask, and once."""

    def __init__(self, text: str) -> None:
        self.text = text

    def utf16(self, place: int) -> int:
        """Answer how many UTF-16 code units stand before a place."""
        return place + bisect_left(self._wide, place)

    @cached_property
    def _wide(self) -> list[int]:
        """Answer where the signs stand that are two units in UTF-16."""
        return [place for place, one in enumerate(self.text) if one > "\uffff"]

    @cached_property
    def runs(self) -> Runs:
        """Answer its words, folded, and the runs of them."""
        return Runs(words_of(self.text))

    @cached_property
    def runs_made_out(self) -> Runs:
        """Answer the words that are read in it but not written so, and the runs of them."""
        return Runs(words_made_out(self.text, self.runs.words))

    @cached_property
    def tags(self) -> list[Place]:
        """Answer its hashtags, by `tag_key`."""
        return self._outside_of_links(
            self._cut_out(_TAG, lambda one: (tag_key(one[1]), *one.span()))
        )

    @cached_property
    def mentions(self) -> list[Place]:
        """Answer who is mentioned, by `handle_key`; an e-mail address mentions nobody."""

        def handle(one: regex.Match[str]) -> tuple[str, int, int]:
            name = one[1].rstrip(".-")
            return handle_key(name), one.start(), one.start(1) + len(name)

        return self._outside_of_links(self._cut_out(_MENTION, handle))

    @cached_property
    def links(self) -> list[Place]:
        """Answer its addresses, by the host that a browser would ask."""

        def address(one: regex.Match[str]) -> tuple[str, int, int]:
            whole = one[0].rstrip(_ENDS)
            return host_of(whole), one.start(), one.start() + len(whole)

        return self._cut_out(_ADDRESS, address)

    @cached_property
    def bare_hosts(self) -> list[Place]:
        """Answer what may be a host without `https://`; networks make links of many of them."""
        return self._outside_of_links(
            self._cut_out(_BARE_HOST, lambda one: (host_key(one[0]), *one.span()))
        )

    @cached_property
    def _shown(self) -> Seen:
        return without_unseen(self.text)

    @cached_property
    def _ways(self) -> list[Seen]:
        written = as_written(self.text)
        return [written] if self._shown == written else [written, self._shown]

    def _cut_out(
        self,
        pattern: regex.Pattern[str],
        place: Callable[[regex.Match[str]], tuple[str, int, int]],
    ) -> list[Place]:
        """Answer what is found in the text as it is written and as it is shown.

        What holds an unseen sign is one to a reader, and may end there for a network.
        """
        found: set[Place] = set()
        for seen in self._ways:
            for key, start, end in map(place, pattern.finditer(seen.text)):
                found.add(Place(key, *seen.place(start, end)))
        return sorted(found, key=lambda one: (one.start, one.end, one.key))

    def _outside_of_links(self, places: Iterable[Place]) -> list[Place]:
        return [one for one in places if not self.in_a_link(one.start)]

    @cached_property
    def hosts_under(self) -> Mapping[str, frozenset[str]]:
        """Answer for each host, the root excepted, which of the links and bare hosts it is over."""
        under: dict[str, set[str]] = {}
        for host in {one.key for one in (*self.links, *self.bare_hosts)}:
            for over in with_parents([host]):
                under.setdefault(over, set()).add(host)
        return {over: frozenset(hosts) for over, hosts in under.items()}

    @cached_property
    def emojis(self) -> list[Place]:
        """Answer its emojis, by `emoji_key`: what is shown in colour, however many signs it is."""
        if not _SHOWN_IN_COLOUR.search(self.text):
            return []
        return [
            Place(emoji_key(one[0]), *one.span())
            for one in _CLUSTER.finditer(self.text)
            if is_emoji(one[0])
        ]

    @cached_property
    def tokens(self) -> list[Place]:
        """Answer its words exactly as they are shown."""
        shown = self._shown
        return [Place(one[0], *shown.place(*one.span())) for one in _TOKEN.finditer(shown.text)]

    @cached_property
    def sentence_starts(self) -> frozenset[int]:
        """Answer where those words stand that begin a sentence."""
        return frozenset(self._sentence_starts())

    def in_a_link(self, start: int) -> bool:
        """Answer whether a place lies within an address."""
        return start in self._linked

    @cached_property
    def _linked(self) -> frozenset[int]:
        return frozenset(place for one in self.links for place in range(one.start, one.end))

    def _sentence_starts(self) -> Iterator[int]:
        begins, end = True, 0
        for token in self.tokens:
            between = self.text[end : token.start]
            begins = end == 0 or not _SENTENCE_ENDS.isdisjoint(between)
            if begins:
                yield token.start
            end = token.end


def tag_key(tag: str) -> str:
    """Answer a hashtag as it is compared, with or without its sign."""
    return fold(tag).lstrip("#")


def handle_key(handle: str) -> str:
    """Answer a profile's name as it is compared, with or without its sign."""
    return fold(handle).lstrip("@")


def emoji_key(emoji: str) -> str:
    """Answer an emoji as it is compared: in any colour of skin, and however it is shown."""
    return str(_LOOKS.sub("", emoji))


def is_emoji(cluster: str) -> bool:
    """Answer whether this is one emoji, shown in colour."""
    return bool(_SHOWN_IN_COLOUR.search(cluster)) and _CLUSTER.fullmatch(cluster) is not None


def host_of(address: str) -> str:
    """Answer the host of an address as browsers read it.

    That is past a user's name, with `\\` as `/` and with what is escaped.
    """
    rest = address.replace("\\", "/")
    if "://" in rest:
        rest = rest.partition("://")[2]
    authority = str(_AFTER_THE_HOST.split(rest.lstrip("/"), maxsplit=1)[0])
    return host_key(unquote(authority.rpartition("@")[2].partition(":")[0]))


def host_key(host: str) -> str:
    """Answer a host as it is compared: in letters, not in Punycode, and without a last dot."""
    plain = host.replace("。", ".").strip(".")
    if len(plain) > HOST_CHARS_MAX:
        return plain.lower()
    try:
        return plain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return plain.lower()


def with_parents(hosts: Iterable[str]) -> frozenset[str]:
    """Answer hosts, by their keys, with all that they stand under, as far as that can be a name."""
    return frozenset(
        host[begin:]
        for host in hosts
        for begin in (0, *(at + 1 for at, sign in enumerate(host) if sign == "."))
        if begin == 0 or len(host) - begin <= HOST_CHARS_MAX
    )
