"""The gateway's hop, token and all, against the service itself and against other gateways."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.company import admit
from bench.comparing import Bar, Contest, Line, take_turns
from bench.house import House, Server, house
from bench.load import PER_S, Load, get, loader_name
from bench.processes import on_path
from bench.settings import Effort
from chassis.crypto import new_key
from fortaler.embedded.ports import HOST, free_port
from gateway.routing import OWNERS

CONNECTIONS = 32
PATH = "/v1/stories"
OURS = "through the gateway: token verified from its cache, logged and traced"

NGINX = """
worker_processes 1;
daemon off;
pid {scratch}/nginx.pid;
error_log {scratch}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {scratch}/nginx-body;
    proxy_temp_path {scratch}/nginx-proxy;
    fastcgi_temp_path {scratch}/nginx-fastcgi;
    uwsgi_temp_path {scratch}/nginx-uwsgi;
    scgi_temp_path {scratch}/nginx-scgi;
    upstream service {{ server {upstream}; keepalive 64; }}
    server {{
        listen {host}:{port};
        location / {{
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
http://{host}:{port} {{
    reverse_proxy {upstream}
}}
"""


REQUESTS_A_MINUTE_MAX = 1_000_000_000


def measure(effort: Effort) -> Iterator[Line]:
    """Compare requests per second; all sides ask the same small service."""
    with house() as at:
        company = admit(at, None)
        service = at.serve_peer("hello")
        urls = dict.fromkeys(sorted(set(OWNERS.values())), f"http://{HOST}:{service.port}")
        told = {
            "FORTALER_SERVICE_URLS": json.dumps(urls),
            "FORTALER_STREAM_KEY": new_key(),
            # One person asks here as often as nobody may.
            "FORTALER_RATE_LIMIT_PERSON": str(REQUESTS_A_MINUTE_MAX),
            "FORTALER_RATE_LIMIT_TENANT": str(REQUESTS_A_MINUTE_MAX),
        }
        gateway = at.serve_ours("gateway", **told)
        requests = [get(PATH, f"Authorization: Bearer {company.token}")]

        def load(server: Server) -> Load:
            return Load(server, requests, CONNECTIONS, effort.seconds)

        sides = {
            "direct": ("the service itself", service, Bar(">=", 0.33)),
            "nginx": ("through nginx, proxy_pass", _nginx(at, service), None),
            "caddy": ("through Caddy, reverse_proxy", _caddy(at, service), None),
        }
        for name, (what, server, bar) in sides.items():
            note = f"load by {loader_name()}, {CONNECTIONS} connections"
            contest = Contest(f"gateway.{name}", OURS, what, PER_S, bar, note)
            if server is None:
                yield contest.not_measured(f"{name} is not on the PATH")
                continue
            ours, theirs = load(gateway), load(server)
            taken = asyncio.run(take_turns(effort.rounds, ours.measure, theirs.measure))
            yield contest.told(taken.of(0, PER_S), taken.of(1, PER_S))


def _nginx(at: House, service: Server) -> Server | None:
    program = on_path("nginx")
    if program is None:
        return None
    file, port = _configured(at, "nginx.conf", NGINX, service)
    return _started(at, "nginx", [program, "-p", str(at.scratch), "-c", str(file)], port)


def _caddy(at: House, service: Server) -> Server | None:
    program = on_path("caddy")
    if program is None:
        return None
    file, port = _configured(at, "Caddyfile", CADDY, service)
    command = [program, "run", "--adapter", "caddyfile", "--config", str(file)]
    return _started(at, "caddy", command, port)


def _configured(at: House, name: str, text: str, service: Server) -> tuple[Path, int]:
    port = free_port()
    file = at.scratch / name
    upstream = f"{HOST}:{service.port}"
    file.write_text(text.format(scratch=at.scratch, host=HOST, port=port, upstream=upstream))
    return file, port


def _started(at: House, name: str, command: Sequence[str], port: int) -> Server:
    # What it writes for itself stays in the scratch folder.
    process = at.start(name, command, HOME=str(at.scratch), XDG_DATA_HOME=str(at.scratch))
    process.wait_for(f"http://{HOST}:{port}/ready")
    return Server(process, port)
