"""A small social network of its own, for demos and tests, that can be told to misbehave."""

from fortaler.sandbox_network.app import create_app
from fortaler.sandbox_network.clients import Client

__all__ = ["Client", "create_app"]
