"""Sentences about the whole platform, as the public sees it."""
