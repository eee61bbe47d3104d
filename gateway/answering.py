"""How the gateway itself says no: a problem document, kept by nobody, with the headers it needs."""

from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from chassis.errors import Refusal
from chassis.problems import answer
from gateway.headers import with_safeguards


class Refuser:
    """Answers refusals with the house's address in them."""

    def __init__(self, public_url: str) -> None:
        self._problems = f"{public_url}/problems"

    async def refuse(
        self,
        refusal: Refusal,
        scope: Scope,
        receive: Receive,
        send: Send,
        more: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Answer a refusal, with further headers."""
        document = answer(refusal, base=self._problems, instance=scope["path"])
        document.raw_headers[:] = with_safeguards([*document.raw_headers, *more], private=True)
        await document(scope, receive, send)
