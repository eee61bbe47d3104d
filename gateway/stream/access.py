"""Who may hear the stream: asked of the directory with the caller's own token, again and again."""

import asyncio
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from chassis.auth import TokenRefused, Verifier
from chassis.callers import PersonUnknown, RoleMissing, tenant_id_of
from gateway.refusals import ServiceBroke, ServiceUnavailable
from gateway.upstream import Question, Upstreams

ROLES = ("admin", "program_manager")
"""What is announced tells of a whole company: who shared what, and how it did."""

ANSWER_TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 64_000
_PATH = "/v1/me"


class _Person(BaseModel):
    model_config = ConfigDict(extra="ignore")

    person_id: UUID
    roles: list[str]


class _Me(BaseModel):
    model_config = ConfigDict(extra="ignore")

    person: _Person


class Access:
    """One caller's right to the stream, for as long as it lasts."""

    def __init__(self, verifier: Verifier, upstreams: Upstreams, authorization: str | None) -> None:
        self._verifier = verifier
        self._upstreams = upstreams
        self._authorization = authorization

    async def identify(self) -> UUID:
        """Answer for which company the token speaks.

        Raises TokenMissing, TokenRefused, IssuerUnavailable, and PersonUnknown for the operator.
        Of a token that was verified a moment ago this asks nobody.
        """
        return tenant_id_of(await self._verifier.verify(self._authorization))

    async def confirm(self) -> UUID:
        """Answer who the caller is in the directory.

        Raises PersonUnknown, RoleMissing, TokenRefused, ServiceUnavailable or ServiceBroke.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                person = await self._ask()
        except TimeoutError as error:
            raise ServiceUnavailable("The directory did not answer in time.") from error
        if not set(ROLES) & set(person.roles):
            raise RoleMissing(f"This needs one of: {', '.join(ROLES)}.", roles=list(ROLES))
        return person.person_id

    async def _ask(self) -> _Person:
        headers = [("accept", "application/json"), ("authorization", self._authorization or "")]
        gathered = bytearray()
        async with self._upstreams.ask("directory", Question("GET", _PATH, "", headers)) as answer:
            while len(gathered) <= ANSWER_BYTES_MAX and (piece := await answer.next_piece()):
                gathered += piece
        if answer.status == 401:
            raise TokenRefused("The directory does not accept the token.")
        if answer.status == 403:
            raise PersonUnknown("Your token is valid, but you are not (yet) in the directory.")
        if answer.status != 200:
            raise ServiceUnavailable("The directory cannot say who you are at the moment.")
        try:
            return _Me.model_validate_json(bytes(gathered)).person
        except ValidationError as error:
            raise ServiceBroke("The directory's answer cannot be understood.") from error
