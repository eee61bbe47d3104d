"""What the network remembers, in one SQLite file, so that a restart forgets nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from fortaler.sandbox_network.errors import SandboxRefusal

BUSY_TIMEOUT_S = 10.0  # Long enough for a checker that reads the same file from another process.

SCHEMA = """
create table if not exists accounts (
    id text primary key, handle text not null unique, display_name text not null);
create table if not exists grants (
    id text primary key, account_id text not null references accounts, client_id text not null,
    scope text not null, created_at real not null, revoked_at real);
create table if not exists codes (
    code_hash text primary key, grant_id text not null references grants,
    redirect_uri text not null, code_challenge text not null, expires_at real not null,
    used_at real);
create table if not exists access_tokens (
    token_hash text primary key, grant_id text not null references grants,
    expires_at real not null);
create table if not exists refresh_tokens (
    token_hash text primary key, grant_id text not null references grants, used_at real);
create table if not exists posts (
    position integer primary key autoincrement, id text not null unique,
    account_id text not null references accounts, text text not null, link text, language text,
    client_ref text, created_at real not null, visible_from real not null, deleted_at real);
create index if not exists posts_by_client_ref on posts (account_id, client_ref);
create table if not exists reactions (
    position integer primary key autoincrement, post_id text not null, kind text not null,
    actor text not null, text text, created_at real not null);
create index if not exists reactions_by_post on reactions (post_id, kind);
create unique index if not exists one_like_and_one_reshare_each
    on reactions (post_id, kind, actor) where kind <> 'comments';
"""


class Store:
    """One connection to one file; every caller gets a transaction of its own."""

    def __init__(self, path: str) -> None:
        # The app may be built in one thread and served in another; it is never used by two at once.
        self._connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end, roll back on failure.

        A refusal is an answer and no failure, so it commits: a replayed refresh token is refused,
        and the grant that dies of it has to stay dead.
        """
        self._connection.execute("begin immediate")
        try:
            yield self._connection
        except SandboxRefusal:
            self._connection.execute("commit")
            raise
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
