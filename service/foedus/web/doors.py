"""Open processes that answer what is ready beside the service, and give them connections.

Connections that ask again and again for what is answered at once go to a door, or stay, in turn.
What a door cannot answer comes back with its connection (``door`` says why), and stays. What the
service keeps ready it tells them; what they answer they tell it, ten times a second, so that
figures and log are one. A door that ends is opened again after a while. Without doors the service
does it all.

Units: seconds.
Errors: none; a door that cannot be had is done without.
Used by ``serving``.
"""

import asyncio
import itertools
import logging
import socket
import time
from collections.abc import Awaitable, Callable

from foedus.engine import Limits
from foedus.errors import EngineError
from foedus.web import channel, journal
from foedus.web.cache import Key, Ready
from foedus.web.channel import Channel, Closed, End, Given, Kept, Noted, Opened, Sent, Setup
from foedus.web.desk import Desk

_PROGRAM = "foedus.web.door"
_LONGEST_WAIT = 60.0
_CLOSING = 1.0
"""A door that has not said within this time that it gives nothing back is not waited for."""
_log = logging.getLogger("foedus.doors")


class Doors:
    """The doors of a service; everything happens in its event loop."""

    def __init__(
        self,
        most: int,
        desk: Desk,
        limits: Limits,
        *,
        start: Callable[[str, socket.socket], Awaitable[int]],
        adopt: Callable[[socket.socket, bytes], None],
    ) -> None:
        """Open so many, once `look_after` is called.

        ``start`` starts a program with one end of a line and returns its process's number;
        ``adopt`` takes a connection that comes back, with what its client sent.
        """
        self._most = most if desk.terms.is_open and desk.terms.digest is not None else 0
        self._desk = desk
        self._setup = Setup(desk.terms, limits, is_logging=journal.is_on())
        self._start = start
        self._adopt = adopt
        self._doors: list[_Door] = []
        self._open: list[_Door] = []
        self._turns = itertools.count(1)
        self._ends = 0
        self._next = 0.0
        self._opening: asyncio.Task[None] | None = None
        self._is_ending = False
        desk.tell = self._tell

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def give(self, connection: int, sent: bytes) -> bool:
        """Give a connection to whose turn it is; return whether it is a door's now.

        ``sent`` is what its client sent and nobody has answered.
        """
        turn = next(self._turns) % (len(self._open) + 1)
        return turn > 0 and self._open[turn - 1].send(Given(sent), connection)

    def look_after(self) -> None:
        """Open what is missing, one after the other."""
        is_opening = self._opening is not None and not self._opening.done()
        is_complete = len(self._doors) >= self._most or self._is_ending
        if not is_complete and not is_opening and time.monotonic() >= self._next:
            self._opening = asyncio.create_task(self._open_one())

    async def close(self) -> None:
        """Let no more in, and wait until nothing comes back any more."""
        self._is_ending = True
        if self._opening is not None:
            await asyncio.wait({self._opening})
        for door in self._doors:
            door.send(End())
        self._open.clear()
        waiting = {door.closed for door in self._doors}
        if waiting:
            await asyncio.wait(waiting, timeout=_CLOSING)

    async def ended(self) -> None:
        """Wait until all have sent what they had to."""
        waiting = {door.ended for door in self._doors}
        if waiting:
            await asyncio.wait(waiting)

    def _tell(self, key: Key, ready: Ready) -> None:
        """Tell every door what is kept, unless it is large or they do not keep up."""
        if ready.size <= channel.LARGEST:
            for door in self._open:
                door.send(Kept(key, ready))

    async def _open_one(self) -> None:
        try:
            ours, theirs = channel.pair()
            with theirs:
                number = await self._start(_PROGRAM, theirs)
        except (EngineError, OSError) as error:
            _log.warning("no door can be opened: %s", error)
            self._wait()
            return
        door = _Door(number, Channel(ours))
        self._doors.append(door)
        asyncio.get_running_loop().add_reader(ours, self._listen, door)
        door.send(self._setup)

    def _listen(self, door: "_Door") -> None:
        """Take what a door says."""
        try:
            message, connection = door.channel.receive(waits=False)
        except BlockingIOError:
            return
        except (EOFError, OSError):
            self._forget(door)
            return
        if isinstance(message, Noted):
            self._desk.tally.add(message.counts)
            journal.pass_on(message.lines)
        elif isinstance(message, Sent):
            door.sent += message.part
        elif connection is not None:
            self._adopt(connection, door.sent + message.part)
            door.sent = b""
        elif isinstance(message, Opened) and not self._is_ending:
            self._open.append(door)
            for key, ready in self._desk.cache.latest():
                if ready.size <= channel.LARGEST and not door.send(Kept(key, ready)):
                    break  # it has its hands full of them
        elif isinstance(message, Closed):
            door.close()

    def _forget(self, door: "_Door") -> None:
        asyncio.get_running_loop().remove_reader(door.channel.line)
        door.channel.line.close()
        self._doors.remove(door)
        if door in self._open:
            self._open.remove(door)
        door.close()
        door.ended.set_result(None)
        if not self._is_ending:
            _log.warning("door %d has ended; its clients have to connect again", door.number)
            self._wait()

    def _wait(self) -> None:
        """Wait twice as long after each end before a door is opened again."""
        self._next = time.monotonic() + min(2.0**self._ends, _LONGEST_WAIT)
        self._ends += 1


class _Door:
    """One door, as the service sees it."""

    def __init__(self, number: int, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        """That of its process."""
        self.channel = channel
        self.sent = b""
        """What the client of the next connection sent, as far as it has come."""
        self.closed: asyncio.Future[None] = loop.create_future()
        """Done when it gives nothing back any more."""
        self.ended: asyncio.Future[None] = loop.create_future()

    def send(self, message: object, connection: int | None = None) -> bool:
        """Send a message; return whether there was room and somebody to take it."""
        try:
            self.channel.send(message, connection, waits=False)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Note that it gives nothing back any more."""
        if not self.closed.done():
            self.closed.set_result(None)
