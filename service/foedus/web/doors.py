"""Open processes that answer what is ready beside the service, and give them connections.

Connections that ask again and again for what is answered at once go to a door, or stay, in turn;
none stays where the service itself lacks the data for it. What a door cannot answer comes back
with its connection (``door`` says why), and stays for a while. What is asked for twice the service
tells them; what they answer they tell it, ten times a second, so that figures and log are one. A
door that ends is opened again after a while. Without doors the service does it all.

Units: seconds, bytes.
Errors: none; a door that cannot be had is done without.
Used by ``serving``.
"""

import asyncio
import itertools
import logging
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from foedus.engine import Limits
from foedus.engine.workers import Pair
from foedus.errors import EngineError
from foedus.web import channel, journal
from foedus.web.cache import Key, Ready
from foedus.web.channel import Channel, Given, Grown, Kept, Noted, Opened, Sent, Setup
from foedus.web.connections import MANY
from foedus.web.desk import Desk

_PROGRAM = "foedus.web.door"
_SHARE = 4
"""A door keeps so many times fewer bytes of answers: what it lacks, the service has."""
_MOST_COPIED = 96 << 20
"""Bytes of the data it shares that a door may copy, beside the answers it keeps."""
_LONGEST_WAIT = 60.0
_MOST_ENDS = 6
"""Ends of doors after which the wait before another is the longest."""
_SILENCE = 15.0
"""A door from which nothing is heard for this long hangs: it says something once a second."""
_STALL = 2.0
_ENDING = 7.0
"""Time doors get to end; they cut clients off that do not read."""
_log = logging.getLogger("foedus.doors")


class Doors:
    """The doors of a service; everything happens in its event loop."""

    def __init__(
        self,
        most: int,
        desk: Desk,
        limits: Limits,
        *,
        start: Callable[[str, Pair], Awaitable[tuple[int, socket.socket]]],
        adopt: Callable[[socket.socket, bytes, int], None],
    ) -> None:
        """Open so many, once `look_after` is called.

        ``start`` starts a program and returns its process's number with the line to it;
        ``adopt`` takes a connection that comes back, as `Server.adopt`.
        """
        self._most = most if desk.terms.is_open and desk.terms.digest is not None else 0
        self._desk = desk
        terms = desk.terms._replace(room=desk.terms.room // _SHARE)
        self._setup = Setup(
            terms, limits, is_logging=journal.is_on(), copied=_MOST_COPIED + terms.room
        )
        self._start = start
        self._adopt = adopt
        self._doors: list[_Door] = []
        self._open: list[_Door] = []
        self._turns = itertools.count(1)
        self._ends = 0
        self._next = 0.0
        self._looked = time.monotonic()
        self._opening: asyncio.Task[None] | None = None
        self._is_ending = False
        desk.cache.tell = self._tell

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def give(self, connection: int, given: Given, *, is_back: bool) -> int | None:
        """Give a connection to whose turn it is.

        Return None where it is a door's now; else after how many more answers to ask again. One
        that a door had before goes to a door, or all would stay with the service in the end.
        """
        turn = next(self._turns)
        if not (is_back or self._desk.lookups.are_elsewhere):
            turn %= len(self._open) + 1
            if turn == 0 and self._open:
                return sys.maxsize
            turn -= 1
        if self._open and self._open[turn % len(self._open)].send(given, connection):
            return None
        return MANY

    def look_after(self) -> None:
        """End what hangs, and open what is missing, one after the other."""
        now, before = time.monotonic(), self._looked
        self._looked = now
        if now - before > _STALL:  # it was this process that slept, and doors may wait to be heard
            for door in self._doors:
                door.heard = now
            return
        for door in [door for door in self._doors if now - door.heard > _SILENCE]:
            with suppress(ProcessLookupError):
                os.kill(door.number, signal.SIGKILL)  # it lives, or its line would have ended
            self._forget(door)
        is_opening = self._opening is not None and not self._opening.done()
        staying = [door for door in self._doors if not door.is_grown]
        is_complete = len(staying) >= self._most or self._is_ending
        if not is_complete and not is_opening and now >= self._next:
            self._opening = asyncio.create_task(self._open_one())

    async def close(self) -> None:
        """Wait until all have ended, and given back what they could not answer."""
        self._is_ending = True
        if self._opening is not None:
            self._opening.cancel()
        self._open.clear()
        for door in self._doors:
            door.channel.end()
        ended = {door.ended for door in self._doors}
        if ended:
            await asyncio.wait(ended, timeout=_ENDING)

    def _tell(self, key: Key, ready: Ready) -> None:
        """Tell every door what is ready, unless it is large or they do not keep up."""
        if ready.size <= channel.LARGEST:
            for door in self._open:
                door.send(Kept(key, ready))

    async def _open_one(self) -> None:
        try:
            number, line = await self._start(_PROGRAM, channel.pair)
        except (EngineError, OSError) as error:
            _log.warning("no door can be opened: %s", error)
            self._wait()
            return
        door = _Door(number, Channel(line))
        door.send(self._setup)
        self._doors.append(door)
        asyncio.get_running_loop().add_reader(line, self._listen, door)

    def _listen(self, door: "_Door") -> None:
        """Take what a door says."""
        try:
            message, connection = door.channel.receive(waits=False)
        except (BlockingIOError, ConnectionResetError):
            return  # the latter comes before what a door said that died; its end comes after
        except (EOFError, OSError):
            self._forget(door)
            return
        door.heard = time.monotonic()
        if isinstance(message, Noted):
            self._desk.tally.add(message.counts)
            journal.pass_on(message.lines)
        elif isinstance(message, Sent):
            door.sent += message.part
        elif isinstance(message, Given):
            sent, door.sent = door.sent + message.part, b""
            if connection is None:
                _log.warning("a connection is lost: too many open files")
            else:
                self._adopt(connection, sent, message.due)
        elif isinstance(message, Grown):
            door.is_grown = True  # it ends when another has taken its place
        elif isinstance(message, Opened) and not self._is_ending:
            door.opened = door.heard
            self._desk.cache.tell_again()
            for key, ready in self._latest():
                door.send(Kept(key, ready))
            for grown in [door for door in self._open if door.is_grown][:1]:
                self._open.remove(grown)
                grown.channel.end()
            self._open.append(door)

    def _latest(self) -> list[tuple[Key, Ready]]:
        """Return the answers asked for last, as many as a message holds, the last at the end."""
        latest, room = [], channel.LARGEST
        for key, ready in self._desk.cache.latest():
            room -= ready.size
            if room < 0:
                break
            latest.append((key, ready))
        return latest[::-1]

    def _forget(self, door: "_Door") -> None:
        asyncio.get_running_loop().remove_reader(door.channel.line)
        door.channel.line.close()
        self._doors.remove(door)
        if door in self._open:
            self._open.remove(door)
        door.ended.set_result(None)
        if not (self._is_ending or door.is_grown):
            _log.warning("door %d has ended; its clients have to connect again", door.number)
            if time.monotonic() - door.opened > _LONGEST_WAIT:
                self._ends = 0
            self._wait()

    def _wait(self) -> None:
        """Wait before another is opened, twice as long each time that one has ended soon."""
        self._next = time.monotonic() + min(2.0**self._ends, _LONGEST_WAIT)
        self._ends = min(self._ends + 1, _MOST_ENDS)


class _Door:
    """One door, as the service sees it."""

    def __init__(self, number: int, channel: Channel) -> None:
        self.number = number
        """That of its process."""
        self.channel = channel
        self.sent = b""
        """What the client of the next connection sent, as far as it has come."""
        self.heard = time.monotonic()
        self.opened = math.inf
        self.is_grown = False
        """Whether it is to end, and to give its connections back."""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(self, message: object, connection: int | None = None) -> bool:
        """Send a message; return whether there was room and somebody to take it."""
        try:
            self.channel.send(message, connection, waits=False)
        except OSError:
            return False
        return True
