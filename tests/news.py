"""What services announce, as those who hear of it would: what a test leaves open is made up."""

from typing import Any

from chassis.ids import new_id
from contracts.content import Audience, StoryPublished
from contracts.sharing import SharePublished

EVERYBODY = Audience(team_ids=[], regions=[], countries=[], languages=[])


def a_story_is_live(**facts: Any) -> StoryPublished:
    """Answer content's news of a story that went live."""
    known: dict[str, Any] = {
        "story_id": new_id(),
        "version": 1,
        "content_hash": "0" * 64,
        "author_id": new_id(),
        "campaign_id": None,
        "title": "Vi bygger vindmøller",
        "body": "Sådan gør vi.",
        "link": None,
        "language": "da",
        "topics": [],
        "variants": [],
        "audience": EVERYBODY,
        "embargo_until": None,
        "expires_at": None,
    }
    return StoryPublished(**{**known, **facts})


def a_share_is_out(**facts: Any) -> SharePublished:
    """Answer sharing's news of a share that the network shows."""
    known: dict[str, Any] = {
        "share_id": new_id(),
        "story_id": new_id(),
        "story_version": 1,
        "campaign_id": None,
        "person_id": new_id(),
        "account_id": new_id(),
        "network": "sandbox",
        "network_post_id": "1",
        "own_words": True,
        "disclosure": "Reklame",
    }
    return SharePublished(**{**known, **facts})
