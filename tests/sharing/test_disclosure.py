"""What counts as a disclosure, where it must stand, and what is put first when it is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sharing.domain.disclosure import disclose, find_disclosure, language_of, weak_terms

EMPLOYER = "Nordlys Energi A/S"
LATE = "Sikke en dag vi har haft ude ved møllerne, og sikke et vejr vi fik med på vejen. "

ACCEPTED = [
    ("da", "Reklame: Kom og arbejd sammen med os", "ad_word"),
    ("da", "REKLAME\nKom og arbejd sammen med os", "ad_word"),
    ("da", "[Annonce] Kom og arbejd sammen med os", "ad_word"),
    ("da", "Annonce for Nordlys: kom til åbent hus", "ad_word"),
    ("da", "#reklame Kom til åbent hus", "ad_word"),
    ("da", "Åbent hus i dag #annonce og der er kage", "ad_word"),
    ("da", "📢 Reklame: kom til åbent hus", "ad_word"),
    ("da", "Rek\u200blame: kom til åbent hus", "ad_word"),
    ("en", "Ad: we are hiring", "ad_word"),
    ("en", "#ad We are hiring", "ad_word"),
    ("en", "Advertisement. We are hiring", "ad_word"),
    ("da", "Jeg arbejder hos Nordlys Energi, og i dag redder vi falke", "employment"),
    ("da", "jeg  ARBEJDER hos\u00a0nordlys energi a/s.", "employment"),
    ("da", "I dag arbejder jeg hos Nordlys Energi på tiende år", "employment"),
    ("da", "Mine kolleger hos Nordlys Energi er seje", "employment"),
    ("en", "I work at Nordlys Energi, and today we save falcons", "employment"),
    ("en", "My colleagues at Nordlys Energi are brave", "employment"),
    ("da", "I work at Nordlys Energi, og i dag redder vi falke", "employment"),
    ("da", "#NordlysEnergiMedarbejder Se falken", "employment"),
    ("en", "#NordlysEnergiEmployee Look at the falcon", "employment"),
    ("da", "#vind #energi Jeg arbejder hos Nordlys Energi, og her er falken", "employment"),
    ("da", "\u200f\u200bJeg arbejder\u00ad hos Nordlys Energi!", "employment"),
    ("da", "🦅🦅\n\nJeg arbejder hos Nordlys Energi", "employment"),
    ("da", "Reklame – kom til åbent hus", "ad_word"),
]

REFUSED = [
    ("da", "Kom og arbejd sammen med os"),
    ("da", LATE + "Jeg arbejder hos Nordlys Energi."),
    ("da", LATE + "#reklame Kom bare"),
    ("da", "Kom til åbent hus #reklame"),
    ("da", "Kom til åbent hus #vind #reklame https://nordlys.example"),
    ("da", "#reklame #annonce"),
    ("da", "Reklamer er der nok af"),
    ("da", "Reklame kan vi godt lide"),
    ("da", "Det her er ikke #reklame, det er en falk"),
    ("da", "Hen ad vejen lærte vi falken at kende"),
    ("da", "Ad: vi ansætter"),
    ("en", "I saw an ad for a falcon"),
    ("en", "This is not an #ad, it is a falcon"),
    ("da", "I samarbejde med Nordlys Energi"),
    ("da", "Jeg arbejder ikke hos Nordlys Energi"),
    ("da", "Jeg arbejder hos Nordlys Energis konkurrent"),
    ("da", "Jeg arbejder hos Sydvind"),
    ("da", "@NordlysEnergi #NordlysEnergi se falken"),
    ("en", "#spon #partner look at the falcon"),
    ("en", "Sponsored by nobody: look at the falcon"),
    ("en", "Ad-hoc hackathon today, and you are all invited"),
    ("da", "Reklame-bureauet ringede i dag"),
    ("da", "Reklame.dk er en side med tilbud"),
    ("da", "Reklame, det er der nok af"),
    ("da", "Helt uden #reklame i dag"),
    ("en", "#ad-free zone today"),
    ("da", "Se https://nordlys.example/#reklame og kom forbi"),
    ("da", "Se https://nordlys.example/#nordlysenergiansat og kom forbi"),
    ("en", "I work at Nordlys Energi's competitor"),
    ("da", "Jeg arbejder hos Nordlys Energi-konkurrenten Sydvind"),
    ("en", "It is not true that I work at Nordlys Energi"),
    ("da", "“Jeg arbejder hos Nordlys Energi”, siger Mette"),
    ("da", "Hej" + "\n" * 40 + "Jeg arbejder hos Nordlys Energi"),
    ("da", "Hej" + "\u2028" * 40 + "Jeg arbejder hos Nordlys Energi"),
    ("da", "\u202eJeg arbejder hos Nordlys Energi"),
    ("da", "#vind #energi #klima #natur #falke #mølle #sommer #hav #by Reklame: kom"),
]


@pytest.mark.parametrize(("language", "text", "kind"), ACCEPTED)
def test_an_ad_word_or_the_employer_named_at_the_start_is_a_disclosure(
    language: str, text: str, kind: str
) -> None:
    found = find_disclosure(text, employer=EMPLOYER, language=language)

    assert found is not None
    assert found[0] == kind


@pytest.mark.parametrize(("language", "text"), REFUSED)
def test_what_stands_late_or_says_something_else_is_no_disclosure(language: str, text: str) -> None:
    assert find_disclosure(text, employer=EMPLOYER, language=language) is None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Falken er flyttet, og det er godt", "Jeg arbejder hos Nordlys Energi A/S. Falken"),
        ("The falcon has moved and we are glad", "I work at Nordlys Energi A/S. The falcon"),
        ("Reklame: kom og se falken i dag", "Reklame: kom"),
        ("🦅🦅🦅", "Jeg arbejder hos Nordlys Energi A/S. 🦅"),
    ],
)
def test_a_missing_disclosure_is_put_first_in_the_texts_language(text: str, first: str) -> None:
    decision = disclose(text, employer=EMPLOYER, fallback_language="da-DK", network="sandbox")

    assert decision.text.startswith(first)


@pytest.mark.parametrize(
    ("employer", "said"),
    [
        ("Bang (& Olufsen) +1", "Jeg arbejder hos Bang (& Olufsen) +1. Hej"),
        ('"Den Gyldne" [Falk].*', 'Jeg arbejder hos "Den Gyldne" [Falk].*. Hej'),
        ("{employer}", "Jeg arbejder hos {employer}. Hej"),
        ("Nordlys Ltd.", "Jeg arbejder hos Nordlys Ltd. Hej"),
        ("***", "Jeg arbejder hos ***. #ansat Hej"),
    ],
)
def test_an_employers_name_is_taken_as_it_is_written(employer: str, said: str) -> None:
    text = said.split(". ", maxsplit=1)[1]

    decision = disclose(text, employer=employer, fallback_language="da", network="sandbox")
    again = find_disclosure(decision.text, employer=employer, language="da")

    assert (decision.text, again is not None) == (said, True)


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=40))
def test_whatever_was_written_the_result_begins_with_a_disclosure(text: str, name: str) -> None:
    employer = f"Nord {name}"

    decision = disclose(text, employer=employer, fallback_language="da", network="sandbox")

    assert find_disclosure(decision.text, employer=employer, language=decision.language)
    assert decision.text.endswith(text)


def test_the_record_says_by_which_rules_and_from_what_it_was_decided() -> None:
    decision = disclose(
        "Et samarbejde vi er glade for",
        employer="Nordlys",
        fallback_language="da",
        network="sandbox",
    )

    assert decision.record["rule_set"] == "2026-11"
    inputs, outcome = decision.record["inputs"], decision.record["outcome"]
    assert isinstance(inputs, dict)
    assert isinstance(outcome, dict)
    assert (inputs["language"], inputs["employer"]) == ("da", "Nordlys")
    assert outcome["added"] == "Jeg arbejder hos Nordlys."
    assert outcome["weak_terms"] == ["samarbejde"]
    assert "glade" not in str(decision.record)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Jeg er glad for det, og det er vi alle", "da"),
        ("We are glad about this and so is he", "en"),
        ("42 🦅", "en"),
        ("Falken!", "en"),
    ],
)
def test_the_language_is_told_by_its_common_words_else_it_is_the_storys(
    text: str, language: str
) -> None:
    assert language_of(text, "en-GB") == language


def test_a_language_we_do_not_speak_is_disclosed_in_english() -> None:
    assert language_of("Der Falke fliegt", "de") == "en"


def test_terms_that_disclose_nothing_are_noted() -> None:
    assert weak_terms("Collab with a partner #spon") == ["#spon", "collab", "partner"]
