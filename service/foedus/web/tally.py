"""Count what is answered, in any process, and put counts together.

The library's own counters take a lock and several steps for each request, which is a tenth of
what a small answer costs; ``vitals`` only writes for it what is counted here.

Units: seconds.
Used by ``desk``, ``door``, ``channel`` and ``vitals``.
"""

import copy
import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class Taken:
    """How long the answers of a route took."""

    seconds: float = 0.0
    """All together."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    """How many took so long, each counted once."""

    def add(self, other: "Taken") -> None:
        """Put another's to these."""
        self.seconds += other.seconds
        self.buckets = [mine + more for mine, more in zip(self.buckets, other.buckets, strict=True)]


@dataclass(slots=True)
class Counts:
    """What was counted."""

    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By method, route and status."""
    taken: dict[str, Taken] = field(default_factory=dict)
    """By route."""
    looked_up: int = 0
    """Queries answered without a worker."""
    hits: int = 0
    """Answers from the caches of doors; the service's own cache counts for itself."""


class Tally:
    """Counts that threads may add to."""

    def __init__(self) -> None:
        self._counts = Counts()
        self._counting = threading.Lock()

    def count(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count a request, and how long it took where that is known.

        An answer that was ready takes no time worth telling.
        """
        with self._counting:
            counts = self._counts
            counts.requests[method, route, status] += 1
            if seconds is not None:
                taken = counts.taken.get(route)
                if taken is None:
                    taken = counts.taken[route] = Taken()
                taken.seconds += seconds
                taken.buckets[bisect_left(BUCKETS, seconds)] += 1

    def count_look_up(self) -> None:
        """Count a query that needed no worker."""
        with self._counting:
            self._counts.looked_up += 1

    def add(self, more: Counts) -> None:
        """Put what another process counted to these."""
        with self._counting:
            counts = self._counts
            counts.requests.update(more.requests)
            for route, taken in more.taken.items():
                counts.taken.setdefault(route, Taken()).add(taken)
            counts.hits += more.hits
            counts.looked_up += more.looked_up

    def read(self) -> Counts:
        """Return a copy of what was counted so far."""
        with self._counting:
            return copy.deepcopy(self._counts)

    def take(self) -> Counts:
        """Return what was counted, and count from nought."""
        with self._counting:
            counts, self._counts = self._counts, Counts()
            return counts
