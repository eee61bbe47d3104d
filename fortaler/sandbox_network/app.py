"""Puts the sandbox network together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from chassis.clock import SystemClock
from fortaler.sandbox_network import door, oauth, posts, strangers
from fortaler.sandbox_network.clients import Client
from fortaler.sandbox_network.errors import install_error_documents
from fortaler.sandbox_network.misbehaviour import MisbehavingMiddleware
from fortaler.sandbox_network.network import Network
from fortaler.sandbox_network.store import Store

BODY_BYTES_MAX = 64 * 1024  # A post is 500 characters and a link; the rest is an attack or a bug.


def create_app(
    *,
    public_url: str,
    clients: Sequence[Client],
    store_path: str = ":memory:",
    operator_secret: str | None = None,
    now: Callable[[], datetime] | None = None,
) -> FastAPI:
    """Build the sandbox network as an app.

    `public_url` is where people find it and what post addresses start with; `store_path` is the
    file that keeps posts and grants over a restart. Without `operator_secret` the operator's door
    under `/sandbox` is open.
    """
    store = Store(store_path)
    network = Network(
        public_url=public_url.rstrip("/"),
        clients={client.client_id: client for client in clients},
        store=store,
        now=now or SystemClock().now,
        operator_secret=operator_secret,
    )

    app = FastAPI(
        title="Sandbox, a social network",
        docs_url=None,
        redoc_url=None,
        lifespan=_closing_at_the_end(store),
        max_body_size=BODY_BYTES_MAX,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.network = network
    install_error_documents(app)
    app.add_middleware(MisbehavingMiddleware, network=network)
    for router in (oauth.router, posts.router, strangers.router, door.router):
        app.include_router(router)
    return app


def _closing_at_the_end(store: Store) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    return lifespan
