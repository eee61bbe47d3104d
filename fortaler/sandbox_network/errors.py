"""How the sandbox network says no: the error documents of RFC 6749 and RFC 6750."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class SandboxRefusal(Exception):
    """An answer that says no, as `{error, error_description}`."""

    def __init__(
        self, status: int, error: str, description: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.headers = dict(headers or {})


def refusal_document(refusal: SandboxRefusal) -> JSONResponse:
    """Answer the refusal as it goes over the wire."""
    content = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(content, status_code=refusal.status, headers=refusal.headers)


def unauthorized(description: str, *, error: str = "invalid_token") -> SandboxRefusal:
    """401 as RFC 6750 section 3 wants it."""
    challenge = f'Bearer realm="sandbox", error="{error}", error_description="{description}"'
    return SandboxRefusal(401, error, description, {"WWW-Authenticate": challenge})


def install_error_documents(app: FastAPI) -> None:
    """Give every refusal of this app the same shape, invalid input and unknown paths included."""
    app.add_exception_handler(SandboxRefusal, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid_input)
    app.add_exception_handler(HTTPException, _answer_http_exception)


async def _answer_refusal(request: Request, refusal: Exception) -> JSONResponse:
    if not isinstance(refusal, SandboxRefusal):
        raise refusal
    answer = refusal_document(refusal)
    # A client that is refused needs to know its remaining allowance just as well.
    answer.headers.update(getattr(request.state, "rate_headers", {}))
    return answer


async def _answer_invalid_input(request: Request, invalid: Exception) -> JSONResponse:
    if not isinstance(invalid, RequestValidationError):
        raise invalid
    wrong = "; ".join(
        f"{'.'.join(str(step) for step in error['loc'])}: {error['msg']}"
        for error in invalid.errors()
    )
    return await _answer_refusal(request, SandboxRefusal(422, "validation_failed", wrong))


async def _answer_http_exception(request: Request, failed: Exception) -> JSONResponse:
    if not isinstance(failed, HTTPException):
        raise failed
    error = "not_found" if failed.status_code == 404 else "invalid_request"
    refusal = SandboxRefusal(failed.status_code, error, failed.detail, failed.headers)
    return await _answer_refusal(request, refusal)
