"""Disclosure: a reader sees first that the author works for whom they speak of (D3-D5, D14)."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from services.sharing.domain import words

RULE_SET = "2026-11"
"""The version of the rules and word lists; every decision names the one it was made by (D14)."""

FIRST_CHARS = 60
"""D4: "first in the post". Every network shows this much of a post before it folds it."""

FIRST_LINES = 3
"""Networks fold by lines as well: whoever begins with empty lines has said nothing first."""

COMMON_WORDS_MIN = 2
"""One common word may be a name, or belong to a language that we do not speak."""

Kind = Literal["ad_word", "employment"]

_TRAILING_TAGS = re.compile(r"(?:(?:^|\s)(?:#\w+|https?://\S+))+\s*$")
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[\w'’]+")
_LABEL_ENDS = r"\s*(?:[:!|\])]|[./–—-](?!\w)|\n|$)|\s+(?:for|fra|by|from)\b"
"""A label stands alone: "Ad: ..." and "Reklame - ...", but not "Ad-hoc", nor "Reklame.dk"."""

_QUOTES = "\"'“”„‘’‚«»"
"""A statement in quotation marks is somebody else's."""

_TURNERS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""These turn round the direction of what follows: whoever reads it does not see what we see."""


@dataclass(frozen=True)
class Decision:
    """What the rules made of a text, and why: the record that is kept (D14)."""

    text: str
    kind: Kind
    language: str
    record: dict[str, object]


def disclose(text: str, *, employer: str, fallback_language: str, network: str) -> Decision:
    """Answer the text with its disclosure first; the author's own is taken where it counts."""
    language = language_of(text, fallback_language)
    found = find_disclosure(text, employer=employer, language=language)
    statement = words.STATEMENTS[language].format(employer=_one_line(employer).removesuffix("."))
    added = None if found else statement
    disclosed = f"{added} {text}" if added else text
    kind, matched = found or ("employment", added or "")
    record: dict[str, object] = {
        "rule_set": RULE_SET,
        "inputs": {
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "language": language,
            "employer": employer,
            "network": network,
            "reward": False,
        },
        "outcome": {
            "kind": kind,
            "matched": matched,
            "added": added,
            "weak_terms": weak_terms(text),
            "text_sha256": hashlib.sha256(disclosed.encode()).hexdigest(),
        },
    }
    return Decision(disclosed, kind, language, record)


def find_disclosure(text: str, *, employer: str, language: str) -> tuple[Kind, str] | None:
    """Answer the accepted disclosure that a text begins with, or None (D3, D4, D5)."""
    seen = _visible(text)
    return _ad_word(seen, language) or _employment(seen, employer)


def weak_terms(text: str) -> list[str]:
    """Answer the terms in a text that look like a disclosure and are none (D5)."""
    seen = _plain(text)
    return [term for term in words.WEAK_TERMS if term in seen]


def language_of(text: str, fallback: str) -> str:
    """Answer which of our languages a text is in; `fallback` where its words do not say."""
    found = set(_WORD.findall(_ADDRESS.sub(" ", text).lower()))
    counts = {name: len(found & common) for name, common in words.COMMON_WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    known = counts[best] >= COMMON_WORDS_MIN and list(counts.values()).count(counts[best]) == 1
    if known:
        return best
    spoken = fallback.partition("-")[0].lower()
    return spoken if spoken in words.STATEMENTS else "en"


def _visible(text: str) -> str:
    # A block of tags and addresses at the end is where readers do not look.
    return _TRAILING_TAGS.sub("", _plain(_TURNERS.split(text, maxsplit=1)[0]))


def _plain(text: str) -> str:
    # What nobody sees cannot push a disclosure back, nor hide in a word.
    lines = re.sub("[\u2028\u2029]", "\n", text)
    shown = "".join(one for one in lines if one in "\n\t" or unicodedata.category(one)[0] != "C")
    folded = unicodedata.normalize("NFKC", shown).casefold()
    return re.sub(r"[^\S\n]+", " ", folded).strip()


def _ad_word(seen: str, language: str) -> tuple[Kind, str] | None:
    accepted = "|".join(words.AD_WORDS.get(language, words.AD_WORDS["en"]))
    label = re.match(rf"\W{{0,3}}({accepted})(?={_LABEL_ENDS})", seen)
    if label and not label.group(0).startswith("#"):
        return "ad_word", label.group(1)
    for tag in re.finditer(rf"(?<![\w#])#({accepted})(?![\w-])", _without_addresses(seen)):
        if _stands_first(seen, tag.start()):
            return "ad_word", tag.group(0)
    return None


def _employment(seen: str, employer: str) -> tuple[Kind, str] | None:
    for name in _names(employer):
        for spoken in (one for language in words.EMPLOYMENT.values() for one in language):
            wanted = spoken.format(employer=name)
            # "Nordlys's" and "Nordlys-" begin the name of somebody else.
            pattern = rf"(?<![\w{_QUOTES}]){re.escape(wanted)}(?!\w|['’-]\w)"
            if _found_first(pattern, seen):
                return "employment", wanted
        tag = re.sub(r"\W+", "", name)
        for wanted in (one.format(tag=tag) for one in words.EMPLOYEE_TAGS if tag):
            pattern = rf"(?<![\w#]){re.escape(wanted)}(?![\w-])"
            if _found_first(pattern, _without_addresses(seen)):
                return "employment", wanted
    return None


def _found_first(pattern: str, seen: str) -> bool:
    found = re.search(pattern, seen)
    return found is not None and _stands_first(seen, found.start())


def _stands_first(seen: str, at: int) -> bool:
    before = seen[:at]
    denied = words.NEGATIONS & set(_WORD.findall(before)[-3:])
    return at < FIRST_CHARS and before.count("\n") < FIRST_LINES and not denied


def _without_addresses(seen: str) -> str:
    # The fragment of an address is no tag; what stands behind it keeps its place.
    return _ADDRESS.sub(lambda address: "." * len(address.group()), seen)


def _one_line(name: str) -> str:
    return " ".join(_TURNERS.sub("", name).split())


def _names(employer: str) -> list[str]:
    whole = _plain(_one_line(employer))
    bare = whole
    for form in words.LEGAL_FORMS:
        bare = bare.removesuffix(f" {form}")
    return [whole, bare] if bare != whole else [whole]
