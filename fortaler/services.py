"""The services that this platform consists of, loaded by name."""

from importlib import import_module

from chassis.service import Service

NAMES = ("directory", "content", "sharing", "metrics", "recognition")


def load(name: str) -> Service:
    """Import a service and answer it, wired; raises KeyError for a name that is none."""
    if name not in NAMES:
        raise KeyError(name)
    service: Service = import_module(f"services.{name}.main").SERVICE
    return service
