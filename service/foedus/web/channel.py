"""Say things to a process of our own, and give it connections.

A channel is one end of a pair of sockets that keep messages apart. A connection that goes along
with a message belongs to who takes it; who gave it closes its own side, of which the client
notices nothing.

Source: unix(7), SOCK_SEQPACKET and SCM_RIGHTS. Only our own processes have an end of a channel,
so what comes is trusted to be a pickle of theirs.
Errors: `OSError` where the other side is gone; `BlockingIOError` where it does not keep up.
Used by ``door`` and ``doors``.
"""

import array
import pickle
import select
import socket
from contextlib import suppress
from typing import Any, NamedTuple

from foedus.engine import Limits
from foedus.web.cache import Key, Ready
from foedus.web.desk import Terms
from foedus.web.tally import Counts

LARGEST = 1 << 17
"""Bytes of a message; the system takes no more than half as many again."""
_NUMBER = array.array("i", [0])


class Setup(NamedTuple):
    """What a door has to know."""

    terms: Terms
    limits: Limits
    is_logging: bool
    copied: int
    """Bytes of memory it may make its own before another takes its place."""


class Opened(NamedTuple):
    """A door is ready."""


class Sent(NamedTuple):
    """The first part of what the client of the next connection sent."""

    part: bytes


class Given(NamedTuple):
    """A connection comes along; what its client sent, this at last, is still to be answered."""

    part: bytes
    due: int
    """As `Connection.due`: what counted when it came to a door, or will count now."""


class Kept(NamedTuple):
    """An answer that others may ask for too."""

    key: Key
    ready: Ready


class Grown(NamedTuple):
    """A door holds so much memory of its own that another should take its place."""


class Noted(NamedTuple):
    """What a door has answered since it last said so."""

    counts: Counts
    lines: str


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a channel; `OSError` on a system that has none."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Channel:
    """One end of a channel."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self._buffer = bytearray(2 * LARGEST)
        self._room = select.poll()
        self._room.register(line, select.POLLOUT)

    def send(self, message: Any, given: int | None = None, *, waits: bool) -> None:
        """Send a message, with the number of a connection; ``waits`` while there is no room."""
        passed = []
        if given is not None:
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [given]))]
        packed = pickle.dumps(message)
        while True:
            try:
                self.line.sendmsg([packed], passed, socket.MSG_DONTWAIT)
                return
            except BlockingIOError:
                if not waits:
                    raise
                # A loop that listens to a socket lets no call wait there.
                self._room.poll()

    def receive(self, *, waits: bool) -> tuple[Any, socket.socket | None]:
        """Return a message with the connection that came along; `EOFError` after the last."""
        flags = socket.MSG_CMSG_CLOEXEC | (0 if waits else socket.MSG_DONTWAIT)
        room = socket.CMSG_SPACE(_NUMBER.itemsize)
        size, extra, _, _ = self.line.recvmsg_into([self._buffer], room, flags)
        if not size:
            raise EOFError
        message = pickle.loads(memoryview(self._buffer)[:size])
        numbers = array.array("i")
        for level, kind, data in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(data[: _NUMBER.itemsize])
        return message, socket.socket(fileno=numbers[0]) if numbers else None

    def end(self) -> None:
        """Send no more: after all that was sent, the other side finds the end."""
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_WR)
