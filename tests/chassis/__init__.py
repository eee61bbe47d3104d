"""Sentences about chassis."""
