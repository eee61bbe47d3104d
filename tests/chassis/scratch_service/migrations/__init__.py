"""The migrations of the made-up service."""
