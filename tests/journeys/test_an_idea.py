"""An idea at a desk: it becomes an approved story with a picture, is revised, and is withdrawn."""

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from chassis.ids import new_id
from fortaler.demo.stage import Json, Stage, Voice
from tests.journeys.conftest import Played

CAMERA, NOBODY = 0x010F, 0

IDEA = {
    "title": "Hvem vasker vingerne?",
    "text": "Hver september hænger to af os i reb og vasker en mølle. Det har ingen set.",
    "language": "da",
    "topics": ["vindenergi"],
}
BODY = "Hver september hænger vi i reb under en vinge og vasker den. Vil du med næste gang?"
BETTER_BODY = BODY + "\n\nI år tog det **fire dage**."
STAGES = [
    {"name": "brand", "deciders": {"roles": ["reviewer"]}},
    {"name": "legal", "deciders": {"roles": ["program_manager"]}},
]
OWN_WORDS = "Jeg sælger strømmen, men det er Freja, der hænger i rebet."


@dataclass
class Desk:
    """Whoever plays, and what they have in hand."""

    stage: Stage
    tenant: str
    story_id: str = ""
    seen: dict[str, Any] = field(default_factory=dict)

    def voice(self, subject: str) -> Voice:
        return self.stage.voice(self.tenant, subject)

    @property
    def path(self) -> str:
        return f"/v1/stories/{self.story_id}"

    def approve(self, who: str) -> Json:
        """Let somebody approve exactly what the story says to them."""
        read = self.voice(who).get(self.path)
        waiting = self.voice(who).get("/v1/reviews", waiting_for="me")["items"]
        [stage] = [one["stage"] for one in waiting if one["story_id"] == self.story_id]
        body = {"decision": "approve", "content_hash": read["content_hash"], "stage": stage}
        return self.voice(who).post(f"{self.path}/review", body)

    def in_the_feed(self, subject: str) -> Json:
        items = self.voice(subject).get("/v1/feed")["items"]
        return next((one for one in items if one["story_id"] == self.story_id), None)


def a_photo() -> bytes:
    """Answer a JPEG that says with which camera it was taken."""
    exif = Image.Exif()
    exif[CAMERA] = "Nordlys private phone"
    held = io.BytesIO()
    Image.new("RGB", (64, 48), (40, 90, 160)).save(held, "JPEG", exif=exif)
    return held.getvalue()


def test_an_idea_becomes_a_story_is_revised_and_withdrawn_and_its_shares_stop(
    played: Played,
) -> None:
    desk = Desk(played.platform.stage(), played.theirs.tenant)
    two_stages_decide(desk)

    an_idea_becomes_a_story(desk)
    a_picture_goes_in(desk)
    two_people_approve_and_it_goes_live(desk)
    a_colleague_finds_it_with_its_picture(desk)
    it_is_revised_and_approved_anew(desk)
    its_trail_tells_all_of_it(desk)
    withdrawn_it_stops_everywhere(desk)


def two_stages_decide(desk: Desk) -> None:
    campaign = desk.voice("signe").post(
        "/v1/campaigns", {"name": "Bag om møllen", "purpose": "visibility"}
    )
    policy = {
        "name": "Bag om møllen",
        "campaign_ids": [campaign["campaign_id"]],
        "stages": STAGES,
    }
    desk.voice("ida").post("/v1/approval_policies", policy)
    desk.seen["campaign_id"] = campaign["campaign_id"]


def an_idea_becomes_a_story(desk: Desk) -> None:
    freja, ana, signe = (desk.voice(who) for who in ("freja", "ana", "signe"))
    idea = freja.post("/v1/ideas", IDEA | {"campaign_id": desk.seen["campaign_id"]})
    path = f"/v1/ideas/{idea['idea_id']}"

    ana.post(f"{path}/vote")
    story = signe.post(f"{path}/story")

    desk.story_id = story["story_id"]
    assert story["author"]["display_name"] == "Freja Lund"
    assert freja.get(path)["votes"] == 1


def a_picture_goes_in(desk: Desk) -> None:
    freja, photo = desk.voice("freja"), a_photo()
    begun = freja.post(
        "/v1/media",
        {
            "content_type": "image/jpeg",
            "bytes": len(photo),
            "alt_texts": {"da": "En kollega i reb under en vinge"},
            "origin": {"kind": "own_photo"},
            "people_shown": NOBODY,
        },
    )
    sent = desk.stage.client.request(
        begun["upload"]["method"],
        begun["upload"]["url"],
        content=photo,
        headers=begun["upload"]["headers"],
    )
    assert sent.is_success, sent.text
    media = freja.post(f"/v1/media/{begun['media']['media_id']}/complete")

    edit(desk, {"body": BODY, "media": [{"media_id": media["media_id"]}]})

    address = freja.get(f"/v1/media/{media['media_id']}/download")["url"]
    fetched = desk.stage.client.get(address)
    assert b"private phone" not in fetched.content
    desk.seen["sha256"] = media["sha256"]


def two_people_approve_and_it_goes_live(desk: Desk) -> None:
    desk.voice("freja").post(f"{desk.path}/submit")
    read = desk.voice("freja").get(desk.path)
    own = {"decision": "approve", "content_hash": read["content_hash"]}

    assert desk.voice("freja").refused(f"{desk.path}/review", own) == "own-story"
    assert waiting_for(desk, "signe") == []
    assert desk.approve("mads")["state"] == "in_review"
    assert waiting_for(desk, "signe") == [desk.story_id]
    assert desk.approve("signe")["state"] == "approved"
    assert desk.voice("freja").post(f"{desk.path}/publish")["state"] == "live"


def a_colleague_finds_it_with_its_picture(desk: Desk) -> None:
    desk.stage.eventually(
        "The story in Ana's feed", lambda: desk.in_the_feed("ana"), lambda found: found is not None
    )
    found = desk.voice("ana").get("/v1/stories", q="vinge")["items"]

    assert [one["sha256"] for one in desk.in_the_feed("ana")["media"]] == [desk.seen["sha256"]]
    assert desk.story_id in [one["story_id"] for one in found]


def it_is_revised_and_approved_anew(desk: Desk) -> None:
    desk.voice("freja").post(f"{desk.path}/revise")
    edit(desk, {"body": BETTER_BODY})
    desk.voice("freja").post(f"{desk.path}/submit")

    assert desk.voice("ana").get(desk.path)["working"]["body"] == BODY
    assert desk.voice("freja").refused(f"{desk.path}/publish") == "wrong-story-state"
    desk.approve("mads")
    desk.approve("signe")
    desk.voice("freja").post(f"{desk.path}/publish")

    assert desk.voice("ana").get(desk.path)["live"]["body"] == BETTER_BODY
    desk.stage.eventually(
        "The revision in Ana's feed",
        lambda: desk.in_the_feed("ana"),
        lambda found: found["body"] == BETTER_BODY,
    )


def its_trail_tells_all_of_it(desk: Desk) -> None:
    acts = [
        entry["act"] for entry in desk.voice("freja").get(f"{desk.path}/trail", limit=100)["items"]
    ]

    assert acts.count("published") == 2
    assert desk.voice("freja").get(f"{desk.path}/trail/verification")["intact"] is True


def withdrawn_it_stops_everywhere(desk: Desk) -> None:
    ana, signe = desk.voice("ana"), desk.voice("signe")
    pause = signe.post("/v1/pauses", {"reason": "Vi venter på vejret."})
    try:
        waiting = a_share_that_waits(desk, ana)
        signe.post(f"{desk.path}/withdraw")
        stopped = desk.stage.eventually(
            "The end of Ana's share",
            lambda: ana.get(f"/v1/shares/{waiting['share_id']}"),
            lambda found: found["state"] == "cancelled",
        )
    finally:
        signe.post(f"/v1/pauses/{pause['pause_id']}/lift")

    assert stopped["reason"] == "story_withdrawn"
    assert desk.in_the_feed("ana") is None
    assert ana.get("/v1/stories", q="vinge")["items"] == []


def a_share_that_waits(desk: Desk, ana: Voice) -> Json:
    """Answer a share that is held back; some may go out before sharing has heard of the pause."""
    account = ana.get("/v1/accounts")["items"][0]
    about = {"story_id": desk.story_id, "account_id": account["account_id"]}
    for ending in ("Prøv at se det her.", "Se selv.", "Det er et kig værd.", "Sådan er det."):
        share = shared(desk, ana, {**about, "text": f"{OWN_WORDS} {ending}"})
        if share["state"] == "scheduled":
            return share
    raise AssertionError("Nothing is held back.")


def shared(desk: Desk, ana: Voice, body: Json) -> Json:
    """Answer a share once it is held back, or out."""
    share = ana.post("/v1/shares", body, key=str(new_id()))
    return desk.stage.eventually(
        "That Ana's share is held back, or out",
        lambda: ana.get(f"/v1/shares/{share['share_id']}"),
        lambda found: found["reason"] == "publishing_paused" or found["state"] == "published",
    )


def waiting_for(desk: Desk, subject: str) -> list[str]:
    """Answer which of our stories wait for somebody's decision."""
    items = desk.voice(subject).get("/v1/reviews", waiting_for="me")["items"]
    return [one["story_id"] for one in items if one["story_id"] == desk.story_id]


def edit(desk: Desk, changes: dict[str, Any]) -> None:
    """Let Freja change what she has just read."""
    freja = desk.voice("freja")
    tag = freja.call("GET", desk.path).headers["etag"]
    freja.call("PATCH", desk.path, body=changes, told={"if-match": tag})
