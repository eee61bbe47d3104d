"""Python's garbage collector, set for processes that live long and whose objects live shortly."""

import gc

YOUNG_OBJECTS_MAX = 50_000
"""A batch makes as many at once, and all but a few of them end with it. At Python's own 700 they
were looked through twenty times while they were needed: a fifth of what the relay does (ADR 22)."""


def settle() -> None:
    """Set it, once all is imported: what there is by now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, *gc.get_threshold()[1:])
