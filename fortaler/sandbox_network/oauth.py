"""OAuth 2.0 by authorization code with PKCE: RFC 6749, 7636, 7009 and 8414."""

import re
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from fortaler.sandbox_network import clients, grants, pages
from fortaler.sandbox_network.auth import SCOPES
from fortaler.sandbox_network.errors import SandboxRefusal
from fortaler.sandbox_network.network import Here, Network

BEARER: Literal["Bearer"] = "Bearer"

router = APIRouter(tags=["oauth"])


class Authorization(BaseModel):
    """What a client asks of a person (RFC 6749 section 4.1.1 and RFC 7636 section 4.3)."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""

    def fault(self) -> tuple[str, str] | None:
        """Error code and description of a request that cannot be granted, for the redirect."""
        if self.response_type != "code":
            return "unsupported_response_type", "Only response_type=code is offered."
        if self.code_challenge_method != "S256":
            return "invalid_request", "PKCE with code_challenge_method=S256 is required."
        if re.fullmatch(r"[A-Za-z0-9_-]{43}", self.code_challenge) is None:
            return "invalid_request", "The code_challenge is not an S256 challenge."
        if not set(self.scope.split()) <= set(SCOPES):
            return "invalid_scope", f"Scopes are {', '.join(SCOPES)}."
        return None

    @property
    def granted_scope(self) -> str:
        """Answer what was asked for, or everything when nothing was named (RFC 6749 3.3)."""
        return " ".join(self.scope.split()) or " ".join(SCOPES)


class AuthorizationQuery(Authorization):
    """With whom to log in: `prompt=none` answers at once, without a person."""

    login_hint: str = ""
    prompt: str = ""


class ConsentForm(Authorization):
    """What the person answered."""

    handle: str = ""
    decision: Literal["allow", "deny"] = "deny"


class TokenForm(BaseModel):
    """The fields of all grants of the token endpoint."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    refresh_token: str = ""


class RevocationForm(BaseModel):
    """RFC 7009 section 2.1."""

    token: str = ""
    client_id: str = ""
    client_secret: str = ""


class TokenAnswer(BaseModel):
    """RFC 6749 section 5.1."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    scope: str


@router.get("/oauth/authorize", response_class=Response)
async def ask_for_consent(asked: Annotated[AuthorizationQuery, Query()], here: Here) -> Response:
    """Show the consent page; with `prompt=none&login_hint=HANDLE` redirect at once."""
    clients.get_redirectable(here.clients, asked.client_id, asked.redirect_uri)
    if fault := asked.fault():
        return _send_back(asked, error=fault[0], error_description=fault[1])
    if asked.prompt == "none" and asked.login_hint:
        return _allow(here, asked, asked.login_hint)
    if asked.prompt == "none":
        return _send_back(asked, error="login_required", error_description="Whom to log in as?")
    fields = asked.model_dump(exclude={"login_hint", "prompt"})
    return pages.consent_page(asked.client_id, fields, asked.login_hint, asked.granted_scope)


@router.post("/oauth/authorize", response_class=Response)
async def take_consent(form: Annotated[ConsentForm, Form()], here: Here) -> Response:
    """Send the person back to the client with a code, or with access_denied."""
    clients.get_redirectable(here.clients, form.client_id, form.redirect_uri)
    if fault := form.fault():
        return _send_back(form, error=fault[0], error_description=fault[1])
    if form.decision == "deny":
        return _send_back(form, error="access_denied", error_description="The person said no.")
    return _allow(here, form, form.handle)


@router.post("/oauth/token")
async def give_tokens(
    form: Annotated[TokenForm, Form()], request: Request, response: Response, here: Here
) -> TokenAnswer:
    """Give tokens for a code or for a refresh token, each of which works once."""
    client = clients.authenticate(
        here.clients,
        request.headers.get("authorization", ""),
        form.client_id,
        form.client_secret,
    )
    response.headers["Cache-Control"] = "no-store"
    return _redeem(here, client.client_id, form)


@router.post("/oauth/revoke")
async def revoke(form: Annotated[RevocationForm, Form()], request: Request, here: Here) -> Response:
    """End the grant behind a token; unknown tokens are answered with 200 as well (RFC 7009)."""
    authorization = request.headers.get("authorization", "")
    client = clients.authenticate(here.clients, authorization, form.client_id, form.client_secret)
    with here.store.transaction() as connection:
        grants.revoke_by_token(connection, form.token, here.epoch_s, client_id=client.client_id)
    return Response(status_code=200)


@router.get("/.well-known/oauth-authorization-server")
async def show_metadata(here: Here) -> dict[str, str | list[str]]:
    """RFC 8414."""
    return {
        "issuer": here.public_url,
        "authorization_endpoint": f"{here.public_url}/oauth/authorize",
        "token_endpoint": f"{here.public_url}/oauth/token",
        "revocation_endpoint": f"{here.public_url}/oauth/revoke",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": list(SCOPES),
    }


def _redeem(here: Network, client_id: str, form: TokenForm) -> TokenAnswer:
    now = here.epoch_s
    with here.store.transaction() as connection:
        if form.grant_type == "authorization_code":
            tokens = grants.redeem_code(
                connection,
                form.code,
                client_id=client_id,
                redirect_uri=form.redirect_uri,
                code_verifier=form.code_verifier,
                now=now,
            )
        elif form.grant_type == "refresh_token":
            tokens = grants.rotate(connection, form.refresh_token, client_id=client_id, now=now)
        else:
            raise _unsupported_grant_type(form.grant_type)
    return TokenAnswer(
        access_token=tokens.access_token,
        token_type=BEARER,
        expires_in=grants.ACCESS_TOKEN_LIFETIME_S,
        refresh_token=tokens.refresh_token,
        scope=tokens.scope,
    )


def _unsupported_grant_type(grant_type: str) -> SandboxRefusal:
    if not grant_type:
        return SandboxRefusal(400, "invalid_request", "The grant_type is missing.")
    return SandboxRefusal(400, "unsupported_grant_type", "Only code and refresh token are offered.")


def _allow(here: Network, asked: Authorization, handle: str) -> Response:
    with here.store.transaction() as connection:
        account = grants.log_in(connection, handle)
        code = grants.grant_code(
            connection,
            account,
            client_id=asked.client_id,
            scope=asked.granted_scope,
            redirect_uri=asked.redirect_uri,
            code_challenge=asked.code_challenge,
            now=here.epoch_s,
        )
    return _send_back(asked, code=code)


def _send_back(asked: Authorization, **answer: str) -> Response:
    """303 to the client's address, whose own query is kept (RFC 6749 section 3.1.2)."""
    if asked.state:
        answer["state"] = asked.state
    parts = urlsplit(asked.redirect_uri)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *answer.items()])
    return RedirectResponse(urlunsplit(parts._replace(query=query)), status_code=303)
