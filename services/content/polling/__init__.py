"""Polling: what the worker does by itself, with feeds fetched and read between transactions."""
