"""Sentences about content."""
