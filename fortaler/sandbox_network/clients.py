"""The applications that may ask for access, and where their users may be sent back to."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from urllib.parse import unquote_plus, urlsplit

from fortaler.sandbox_network.errors import SandboxRefusal


@dataclass(frozen=True, slots=True)
class Client:
    """A confidential client (RFC 6749 section 2.1)."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri_prefixes: tuple[str, ...]

    def may_redirect_to(self, redirect_uri: str) -> bool:
        """Answer whether the address lies under a registered prefix of the same origin."""
        wanted = urlsplit(redirect_uri)
        if wanted.fragment or ".." in wanted.path.split("/"):
            return False
        return any(
            (wanted.scheme, wanted.netloc) == (known.scheme, known.netloc)
            and wanted.path.startswith(known.path)
            for known in map(urlsplit, self.redirect_uri_prefixes)
        )


def get_redirectable(clients: Mapping[str, Client], client_id: str, redirect_uri: str) -> Client:
    """Answer the client, if its user may be sent to that address.

    A wrong client or address is answered here and never by a redirect (RFC 6749 section 4.1.2.1).
    """
    client = clients.get(client_id)
    if client is None:
        raise SandboxRefusal(400, "invalid_client", "This client is not registered.")
    if not client.may_redirect_to(redirect_uri):
        raise SandboxRefusal(400, "invalid_request", "The redirect_uri is not registered.")
    return client


def authenticate(
    clients: Mapping[str, Client], authorization: str, client_id: str, client_secret: str
) -> Client:
    """Answer the client that proves itself by Basic or by form (RFC 6749 section 2.3.1), or 401."""
    if authorization.lower().startswith("basic "):
        client_id, client_secret = _basic_credentials(authorization[6:])
    client = clients.get(client_id)
    given, wanted = client_secret.encode(), client.client_secret.encode() if client else b""
    if client is None or not compare_digest(given, wanted):
        raise _invalid_client()
    return client


def _basic_credentials(encoded: str) -> tuple[str, str]:
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as malformed:
        raise _invalid_client() from malformed
    return unquote_plus(client_id), unquote_plus(secret)


def _invalid_client() -> SandboxRefusal:
    challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'}
    return SandboxRefusal(401, "invalid_client", "Client authentication failed.", challenge)
