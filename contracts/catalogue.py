"""Every event there is, by its CloudEvents type."""

from contracts import content, directory, engagement, metrics, recognition, sharing
from contracts.events import Event, registered

_ANNOUNCERS = (content, directory, engagement, metrics, recognition, sharing)

EVENTS: dict[str, type[Event]] = {
    type_: event
    for type_, event in sorted(registered().items())
    if event.__module__ in {module.__name__ for module in _ANNOUNCERS}
}
"""All our events, and none that a test has declared."""
