"""Send frames between the server and the processes that evaluate queries.

A frame is a tag of one byte, a length and that many bytes. A reader keeps what has come so far,
so that a deadline which passes in the middle of a frame loses nothing.

Units: deadlines are seconds of ``time.monotonic``.
Errors: `TimeoutError` at a deadline; `EOFError` where the other side is gone.
Used by: ``zygote`` and ``workers``.
"""

import socket
import struct
import time

_HEAD = struct.Struct(">cI")
HEAD_SIZE = _HEAD.size
_READ = 1 << 18

READY, FAULT = b"R", b"F"
"""The data are loaded, or an error as JSON."""
FORK, KILL, BURY = b"W", b"K", b"B"
"""A new worker on the socket that comes along; by its number, the end of one, of which nothing
is answered, and the exit status of one that has died."""
QUERY, HEAD, DATA, WHOLE = b"Q", b"H", b"D", b"E"
"""A query; then its answer: the format, the bytes, and that these were all."""


def frame(tag: bytes, payload: bytes = b"") -> bytes:
    r"""Return a frame.

    >>> frame(b"Q", b"ab")
    b'Q\x00\x00\x00\x02ab'
    """
    return _HEAD.pack(tag, len(payload)) + payload


def read_head(head: bytes) -> tuple[bytes, int]:
    """Return a frame's tag and the size of its payload."""
    tag, size = _HEAD.unpack(head)
    return tag, size


class Reader:
    """Reads frames from a socket."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._buffer = bytearray()

    def receive(self, deadline: float | None = None) -> tuple[bytes, bytes]:
        """Return the next frame's tag and payload."""
        self._fill(_HEAD.size, deadline)
        tag, length = _HEAD.unpack_from(self._buffer)
        end = _HEAD.size + length
        self._fill(end, deadline)
        payload = bytes(memoryview(self._buffer)[_HEAD.size : end])
        del self._buffer[:end]
        return tag, payload

    def _fill(self, size: int, deadline: float | None) -> None:
        while len(self._buffer) < size:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._source.settimeout(left)
            try:
                found = self._source.recv(_READ)
            except ConnectionError as error:
                raise EOFError from error
            if not found:
                raise EOFError
            self._buffer += found
