"""Sentences about the system, each of which fails when it is no longer true."""
