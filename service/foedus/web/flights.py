"""Let requests that are alike wait for one answer.

The first of them is a `Flight`, the others join it. Who is gone leaves; the work stops when all
are.

Used by ``front``.
"""

import asyncio
from contextlib import suppress

from foedus.web.cache import Ready
from foedus.web.gateway import FileBody, Reply


class Flight:
    """An answer that is on its way, and how many wait for it."""

    def __init__(self) -> None:
        """Be the flight of the current task."""
        self._task = asyncio.current_task()
        self._waiting = 1
        self._seats: list[asyncio.Future[Ready | Reply | None]] = []

    async def join(self) -> Ready | Reply | None:
        """Wait for the answer too; None where it cannot be shared."""
        self._waiting += 1
        seat: asyncio.Future[Ready | Reply | None] = asyncio.get_running_loop().create_future()
        self._seats.append(seat)
        return await seat

    def land(self, ready: Ready | None, reply: Reply | None) -> None:
        """Give the answer to all who wait: one ready to be sent, or a file to each."""
        for seat in self._seats:
            if not seat.done():
                seat.set_result(ready or _shared(reply))

    def leave(self) -> None:
        """Say that one who waits is gone; without any the work stops."""
        self._waiting -= 1
        if self._waiting == 0 and self._task is not None:
            self._task.cancel()


def _shared(reply: Reply | None) -> Reply | None:
    if reply is None or not isinstance(reply.body, FileBody):
        return None
    with suppress(OSError):
        return Reply(reply.status, list(reply.headers), reply.body.share(), reply.route)
    return None
