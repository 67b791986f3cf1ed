"""The floor: the same query in this process, on one thread, with no server around it.

What is measured is evaluation by pyoxigraph over the same N-Quads and writing of the results in
JSON. No service on this engine answers a query it has not seen in less.

Units: milliseconds.
Used by `__main__`.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox


@dataclass(frozen=True, slots=True)
class Floor:
    """What the same query takes in process."""

    asked: int
    median: float
    mean: float
    p99: float
    processor: float
    """Processor time of one, in the mean."""


def load(data: Path) -> ox.Store:
    """Return a store in memory with the data."""
    store = ox.Store()
    store.bulk_load(path=str(data), format=ox.RdfFormat.N_QUADS)
    return store


def answer(store: ox.Store, query: str) -> bytes:
    """Return the results of a query in JSON."""
    results = store.query(query, use_default_graph_as_union=True)
    assert isinstance(results, ox.QuerySolutions)
    return results.serialize(format=ox.QueryResultsFormat.JSON) or b""


def measure(store: ox.Store, queries: Iterator[str], seconds: float) -> Floor:
    """Ask one query after the other for so many seconds."""
    times: list[float] = []
    worked = time.process_time()
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        query = next(queries)
        start = time.perf_counter()
        answer(store, query)
        times.append(1000 * (time.perf_counter() - start))
    worked = 1000 * (time.process_time() - worked) / len(times)
    times.sort()
    return Floor(
        len(times),
        statistics.median(times),
        statistics.mean(times),
        times[min(len(times) - 1, int(0.99 * len(times)))],
        worked,
    )
