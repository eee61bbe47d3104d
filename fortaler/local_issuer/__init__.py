"""A local OpenID issuer for the embedded profile: one server, one issuer per path."""
