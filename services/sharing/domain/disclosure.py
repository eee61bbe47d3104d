"""Disclosure: the reader sees first that the author works for whom she speaks of (D1 to D9)."""

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

COMMON_WORDS_MIN = 2
"""One common word may be a name, or belong to a language that we do not speak."""

Kind = Literal["ad_word", "employment"]

_TRAILING_TAGS = re.compile(r"(?:(?:^|\s)(?:#\w+|https?://\S+))+\s*$")
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[\w'’]+")
_LABEL_ENDS = r"\s*(?:[:.,!|\])/–—-]|\n|$|\s(?:for|fra|by|from)\b)"


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
    statement = words.STATEMENTS[language].format(employer=_one_line(employer))
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
    return _TRAILING_TAGS.sub("", _plain(text))


def _plain(text: str) -> str:
    # What nobody sees cannot push a disclosure back, nor hide in a word.
    shown = "".join(one for one in text if one in "\n\t" or unicodedata.category(one)[0] != "C")
    folded = unicodedata.normalize("NFKC", shown).casefold()
    return re.sub(r"[^\S\n]+", " ", folded).strip()


def _ad_word(seen: str, language: str) -> tuple[Kind, str] | None:
    accepted = "|".join(words.AD_WORDS.get(language, words.AD_WORDS["en"]))
    label = re.match(rf"\W{{0,3}}({accepted})(?={_LABEL_ENDS})", seen)
    if label and not label.group(0).startswith("#"):
        return "ad_word", label.group(1)
    for tag in re.finditer(rf"#({accepted})\b", seen[: FIRST_CHARS + len("advertisement")]):
        before = _WORD.findall(seen[: tag.start()])[-3:]
        if tag.start() < FIRST_CHARS and not words.NEGATIONS & set(before):
            return "ad_word", tag.group(0)
    return None


def _employment(seen: str, employer: str) -> tuple[Kind, str] | None:
    for name in _names(employer):
        tag = re.sub(r"\W+", "", name)
        statements = [
            one.format(employer=name) for spoken in words.EMPLOYMENT.values() for one in spoken
        ]
        for wanted in (*statements, *(one.format(tag=tag) for one in words.EMPLOYEE_TAGS)):
            found = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", seen)
            if found and found.start() < FIRST_CHARS:
                return "employment", wanted
    return None


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _names(employer: str) -> list[str]:
    whole = _plain(_one_line(employer))
    bare = whole
    for form in words.LEGAL_FORMS:
        bare = bare.removesuffix(f" {form}")
    return [whole, bare] if bare != whole else [whole]
