"""Sentences about the gateway, the one door."""
