"""Accounts and what they granted: codes, access tokens, rotating refresh tokens."""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import compare_digest
from sqlite3 import Connection, Row

from chassis.ids import new_id
from fortaler.sandbox_network.errors import SandboxRefusal, unauthorized

CODE_LIFETIME_S = 60  # RFC 6749 section 4.1.2 allows ten minutes; real networks give 30 to 60 s.
ACCESS_TOKEN_LIFETIME_S = 2 * 60 * 60
HANDLE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,29}")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on the network."""

    id: str
    handle: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets for a code or for a refresh token."""

    access_token: str
    refresh_token: str
    scope: str


def log_in(connection: Connection, handle: str) -> Account:
    """Answer the account of that handle, made on first sight: the sandbox knows no passwords."""
    handle = handle.strip().removeprefix("@").lower()
    if HANDLE.fullmatch(handle) is None:
        raise SandboxRefusal(400, "invalid_request", "A handle has 1 to 30 of a-z 0-9 _ . -")
    name = re.sub(r"[_.-]+", " ", handle).title().strip()
    connection.execute(
        "insert into accounts values (?, ?, ?) on conflict (handle) do nothing",
        (str(new_id()), handle, name),
    )
    row = connection.execute("select * from accounts where handle = ?", (handle,)).fetchone()
    return Account(row["id"], row["handle"], row["display_name"])


def grant_code(
    connection: Connection,
    account: Account,
    *,
    client_id: str,
    scope: str,
    redirect_uri: str,
    code_challenge: str,
    now: float,
) -> str:
    """Make a grant, and answer the code that stands for it for CODE_LIFETIME_S seconds."""
    grant_id, code = str(new_id()), secrets.token_urlsafe(32)
    connection.execute(
        "insert into grants values (?, ?, ?, ?, ?, null)",
        (grant_id, account.id, client_id, scope, now),
    )
    connection.execute(
        "insert into codes values (?, ?, ?, ?, ?, null)",
        (_hash(code), grant_id, redirect_uri, code_challenge, now + CODE_LIFETIME_S),
    )
    return code


def redeem_code(
    connection: Connection,
    code: str,
    *,
    client_id: str,
    redirect_uri: str,
    code_verifier: str,
    now: float,
) -> Tokens:
    """Give tokens for a code, once. A second try kills what the first got (RFC 6749 4.1.2)."""
    row = connection.execute(
        "select codes.*, client_id, scope, revoked_at from codes join grants on id = grant_id"
        " where code_hash = ?",
        (_hash(code),),
    ).fetchone()
    if row is None or row["client_id"] != client_id:
        raise _invalid_grant("This code is not known.")
    if row["used_at"] is not None:
        revoke_grant(connection, row["grant_id"], now)
        raise _invalid_grant("This code was used before.")
    connection.execute("update codes set used_at = ? where code_hash = ?", (now, _hash(code)))
    if row["revoked_at"] is not None or row["expires_at"] <= now:
        raise _invalid_grant("This code has expired.")
    if row["redirect_uri"] != redirect_uri:
        raise _invalid_grant("The redirect_uri is not the one of the authorization.")
    if not verifies(code_verifier, row["code_challenge"]):
        raise _invalid_grant("The code_verifier does not fit the code_challenge.")
    return _issue(connection, row["grant_id"], row["scope"], now)


def rotate(connection: Connection, refresh_token: str, *, client_id: str, now: float) -> Tokens:
    """New tokens for a refresh token, once. A replay kills the whole grant (RFC 9700 4.14)."""
    row = connection.execute(
        "select refresh_tokens.*, client_id, scope, revoked_at from refresh_tokens"
        " join grants on id = grant_id where token_hash = ?",
        (_hash(refresh_token),),
    ).fetchone()
    if row is None or row["client_id"] != client_id:
        raise _invalid_grant("This refresh token is not known.")
    if row["used_at"] is not None:
        revoke_grant(connection, row["grant_id"], now)
        raise _invalid_grant("Refresh token replayed; the grant is revoked.")
    if row["revoked_at"] is not None:
        raise _invalid_grant("The grant was revoked.")
    connection.execute(
        "update refresh_tokens set used_at = ? where token_hash = ?", (now, _hash(refresh_token))
    )
    return _issue(connection, row["grant_id"], row["scope"], now)


def verifies(code_verifier: str, code_challenge: str) -> bool:
    """S256 of RFC 7636 section 4.6."""
    if re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", code_verifier) is None:
        return False
    digest = hashlib.sha256(code_verifier.encode()).digest()
    return compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), code_challenge)


def get_bearer(connection: Connection, access_token: str, now: float) -> Row:
    """Account columns and `scope` of a living access token, or 401 invalid_token."""
    row: Row | None = connection.execute(
        "select accounts.*, scope from access_tokens join grants on grants.id = grant_id"
        " join accounts on accounts.id = account_id"
        " where token_hash = ? and expires_at > ? and revoked_at is null",
        (_hash(access_token), now),
    ).fetchone()
    if row is None:
        raise unauthorized("The access token is unknown, expired or revoked.")
    return row


def revoke_by_token(
    connection: Connection, token: str, now: float, *, client_id: str | None = None
) -> None:
    """End the grant behind an access or refresh token; an unknown token changes nothing.

    With a client_id only that client's grants can be ended (RFC 7009 section 2.1).
    """
    connection.execute(
        "update grants set revoked_at = ? where revoked_at is null and (? is null or client_id = ?)"
        " and id in (select grant_id from access_tokens where token_hash = ?"
        " union select grant_id from refresh_tokens where token_hash = ?)",
        (now, client_id, client_id, _hash(token), _hash(token)),
    )


def revoke_grant(connection: Connection, grant_id: str, now: float) -> None:
    """End every token of the grant."""
    connection.execute(
        "update grants set revoked_at = ? where id = ? and revoked_at is null", (now, grant_id)
    )


def expire_access_token(connection: Connection, access_token: str, now: float) -> None:
    """Let one access token end now; its refresh token lives on."""
    connection.execute(
        "update access_tokens set expires_at = ? where token_hash = ?", (now, _hash(access_token))
    )


def _issue(connection: Connection, grant_id: str, scope: str, now: float) -> Tokens:
    tokens = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32), scope)
    connection.execute("delete from access_tokens where expires_at <= ?", (now,))
    connection.execute(
        "insert into access_tokens values (?, ?, ?)",
        (_hash(tokens.access_token), grant_id, now + ACCESS_TOKEN_LIFETIME_S),
    )
    connection.execute(
        "insert into refresh_tokens values (?, ?, null)", (_hash(tokens.refresh_token), grant_id)
    )
    return tokens


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _invalid_grant(description: str) -> SandboxRefusal:
    return SandboxRefusal(400, "invalid_grant", description)
