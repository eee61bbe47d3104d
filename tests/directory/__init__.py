"""Sentences about directory."""
