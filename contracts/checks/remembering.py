"""What rules name, made ready to be compared and kept so, within a bound on all of it together."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

How = TypeVar("How", bound=Hashable)
Made = TypeVar("Made")

Names = tuple[str, ...]
"""The terms, hosts, tags or the like of one rule."""

NAMES_REMEMBERED_MAX = 100_000
"""Some 300 bytes each: a process of ours has a few hundred MB for everything. Most companies name
a hundred, so there is room for all that write at the moment; the largest may name thirty thousand,
and a few of these do not push each other out in turns."""


class Remembered(Generic[How, Made]):
    """A function of names and of how to compare them, asked once for each as long as there is room.

    What was asked for last stays. Rules are read anew for every request, so names are what they
    are known by.
    """

    def __init__(
        self, make: Callable[[Names, How], Made], *, names_max: int = NAMES_REMEMBERED_MAX
    ) -> None:
        self._make = make
        self._room = names_max
        self._kept: OrderedDict[tuple[How, Names], Made] = OrderedDict()
        # Texts are checked beside the loop, in threads.
        self._lock = Lock()

    def __call__(self, names: Names, how: How) -> Made:
        """Answer what the function makes of these names."""
        key = how, names
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        # Nobody waits for what another makes; two may make the same.
        made = self._make(names, how)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._room -= _size_of(names)
            while self._room < 0:
                (_, oldest), _ = self._kept.popitem(last=False)
                self._room += _size_of(oldest)
        return made


def _size_of(names: Names) -> int:
    # A list takes some room itself, however short it is.
    return len(names) + 1
