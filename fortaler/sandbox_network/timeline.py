"""The posts of the network and what strangers did with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row

from chassis.ids import new_id
from fortaler.sandbox_network.errors import SandboxRefusal

TEXT_CHARACTERS_MAX = 500
URL_CHARACTERS = 23  # Every address weighs the same, however long, as on Mastodon and X.
IDEMPOTENCY_KEY_LIFETIME_S = 60 * 60

POST_COLUMNS = (
    "select posts.*, handle,"
    " (select count(*) from reactions where post_id = posts.id and kind = 'likes') likes,"
    " (select count(*) from reactions where post_id = posts.id and kind = 'comments') comments,"
    " (select count(*) from reactions where post_id = posts.id and kind = 'reshares') reshares"
    " from posts join accounts on accounts.id = account_id"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to post."""

    text: str
    link: str | None
    language: str | None
    client_ref: str | None


def text_length(text: str) -> int:
    """Count characters as this network does."""
    return len(re.sub(r"https?://\S+", "x" * URL_CHARACTERS, text))


def publish(
    connection: Connection, account_id: str, draft: Draft, *, now: float, late_s: float
) -> Row:
    """Put the draft on the timeline, or give back the post that its key already made.

    Refuses with 422 when the key came with another draft, and with 410 when its post was deleted.
    """
    if draft.client_ref is not None:
        earlier = _find_by_key(connection, account_id, draft.client_ref, now)
        if earlier is not None:
            return _repeated(earlier, draft)
    post_id = str(new_id())
    connection.execute(
        "insert into posts (id, account_id, text, link, language, client_ref, created_at,"
        " visible_from) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            post_id,
            account_id,
            draft.text,
            draft.link,
            draft.language,
            draft.client_ref,
            now,
            now + late_s,
        ),
    )
    row: Row = connection.execute(f"{POST_COLUMNS} where posts.id = ?", (post_id,)).fetchone()
    return row


def get_visible(connection: Connection, post_id: str, now: float) -> Row:
    """Answer the post, or 404 when there is none, when it is gone, or when it does not show yet."""
    row: Row | None = connection.execute(
        f"{POST_COLUMNS} where posts.id = ? and deleted_at is null and visible_from <= ?",
        (post_id, now),
    ).fetchone()
    if row is None:
        raise _post_not_found(post_id)
    return row


def posts_of(
    connection: Connection, account_id: str, *, client_ref: str | None, limit: int, now: float
) -> Sequence[Row]:
    """Answer the account's visible posts, newest first; with a key, those sent under it."""
    return connection.execute(
        f"{POST_COLUMNS} where account_id = ? and (? is null or client_ref = ?)"
        " and deleted_at is null and visible_from <= ? order by position desc limit ?",
        (account_id, client_ref, client_ref, now, limit),
    ).fetchall()


def remove(connection: Connection, post_id: str, account_id: str, now: float) -> None:
    """Take an own post off the timeline; 404 when it is not there (any more)."""
    removed = connection.execute(
        "update posts set deleted_at = ? where id = ? and account_id = ? and deleted_at is null",
        (now, post_id, account_id),
    )
    if removed.rowcount == 0:
        raise _post_not_found(post_id)


def react(
    connection: Connection, post_id: str, kind: str, *, actor: str, text: str | None, now: float
) -> Row:
    """Count a reaction and give the post with its new counters; one like and reshare per actor."""
    get_visible(connection, post_id, now)
    connection.execute(
        "insert into reactions (post_id, kind, actor, text, created_at) values (?, ?, ?, ?, ?)"
        " on conflict do nothing",
        (post_id, kind, actor, text, now),
    )
    return get_visible(connection, post_id, now)


def everything(connection: Connection, *, after: int, limit: int) -> Sequence[Row]:
    """All that was ever posted, deleted and hidden posts too, oldest first."""
    return connection.execute(
        f"{POST_COLUMNS} where position > ? order by position limit ?", (after, limit)
    ).fetchall()


def forget_everything(connection: Connection) -> None:
    """Empty the timeline; accounts and their grants stay."""
    connection.execute("delete from reactions")
    connection.execute("delete from posts")


def _find_by_key(connection: Connection, account_id: str, key: str, now: float) -> Row | None:
    row: Row | None = connection.execute(
        f"{POST_COLUMNS} where account_id = ? and client_ref = ? and created_at > ?"
        " order by position desc limit 1",
        (account_id, key, now - IDEMPOTENCY_KEY_LIFETIME_S),
    ).fetchone()
    return row


def _repeated(earlier: Row, draft: Draft) -> Row:
    if (earlier["text"], earlier["link"], earlier["language"]) != (
        draft.text,
        draft.link,
        draft.language,
    ):
        raise SandboxRefusal(
            422, "idempotency_key_reused", "This Idempotency-Key came with another post before."
        )
    if earlier["deleted_at"] is not None:
        raise SandboxRefusal(410, "post_deleted", "The post of this Idempotency-Key was deleted.")
    return earlier


def _post_not_found(post_id: str) -> SandboxRefusal:
    return SandboxRefusal(404, "not_found", f"No post {post_id}.")
