"""The floor: the same query in this process, on one thread, with no server around it.

What is measured is evaluation by pyoxigraph over the same N-Quads and writing of the results in
JSON: on disk where the service searches the release there, else in memory. No service on this
engine answers a query it has not seen in less.

Units: milliseconds.
Used by `__main__`.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from foedus.release import folder, storing


@dataclass(frozen=True, slots=True)
class Floor:
    """What the same query takes in process."""

    asked: int
    median: float
    mean: float
    p99: float
    processor: float
    """Processor time of one, in the mean."""


@dataclass(frozen=True, slots=True)
class Store:
    """The data as the service has them."""

    quads: ox.Store
    is_united: bool
    """Whether every triple stands in the default graph too, so that no union is to be made."""


def load(data: Path) -> Store:
    """Return the data of a release: on disk where the service searches it there, else in memory."""
    release = folder.open_release(data.parent)
    if storing.is_large(release):
        return Store(ox.Store.read_only(str(storing.prepare(release))), is_united=True)
    store = ox.Store()
    store.bulk_load(path=str(data), format=ox.RdfFormat.N_QUADS)
    return Store(store, is_united=False)


def rows(store: Store, query: str) -> ox.QuerySolutions:
    """Return the rows of a query over the union of all graphs."""
    found = store.quads.query(query, use_default_graph_as_union=not store.is_united)
    assert isinstance(found, ox.QuerySolutions)
    return found


def answer(store: Store, query: str) -> bytes:
    """Return the results of a query in JSON."""
    return rows(store, query).serialize(format=ox.QueryResultsFormat.JSON) or b""


def measure(store: Store, queries: Iterator[str], seconds: float) -> Floor:
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
