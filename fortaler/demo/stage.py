"""Where the story is played: voices that call the public API, and patience for what follows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx2

from fortaler.local_issuer.keys import IssuerKeys, issuer_url

PATIENCE_S = 15.0
"""`At once` between services means within five seconds; a cold machine gets three times that."""
ASK_AGAIN_S = 0.05

AUDIENCE = "fortaler"
_NOT_YET_HEARD = ("person-unknown", "token-refused")
"""What a service answers until it has heard of a new tenant or person."""

Json = Any
_NOTHING: Mapping[str, str] = MappingProxyType({})


class StoryFailed(Exception):
    """The story could not go on; the text is one line that says where."""


@dataclass
class Stage:
    """The platform as the public sees it, and the keys that sign our players' tokens."""

    public_url: str
    issuer_base: str
    keys: IssuerKeys
    say: Callable[[str], None]
    now: Callable[[], datetime]
    traceparent: str | None = None
    client: httpx2.Client = field(
        default_factory=lambda: httpx2.Client(timeout=20, trust_env=False)
    )

    def voice(self, tenant: str, subject: str) -> "Voice":
        """Answer somebody who can call with a token of their own."""
        token = self.keys.sign_access_token(
            issuer_url(self.issuer_base, tenant), tenant, subject, AUDIENCE, now=self.now()
        )
        return Voice(self, token, subject)

    def eventually(self, what: str, ask: Callable[[], Json], good: Callable[[Json], bool]) -> Json:
        """Ask until the answer is good, and answer it; raises StoryFailed when it never is."""
        deadline = time.monotonic() + PATIENCE_S
        while not good(answer := ask()):
            if time.monotonic() > deadline:
                raise StoryFailed(f"{what} did not happen within {PATIENCE_S:.0f} s: {answer}")
            time.sleep(ASK_AGAIN_S)
        return answer


@dataclass
class Voice:
    """Somebody with a token."""

    stage: Stage
    token: str
    subject: str

    def get(self, path: str, **query: Any) -> Json:
        """Ask."""
        return self.call("GET", path, query=query).json()

    def post(self, path: str, body: Json = None, *, key: str | None = None) -> Json:
        """Do; with a key, once however often it is asked for."""
        told = {} if key is None else {"idempotency-key": key}
        return self.call("POST", path, body=body, told=told).json()

    def put(self, path: str, body: Json) -> Json:
        """Put in place."""
        return self.call("PUT", path, body=body).json()

    def refused(self, path: str, body: Json = None) -> str:
        """Try what is not allowed; answers the name of the refusal."""
        answer = self._send("POST", path, {}, body, {})
        if answer.is_success:
            raise StoryFailed(f"{self.subject} was allowed to POST {path}.")
        return problem_of(answer)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Json = None,
        told: Mapping[str, str] = _NOTHING,
    ) -> httpx2.Response:
        """Call the gateway; asks again while a service has not yet heard of the caller."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._send(method, path, query or {}, body, told)
            if answer.is_success:
                return answer
            if problem_of(answer) not in _NOT_YET_HEARD or time.monotonic() > deadline:
                raise StoryFailed(
                    f"{self.subject}: {method} {path} was answered {answer.status_code}: "
                    f"{answer.text[:300]}"
                )
            time.sleep(ASK_AGAIN_S)

    def _send(
        self, method: str, path: str, query: dict[str, Any], body: Json, told: Mapping[str, str]
    ) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}", **told}
        if self.stage.traceparent:
            headers["traceparent"] = self.stage.traceparent
        try:
            return self.stage.client.request(
                method, self.stage.public_url + path, params=query, json=body, headers=headers
            )
        except httpx2.HTTPError as error:
            raise StoryFailed(f"{method} {path}: {type(error).__name__}: {error}") from error


def problem_of(answer: httpx2.Response) -> str:
    """Answer the name of the problem that an answer is, or an empty text."""
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    return str(answer.json()["type"]).rsplit("/", 1)[-1]
