"""The story itself: written by one, approved by another, told by two, clicked by strangers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from chassis.ids import new_id
from fortaler.demo import people
from fortaler.demo.people import ANA, FREJA, JAMES, MADS, SIGNE, Player
from fortaler.demo.stage import Json, Stage, StoryFailed, Voice

TENANTS_OF_ONE_NAME_MAX = 1000
CONSENTS = (("connect", "sandbox"), ("publish", "sandbox"), ("rankings", None))


@dataclass
class Outcome:
    """What the story led to."""

    tenant: str = ""
    tenant_id: str = ""
    story_id: str = ""
    campaign_id: str = ""
    code: str = ""
    shares: dict[str, Json] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    story_numbers: Json = None
    points: dict[str, int] = field(default_factory=dict)
    board: Json = None
    refused: list[str] = field(default_factory=list)


class Story:
    """Plays the story step by step, each told in a line."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.outcome = Outcome()

    def play(self) -> Outcome:
        """Play it all; raises StoryFailed where it cannot go on."""
        steps: tuple[Callable[[], None], ...] = (
            self.a_company_is_admitted,
            self.its_people_come_in,
            self.a_program_and_a_campaign_open,
            self.the_willing_join,
            self.freja_writes_a_story,
            self.mads_approves_what_he_has_read,
            self.two_advocates_share_in_their_own_words,
            self.strangers_click,
            self.others_react,
            self.numbers_come_back,
            self.points_are_earned,
        )
        for step in steps:
            step()
        return self.outcome

    def a_company_is_admitted(self) -> None:
        """The operator admits Nordlys Energi, under the first slug that is free."""
        operator = self._stage.voice("operator", "ops")
        for number in range(1, TENANTS_OF_ONE_NAME_MAX):
            slug = "nordlys" if number == 1 else f"nordlys-{number}"
            issuer = f"{self._stage.issuer_base}/issuers/{slug}"
            body = {
                "slug": slug,
                "name": "Nordlys Energi",
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks.json",
                "country": "DK",
                "language": "da",
                "time_zone": "Europe/Copenhagen",
                "first_admin": {
                    "subject": people.ADMIN_SUBJECT,
                    "display_name": people.ADMIN_NAME,
                },
            }
            try:
                tenant = operator.post("/v1/tenants", body)
            except StoryFailed as failure:
                if "tenant-taken" in str(failure):
                    continue
                raise
            break
        self.outcome.tenant, self.outcome.tenant_id = slug, tenant["tenant_id"]
        self._tell("The operator", f"admits Nordlys Energi, tenant {tenant['tenant_id']}")

    def its_people_come_in(self) -> None:
        """The admin creates teams and lets people in."""
        ida = self._voice(people.ADMIN_SUBJECT)
        teams = {}
        for name in sorted({player.team for player in people.ALL}):
            teams[name] = ida.post("/v1/teams", {"name": name})["team_id"]
        for player in people.ALL:
            ida.post("/v1/people", _person(player, teams))
        names = ", ".join(player.name for player in people.ALL)
        self._tell(people.ADMIN_NAME, f"lets in {names}, in {len(teams)} teams")

    def a_program_and_a_campaign_open(self) -> None:
        """The program manager opens what can be joined, and what it is for."""
        signe = self._voice(SIGNE.subject)
        program = signe.post("/v1/programs", {"name": "Nordlys i egne ord"})
        campaign = signe.post("/v1/campaigns", {"name": "Åbent hus", "purpose": "applications"})
        self._program_id = program["program_id"]
        self.outcome.campaign_id = campaign["campaign_id"]
        self._tell(
            SIGNE.name,
            f"opens the program {program['name']} and the campaign {campaign['name']} "
            f"({campaign['campaign_id']})",
        )

    def the_willing_join(self) -> None:
        """Three join of their own free will; two of them connect an account."""
        for player in (FREJA, ANA, JAMES):
            voice = self._voice(player.subject)
            voice.post(f"/v1/programs/{self._program_id}/join")
            self._tell(player.name, "joins the program of their own accord")
        for player in (ANA, JAMES):
            self._consent(player)
            self._connect(player)

    def freja_writes_a_story(self) -> None:
        """An employee writes a story, submits it, and learns that she cannot approve it."""
        freja = self._voice(FREJA.subject)
        story = freja.post("/v1/stories", people.STORY | {"campaign_id": self.outcome.campaign_id})
        self.outcome.story_id = story["story_id"]
        freja.post(f"/v1/stories/{self.outcome.story_id}/submit")
        self._tell(
            FREJA.name,
            f"writes and submits “{people.STORY['title']}” ({story['story_id']})",
        )
        read = freja.get(f"/v1/stories/{self.outcome.story_id}")
        refusal = freja.refused(
            f"/v1/stories/{self.outcome.story_id}/review",
            {"decision": "approve", "content_hash": read["content_hash"], "reasons": []},
        )
        self.outcome.refused.append(refusal)
        self._tell(FREJA.name, f"cannot approve her own story: {refusal}")

    def mads_approves_what_he_has_read(self) -> None:
        """A colleague approves exactly what he has read, and publishes it."""
        mads = self._voice(MADS.subject)
        path = f"/v1/stories/{self.outcome.story_id}"
        read = mads.get(path)
        approval = {"decision": "approve", "content_hash": read["content_hash"], "reasons": []}
        mads.post(f"{path}/review", approval)
        live = mads.post(f"{path}/publish")
        self._tell(
            MADS.name,
            f"approves the text with hash {read['content_hash'][:12]}… and publishes it: "
            f"{live['state']}",
        )

    def two_advocates_share_in_their_own_words(self) -> None:
        """Two find the story in their feed and share it; the disclosure comes first."""
        for player in (ANA, JAMES):
            voice = self._voice(player.subject)
            self._wait_for_the_feed(player, voice)
            self._share(player, voice)
        self.outcome.code = self.outcome.codes[ANA.subject]

    def strangers_click(self) -> None:
        """Strangers follow the tracked links; a robot does too, and is told apart."""
        for player in (ANA, JAMES):
            for _ in range(people.CLICKS[player.subject]):
                self._click(self.outcome.codes[player.subject], people.BROWSER)
        self._click(self.outcome.code, people.ROBOT)
        total = sum(people.CLICKS.values())
        self._tell("Strangers", f"click {total} times, and a robot once")

    def others_react(self) -> None:
        """An integrator reports what else happened to Ana's share; a repeat changes nothing."""
        signe = self._voice(SIGNE.subject)
        share_id = self.outcome.shares[ANA.subject]["share_id"]
        happened_at = self._stage.now().isoformat()
        kinds = ("comment", "comment", "reshare", "reaction")
        items = [
            {"id": f"{number}", "share_id": share_id, "kind": kind, "happened_at": happened_at}
            for number, kind in enumerate(kinds)
        ]
        batch = {"source": "sandbox", "items": items}
        signe.post("/v1/engagements:batch", batch)
        signe.post("/v1/engagements:batch", batch)
        self._tell(SIGNE.name, "reports 2 comments, 1 reshare and 1 reaction, twice by mistake")

    def numbers_come_back(self) -> None:
        """What came of it can be read by everybody."""
        signe = self._voice(SIGNE.subject)
        clicks = sum(people.CLICKS.values())
        wanted = {"click": clicks, "comment": 2, "reshare": 1, "reaction": 1}
        numbers = self._stage.eventually(
            "The story's numbers",
            lambda: signe.get(f"/v1/metrics/stories/{self.outcome.story_id}"),
            lambda found: _counts(found) == wanted,
        )
        self.outcome.story_numbers = numbers
        told = ", ".join(f"{count} × {kind}" for kind, count in sorted(wanted.items()))
        self._tell("The story", f"has {told}; nobody was counted twice, no robot at all")

    def points_are_earned(self) -> None:
        """Points for effect and for effort, and a board of those who want to stand on it."""
        wanted = self._points_expected()
        for player in (FREJA, ANA, JAMES):
            self._wait_for_points(player, wanted[player.subject])
        self.outcome.board = self._voice(ANA.subject).get("/v1/board", period="all")
        places = ", ".join(
            f"{one['rank']}. {one['display_name']} ({one['points']})"
            for one in self.outcome.board["people"]
        )
        self._tell("The board", f"shows only those who asked to be on it: {places}")

    def _points_expected(self) -> dict[str, int]:
        rules = self._voice(SIGNE.subject).get("/v1/rules")["items"]
        worth = {rule["trigger"]: rule["points"] for rule in rules if rule["active"]}
        clicks = {who: count * worth["click"] for who, count in people.CLICKS.items()}
        return {
            FREJA.subject: worth["story_written"],
            JAMES.subject: clicks["james"] + worth["own_words"],
            ANA.subject: clicks["ana"]
            + worth["own_words"]
            + 2 * worth["comment"]
            + worth["reshare"]
            + worth["reaction"],
        }

    def _consent(self, player: Player) -> None:
        voice = self._voice(player.subject)
        versions = {
            one["purpose"]: one["text_version"] for one in voice.get("/v1/consents")["items"]
        }
        for purpose, network in CONSENTS:
            body = {"network": network, "text_version": versions[purpose]}
            voice.put(f"/v1/consents/{purpose}", body)
        given = ", ".join(purpose for purpose, _ in CONSENTS)
        self._tell(player.name, f"says yes to {given}, one by one")

    def _connect(self, player: Player) -> None:
        voice = self._voice(player.subject)
        started = voice.post("/v1/accounts", {"network": "sandbox"})
        answer = self._stage.client.get(
            _with(started["authorization_url"], prompt="none", login_hint=player.subject)
        )
        answer = self._stage.client.get(answer.headers["location"])
        if not answer.is_success:
            raise StoryFailed(f"{player.name} could not connect: {answer.text[:300]}")
        account = voice.get("/v1/accounts")["items"][0]
        self._tell(player.name, f"connects account {account['account_id']} on the sandbox network")

    def _share(self, player: Player, voice: Voice) -> None:
        account = voice.get("/v1/accounts")["items"][0]
        share = voice.post(
            "/v1/shares",
            {
                "story_id": self.outcome.story_id,
                "account_id": account["account_id"],
                "text": people.OWN_WORDS[player.subject],
            },
            # Made before the first try, so that a try whose answer was lost does not post twice.
            key=str(new_id()),
        )
        share = self._stage.eventually(
            f"{player.name}'s share on the network",
            lambda: voice.get(f"/v1/shares/{share['share_id']}"),
            lambda found: found["state"] == "published",
        )
        self.outcome.shares[player.subject] = share
        self.outcome.codes[player.subject] = share["link"].rsplit("/", 1)[-1]
        self._tell(
            player.name, f"shares ({share['share_id']}): “{' '.join(share['text'].split())}”"
        )

    def _wait_for_the_feed(self, player: Player, voice: Voice) -> None:
        def shown(feed: Json) -> bool:
            return any(item["story_id"] == self.outcome.story_id for item in feed["items"])

        self._stage.eventually(
            f"The story in {player.name}'s feed", lambda: voice.get("/v1/feed"), shown
        )

    def _wait_for_points(self, player: Player, wanted: int) -> None:
        voice = self._voice(player.subject)
        balance = self._stage.eventually(
            f"{player.name}'s {wanted} points",
            lambda: voice.get("/v1/points/me"),
            lambda found: bool(found["balance"] == wanted),
        )
        self.outcome.points[player.subject] = balance["balance"]
        self._tell(player.name, f"has earned {balance['balance']} points")

    def _click(self, code: str, user_agent: str) -> None:
        answer = self._stage.client.get(
            f"{self._stage.public_url}/r/{code}", headers={"user-agent": user_agent}
        )
        if answer.status_code != 302:
            raise StoryFailed(f"The link {code} was answered {answer.status_code}.")

    def _voice(self, subject: str) -> Voice:
        return self._stage.voice(self.outcome.tenant, subject)

    def _tell(self, who: str, what: str) -> None:
        self._stage.say(f"  {who} {what}.")


def _person(player: Player, teams: dict[str, str]) -> dict[str, Any]:
    return {
        "subject": player.subject,
        "display_name": player.name,
        "team_id": teams[player.team],
        "country": player.country,
        "language": player.language,
        "time_zone": player.time_zone,
        "roles": list(player.roles),
    }


def _counts(numbers: Json) -> dict[str, int]:
    return {kind: total["count"] for kind, total in numbers["totals"].items()}


def _with(url: str, **query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *query.items()])))
