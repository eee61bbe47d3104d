"""What containers ask of the command: stand-ins with given addresses, an end, a word of health."""

import os
import signal
import socket
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from fortaler.embedded.children import wait_until
from fortaler.embedded.ports import free_port, port_is_free
from fortaler.healthy import healthy
from fortaler.local import new_secrets

PATIENCE_S = 60.0
ISSUER_URL = "http://issuer.example:8081"


@contextmanager
def started(*arguments: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """Have the command running in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if "FORTALER_" not in name}
    process = subprocess.Popen(
        [sys.executable, "-m", "fortaler", *arguments],
        env=inherited | {f"FORTALER_{name}": value for name, value in settings.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_the_stand_ins_call_themselves_as_they_are_told(tmp_path: Path) -> None:
    port = two_free_ports()
    settings = {
        "DATA_DIR": str(tmp_path),
        "ISSUER_URL": ISSUER_URL,
        "SANDBOX_URL": "http://network.example:8082",
        "ISSUER_SECRET": "given",
    }

    with started("serve", "outside", "--port", str(port), **settings) as process:
        issuer = f"http://127.0.0.1:{port}/issuers/nordlys"
        assert wait_until(lambda: healthy(f"{issuer}/jwks.json"), timeout_s=PATIENCE_S)
        assert not healthy(f"{issuer}/no-such-door")
        told = get(f"{issuer}/.well-known/openid-configuration")
        network = get(f"http://127.0.0.1:{port + 1}/.well-known/oauth-authorization-server")
        form = {"grant_type": "client_credentials", "client_id": "ana", "client_secret": "given"}
        token = httpx2.post(f"{issuer}/token", data=form, trust_env=False)
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE_S)

    assert told["issuer"] == f"{ISSUER_URL}/issuers/nordlys"
    assert network["issuer"] == "http://network.example:8082"
    assert token.status_code == 200
    assert code == 0


def get(url: str) -> dict[str, str]:
    answer: dict[str, str] = httpx2.get(url, trust_env=False).raise_for_status().json()
    return answer


def two_free_ports() -> int:
    """Answer a port that is free together with the one after it."""
    port = free_port()
    return port if port_is_free(port + 1) else two_free_ports()


def test_a_job_that_is_told_to_end_ends_by_itself() -> None:
    # The kernel passes a signal on to a container's first process only if it handles it.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_S)
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}"
        with started("migrate", DATABASE_URL=url, DATABASE_PASSWORD="unused") as process:
            asked, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=PATIENCE_S)
            said = process.stdout.read() if process.stdout else ""
            asked.close()

    assert code == 128 + signal.SIGTERM
    assert "Traceback" not in said


def test_where_nobody_answers_nobody_is_healthy() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/ready"

    assert not healthy(nobody)


def test_secrets_are_made_anew_and_can_be_used() -> None:
    first, second = new_secrets(), new_secrets()

    assert set(first) == set(second)
    assert not set(first.values()) & set(second.values())
    assert len(urlsafe_b64decode(first["FORTALER_SEALING_KEY"] + "=")) == 32
