"""A local OpenID issuer for the embedded profile: one server, one issuer per path."""

from fortaler.local_issuer.app import create_app
from fortaler.local_issuer.keys import IssuerKeys, issuer_url

__all__ = ["IssuerKeys", "create_app", "issuer_url"]
