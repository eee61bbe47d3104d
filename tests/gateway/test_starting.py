"""How a gateway begins: with settings that make sense, and ready when it knows whom to trust."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from chassis.crypto import new_key
from chassis.http_client import new_client
from gateway.main import build_gateway
from gateway.settings import GatewaySettings
from tests.world import serving


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("nobody", "http://127.0.0.1:1"),
        ("content", "127.0.0.1:1"),
        ("content", "ftp://127.0.0.1"),
        ("content", "http://127.0.0.1:1?x=1"),
    ],
)
def test_an_address_that_leads_nowhere_stops_the_start(name: str, address: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(service_urls={name: address}, stream_key=SecretStr(new_key()))


def test_addresses_are_read_from_the_surroundings(tmp_path: Path) -> None:
    surroundings = tmp_path / "env"
    surroundings.write_text(
        'FORTALER_SERVICE_URLS={"content": "http://content:8000/"}\n'
        f"FORTALER_STREAM_KEY={new_key()}\n"
    )

    settings = GatewaySettings(_env_file=surroundings)

    assert settings.service_urls == {"content": "http://content:8000"}


async def test_a_gateway_that_cannot_know_whom_to_trust_is_not_ready(unused_kafka: str) -> None:
    settings = GatewaySettings(
        service_urls={},
        kafka_bootstrap_servers=unused_kafka,
        stream_key=SecretStr(new_key()),
    )

    async with serving(build_gateway(settings)) as base, new_client(base) as client:
        ready = await client.get("/ready")
        live = await client.get("/live")

    assert (ready.status_code, ready.json()["checks"]) == (503, {"issuers": False})
    assert live.status_code == 200
