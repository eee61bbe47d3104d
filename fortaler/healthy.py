"""`python -m fortaler.healthy URL` succeeds when the URL is answered with 200.

For orchestrators whose probes are commands, as compose's: the image holds no curl, and this imports
little, since it is asked every few seconds.
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT_S = 5.0
"""`/ready` answers within two."""


def healthy(url: str) -> bool:
    """Answer whether a door of ours says 200; one that does not answer in time says no."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(sys.argv[1]))
