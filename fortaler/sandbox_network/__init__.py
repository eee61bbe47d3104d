"""A small social network of its own, for demos and tests, that can be told to misbehave."""
