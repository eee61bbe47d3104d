"""What the gateway is told by its surroundings, and its limits."""

from pydantic import Field, field_validator
from yarl import URL

from chassis.settings import Settings
from gateway.routing import OWNERS

DEADLINE_S = 30.0
"""From the head of a request to the end of its answer. Longer work is a job (design 10.19)."""

TARGET_BYTES_MAX = 8_000
"""A path with its query. RFC 9112 asks for at least this much."""

HEADERS_BYTES_MAX = 32_000
"""All of them together. A token is a tenth of this; no service is sent more."""

CONNECTIONS_PER_SERVICE_MAX = 100
"""A service that is slow must not take the connections of the others."""

CONNECT_TIMEOUT_S = 3.0
FREE_CONNECTION_TIMEOUT_S = 5.0
"""Waiting longer for a free connection would only hide that a service is overrun."""

KEEPALIVE_S = 4.0
"""Shorter than the five seconds after which uvicorn closes: we let go first, so that a request
that must not be repeated never meets a connection that is just being closed."""

DOCUMENTS_KEPT_S = 30.0
DOCUMENT_TIMEOUT_S = 3.0
DOCUMENT_BYTES_MAX = 4_000_000
"""The largest service's API document is a tenth of this."""

RETRY_AFTER_S = 2


class GatewaySettings(Settings):
    """What the gateway needs besides: where the services are, as JSON by service name."""

    service_urls: dict[str, str]
    deadline_s: float = Field(default=DEADLINE_S, gt=0)

    @field_validator("service_urls")
    @classmethod
    def _known_and_whole(cls, urls: dict[str, str]) -> dict[str, str]:
        for name, address in urls.items():
            if name not in OWNERS.values():
                raise ValueError(f"no paths are routed to a service {name!r}")
            url = URL(address)
            if url.scheme not in {"http", "https"} or not url.host or url.raw_query_string:
                raise ValueError(f"the address of {name} must be like http://host:port")
        return {name: address.rstrip("/") for name, address in urls.items()}
