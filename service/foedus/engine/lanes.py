"""Let small queries pass while long ones run: who is evaluated now, who waits, who is refused.

Every query starts in the quick lane. One that is not done after `Sizes.patience` seconds is a
long one: it goes on in one of few places for long queries, at the lowest priority, or, where
these are taken, is stopped and waits in a line of limited length to be evaluated anew. A query
that was long once goes there directly the next time. So however many long queries come, a place
in the quick lane is held by one of them for a moment only.

Units: seconds.
Errors: `BusyError` where the line is full, or nothing came free in time.
Used by ``guarded``.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from foedus.errors import BusyError

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many queries are evaluated at once, and how many wait."""

    quick: int = 4
    """Queries in the quick lane."""
    long: int = 2
    """Long queries evaluated at once: as many as processors, at most."""
    line: int = 8
    """Long queries that wait."""
    patience: float = 0.25
    """Seconds after which a query is a long one."""
    wait: float = 10.0
    """Seconds that a query waits for a place."""


class Lanes:
    """The places, and the queries known to be long."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._quick = threading.BoundedSemaphore(sizes.quick)
        self._long = threading.BoundedSemaphore(sizes.long)
        self._line = threading.BoundedSemaphore(sizes.line)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def quick(self) -> Iterator[None]:
        """Hold a place in the quick lane."""
        if not self._quick.acquire(timeout=self.sizes.wait):
            raise self._busy("too many queries at once")
        try:
            yield
        finally:
            self._quick.release()

    def take_long(self) -> bool:
        """Take a place for a long query if one is free; `leave_long` gives it back."""
        return self._long.acquire(blocking=False)

    def await_long(self) -> None:
        """Wait in the line for such a place."""
        if not self._line.acquire(blocking=False):
            raise self._busy("too many long queries at once")
        try:
            if not self._long.acquire(timeout=self.sizes.wait):
                raise self._busy("too many long queries at once")
        finally:
            self._line.release()

    def leave_long(self) -> None:
        """Give a place for a long query back."""
        self._long.release()

    def is_long(self, key: bytes) -> bool:
        """Whether this query was long before."""
        with self._lock:
            return key in self._known

    def remember(self, key: bytes) -> None:
        """Note that this query is long."""
        with self._lock:
            self._known[key] = None
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def _busy(self, message: str) -> BusyError:
        return BusyError(f"{message}; ask again later", retry_after=round(self.sizes.wait))
