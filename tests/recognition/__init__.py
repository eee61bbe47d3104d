"""Sentences about recognition."""
