"""Metrics: what came of a share, counted once and told with its source."""
