"""Who plays in the story: invented people of an invented Danish energy company."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Player:
    """Somebody in the story."""

    subject: str
    name: str
    team: str
    roles: tuple[str, ...]
    country: str
    language: str
    time_zone: str


FREJA = Player(
    "freja",
    "Freja Lund",
    "Vindmøller",
    ("employee", "author", "reviewer"),
    "DK",
    "da",
    "Europe/Copenhagen",
)
MADS = Player(
    "mads",
    "Mads Krog",
    "Kommunikation",
    ("employee", "reviewer"),
    "DK",
    "da",
    "Europe/Copenhagen",
)
SIGNE = Player(
    "signe",
    "Signe Dahl",
    "Kommunikation",
    ("employee", "program_manager", "analyst"),
    "DK",
    "da",
    "Europe/Copenhagen",
)
ANA = Player("ana", "Ana Sørensen", "Salg", ("employee",), "DK", "da", "Europe/Copenhagen")
JAMES = Player("james", "James Whitfield", "Salg", ("employee",), "GB", "en", "Europe/London")

ALL = (FREJA, MADS, SIGNE, ANA, JAMES)

ADMIN_SUBJECT = "ida"
ADMIN_NAME = "Ida Holm"

STORY = {
    "title": "Da Freja klatrede 90 meter op for at redde en falk",
    "body": (
        "En vandrefalk havde bygget rede i mølle 14. I stedet for at vente til efter sæsonen "
        "flyttede Freja og to kolleger reden 40 meter, mens forældrene så på. I dag er der tre "
        "unger, og mølle 14 stod stille i seks dage. Hvad ville du have gjort?"
    ),
    "link": "https://nordlys.example/historier/falken?ref=hub#top",
    "language": "da",
    "topics": ["natur", "vindenergi"],
    "variants": [
        {
            "network": "sandbox",
            "language": "da",
            "text": "Vi stoppede en mølle i seks dage for tre falkeunger. Læs hvorfor.",
        },
        {
            "network": "sandbox",
            "language": "en",
            "text": "We stopped a turbine for six days to save three falcon chicks. Here is why.",
        },
    ],
}

OWN_WORDS = {
    "ana": (
        "Jeg kører forbi mølle 14 hver morgen. Nu ved jeg, hvorfor den stod stille i maj, "
        "og jeg er faktisk lidt stolt af mine kolleger."
    ),
    "james": (
        "Ninety metres up, in the wind, carrying a nest in a bucket: my colleague Freja had an "
        "unusual Tuesday. The chicks are doing fine."
    ),
}

CLICKS = {"ana": 7, "james": 4}
ROBOT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
