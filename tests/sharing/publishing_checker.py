"""Compares what a network holds with what sharing says: by their records, not by sharing's code."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tests.sharing.conftest import Company

ENDED = frozenset({"published", "failed", "needs_review"})


async def findings(company: Company, made: Sequence[str], handles: Sequence[str]) -> list[str]:
    """Answer everything that is wrong with the shares that were made; nothing is a good answer."""
    rows = await _rows(company, "select share_id, state, post_id from shares where tenant_id = $1")
    told = await _rows(
        company,
        "select aggregateid as share_id from outbox"
        " where tenant_id = $1 and type = 'fortaler.share.published.v1'",
    )
    shares = {str(row["share_id"]): row for row in rows}
    announced = Counter(str(row["share_id"]) for row in told)
    posts: dict[str, list[str]] = defaultdict(list)
    for handle in handles:
        for post in await company.sandbox.posts_of(handle):
            posts[str(post["client_ref"]).removeprefix("share-")].append(post["id"])
    found = [f"{one} is lost" for one in set(made) - shares.keys()]
    found += [f"{one} was posted and never made" for one in posts.keys() - set(made)]
    for share_id, share in shares.items():
        found += _wrong_with(share, posts[share_id], announced[share_id])
    return found


async def under_way(company: Company) -> int:
    """Answer how many shares have not ended."""
    rows = await _rows(company, "select state from shares where tenant_id = $1")
    return sum(row["state"] not in ENDED for row in rows)


def _wrong_with(share: dict[str, Any], posts: list[str], announced: int) -> list[str]:
    name, state = share["share_id"], share["state"]
    found = []
    if len(posts) > 1:
        found.append(f"{name} has {len(posts)} posts")
    if state not in ENDED:
        found.append(f"{name} is still {state}")
    if state == "published" and [share["post_id"]] != posts:
        found.append(f"{name} is published as {share['post_id']}, the network has {posts}")
    if state == "failed" and posts:
        found.append(f"{name} has failed and is on the network")
    if announced != (state == "published"):
        found.append(f"{name} is {state} and was announced {announced} times as published")
    return found


async def _rows(company: Company, question: str) -> list[dict[str, Any]]:
    connection = await company.sharing.context.database.connect("relay")
    try:
        rows = await connection.fetch(question, company.tenant.tenant_id)
        return [dict(row) for row in rows]
    finally:
        await connection.close()
