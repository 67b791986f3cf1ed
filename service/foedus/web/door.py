"""A door: a process that answers what is ready, and lets all else in to the service.

It is forked from the process that holds the data, so it has them too, and it is told what the
service keeps ready. The service gives it connections. A request that its `Desk` cannot answer it
does not answer: the connection goes back to the service with what the client sent, and stays there
for a while: a shorter one each time that its visit was worth the way, a longer one each time that
it was not. So a door has nothing to decide and nothing to lose: where it dies, its clients connect
again, and another is opened.

Source: as ``connections``.
Used by ``doors``, through `foedus.engine.zygote`, which calls `main`.
"""

import asyncio
import io
import logging
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import httptools

from foedus.engine.embedded import EmbeddedEngine
from foedus.engine.lookups import LookUps
from foedus.web import journal, server
from foedus.web.channel import (
    LARGEST,
    Channel,
    Given,
    Grown,
    Kept,
    Noted,
    Opened,
    Sent,
    Setup,
)
from foedus.web.connections import Connection
from foedus.web.desk import Desk
from foedus.web.tally import Counts, Tally

_log = logging.getLogger("foedus.doors")
_LINES = 1 << 16
"""Characters of the log that are sent in one piece."""
_SECOND = 10
"""Ticks in a second."""
_WORTH = 2
"""Answers for which a connection's way was worth while."""
_FACTOR, _SHORTEST_STAY, _LONGEST_STAY = 4, 4, 256
"""How the answers change that a connection has to have had before it comes again."""
_LONGEST = 4.0
"""Seconds that clients may take to read what was sent to them when the door has to end."""


def main(line: socket.socket, engine: EmbeddedEngine) -> None:
    """Take connections from the service until it ends them."""
    channel = Channel(line)
    with suppress(EOFError, OSError):  # the service is gone, and so is who would hear of the rest
        setup, _ = channel.receive(waits=True)
        door = Door(channel, setup, engine)
        loop = server.new_loop()
        serving = _Server(door)
        loop.add_reader(line, serving.listen)
        server.run(serving, None, loop)
        door.report()


class Door:
    """What stands where connections look for an application."""

    def __init__(self, channel: Channel, setup: Setup, engine: EmbeddedEngine) -> None:
        self.channel = channel
        self.desk = Desk(setup.terms, LookUps(engine.fragments, setup.limits), Tally())
        self._most = _faults() + setup.copied if engine.is_shared else None
        self._lines = _Lines()
        self._hits = 0
        if setup.is_logging:
            journal.write_to(self._lines)

    def report(self, *, is_due: bool = True) -> None:
        """Tell what was answered since the last time; ``is_due`` even where that is nothing."""
        lines, counts, hits = self._lines.take(), self.desk.tally.take(), self.desk.cache.hits
        if not (is_due or lines or counts.requests):
            return
        counts.hits, self._hits = hits - self._hits, hits
        while len(lines) > _LINES:
            end = lines.rfind("\n", 0, _LINES) + 1 or _LINES
            self.channel.send(Noted(Counts(), lines[:end]), waits=True)
            lines = lines[end:]
        self.channel.send(Noted(counts, lines), waits=True)

    def has_grown(self) -> bool:
        """Whether much of the data that it shared with others it has copied.

        To read them is to write to them: the engine counts references there.
        """
        return self._most is not None and _faults() > self._most

    def give_back(self, connection: int, sent: bytes, due: int) -> None:
        """Give the service a connection by its number, with what its client sent.

        ``due`` is as `Connection.due`.
        """
        while len(sent) > LARGEST:
            self.channel.send(Sent(sent[:LARGEST]), waits=True)
            sent = sent[LARGEST:]
        self.channel.send(Given(sent, due), connection, waits=True)


def _faults() -> int:
    """Return how many bytes of memory became this process's own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()


class _Lines(io.StringIO):
    """Keeps what is written to it, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[str] = []

    def write(self, text: str, /) -> int:
        """Keep a line."""
        self._written.append(text)
        return len(text)

    def take(self) -> str:
        """Return what was written since the last time."""
        text = "".join(self._written)
        self._written.clear()
        return text


class Visit(Connection):
    """A connection that stays as long as the desk can answer what its client asks."""

    _is_leaving = False
    _leaving = b""
    """What the client sent last, to be answered by the service."""

    def data_received(self, data: bytes) -> None:
        """Answer one request that has come whole, or let the connection go."""
        self._moved = time.monotonic()
        self._burst = 0
        self._is_answered = False
        if self.is_one_head(data):
            with suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
                self.parser.feed_data(data)
        if not self._is_answered:
            self._leave(data)

    def on_message_begin(self) -> None:
        """Begin a request, which never becomes a task."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Answer what can be."""
        self._is_answered = self._answer_at_once()

    def on_message_complete(self) -> None:
        """End a request."""

    def resume_writing(self) -> None:
        """Go on when what was answered is sent."""
        super().resume_writing()
        if self._is_leaving:
            self._leave(b"")

    def _leave(self, data: bytes) -> None:
        """Give the connection back to the service, when what was answered is sent."""
        if self.transport.is_closing():
            return
        self.transport.pause_reading()
        self.transport.set_write_buffer_limits(high=0)  # to hear when all is sent
        self._is_leaving = True
        self._leaving += data
        if not self.transport.get_write_buffer_size():
            number = self.transport.get_extra_info("socket").fileno()
            self._door.give_back(number, self._leaving, self._next_due())
            self.transport.abort()

    def _next_due(self) -> int:
        """Return after how many answers it may come again."""
        if not self._leaving:
            return self.due
        if self.answered < _WORTH:
            return min(self.due * _FACTOR, _LONGEST_STAY)
        return max(self.due // _FACTOR, _SHORTEST_STAY)

    @property
    def is_idle(self) -> bool:
        """Whether it is owed no answer."""
        return not self._is_leaving

    def shutdown(self) -> None:
        """Go back to the service, which knows whether it ends."""
        if self.is_idle:
            self._leave(b"")

    @property
    def _door(self) -> Door:
        return cast(Door, self.app)


class _Server(server.Server):
    """Serves the connections that come through the channel."""

    def __init__(self, door: Door) -> None:
        super().__init__(door, Visit, longest=_LONGEST)
        self._door = door
        self._is_grown = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._door.channel.send(Opened(), waits=True)

    def listen(self) -> None:
        """Take what the service says."""
        channel = self._door.channel
        try:
            message, connection = channel.receive(waits=False)
        except BlockingIOError:
            return
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(channel.line)
            self.should_exit = True
            return
        if isinstance(message, Kept):
            self._door.desk.cache.put(message.key, message.ready)
        elif connection is not None:
            self.adopt(connection, message.part, message.due)
        else:
            _log.warning("a connection is lost: too many open files")

    async def on_tick(self, counter: int) -> bool:
        """Tell what was answered, and once a second that there is somebody."""
        is_due = counter % _SECOND == 0
        self._door.report(is_due=is_due)
        if is_due and not self._is_grown and self._door.has_grown():
            self._is_grown = True
            self._door.channel.send(Grown(), waits=True)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service."""
        yield
