"""The life of a share: which step follows which, and when it is looked at again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from yarl import URL

from services.sharing.domain import links, shares
from services.sharing.domain.shares import (
    GIVE_UP_AFTER,
    LEASE,
    LOOK_DELAYS_S,
    SHOWN_WITHIN,
    Share,
    ShareNotCancellable,
    TextTooLong,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ID = UUID(int=7)
HOUR = timedelta(hours=1)


def a_share(**changes: object) -> Share:
    fields: dict[str, object] = dict.fromkeys(("share_id", "person_id", "account_id"), ID)
    fields |= {
        "story_id": ID,
        "story_version": 1,
        "campaign_id": None,
        "network": "sandbox",
        "state": "scheduled",
        "words": "Stolt",
        "text": "Jeg arbejder hos Nordlys. Stolt",
        "language": "da",
        "disclosure": "employment",
        "own_words": True,
        "decision": {},
        "code": None,
        "link": None,
        "target": None,
        "traceparent": None,
        "created_at": NOW,
        "wake_at": NOW,
    }
    return Share(**{**fields, **changes})  # type: ignore[arg-type]


def an_uncertain_share() -> Share:
    return shares.doubt(shares.begin(a_share(), lease=ID, at=NOW), reason="timeout", at=NOW)


def test_the_intent_holds_a_lease_that_wakes_the_next_publisher() -> None:
    begun = shares.begin(a_share(), lease=ID, at=NOW)

    assert (begun.state, begun.lease, begun.wake_at) == ("publishing", ID, NOW + LEASE)


def test_published_has_the_networks_id_and_is_never_woken_again() -> None:
    begun = shares.begin(a_share(), lease=ID, at=NOW)

    out = shares.publish(begun, post_id="p1", post_url="u", at=NOW)

    assert (out.state, out.post_id, out.lease, out.wake_at) == ("published", "p1", None, None)


@pytest.mark.parametrize("state", ["publishing", "published", "uncertain", "failed"])
def test_only_what_waits_can_be_cancelled(state: str) -> None:
    with pytest.raises(ShareNotCancellable):
        shares.cancel(a_share(state=state), reason="by_advocate")


@pytest.mark.parametrize("state", ["published", "failed", "cancelled", "needs_review"])
def test_what_has_ended_is_never_sent(state: str) -> None:
    with pytest.raises(ValueError, match="cannot become publishing"):
        shares.begin(a_share(state=state), lease=ID, at=NOW)


def test_what_may_be_out_already_is_never_sent_as_new() -> None:
    with pytest.raises(ValueError, match="cannot become publishing"):
        shares.begin(an_uncertain_share(), lease=ID, at=NOW)


def test_a_network_that_says_when_is_asked_then() -> None:
    begun = shares.begin(a_share(), lease=ID, at=NOW)

    waiting = shares.postpone(begun, reason="rate_limited", at=NOW, after_s=40)

    assert (waiting.state, waiting.wake_at) == ("scheduled", NOW + timedelta(seconds=40))


def test_a_network_in_trouble_is_tried_ever_more_seldom_and_given_up_after_a_day() -> None:
    begun = shares.begin(a_share(), lease=ID, at=NOW)
    delays = [
        shares.postpone(replace(begun, attempts=n), reason="x", at=NOW).wake_at
        for n in (1, 2, 3, 20)
    ]

    stale = shares.postpone(begun, reason="network_unreachable", at=NOW + GIVE_UP_AFTER)

    assert delays == [NOW + timedelta(seconds=s) for s in (5, 10, 20, 900)]
    assert (stale.state, stale.reason) == ("failed", "network_unreachable")


def test_doubt_is_looked_into_soon_and_ends_with_a_person() -> None:
    share = an_uncertain_share()
    looks = 0

    while share.state == "uncertain":
        share = shares.look_again(share, reason="not_found", at=NOW)
        looks += 1

    assert (looks, share.state, share.wake_at) == (len(LOOK_DELAYS_S), "needs_review", None)


def test_a_repeat_needs_a_proven_key_and_time_for_a_late_post_to_show() -> None:
    share = an_uncertain_share()
    shown = NOW + SHOWN_WITHIN

    assert shares.may_repeat(share, key_kept=HOUR, at=shown)
    assert not shares.may_repeat(share, key_kept=None, at=shown)
    assert not shares.may_repeat(share, key_kept=HOUR, at=shown - timedelta(seconds=1))
    assert not shares.may_repeat(share, key_kept=HOUR, at=NOW + timedelta(minutes=55))


def test_a_text_too_long_is_refused_with_the_numbers() -> None:
    with pytest.raises(TextTooLong) as refusal:
        shares.check_length(501, 500)

    assert refusal.value.members == {"length": 501, "length_max": 500}
    assert refusal.value.field == "/text"


def test_a_link_keeps_its_own_query_and_fragment_and_names_nobody() -> None:
    target = URL(
        links.target_of(
            "https://nordlys.example/falk?ref=hub&q=a%20b#top",
            network="sandbox",
            story_id=ID,
            campaign_id=None,
        )
    )

    assert (target.path, target.fragment) == ("/falk", "top")
    assert dict(target.query) == {
        "ref": "hub",
        "q": "a b",
        "utm_source": "sandbox",
        "utm_medium": "advocacy",
        "utm_campaign": str(ID),
    }


def test_codes_are_twelve_characters_of_base_62_and_all_different() -> None:
    codes = {links.code_of(number) for number in (0, 1, 61, 62, links.CODES - 1)}

    assert {len(code) for code in codes} == {12}
    assert len(codes) == 5
    assert all(code.isalnum() for code in codes)
