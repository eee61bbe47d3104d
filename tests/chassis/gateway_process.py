"""A gateway in front of the made-up service: python -m ... PORT ADDRESS_OF_ITS_WEB_PROCESS."""

import sys
from typing import cast

import uvloop
from pydantic import SecretStr

from chassis import telemetry
from chassis.crypto import new_key
from chassis.run import serve
from gateway import routing
from gateway.main import build_gateway
from gateway.settings import GatewaySettings
from tests.chassis.scratch_service.main import SERVICE

REQUESTS_MAX = 1_000_000
"""Who asks here asks more than a person does; what quotas refuse has tests of its own."""


async def main(port: str, address: str) -> None:
    """Serve until killed. It is the real gateway, which knows one noun more."""
    cast("dict[str, str]", routing.OWNERS)["/v1/counters"] = SERVICE.name
    settings = GatewaySettings(
        service_urls={SERVICE.name: address},
        stream_key=SecretStr(new_key()),
        rate_limit_person=REQUESTS_MAX,
        rate_limit_tenant=REQUESTS_MAX,
    )
    telemetry.set_up("gateway", settings)
    await serve([(build_gateway(settings), "127.0.0.1", int(port))])


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
