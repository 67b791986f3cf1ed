"""Wait for what happens in the event loop, from a task or from a thread.

Units: seconds of ``time.monotonic``.
Used by ``guarded`` and ``web``.
"""

import asyncio
import time
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any


class Waiting:
    """What a thread has asked of the loop for somebody who may be gone before it is done."""

    def __init__(self) -> None:
        self._asked: list[Future[Any]] = []
        self._is_over = False

    def add(self, future: Future[Any]) -> None:
        """Add what is asked; it is cancelled at once where nobody waits any more."""
        self._asked.append(future)
        if self._is_over:
            future.cancel()

    def give_up(self) -> None:
        """Cancel it all, which stops the queries, and whatever is asked later."""
        self._is_over = True
        for future in self._asked:
            future.cancel()


WAITING: ContextVar[Waiting | None] = ContextVar("WAITING", default=None)
"""Where the current thread's questions are noted."""


async def is_done(work: asyncio.Future[None], deadline: float) -> bool:
    """Return whether work is done by a deadline, after which it goes on.

    `asyncio.wait` does the same for any number, and takes several times as long.
    """
    if work.done():
        return True
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def release(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(deadline - time.monotonic(), release)
    work.add_done_callback(release)
    try:
        await waiter
    finally:
        timer.cancel()
        work.remove_done_callback(release)
    return work.done()
