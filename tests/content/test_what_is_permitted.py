"""What somebody has permitted piece by piece counts together: each purpose on each network."""

from uuid import UUID

import pytest

from services.content.domain.media import Media, Origin
from services.content.domain.permissions import Permission, PermissionMissing, check_permitted
from services.content.domain.texts import Content, Variant
from tests.content.test_permissions_over_time import IN, NOON, X, a_permission, day
from tests.content.test_texts import content

CASES: dict[str, tuple[list[Permission], str, tuple[str, ...], bool]] = {
    "nothing": ([], "article", IN, False),
    "anywhere": ([a_permission("karen", 0, None)], "article", IN, True),
    "the network asked for": ([a_permission("karen", 0, None, networks=IN)], "article", IN, True),
    "another network": ([a_permission("karen", 0, None, networks=X)], "article", IN, False),
    "one of two networks": ([a_permission("karen", 0, None, networks=X)], "article", IN + X, False),
    "network by network": (
        [a_permission("karen", 0, None, networks=IN), a_permission("karen", 0, None, networks=X)],
        "article",
        IN + X,
        True,
    ),
    "network by network, from two people": (
        [a_permission("karen", 0, None, networks=IN), a_permission("jens", 0, None, networks=X)],
        "article",
        IN + X,
        False,
    ),
    "network by network, and no longer one": (
        [a_permission("karen", 0, None, networks=IN), a_permission("karen", 0, 1, networks=X)],
        "article",
        IN + X,
        False,
    ),
    "network by network, and not yet one": (
        [a_permission("karen", 0, None, networks=IN), a_permission("karen", 3, None, networks=X)],
        "article",
        IN + X,
        False,
    ),
    "network by network, and one taken back": (
        [
            a_permission("karen", 0, None, networks=IN),
            a_permission("karen", 0, None, networks=X, taken_back=True),
        ],
        "article",
        IN + X,
        False,
    ),
    "some networks where any is asked for": (
        [a_permission("karen", 0, None, networks=IN), a_permission("karen", 0, None, networks=X)],
        "article",
        (),
        False,
    ),
    "any network where any is asked for": ([a_permission("karen", 0, None)], "article", (), True),
    "purpose by purpose": (
        [a_permission("karen", 0, None), a_permission("karen", 0, None, ("recruiting",))],
        "job",
        IN,
        True,
    ),
    "one of two purposes": ([a_permission("karen", 0, None)], "job", IN, False),
    "each purpose on another network": (
        [
            a_permission("karen", 0, None, networks=IN),
            a_permission("karen", 0, None, ("recruiting",), networks=X),
        ],
        "job",
        IN + X,
        False,
    ),
    "each purpose on each network, by four": (
        [
            a_permission("karen", 0, None, ("social_media",), networks=IN),
            a_permission("karen", 0, None, ("social_media",), networks=X),
            a_permission("karen", 0, None, ("recruiting",), networks=IN),
            a_permission("Karen", 0, None, ("recruiting",), networks=X),
        ],
        "job",
        IN + X,
        True,
    ),
    "one purpose anywhere, the other by network": (
        [
            a_permission("karen", 0, None, ("social_media",)),
            a_permission("karen", 0, None, ("recruiting",), networks=IN),
        ],
        "job",
        IN,
        True,
    ),
}


def a_picture(people_shown: int) -> Media:
    return Media(
        media_id=UUID(int=2),
        state="ready",
        filename=None,
        content_type="image/jpeg",
        bytes=1,
        sha256="0" * 64,
        width=1,
        height=1,
        alt_texts={"en": "Karen"},
        origin=Origin("own_photo"),
        people_shown=people_shown,
        in_library=False,
        uploaded_by=UUID(int=3),
        object_name="karen",
        created_at=NOON,
    )


@pytest.mark.parametrize("case", CASES)
def test_what_somebody_has_permitted_piece_by_piece_counts_together(case: str) -> None:
    permissions, kind, networks, enough = CASES[case]
    story = content(kind=kind, variants=tuple(Variant(one, "en", "Calm.") for one in networks))

    assert _is_permitted(permissions, story, people_shown=1) is enough


def test_pieces_make_one_person_and_no_second_one() -> None:
    pieces, _, networks, _ = CASES["network by network"]
    story = content(variants=tuple(Variant(one, "en", "Calm.") for one in networks))
    jens = [a_permission("jens", 0, None)]

    assert not _is_permitted(pieces, story, people_shown=2)
    assert _is_permitted(pieces + jens, story, people_shown=2)


@pytest.mark.parametrize("people_shown", [0, 1])
def test_what_has_ended_for_one_person_nobody_else_permits_in_their_place(
    people_shown: int,
) -> None:
    for_ever = [a_permission("karen", 0, None), a_permission("jens", 0, None)]
    adverts = [
        a_permission("karen", 0, 1, ("recruiting",)),
        a_permission("jens", 0, None, ("recruiting",)),
    ]

    allowed = {
        kind: _is_permitted(for_ever + adverts, content(kind=kind), people_shown=people_shown)
        for kind in ("article", "job")
    }

    assert allowed == {"article": True, "job": False}


def _is_permitted(permissions: list[Permission], story: Content, *, people_shown: int) -> bool:
    try:
        check_permitted(a_picture(people_shown), permissions, story, at=day(2))
    except PermissionMissing:
        return False
    return True
