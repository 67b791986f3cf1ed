"""Let small queries pass while long ones run: who is evaluated now, who waits, who is refused.

A query starts in the quick lane. One that has used `Sizes.patience` seconds of a processor, or
`Sizes.slice` where others wait for its place, leaves: it goes on in one of few places for long
queries, at low priority, or, where these are taken, is stopped and waits in a line of limited
length to be evaluated anew. A query of its shape, which is the same query with other names, goes
there directly the next time, until one turns out to need less than a slice. So however many long
queries come, each holds a place in the quick lane for a moment only. Places are given in the order
in which they were asked for. All of it happens in one event loop.

Units: seconds.
Errors: `BusyError` where the line is full, or nothing came free in time.
Used by ``guarded``.
"""

import asyncio
import re
from collections import OrderedDict, deque
from dataclasses import dataclass

from foedus.errors import BusyError

_REMEMBERED = 4096
_NAMES = re.compile(r"""<[^<>\s]*+>|"[^"]*+"|'[^']*+'|\#[^\r\n]*+|\b\w*+:[\w-]*+|\d++|\s++""")
"""What differs between queries of one shape: read roughly, as a mistake costs only some time."""
_READ = 1 << 12
"""Characters of a query that its shape is read from: time here is everybody's."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many queries are evaluated at once, and how many wait."""

    quick: int = 4
    """Queries in the quick lane."""
    long: int = 2
    """Long queries evaluated at once: as many as processors, at most."""
    line: int = 64
    """Long queries that wait."""
    patience: float = 0.25
    """Seconds of a processor after which a query is a long one."""
    slice: float = 0.02
    """The same while others wait for its place."""
    wait: float = 10.0
    """Seconds that a query waits for a place."""


def shape_of(query: str) -> int:
    """Return what queries have in common that differ in names, strings, numbers and remarks only.

    >>> shape_of("ASK { <a:b> ?p 'x' } # one") == shape_of("ASK { <a:c> ?p 'y' }")
    True
    """
    return hash(_NAMES.sub("", query[:_READ]))


class Places:
    """A number of places, given in the order in which they are asked for."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[asyncio.Future[bool]] = deque()

    async def take(self, wait: float) -> bool:
        """Take a place; return False where none came free in so many seconds."""
        if self._free:
            self._free -= 1
            return True
        if wait <= 0:
            return False
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        end = loop.call_later(wait, _settle, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.leave()  # it was given at the last moment
            raise
        finally:
            end.cancel()

    def leave(self) -> None:
        """Give a place to whoever waits longest, or back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1

    def is_asked_for(self) -> bool:
        """Whether somebody waits."""
        return any(not turn.done() for turn in self._waiting)


def _settle(turn: asyncio.Future[bool]) -> None:
    if not turn.done():
        turn.set_result(False)


class Lanes:
    """The places, and the queries known to be long."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self._quick = Places(sizes.quick)
        self._long = Places(sizes.long)
        self._line = Places(sizes.line)
        self._known: OrderedDict[int, None] = OrderedDict()

    async def take_quick(self) -> None:
        """Take a place in the quick lane; `leave_quick` gives it back."""
        if not await self._quick.take(self.sizes.wait):
            raise self._busy("too many queries at once")

    def leave_quick(self) -> None:
        """Give a place in the quick lane back."""
        self._quick.leave()

    def is_crowded(self) -> bool:
        """Whether somebody waits for a place in the quick lane."""
        return self._quick.is_asked_for()

    async def take_long(self) -> bool:
        """Take a place for a long query if one is free; `leave_long` gives it back."""
        return await self._long.take(0)

    async def await_long(self) -> None:
        """Wait in the line for such a place."""
        if not await self._line.take(0):
            raise self._busy("too many long queries at once")
        try:
            if not await self._long.take(self.sizes.wait):
                raise self._busy("too many long queries at once")
        finally:
            self._line.leave()

    def leave_long(self) -> None:
        """Give a place for a long query back."""
        self._long.leave()

    def is_long(self, query: str) -> bool:
        """Whether a query of this shape was long before."""
        return bool(self._known) and shape_of(query) in self._known

    def remember(self, query: str, *, is_long: bool) -> None:
        """Note whether a query of this shape was long."""
        shape = shape_of(query)
        self._known.pop(shape, None)
        if is_long:
            self._known[shape] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _busy(self, message: str) -> BusyError:
        return BusyError(f"{message}; ask again later", retry_after=round(self.sizes.wait))
