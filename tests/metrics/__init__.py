"""Sentences about metrics."""
