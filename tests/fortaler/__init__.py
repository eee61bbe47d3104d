"""Sentences about the operator's command."""
