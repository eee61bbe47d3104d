"""What the gateway is told by its surroundings, and its limits."""

from pydantic import Field, IPvAnyNetwork, SecretStr, field_validator
from yarl import URL

from chassis.crypto import Seal
from chassis.settings import Settings
from gateway.routing import OWNERS

DEADLINE_S = 30.0
"""From the head of a request to the end of its answer. Longer work is a job (design 10.19)."""

TARGET_BYTES_MAX = 8_000
"""A path with its query. RFC 9112 asks for at least this much."""

CONNECTIONS_PER_SERVICE_MAX = 100
"""A service that is slow must not take the connections of the others."""

CONNECT_TIMEOUT_S = 3.0
FREE_CONNECTION_TIMEOUT_S = 5.0
"""Waiting longer for a free connection would only hide that a service is overrun."""

KEEPALIVE_S = 4.0
"""Shorter than the five seconds after which uvicorn closes: we let go first, so that a request
that must not be repeated never meets a connection that is just being closed."""

DOCUMENTS_KEPT_S = 30.0
DOCUMENT_TIMEOUT_S = 10.0
"""The first time a service makes its document, which takes the largest of them more than a second
of a processor that it may have to share with all the others."""

DOCUMENT_BYTES_MAX = 4_000_000
"""The largest service's API document is a tenth of this."""

RETRY_AFTER_S = 2

PERSON_REQUESTS_MAX = 1_200
"""A minute: a page asks for ten things at once, an import for two a second."""

TENANT_REQUESTS_MAX = 24_000
"""Twenty people who are that busy at once. One company leaves the others what they need."""

ADDRESS_REQUESTS_MAX = 1_200
"""Of strangers: a whole office, or a mobile network's gateway, may click from one address."""

REFUSED_REQUESTS_MAX = 600
"""Calls without a valid token, per address: a client that has not noticed, not a flood."""

STREAMS_MAX = 1_000
"""Of a gateway. A quiet one takes about thirty kilobytes, and its share of the connections."""

STREAMS_PER_TENANT_MAX = 50
"""A company's integrators and open dashboards; no company takes the others' places."""

STREAMS_PER_PERSON_MAX = 5
"""A browser's tabs, and one that was left open elsewhere."""

STREAM_EVENTS_QUEUED_MAX = 1_000
STREAM_BYTES_QUEUED_MAX = 1_000_000
"""Of one stream. Who is further behind than this reads it from Kafka after coming back."""

STREAM_HEARTBEAT_S = 15.0
"""Half of what proxies on the way let a silent connection live."""

STREAM_LIFE_S = 3_600.0
"""So that streams move to other gateways by and by, and nobody relies on one that never ends."""

STREAM_ACCESS_S = 60.0
"""Who has lost the role, or was deactivated, is noticed within this."""


class GatewaySettings(Settings):
    """What the gateway needs besides: where the services are, as JSON by service name."""

    service_urls: dict[str, str]
    deadline_s: float = Field(default=DEADLINE_S, gt=0)

    rate_limit_storage: SecretStr | None = None
    """A Redis, or a Valkey, that several gateways count in, such as `redis://host:6379/0`."""
    rate_limit_person: int = Field(default=PERSON_REQUESTS_MAX, ge=1)
    rate_limit_tenant: int = Field(default=TENANT_REQUESTS_MAX, ge=1)
    rate_limit_address: int = Field(default=ADDRESS_REQUESTS_MAX, ge=1)
    rate_limit_refused: int = Field(default=REFUSED_REQUESTS_MAX, ge=1)
    trusted_proxies: list[IPvAnyNetwork] = Field(default_factory=list)
    """As JSON: who may say in X-Forwarded-For where a request came from. Nobody, by default."""

    stream_key: SecretStr
    """Seals the cursors of live streams: URL-safe base64 of 32 bytes, the same for all gateways."""
    streams_max: int = Field(default=STREAMS_MAX, ge=1)
    streams_per_tenant_max: int = Field(default=STREAMS_PER_TENANT_MAX, ge=1)
    streams_per_person_max: int = Field(default=STREAMS_PER_PERSON_MAX, ge=1)
    stream_events_queued_max: int = Field(default=STREAM_EVENTS_QUEUED_MAX, ge=1)
    stream_bytes_queued_max: int = Field(default=STREAM_BYTES_QUEUED_MAX, ge=1)
    stream_heartbeat_s: float = Field(default=STREAM_HEARTBEAT_S, gt=0)
    stream_life_s: float = Field(default=STREAM_LIFE_S, gt=0)
    stream_access_s: float = Field(default=STREAM_ACCESS_S, gt=0)

    @field_validator("stream_key")
    @classmethod
    def _usable(cls, key: SecretStr) -> SecretStr:
        Seal(key.get_secret_value())
        return key

    @field_validator("rate_limit_storage")
    @classmethod
    def _reachable(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            scheme, _, where = url.get_secret_value().partition("://")
            if scheme not in {"redis", "rediss"} or not where:
                raise ValueError("the address must begin with redis:// or rediss://")
        return url

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
