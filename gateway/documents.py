"""The gateway's own doors: the merged API document, its pages, and what each problem means."""

import asyncio
from collections.abc import Sequence

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from chassis.errors import Refusal
from chassis.telemetry import log
from gateway.explaining import Explained, explain, list_page, problem_page
from gateway.merging import Document, merge
from gateway.refusals import ProblemUnknown
from gateway.settings import DOCUMENT_BYTES_MAX, DOCUMENT_TIMEOUT_S, DOCUMENTS_KEPT_S
from gateway.stream.document import add_stream
from gateway.upstream import Question, Upstreams

PAGE_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
"""Nothing from anywhere else, whatever a page or its script asks for."""

router = APIRouter(include_in_schema=False)


class Documents:
    """The services' API documents, merged; read again when they are half a minute old."""

    def __init__(self, upstreams: Upstreams, services: Sequence[str], public_url: str) -> None:
        self._upstreams = upstreams
        self._services = services
        self._public_url = public_url
        self._reading = asyncio.Lock()
        self._merged: Document | None = None
        self._merged_at_s = 0.0

    async def merged(self) -> Document:
        """Answer one document for all services that can be asked; raises DocumentsClash."""
        async with self._reading:
            now_s = asyncio.get_running_loop().time()
            if self._merged is None or now_s - self._merged_at_s > DOCUMENTS_KEPT_S:
                self._merged = await self._read_all()
                self._merged_at_s = now_s
            return self._merged

    async def problems(self) -> dict[str, Explained]:
        """Answer every problem that the document knows, by name."""
        return explain(await self.merged(), base=f"{self._public_url}/problems")

    async def _read_all(self) -> Document:
        found = await asyncio.gather(*(self._read(service) for service in self._services))
        read = dict(zip(self._services, found, strict=True))
        merged = merge(
            {service: document for service, document in read.items() if document is not None},
            public_url=self._public_url,
            unavailable=[service for service, document in read.items() if document is None],
        )
        add_stream(merged)
        return merged

    async def _read(self, service: str) -> Document | None:
        try:
            async with asyncio.timeout(DOCUMENT_TIMEOUT_S):
                document = orjson.loads(await self._fetch(service))
        except (Refusal, TimeoutError, orjson.JSONDecodeError) as error:
            log("documents").warning(
                "documents.unavailable", upstream=service, error=type(error).__name__
            )
            return None
        return document if isinstance(document, dict) else None

    async def _fetch(self, service: str) -> bytes:
        question = Question("GET", "/openapi.json", "", [("accept", "application/json")])
        gathered = bytearray()
        async with self._upstreams.ask(service, question) as answer:
            while piece := await answer.next_piece():
                gathered += piece
                if len(gathered) > DOCUMENT_BYTES_MAX:
                    return b""
            return bytes(gathered) if answer.status == 200 else b""


def install(app: FastAPI) -> None:
    """Give an app the doors of this module, and the files of Swagger UI."""
    app.include_router(router)
    # The package is used for the files it carries: nothing is loaded from elsewhere.
    app.mount("/docs/static", StaticFiles(packages=[("fastapi_offline", "static")]))


@router.get("/")
async def welcome() -> RedirectResponse:
    """Lead a newcomer to the documents."""
    return RedirectResponse("/docs")


@router.get("/openapi.json")
async def read_document(request: Request) -> JSONResponse:
    """Answer the merged OpenAPI document."""
    return JSONResponse(await _documents(request).merged())


@router.get("/docs")
async def show_documents() -> HTMLResponse:
    """Show the merged document as a page to try things on."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Fortaler",
        swagger_js_url="/docs/static/swagger-ui-bundle.js",
        swagger_css_url="/docs/static/swagger-ui.css",
        swagger_favicon_url="data:,",
        # Its default sends the document's address to a validator on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    return _page(bytes(page.body).decode())


@router.get("/problems")
async def list_problems(request: Request) -> Response:
    """Explain every problem there is: to programs as JSON, to browsers as a page."""
    found = list((await _documents(request).problems()).values())
    if _wants_a_page(request):
        return _page(list_page(found))
    return JSONResponse({"items": [one.as_json() for one in found]}, headers=_VARY)


@router.get("/problems/{slug}")
async def read_problem(slug: str, request: Request) -> Response:
    """Explain a problem: what the `type` of its document leads to."""
    problem = (await _documents(request).problems()).get(slug)
    if problem is None:
        raise ProblemUnknown("No operation that is known at this moment answers this.")
    if _wants_a_page(request):
        return _page(problem_page(problem))
    return JSONResponse(problem.as_json(), headers=_VARY)


_VARY = {"vary": "accept"}


def _documents(request: Request) -> Documents:
    documents: Documents = request.state.documents
    return documents


def _wants_a_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={**_VARY, "content-security-policy": PAGE_POLICY})
