"""Ports of the loopback address, the only one embedded servers listen on."""

import secrets
import socket

from fortaler.embedded.children import EmbeddedFailed

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections, so that a server that
# is started again finds its port still free.
PORTS = range(15_000, 32_000)
PORT_TRIES_MAX = 200

_GIVEN: set[int] = set()
"""What is spoken for in this process: nobody listens there yet, and somebody will."""


def reserve(*ports: int) -> None:
    """Give these ports to nobody else in this process."""
    _GIVEN.update(ports)


def free_port(*, in_a_row: int = 1) -> int:
    """Answer a port on the loopback address that nobody listens on; none is given twice.

    Of several in a row it is the first, and all of them are given.
    """
    for _ in range(PORT_TRIES_MAX):
        first = secrets.choice(PORTS)  # Not `random`: tests seed it alike in every process.
        ports = range(first, first + in_a_row)
        if _GIVEN.isdisjoint(ports) and all(port_is_free(port) for port in ports):
            reserve(*ports)
            return first
    raise EmbeddedFailed(f"No free port between {PORTS.start} and {PORTS.stop} on {HOST}.")


def port_is_free(port: int) -> bool:
    """Answer whether a server could listen on this port of the loopback address now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(port: int, *, wanted_by: str) -> None:
    """Raise EmbeddedFailed if the port is taken."""
    if not port_is_free(port):
        raise EmbeddedFailed(
            f"Port {port} on {HOST}, which {wanted_by} should use, is taken: "
            "stop what listens there, or choose another port."
        )
