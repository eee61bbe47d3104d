"""What each process of the platform does: web, worker, gateway, and the stand-ins for outside."""

import uvloop

from chassis import telemetry
from chassis.run import health_app, new_worker, serve
from chassis.service import build_app
from fortaler import services
from fortaler.local import HOST, Local


def serve_service(name: str, role: str, host: str, port: int) -> None:
    """Serve one service as `web`, `worker` or `all`, until it is told to stop.

    A worker answers /live, /ready and /metrics on the port; with `all`, the web app does.
    """
    service = services.load(name)
    settings = service.settings()
    telemetry.set_up(name, settings)

    async def run() -> None:
        workers = [new_worker(service, settings)] if role in {"worker", "all"} else []
        web = role in {"web", "all"}
        app = build_app(service, settings) if web else health_app(workers)
        await serve([(app, host, port)], workers)

    uvloop.run(run())


def serve_workers(host: str, port: int) -> None:
    """Run the workers of all services in one process: the embedded profile (design 10.22)."""
    loaded = [services.load(name) for name in services.NAMES]

    async def run() -> None:
        workers = [new_worker(service, service.settings()) for service in loaded]
        await serve([(health_app(workers), host, port)], workers)

    telemetry.set_up("worker", loaded[0].settings())
    uvloop.run(run())


def serve_gateway(host: str, port: int) -> None:
    """Serve the gateway until it is told to stop."""
    from gateway.main import build_gateway
    from gateway.settings import GatewaySettings

    settings = GatewaySettings()
    telemetry.set_up("gateway", settings)

    async def run() -> None:
        await serve([(build_gateway(settings), host, port)])

    uvloop.run(run())


def serve_outside(local: Local, host: str = HOST, port: int | None = None) -> None:
    """Serve what cannot be had on a laptop: an identity provider, and a social network.

    They listen on `port` and the one after it, or where the platform of this machine has them.
    """
    from fortaler.local_issuer.app import create_app as create_issuer
    from fortaler.local_issuer.keys import IssuerKeys
    from fortaler.sandbox_network.app import create_app as create_network
    from fortaler.sandbox_network.clients import Client

    issuer = create_issuer(
        base_url=local.issuer_url,
        keys=IssuerKeys(local.issuer_keys),
        dev_secret=local.secrets["issuer_secret"],
    )
    callback = f"{local.public_url}/v1/accounts/callback"
    network = create_network(
        public_url=local.sandbox_url,
        clients=[Client("fortaler", local.secrets["sandbox_client_secret"], (callback,))],
        store_path=str(local.data_dir / "sandbox-network.sqlite"),
    )
    issuer_port = port or local.ports.issuer
    sandbox_port = port + 1 if port else local.ports.sandbox

    async def run() -> None:
        await serve([(issuer, host, issuer_port), (network, host, sandbox_port)])

    uvloop.run(run())
