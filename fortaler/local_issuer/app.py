"""The issuers' web doors: discovery, keys, and a token grant for development."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from chassis.clock import SystemClock
from fortaler.local_issuer.keys import (
    ACCESS_TOKEN_LIFETIME,
    ALGORITHM,
    IssuerKeys,
    UnknownIssuer,
    issuer_url,
)

SUBJECT_CHARACTERS_MAX = 255  # OpenID Connect Core section 2.
BODY_BYTES_MAX = 16 * 1024
JWKS_MAX_AGE_S = 60
BEARER: Literal["Bearer"] = "Bearer"

router = APIRouter(prefix="/issuers/{name}")


@dataclass(frozen=True, slots=True)
class LocalIssuers:
    """All issuers of one server."""

    base_url: str
    audience: str
    dev_secret: str = field(repr=False)
    keys: IssuerKeys
    now: Callable[[], datetime]


class TokenRefused(Exception):
    """An error of RFC 6749 section 5.2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


class TokenForm(BaseModel):
    """client_credentials, where the client is a person and the secret the one for development."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


class TokenAnswer(BaseModel):
    """RFC 6749 section 5.1."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


async def issuers_of(request: Request) -> LocalIssuers:
    """Answer the issuers that this app serves."""
    issuers: LocalIssuers = request.app.state.issuers
    return issuers


Here = Annotated[LocalIssuers, Depends(issuers_of)]


@router.get("/.well-known/openid-configuration")
async def show_configuration(name: str, here: Here) -> dict[str, str | list[str]]:
    """OpenID Connect Discovery section 3, without the log-in pages that there are none of."""
    issuer = issuer_url(here.base_url, name)
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks.json",
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }


@router.get("/jwks.json")
async def show_keys(
    name: str, here: Here, response: Response
) -> dict[str, list[dict[str, object]]]:
    """Show the issuer's public keys (RFC 7517), old ones included."""
    response.headers["Cache-Control"] = f"public, max-age={JWKS_MAX_AGE_S}"
    return {"keys": here.keys.public_keys(name)}


@router.post("/token")
async def give_token(
    name: str,
    form: Annotated[TokenForm, Form()],
    response: Response,
    here: Here,
) -> TokenAnswer:
    """Give an access token for the person named by `client_id`."""
    issuer = issuer_url(here.base_url, name)
    if form.grant_type != "client_credentials":
        raise TokenRefused(400, "unsupported_grant_type", "Only client_credentials is offered.")
    subject = _authenticate(here, form)
    token = here.keys.sign_access_token(
        issuer,
        name,
        subject,
        here.audience,
        now=here.now(),
        extra_claims={"scope": form.scope or None},
    )
    response.headers["Cache-Control"] = "no-store"
    lifetime_s = int(ACCESS_TOKEN_LIFETIME.total_seconds())
    return TokenAnswer(access_token=token, token_type=BEARER, expires_in=lifetime_s)


def create_app(
    *,
    base_url: str,
    keys: IssuerKeys,
    dev_secret: str,
    audience: str = "fortaler",
    now: Callable[[], datetime] | None = None,
) -> FastAPI:
    """All local issuers as one app; whoever knows `dev_secret` can be anybody, so keep it local."""
    app = FastAPI(
        title="Local issuers",
        docs_url=None,
        redoc_url=None,
        max_body_size=BODY_BYTES_MAX,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.issuers = LocalIssuers(base_url, audience, dev_secret, keys, now or SystemClock().now)
    app.include_router(router)
    app.add_exception_handler(TokenRefused, _answer_refused_token)
    app.add_exception_handler(UnknownIssuer, _answer_unknown_issuer)
    return app


def _authenticate(here: LocalIssuers, form: TokenForm) -> str:
    """Answer the subject, if the development secret came along."""
    if not compare_digest(form.client_secret.encode(), here.dev_secret.encode()):
        raise TokenRefused(401, "invalid_client", "Client authentication failed.")
    if not 1 <= len(form.client_id) <= SUBJECT_CHARACTERS_MAX:
        raise TokenRefused(400, "invalid_request", "The client_id has to be a person's subject.")
    return form.client_id


async def _answer_refused_token(_: Request, refused: Exception) -> JSONResponse:
    if not isinstance(refused, TokenRefused):
        raise refused
    headers = {"Cache-Control": "no-store"}
    content = {"error": refused.error, "error_description": str(refused)}
    return JSONResponse(content, status_code=refused.status, headers=headers)


async def _answer_unknown_issuer(_: Request, unknown: Exception) -> JSONResponse:
    content = {"error": "not_found", "error_description": str(unknown)}
    return JSONResponse(content, status_code=404)
