"""The sandbox network: OAuth 2.0 with PKCE, an idempotency key that is kept, honest counters."""

import re
import ssl
from datetime import timedelta
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from chassis.http_client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from services.sharing.networks.base import (
    Draft,
    Finding,
    GrantRefused,
    NetworkTrouble,
    NotThere,
    Outcome,
    OutcomeUnknown,
    Profile,
    Published,
    RateLimited,
    Refused,
    TokenRejected,
    Tokens,
)
from services.sharing.networks.counting import length_with_addresses_as

URL_CHARACTERS = 23
SCOPES = "profile read:posts write:posts"

HANDLE_CHARS_MAX = 255
REASON_CHARS_MAX = 100
TOKEN_LIFETIME_S_MAX = 366 * 24 * 3600
URL_CHARS_MAX = 2000
_ID = re.compile(r"[!-~]{1,255}")
"""What a network answers is input like any other."""

RETRY_AFTER_S = 60.0
"""Where a 429 does not say how long, or says it as a date."""

RETRY_AFTER_S_MAX = 3600.0

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""No connection, no post: these are the only failures that leave no doubt."""


class Sandbox:
    """The adapter of one sandbox network."""

    name = "sandbox"
    text_length_max = 500
    # Proven by tests/sharing against the network itself, which keeps keys for one hour.
    dedupe: timedelta | None = timedelta(hours=1)

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        base_url: str,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
    ) -> None:
        self._client = client
        self._base_url = base_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        # Made once: it takes longer to make than a call does.
        self._tls = ssl.create_default_context()

    def text_length(self, text: str) -> int:
        """Count every address as 23 characters."""
        return length_with_addresses_as(URL_CHARACTERS, text)

    def authorization_url(self, *, state: str, verifier: str) -> str:
        """Answer where an advocate grants access."""
        url, _ = self._oauth().create_authorization_url(
            f"{self._base_url}/oauth/authorize", state=state, code_verifier=verifier
        )
        return str(url)

    async def exchange(self, code: str, *, verifier: str) -> Tokens:
        """Redeem a code. Raises GrantRefused or NetworkTrouble."""
        return await self._tokens(code=code, code_verifier=verifier)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Renew a grant. Raises GrantRefused or NetworkTrouble."""
        return await self._tokens(grant_type="refresh_token", refresh_token=refresh_token)

    async def profile(self, access_token: str) -> Profile:
        """Ask whose token this is. Raises GrantRefused or NetworkTrouble."""
        try:
            answer = await self._client.get(
                f"{self._base_url}/api/me", headers=_bearer(access_token)
            )
            if answer.status_code in {401, 403}:
                raise GrantRefused("The network does not accept its own token.")
            answer.raise_for_status()
            found = answer.json()
            if not _ID.fullmatch(str(found["id"])):
                raise NetworkTrouble("profile_without_id")
            return Profile(str(found["id"]), _words(found["handle"], HANDLE_CHARS_MAX))
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise NetworkTrouble(type(error).__name__) from error

    async def revoke(self, token: str) -> None:
        """End the grant behind a token. Raises NetworkTrouble."""
        try:
            async with self._oauth() as oauth:
                answer = await oauth.revoke_token(f"{self._base_url}/oauth/revoke", token=token)
                answer.raise_for_status()
        except (httpx2.HTTPError, OAuthError) as error:
            raise NetworkTrouble(type(error).__name__) from error

    async def publish(self, access_token: str, draft: Draft) -> Outcome:
        """Post, once."""
        body = {"text": draft.text, "link": draft.link, "language": draft.language}
        headers = _bearer(access_token) | {"Idempotency-Key": draft.key}
        try:
            answer = await self._client.post(
                f"{self._base_url}/api/posts", json=body, headers=headers
            )
        except _NEVER_SENT:
            return Refused("network_unreachable", retryable=True)
        except httpx2.HTTPError as error:
            return OutcomeUnknown(type(error).__name__)
        if answer.status_code == httpx2.codes.CREATED:
            return _post_in(_json(answer)) or OutcomeUnknown("answer_without_id")
        return _no(answer)

    async def find(self, access_token: str, key: str) -> Finding:
        """Look for the post of a key."""
        query = {"author": "me", "client_ref": key, "limit": "1"}
        try:
            answer = await self._client.get(
                f"{self._base_url}/api/posts", params=query, headers=_bearer(access_token)
            )
        except httpx2.HTTPError as error:
            return OutcomeUnknown(type(error).__name__)
        if answer.status_code != httpx2.codes.OK:
            return _no(answer)
        items = _json(answer).get("items")
        if not isinstance(items, list):
            return OutcomeUnknown("answer_without_items")
        if not items:
            return NotThere()
        if not isinstance(items[0], dict) or items[0].get("client_ref") != key:
            return OutcomeUnknown("answer_about_another_post")
        return _post_in(items[0]) or OutcomeUnknown("answer_without_id")

    async def _tokens(self, **grant: str) -> Tokens:
        try:
            async with self._oauth() as oauth:
                granted = await oauth.fetch_token(f"{self._base_url}/oauth/token", **grant)
            refresh, lives_s = granted.get("refresh_token"), granted.get("expires_in")
            return Tokens(
                str(granted["access_token"]),
                None if refresh is None else str(refresh),
                None if lives_s is None else min(int(lives_s), TOKEN_LIFETIME_S_MAX),
            )
        except OAuthError as error:
            if error.error != "invalid_grant":
                # We ask wrongly, or too often (RFC 6749 5.2): no reason to give a grant up.
                raise NetworkTrouble(_words(error.error, REASON_CHARS_MAX)) from error
            raise GrantRefused("invalid_grant") from error
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise NetworkTrouble(type(error).__name__) from error

    def _oauth(self) -> AsyncOAuth2Client:
        # One per use: such a client remembers the last token that it has seen.
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            redirect_uri=self._redirect_uri,
            scope=SCOPES,
            code_challenge_method="S256",
            verify=self._tls,
            trust_env=False,
            timeout=httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        )


def _bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _post_in(found: Any) -> Published | None:
    if not isinstance(found, dict) or not _ID.fullmatch(str(found.get("id") or "")):
        return None
    return Published(str(found["id"]), _words(found.get("url", ""), URL_CHARS_MAX))


def _words(found: Any, chars_max: int) -> str:
    # What a network says is input like any other, and a database cannot keep all of it.
    return "".join(one for one in str(found) if one.isprintable())[:chars_max]


def _no(answer: httpx2.Response) -> Refused | RateLimited | TokenRejected | OutcomeUnknown:
    status = answer.status_code
    if status == httpx2.codes.UNAUTHORIZED:
        return TokenRejected()
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        return RateLimited(_retry_after_s(answer.headers.get("retry-after", "")))
    # Below 400 and from 500 on, and when the server gave up waiting: it may have done the work.
    if status < 400 or status >= 500 or status == httpx2.codes.REQUEST_TIMEOUT:
        return OutcomeUnknown(f"http_{status}")
    reason = _words(_json(answer).get("error") or f"http_{status}", REASON_CHARS_MAX)
    return Refused(reason, retryable=False)


def _retry_after_s(header: str) -> float:
    if not header.isdecimal():
        return RETRY_AFTER_S
    return min(max(float(header), 1.0), RETRY_AFTER_S_MAX)
