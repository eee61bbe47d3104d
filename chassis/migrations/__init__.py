"""The environment in which every service's migrations run."""
