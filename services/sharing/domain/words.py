"""The words that disclosure knows, by language: data, with the check that each one serves."""

AD_WORDS: dict[str, tuple[str, ...]] = {
    "da": ("reklame", "annonce"),
    "en": ("ad", "advert", "advertisement"),
}
"""D3. By language, for what is a label in one is an everyday word in the other: Danish "ad"."""

EMPLOYMENT: dict[str, tuple[str, ...]] = {
    "da": (
        "jeg arbejder hos {employer}",
        "jeg arbejder i {employer}",
        "jeg arbejder for {employer}",
        "jeg arbejder på {employer}",
        "jeg arbejder til daglig hos {employer}",
        "arbejder jeg hos {employer}",
        "jeg er ansat hos {employer}",
        "jeg er ansat i {employer}",
        "som ansat hos {employer}",
        "som ansat i {employer}",
        "som medarbejder hos {employer}",
        "mine kolleger hos {employer}",
        "mine kollegaer hos {employer}",
        "mit arbejde hos {employer}",
        "min arbejdsplads {employer}",
        "min arbejdsgiver {employer}",
    ),
    "en": (
        "i work at {employer}",
        "i work for {employer}",
        "i work with {employer}",
        "i am employed at {employer}",
        "i am employed by {employer}",
        "i'm employed by {employer}",
        "i’m employed by {employer}",
        "as an employee of {employer}",
        "my colleagues at {employer}",
        "my colleague at {employer}",
        "my work at {employer}",
        "my job at {employer}",
        "my employer {employer}",
        "my employer, {employer}",
    ),
}
"""D3: statements that name the employer. They hold in either language."""

EMPLOYEE_TAGS: tuple[str, ...] = ("#{tag}employee", "#{tag}medarbejder", "#{tag}ansat")

STATEMENTS: dict[str, str] = {
    "da": "Jeg arbejder hos {employer}.",
    "en": "I work at {employer}.",
}
"""What is put first when the text does not say it itself."""

WEAK_TERMS: tuple[str, ...] = (
    "#spon",
    "sponseret",
    "sponsored",
    "samarbejde",
    "collab",
    "partner",
    "#ee",
)
"""D5: these alone disclose nothing; found ones are noted in the record of the decision."""

NEGATIONS: frozenset[str] = frozenset(
    {
        *("ikke", "ingen", "intet", "aldrig", "uden", "hverken"),
        *("not", "no", "never", "without", "neither", "isn't", "isn’t", "don't", "don’t"),
    }
)

LEGAL_FORMS: tuple[str, ...] = (
    "a/s", "aps", "a.m.b.a.", "amba", "i/s", "ltd", "ltd.", "limited", "plc", "inc", "inc.",
    "llc", "gmbh", "ag", "ab", "as", "oy", "bv", "b.v.", "se",
)  # fmt: skip
"""Nobody says them when speaking of where they work."""

_DANISH = """
    og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om vi min
    havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil
    blev kunne ind når være dog noget ville jo deres efter ned skulle denne hvorfor mine vores også
"""

_ENGLISH = """
    the and to of a in is you that it he was for on are with as his they at be this have from or had
    by but what some we can out other were all there when up use your how said an each she which do
    their time if will way about many then them would like so these her him has my our not i
"""

COMMON_WORDS: dict[str, frozenset[str]] = {
    "da": frozenset(_DANISH.split()),
    "en": frozenset(_ENGLISH.split()),
}
"""Enough to tell which of our two languages a text is in."""
