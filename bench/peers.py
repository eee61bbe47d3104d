"""What ours is compared with, and what stands around it: `python -m bench.peers NAME --port N`."""

import sys
from argparse import ArgumentParser
from pathlib import Path

import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.run import new_server
from fortaler.embedded.ports import HOST
from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys

HELLO = b'{"hello":"world"}'
_HEAD = [(b"content-type", b"application/json"), (b"content-length", str(len(HELLO)).encode())]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request alike: as little as a server in Python can do."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
    await send({"type": "http.response.body", "body": HELLO})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def issuer(keys: Path, base: str) -> ASGIApp:
    """Answer the keys of the issuers whose tokens are used."""
    app: ASGIApp = create_app(base_url=base, keys=IssuerKeys(keys), dev_secret="unused")  # noqa: S106

    async def ready_too(scope: Scope, receive: Receive, send: Send) -> None:
        ready = scope["type"] == "http" and scope["path"] == "/ready"
        await (hello if ready else app)(scope, receive, send)

    return ready_too


def main(arguments: list[str]) -> None:
    """Serve one of them until told to stop."""
    parser = ArgumentParser(prog="bench.peers")
    parser.add_argument("name", choices=["hello", "sink", "issuer"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, default=Path())
    given = parser.parse_args(arguments)
    base = f"http://{HOST}:{given.port}"
    app = issuer(given.keys, base) if given.name == "issuer" else hello
    uvloop.run(new_server(app, HOST, given.port).serve())


if __name__ == "__main__":
    main(sys.argv[1:])
