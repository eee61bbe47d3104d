"""What rules find in a text, in the words of who writes guidelines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.checks.checking import FINDINGS_PER_RULE_MAX, TEXT_CHARS_MAX, Finding, check_held
from contracts.checks.rules import RULES

NOW = datetime(2031, 5, 4, 8, tzinfo=UTC)


def found(
    text: str, *, network: str | None = "linkedin", language: str = "da", **rule: Any
) -> list[Finding]:
    held = {UUID(int=1): RULES.validate_python([{"id": "it", "severity": "warn", **rule}])}
    told = check_held(text, held, network=network, language=language, at=NOW)
    return [one.finding for one in told]


def excerpts(text: str, **rule: Any) -> list[str]:
    return [one.excerpt for one in found(text, **rule)]


@pytest.mark.parametrize(
    ("terms", "text", "excerpt"),
    [
        (["bedst"], "Vi er BEDST til vind.", ["BEDST"]),
        (["bedst"], "Vi er de bedste.", []),
        (["ide"], "En god idé.", ["idé"]),
        (["ide"], "En god ide\u0301.", ["ide\u0301"]),
        (["få"], "Hun kan fa mere.", []),
        (["få"], "Fa\u030a mere.", ["Fa\u030a"]),
        (["øre"], "Hver en ore tæller.", []),
        (["kvote"], "kvo\u00adte", ["kvo\u00adte"]),
        (["kvote"], "k\u0332vo\u034f\ufe0fte\u3164", ["k\u0332vo\u034f\ufe0fte"]),
        (["få"], "Fa\u0323\u200b\u030a mere.", ["Fa\u0323\u200b\u030a"]),
        (["øre"], "Ingen ǿre.", ["ǿre"]),
        (
            ["falk"],
            "f\u05b0a\u0489l\u0651k\u093c er \u0651Falk",
            ["f\u05b0a\u0489l\u0651k\u093c", "Falk"],
        ),
        (["λογοσ"], "λο\u0651γος", ["λο\u0651γος"]),
        (["दिल"], "दल दिल", ["दिल"]),
        (["йод"], "Йо́д и иод", ["Йо́д"]),
        (["kvote"], "ｋｖｏｔｅ", ["ｋｖｏｔｅ"]),
        (["low hanging fruit"], "That is low-hanging\nfruit!", ["low-hanging\nfruit"]),
        (["low hanging fruit"], "Low. Hanging fruit.", []),
        (
            ["projekt falk"],
            "Om **Projekt** 'Falk' og projektfalk.",
            ["Projekt** 'Falk", "projektfalk"],
        ),
        (["c++"], "Vi skriver C og C++.", ["C++"]),
        (["100 %"], "100% sikkert", ["100%"]),
        (["klima", "klima neutral"], "Klima-neutral nu", ["Klima-neutral"]),
        (["秘密"], "これは秘密です", ["秘密"]),
        (["straße"], "STRASSE", ["STRASSE"]),
        (["bedst"], "https://nordlys.example/bedst og bedst", ["bedst"]),
    ],
)
def test_words_are_found_whole_however_they_are_written(
    terms: list[str], text: str, excerpt: list[str]
) -> None:
    assert excerpts(text, kind="words", terms=terms) == excerpt


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("vores løsninger", ["løsninger"]),
        ("en Løsningsorienteret kollega", ["Løsningsorienteret"]),
        ("en totalløsning", []),
    ],
)
def test_with_prefix_endings_and_compounds_are_found_too(text: str, excerpt: list[str]) -> None:
    assert excerpts(text, kind="words", terms=["løsning"], prefix=True) == excerpt


def test_a_word_to_avoid_comes_with_its_reason_and_what_to_say_instead() -> None:
    (one,) = found(
        "Vi er førende.",
        kind="words",
        terms=["førende"],
        alternatives=["god til", "kendt for"],
        reason="Læserne tror på det, de kan efterprøve.",
    )

    assert one.suggestion == "god til, kendt for"
    assert one.reason == "Læserne tror på det, de kan efterprøve."


@pytest.mark.parametrize(
    ("until", "secret"),
    [(None, True), (NOW + timedelta(seconds=1), True), (NOW, False), (NOW - timedelta(1), False)],
)
def test_a_confidential_term_is_one_until_its_end(until: datetime | None, secret: bool) -> None:
    told = found("Snart kommer Falk.", kind="confidential", terms=["Falk"], until=until)

    assert bool(told) == secret


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("Se https://x.example/Om%20Projekt%20Falk/nu", ["Projekt%20Falk"]),
        ("Se https://x.example/projekt-fal%6B", ["projekt-fal%6B"]),
        ("Se www.x.example/?q=Projekt+F%61lk&p=2", ["Projekt+F%61lk"]),
        ("Se x.example/f%C2%ADalk.", ["f%C2%ADalk"]),
        ("https://x.example/falk?q=f%61lk", ["falk", "f%61lk"]),
        ("https://x.example/%70rojekt https://falk.example", ["falk"]),
        ("Vi taler Falk++ og 100% falk", ["Falk++", "falk"]),
        ("Kun https://x.example/100%25/tal+ord", []),
    ],
)
def test_no_escape_in_an_address_hides_a_confidential_term(text: str, excerpt: list[str]) -> None:
    terms = ["Projekt Falk", "falk", "falk++"]

    assert excerpts(text, kind="confidential", terms=terms) == excerpt


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("Hav-ørn letter.", ["Hav-ørn"]),
        ("Projekt Hav_­ørn letter.", ["Hav_­ørn"]),
        ("Hav‐ør-nen letter.", ["Hav‐ør-nen"]),
        ("Blue-bird, blue bird og Bluebird", ["Blue-bird", "blue bird", "Bluebird"]),
        ("https://x.example/hav-%C3%B8rn", ["hav-%C3%B8rn"]),
        ("Hаvørn, ΒLUΕ ВІRD", ["Hаvørn", "ΒLUΕ ВІRD"]),
        ("https://x.example/h%D0%B0v%C3%B8rn", ["h%D0%B0v%C3%B8rn"]),
        ("Hav-ørn-projektet, pro-hav-ørn", ["Hav-ørn", "hav-ørn"]),
        ("stor-ha-vø-rn-plan", ["ha-vø-rn"]),
        ("Bl\u0430\u030abær, SJ\u04e6LEJON", ["Bl\u0430\u030abær", "SJ\u04e6LEJON"]),
        ("Blabær, sjolejon", []),
        ("Вода og вода, \u045eода", ["Вода", "вода"]),
        ("Hav - ørn, hav. ørn, hav.-ørn", []),
    ],
)
def test_no_hyphen_and_no_look_alike_hides_a_confidential_term(
    text: str, excerpt: list[str]
) -> None:
    terms = ["Havørn", "Havørnen", "Blue Bird", "вода", "Blåbær", "Sjölejon"]

    assert excerpts(text, kind="confidential", terms=terms) == excerpt


def test_a_profile_that_only_looks_like_ours_is_another() -> None:
    (one,) = found("Tak @nordlys og @nоrdlys", kind="mentions", use="allowed", profiles=["nordlys"])

    assert one.excerpt == "@nоrdlys"


def test_a_confidential_term_is_found_in_an_address_and_not_repeated_in_words() -> None:
    (one,) = found("https://nordlys.example/falk", kind="confidential", terms=["falk"])

    assert one.excerpt == "falk"
    assert "falk" not in f"{one.message}{one.suggestion}".lower()


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("Ingen her: 1 # * © ™ ❤ ☎\ufe0e", []),
        ("Én 🎉", []),
        ("Én 🎉 og én til 👨‍👩‍👧", ["👨‍👩‍👧"]),
        ("🇩🇰🇸🇪", ["🇸🇪"]),
        ("1️⃣2️⃣", ["2️⃣"]),
        ("❤️👍🏽👍", ["👍🏽", "👍"]),
    ],
)
def test_emojis_are_counted_as_a_reader_sees_them(text: str, excerpt: list[str]) -> None:
    assert excerpts(text, kind="emojis", most=1) == excerpt


def test_an_emoji_is_forbidden_in_any_colour_of_skin() -> None:
    assert excerpts("👍 👍🏿 👎", kind="emojis", forbidden=["👍🏽"]) == ["👍", "👍🏿"]


@pytest.mark.parametrize(
    ("form", "language", "text", "excerpt"),
    [
        ("informal", "da", "De er gode. Kan De se det? Det er Deres.", ["De", "Deres"]),
        ("informal", "da", "Vi så de andre og deres hund.", []),
        ("formal", "da", "Har DU set dit hus?", ["DU", "dit"]),
        ("formal", "de-AT", "Hast du deinen Schlüssel?", ["du", "deinen"]),
        ("informal", "de", "Sie kommt. Kommen Sie?", ["Sie"]),
        ("formal", "en", "Do you see?", []),
    ],
)
def test_readers_are_addressed_in_one_way(
    form: str, language: str, text: str, excerpt: list[str]
) -> None:
    told = found(text, language=language, kind="address", form=form)

    assert [one.excerpt for one in told] == excerpt
    assert all(one.suggestion for one in told)


@pytest.mark.parametrize(
    ("use", "text", "excerpt"),
    [
        ("forbidden", "Se @Konkurrent! og @andre", ["@Konkurrent"]),
        ("allowed", "Se @nordlys, @ven og ana@konkurrent.example", ["@ven"]),
        ("forbidden", "@konkurrent@mastodon.example", []),
    ],
)
def test_mentions_are_told_from_addresses(use: str, text: str, excerpt: list[str]) -> None:
    profiles = ["@nordlys", "konkurrent"]

    assert excerpts(text, kind="mentions", use=use, profiles=profiles) == excerpt


@pytest.mark.parametrize(
    "address",
    [
        "https://ond.example/side",
        "HTTP://www.OND.example:8080",
        "https://nordlys.example@ond.example/",
        "https:\\\\ond.example\\nordlys.example",
        "https://under.ond.example.",
        "https://%6Fnd.example/",
        "ond.example",
        "https://xn--bl-zia.example/",
        "https://BLÅ.example",
    ],
)
def test_a_link_is_judged_by_the_host_that_a_browser_would_ask(address: str) -> None:
    hosts = ["ond.example", "blå.example"]

    assert len(excerpts(f"Se {address} nu", kind="links", use="forbidden", hosts=hosts)) == 1


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("Se https://nordlys.example, og https://jobs.nordlys.example.", []),
        ("Se https://enordlys.example/a.", ["https://enordlys.example/a"]),
        ("Slut.Og så videre", []),
    ],
)
def test_links_lead_to_the_allowed_hosts_and_what_is_under_them(
    text: str, excerpt: list[str]
) -> None:
    assert excerpts(text, kind="links", use="allowed", hosts=["nordlys.example"]) == excerpt


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("#vi\u00adnd", {"kind": "hashtags", "use": "forbidden", "tags": ["vind"]}),
        ("@v\u200ben", {"kind": "mentions", "use": "forbidden", "profiles": ["ven"]}),
        ("on\u2060d.example", {"kind": "links", "use": "forbidden", "hosts": ["ond.example"]}),
        (
            "https:\u200b//ond.\U000e0061example/",
            {"kind": "links", "use": "forbidden", "hosts": ["ond.example"]},
        ),
        ("d\u00adu", {"kind": "address", "form": "formal"}),
    ],
)
def test_nothing_unseen_parts_a_tag_a_mention_a_host_or_how_readers_are_addressed(
    text: str, rule: dict[str, Any]
) -> None:
    assert excerpts(f"Se 👍🏽 {text}\u00ad nu", **rule) == [text]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Se\u200b#vind", {"kind": "hashtags", "use": "forbidden", "tags": ["vind"]}),
        ("Hr.\u2060@ven", {"kind": "mentions", "use": "forbidden", "profiles": ["ven"]}),
        ("x\u200bond.example", {"kind": "links", "use": "forbidden", "hosts": ["ond.example"]}),
    ],
)
def test_what_a_network_may_part_at_something_unseen_is_found_too(
    text: str, rule: dict[str, Any]
) -> None:
    assert len(excerpts(text, **rule)) == 1


def test_a_required_tag_is_missed_at_the_end_and_suggested() -> None:
    (one,) = found("Vind #Andet", kind="hashtags", use="required", tags=["#Nordlys", "andet"])

    assert (one.start, one.end, one.excerpt, one.suggestion) == (11, 11, "", "#Nordlys")


def test_nothing_is_required_of_what_is_no_post() -> None:
    rule: dict[str, Any] = {"kind": "hashtags", "use": "required", "tags": ["Nordlys"]}

    assert found("En overskrift", network=None, **rule) == []


@pytest.mark.parametrize(("text", "missed"), [("Vind #sol", 0), ("Vind", 1)])
def test_one_of_the_suggested_tags_is_enough(text: str, missed: int) -> None:
    rule: dict[str, Any] = {"kind": "hashtags", "use": "suggested", "tags": ["vind", "sol"]}

    assert len(found(text, severity="hint", **rule)) == missed


def test_a_forbidden_tag_is_found_but_not_the_fragment_of_an_address() -> None:
    text = "#Vind https://nordlys.example/#vind #vindmølle"

    assert excerpts(text, kind="hashtags", use="forbidden", tags=["vind"]) == ["#Vind"]


@pytest.mark.parametrize(
    ("scope", "applies"),
    [
        ({}, True),
        ({"networks": ["linkedin"]}, True),
        ({"networks": ["x"]}, False),
        ({"languages": ["da"]}, True),
        ({"languages": ["da-DK"]}, True),
        ({"languages": ["en", "da-GL"]}, False),
    ],
)
def test_a_rule_has_a_say_where_it_applies(scope: dict[str, Any], applies: bool) -> None:
    told = found("bedst", kind="words", terms=["bedst"], language="da-DK", **scope)

    assert bool(told) == applies


def test_who_answers_critics_is_read_and_finds_nothing() -> None:
    assert found("Alt", kind="critics", answer="Pressechefen svarer.") == []


def test_places_are_counted_in_code_points_and_in_utf_16() -> None:
    (one,) = found("🎉🎉 bedst", kind="words", terms=["bedst"])

    assert (one.start, one.end) == (3, 8)
    assert (one.start_utf16, one.end_utf16) == (5, 10)


def test_a_rule_finds_as_much_as_anybody_mends_at_once() -> None:
    assert len(found("bedst " * 100, kind="words", terms=["bedst"])) == FINDINGS_PER_RULE_MAX


def test_a_text_that_is_longer_than_any_of_ours_is_not_checked() -> None:
    with pytest.raises(ValueError, match="is not checked"):
        found("x" * (TEXT_CHARS_MAX + 1), kind="words", terms=["bedst"])


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "hashtags", "use": "suggested", "severity": "refuse", "tags": ["vind"]},
        {"kind": "emojis"},
        {"kind": "taste"},
    ],
    ids=["suggested and refused", "no emojis and no number", "no kind of ours"],
)
def test_what_makes_no_sense_is_no_rule(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        found("Alt", **rule)
