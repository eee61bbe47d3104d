"""The one client for HTTP to the outside: bounded, and deaf to proxies in the environment."""

import httpx2

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
CONNECTIONS_MAX = 50


def new_client(base_url: str = "") -> httpx2.AsyncClient:
    """Make a client; one per process, closed by whoever made it.

    It follows no redirects and ignores proxy variables: both would lead round an address check.
    """
    return httpx2.AsyncClient(
        base_url=base_url,
        timeout=httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
        follow_redirects=False,
        trust_env=False,
    )
