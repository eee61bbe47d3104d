"""Sharing: programs, consents, accounts, the feed, and shares that reach a network once."""
