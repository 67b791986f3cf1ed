"""Evaluate queries in processes that can be stopped, within limits that stop them.

An answer is collected whole, in memory or in a file without a name, before anybody sends its
first byte: a limit reached at the last row is still an error and never half an answer, and a
client that reads slowly holds no worker. All of it happens in one event loop, the server's own
where there is one: it keeps the time itself and ends the worker at the deadline, or where whoever
asked is gone; the memory limit is the worker's own, whose evaluator aborts there. Threads ask
with `GuardedEngine.answer` and `GuardedEngine.run`, who is in the loop with
`GuardedEngine.answer_soon`.

Errors: `LimitError` names the limit; `BusyError` as ``lanes`` says, and where a worker was killed
from outside; `EngineError` where the evaluator itself failed. Other queries are not affected.
Used by ``web`` and ``remote``.
"""

import asyncio
import io
import json
import signal
import socket
import threading
import time
import weakref
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from foedus.engine import Answer, Dataset, Limits, Written, lookups, read
from foedus.engine.embedded import Held
from foedus.engine.lanes import Lanes, Sizes
from foedus.engine.lookups import LookUps
from foedus.engine.waiting import WAITING, is_done
from foedus.engine.workers import Asked, Died, Nursery, Pair, TooLarge, Worker
from foedus.errors import BusyError, EngineError, FoedusError, LimitError
from foedus.results import BY_NAME, TRIPLES, Format

_N_TRIPLES = TRIPLES[1]
_GROWN = 64 << 10
"""Kilobytes by which a worker's memory may have grown for it to be asked again."""
_SLOWEST = 4
"""Times its patience that a query stays in the quick lane where it gets no processor."""
_T = TypeVar("_T")


@dataclass(slots=True)
class Counts:
    """What has happened since the start; numbers only grow, and are read without a lock."""

    queries: int = 0
    """Those that a worker was asked."""
    at_once: int = 0
    """Those that needed none."""
    long: int = 0
    stopped: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("time", "memory", "response", "client"), 0)
    )
    """By the limit that was reached; ``client`` where nobody waited any more."""
    busy: int = 0
    died: int = 0
    """Workers that ended though nobody ended them, those at their memory's limit left out."""
    forked: int = 0


class GuardedEngine:
    """An engine over data that worker processes share."""

    def __init__(
        self,
        held: Held,
        *,
        limits: Limits | None = None,
        sizes: Sizes | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Load the data; `DataError` or `ReleaseError` where they do not load.

        ``loop`` is where queries are asked; without one, a thread of the engine's own runs one.
        """
        self.limits = limits or Limits()
        self.counts = Counts()
        self._lanes = Lanes(sizes or Sizes())
        with ThreadPoolExecutor(1) as aside:
            # Two processes load the data at once; what is wrong with them, the nursery says.
            loading = aside.submit(lookups.load, held)
            self._nursery = Nursery(held, memory=self.limits.memory)
            self.lookups = LookUps(loading.result(), self.limits)
        self._idle: list[Worker] = []
        self._idle_long: list[Worker] = []
        self._loop = loop or asyncio.new_event_loop()
        thread = None
        if loop is None:
            thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            thread.start()
        idle = (self._idle, self._idle_long)
        self._ending = weakref.finalize(self, _end, self._loop, thread, self._nursery, idle)
        self._wait(self._prepare())

    async def answer_soon(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`.

        A task that is cancelled while it waits has its query stopped.
        """
        found = self.lookups.answer(query, rows=rows, dataset=dataset)
        if found is not None:
            self.counts.at_once += 1
            return Written(lookups.JSON, io.BytesIO(found), len(found))
        request = self._request(query, rows, triples, dataset)
        return await self._ask(query, request, self.limits.response, "one answer may have")

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        return self._wait(self.answer_soon(query, rows=rows, triples=triples, dataset=dataset))

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms; see `foedus.engine.Engine`."""
        request = self._request(query, lookups.JSON, _N_TRIPLES, dataset)
        most = min(self.limits.page, self.limits.response)
        what = "a page may be made from; ask for a data format"
        return read(self._wait(self._ask(query, request, most, what)))

    async def start(self, program: str, pair: Pair) -> tuple[int, socket.socket]:
        """Start a program with the data in a process of its own; see `Nursery.start`."""
        return await self._nursery.start(program, pair)

    def idle(self) -> int:
        """Return how many workers wait for a query."""
        return len(self._idle) + len(self._idle_long)

    def close(self) -> None:
        """End all workers."""
        self._ending()

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what work in the loop comes to; called outside of it."""
        if self._loop.is_running():
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            waiting = WAITING.get()
            if waiting is not None:
                waiting.add(future)
            return future.result()
        return self._loop.run_until_complete(work)

    async def _prepare(self) -> None:
        self._give_back(await self._fork())

    def _request(
        self, query: str, rows: Format | None, triples: Format | None, dataset: Dataset | None
    ) -> bytes:
        request = {
            "query": query,
            "rows": rows and rows.name,
            "triples": triples and triples.name,
            "dataset": (dataset.default, dataset.named) if dataset else None,
            "most": self.limits.rows,
        }
        return json.dumps(request).encode()

    async def _ask(self, query: str, request: bytes, most: int, what: str) -> Written:
        self.counts.queries += 1
        asked = Asked(most)
        try:
            await self._evaluate(query, request, asked)
        except BaseException as error:
            asked.body.close()
            if isinstance(error, asyncio.CancelledError):
                self.counts.stopped["client"] += 1
            if isinstance(error, TooLarge):
                self.counts.stopped["response"] += 1
                message = f"the answer has more than {_in_words(most)}, which {what}"
                raise LimitError(message) from error
            if isinstance(error, BusyError):
                self.counts.busy += 1
            raise
        return Written(BY_NAME[asked.form], asked.body, asked.size)

    async def _evaluate(self, query: str, request: bytes, asked: Asked) -> None:
        """Collect the answer, in the quick lane or in a place for long queries."""
        lanes = self._lanes
        if not lanes.is_long(query):
            await lanes.take_quick()
            try:
                worker = await self._take()
                start, used = time.monotonic(), worker.processor_seconds()
                whole = worker.ask(request, asked)
                if await self._collect_soon(worker, whole, asked, start, used):
                    return
                # Leaving the lane frees the place; the worker leaves with its query.
                lanes.remember(query, is_long=True)
                stays = await lanes.take_long()
                if not stays:
                    self._nursery.kill(worker)
            finally:
                lanes.leave_quick()
            self.counts.long += 1
            if stays:
                await self._finish(query, worker, whole, asked, start, used)
                return
            asked.restart()
        await lanes.await_long()
        try:
            worker = await self._take(is_long=True)
        except BaseException:
            lanes.leave_long()
            raise
        start, used = time.monotonic(), worker.processor_seconds()
        await self._finish(query, worker, worker.ask(request, asked), asked, start, used)

    async def _collect_soon(
        self, worker: Worker, whole: asyncio.Future[None], asked: Asked, start: float, used: float
    ) -> bool:
        """Return whether the answer was whole before the query had to leave the quick lane."""
        sizes = self._lanes.sizes
        last = start + min(_SLOWEST * sizes.patience, self.limits.seconds)
        while True:
            turn = min(time.monotonic() + sizes.slice, last)
            if await self._collect(worker, whole, asked, turn):
                return True
            most = sizes.slice if self._lanes.is_crowded() else sizes.patience
            if turn >= last or worker.processor_seconds() - used >= most:
                return False

    async def _finish(
        self,
        query: str,
        worker: Worker,
        whole: asyncio.Future[None],
        asked: Asked,
        start: float,
        used: float,
    ) -> None:
        """Let a long query end in its place.

        It started at ``start``, when its worker had used so many seconds of a processor.
        """
        try:
            worker.yield_to_others()
            if not await self._collect(worker, whole, asked, start + self.limits.seconds):
                self._nursery.kill(worker)
                self.counts.stopped["time"] += 1
                raise LimitError(
                    f"the query was stopped after {self.limits.seconds:g} seconds, the time one "
                    "query may take"
                )
            took = worker.processor_seconds() - used
            self._lanes.remember(query, is_long=took >= self._lanes.sizes.slice)
        finally:
            self._lanes.leave_long()

    async def _collect(
        self,
        worker: Worker,
        whole: asyncio.Future[None],
        asked: Asked,
        deadline: float,
    ) -> bool:
        """Return whether the answer was whole by the deadline, after which the worker runs on.

        Otherwise the worker is given back, or ended where it cannot be asked again.
        """
        try:
            if not await is_done(whole, deadline):
                return False
            whole.result()
        except Died as error:
            raise await self._autopsy(worker) from error
        except FoedusError:
            self._give_back(worker, asked.growth)
            raise
        except BaseException:
            self._nursery.kill(worker)
            raise
        self._give_back(worker, asked.growth)
        return True

    async def _autopsy(self, worker: Worker) -> FoedusError:
        """Return the error that a worker's end stands for."""
        status = await self._nursery.bury(worker)
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

    async def _take(self, *, is_long: bool = False) -> Worker:
        """Return an idle worker that lives, or a fresh one."""
        idle = self._idle_long if is_long else self._idle
        while idle:
            worker = idle.pop()
            if worker.is_alive and self._nursery.is_parent_of(worker):
                return worker
            self.counts.died += 1
            if worker.is_alive:
                self._nursery.kill(worker)
            else:
                await self._nursery.bury(worker)
        return await self._fork()

    async def _fork(self) -> Worker:
        self.counts.forked += 1
        forking = asyncio.create_task(self._nursery.fork())
        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            # Who wanted it is gone; a process that is half made cannot be left behind.
            forking.add_done_callback(self._keep)
            raise

    def _keep(self, forking: "asyncio.Task[Worker]") -> None:
        if not forking.cancelled() and forking.exception() is None:
            self._give_back(forking.result())

    def _give_back(self, worker: Worker, growth: int = 0) -> None:
        """Keep a worker for the next query, unless it has grown by so many kilobytes."""
        sizes = self._lanes.sizes
        idle, most = (self._idle_long, sizes.long) if worker.is_low else (self._idle, sizes.quick)
        if len(idle) < most and growth < _GROWN:
            idle.append(worker)
        else:
            self._nursery.kill(worker)


def _end(
    loop: asyncio.AbstractEventLoop,
    thread: threading.Thread | None,
    nursery: Nursery,
    idle: Iterable[list[Worker]],
) -> None:
    """End workers and processes, and the loop where it is the engine's own."""

    async def close() -> None:
        for worker in chain.from_iterable(idle):
            worker.close()
        nursery.close()
        await asyncio.sleep(0)  # the loop closes the lines of the workers in its next turn

    if loop.is_running():
        asyncio.run_coroutine_threadsafe(close(), loop).result()
    elif not loop.is_closed():
        loop.run_until_complete(close())
    if thread is not None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _in_words(size: int) -> str:
    """Return bytes for reading.

    >>> _in_words(256 << 20)
    '256 MiB'
    """
    for name, unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
