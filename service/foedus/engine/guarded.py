"""Evaluate queries in processes that can be stopped, within limits that stop them.

An answer is collected whole, in memory or in a file without a name, before anybody sends its
first byte: a limit reached at the last row is still an error and never half an answer, and a
client that reads slowly holds no worker. The thread that asks keeps the time itself and ends the
worker at the deadline; the memory limit is the worker's own, whose evaluator aborts there.

Errors: `LimitError` names the limit; `BusyError` as ``lanes`` says, and where a worker was killed
from outside; `EngineError` where the evaluator itself failed. Other queries are not affected.
Used by ``web`` and ``remote``.
"""

import hashlib
import json
import signal
import threading
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from foedus import results
from foedus.engine import Answer, Dataset, Limits, Written, read
from foedus.engine.embedded import Source
from foedus.engine.lanes import Lanes, Sizes
from foedus.engine.workers import Asked, Died, Nursery, TooLarge, Worker
from foedus.errors import BusyError, EngineError, FoedusError, LimitError
from foedus.results import ROWS, TRIPLES, Format

_JSON, _N_TRIPLES = ROWS[0], TRIPLES[1]
_GROWN = 64 << 10
"""Kilobytes by which a worker's memory may have grown for it to be asked again."""

_SLOWEST = 4
"""Times its patience that a query stays in the quick lane where it gets no processor."""


@dataclass(slots=True)
class Counts:
    """What has happened since the start; numbers only grow, and are read without a lock."""

    queries: int = 0
    long: int = 0
    stopped: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("time", "memory", "response"), 0)
    )
    """By the limit that was reached."""
    busy: int = 0
    died: int = 0
    """Workers that ended though nobody ended them, those at their memory's limit left out."""
    forked: int = 0


class GuardedEngine:
    """An engine over data that worker processes share."""

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        limits: Limits | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        """Load the data; `DataError` where they do not load."""
        self.limits = limits or Limits()
        self.counts = Counts()
        self._lanes = Lanes(sizes or Sizes())
        self._nursery = Nursery(sources, memory=self.limits.memory)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._base = 0
        self._ending = weakref.finalize(self, _end, self._nursery, self._idle)
        self._give_back(self._fork(), peak=0)

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        request = self._request(query, rows, triples, dataset)
        return self._ask(request, most=self.limits.response, what="one answer may have")

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms; see `foedus.engine.Engine`."""
        request = self._request(query, _JSON, _N_TRIPLES, dataset)
        most = min(self.limits.page, self.limits.response)
        what = "a page may be made from; ask for a data format"
        return read(self._ask(request, most=most, what=what))

    def idle(self) -> int:
        """Return how many workers wait for a query."""
        return len(self._idle)

    def close(self) -> None:
        """End all workers."""
        self._ending()

    def _request(
        self, query: str, rows: Format | None, triples: Format | None, dataset: Dataset | None
    ) -> dict[str, Any]:
        return {
            "query": query,
            "dataset": [dataset.default, dataset.named] if dataset else None,
            "rows": rows.name if rows else None,
            "triples": triples.name if triples else None,
            "most": self.limits.rows,
        }

    def _ask(self, request: dict[str, Any], *, most: int, what: str) -> Written:
        self.counts.queries += 1
        asked = Asked(most)
        try:
            self._evaluate(request, asked)
        except BaseException as error:
            asked.body.close()
            if isinstance(error, TooLarge):
                self.counts.stopped["response"] += 1
                message = f"the answer has more than {_in_words(most)}, which {what}"
                raise LimitError(message) from error
            if isinstance(error, BusyError):
                self.counts.busy += 1
            raise
        form = results.named(asked.form, (*ROWS, *TRIPLES))
        if form is None:
            raise EngineError("a worker answered in no known format")
        return Written(form, asked.body, asked.size)

    def _evaluate(self, request: dict[str, Any], asked: Asked) -> None:
        """Collect the answer, in the quick lane or in a place for long queries."""
        key = hashlib.sha256(json.dumps(request["query"]).encode()).digest()
        lanes = self._lanes
        if not lanes.is_long(key):
            with lanes.quick():
                worker = self._take()
                start = time.monotonic()
                if self._collect_soon(worker, request, asked, start):
                    return
                # Leaving the lane frees the place; the worker leaves with its query.
                stays = lanes.take_long()
                if not stays:
                    self._nursery.kill(worker)
            self.counts.long += 1
            if stays:
                self._finish(worker, None, asked, key, start)
                return
            asked.restart()
        lanes.await_long()
        self._finish(None, request, asked, key, time.monotonic())

    def _collect_soon(
        self, worker: Worker, request: dict[str, Any], asked: Asked, start: float
    ) -> bool:
        """Return whether the answer was whole before the query had to leave the quick lane."""
        sizes = self._lanes.sizes
        last = start + min(_SLOWEST * sizes.patience, self.limits.seconds)
        used = worker.processor_seconds()
        given: dict[str, Any] | None = request
        while True:
            turn = min(time.monotonic() + sizes.slice, last)
            if self._collect(worker, given, asked, turn):
                return True
            most = sizes.slice if self._lanes.is_crowded() else sizes.patience
            if turn >= last or worker.processor_seconds() - used >= most:
                return False
            given = None

    def _finish(
        self,
        worker: Worker | None,
        request: dict[str, Any] | None,
        asked: Asked,
        key: bytes,
        start: float,
    ) -> None:
        """Let a long query end in its place; ``request`` None where a worker runs it already."""
        try:
            worker = worker or self._take()
            worker.yield_to_others()
            end = start + self.limits.seconds
            if not self._collect(worker, request, asked, end, is_long=True):
                self._nursery.kill(worker)
                self.counts.stopped["time"] += 1
                raise LimitError(
                    f"the query was stopped after {self.limits.seconds:g} seconds, the time one "
                    "query may take"
                )
        finally:
            self._lanes.leave_long()
            took = time.monotonic() - start
            self._lanes.remember(key, is_long=took >= self._lanes.sizes.patience)

    def _collect(
        self,
        worker: Worker,
        request: dict[str, Any] | None,
        asked: Asked,
        deadline: float,
        *,
        is_long: bool = False,
    ) -> bool:
        """Return whether the answer was whole by the deadline, after which the worker runs on.

        Otherwise the worker is given back, or ended where it cannot be asked again.
        """
        try:
            if request is not None:
                worker.ask(request, deadline)
            worker.collect(asked, deadline)
        except TimeoutError:
            return False
        except Died as error:
            raise self._autopsy(worker) from error
        except FoedusError:
            self._give_back(worker, peak=asked.peak, keep=not is_long)
            raise
        except BaseException:
            self._nursery.kill(worker)
            raise
        self._give_back(worker, peak=asked.peak, keep=not is_long)
        return True

    def _autopsy(self, worker: Worker) -> FoedusError:
        """Return the error that a worker's end stands for."""
        status = self._nursery.bury(worker)
        if status == -signal.SIGABRT:
            self.counts.stopped["memory"] += 1
            return LimitError(
                f"the query was stopped at {_in_words(self.limits.memory)} of memory, which one "
                "query may take"
            )
        self.counts.died += 1
        if status in (-signal.SIGKILL, -signal.SIGTERM, None):
            return BusyError("the query's process was ended from outside; ask again")
        name = signal.Signals(-status).name if status and status < 0 else f"status {status}"
        return EngineError(
            f"the evaluator failed on this query ({name}); a query nested too deeply does that"
        )

    def _take(self) -> Worker:
        """Return an idle worker that lives, or a fresh one."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._fork()
            if worker.is_alive():
                return worker
            self.counts.died += 1
            self._nursery.bury(worker)

    def _fork(self) -> Worker:
        self.counts.forked += 1
        return self._nursery.fork()

    def _give_back(self, worker: Worker, *, peak: int, keep: bool = True) -> None:
        """Keep a worker for the next query, unless it has grown or was given low priority."""
        with self._lock:
            self._base = self._base or peak
            keep = keep and len(self._idle) < self._lanes.sizes.quick
            keep = keep and peak - self._base < _GROWN
            if keep:
                self._idle.append(worker)
        if not keep:
            self._nursery.kill(worker)


def _end(nursery: Nursery, idle: list[Worker]) -> None:
    for worker in idle:
        worker.close()
    nursery.close()


def _in_words(size: int) -> str:
    """Return bytes for reading.

    >>> _in_words(256 << 20)
    '256 MiB'
    """
    for name, unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
