"""Send frames between the server and the processes that evaluate queries.

A frame is a tag of one byte, a length and that many bytes. Who waits for frames keeps what has
come so far of the next one: `Frames` where an event loop brings the bytes, `Reader` where a
process has nothing else to do than to wait for them.

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
FORK, START, KILL, BURY = b"W", b"P", b"K", b"B"
"""A new worker on the socket that comes along, or a program there; by its number, the end of one,
of which nothing is answered, and the exit status of one that has died."""
QUERY, HEAD, DATA, GROWTH, WHOLE = b"Q", b"H", b"D", b"G", b"E"
"""A query; then its answer: the format, the bytes, by how many kilobytes the worker has grown, and
that these were all; or an error in place of the last."""


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


class Frames:
    """Takes bytes as they come and gives the frames that are whole."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        r"""Return tag and payload of each frame that these bytes complete.

        >>> frames = Frames()
        >>> frames.feed(frame(b"Q", b"ab") + b"E")
        [(b'Q', b'ab')]
        >>> frames.feed(frame(b"E")[1:])
        [(b'E', b'')]
        """
        data = self._rest + data if self._rest else data
        whole = []
        start, size = 0, len(data)
        while size - start >= HEAD_SIZE:
            tag, length = _HEAD.unpack_from(data, start)
            end = start + HEAD_SIZE + length
            if end > size:
                break
            whole.append((tag, data[start + HEAD_SIZE : end]))
            start = end
        self._rest = data[start:]
        return whole


class Reader:
    """Waits for frames on a socket."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._frames = Frames()
        self._whole: list[tuple[bytes, bytes]] = []

    def receive(self, deadline: float | None = None) -> tuple[bytes, bytes]:
        """Return the next frame's tag and payload."""
        while not self._whole:
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
            self._whole += self._frames.feed(found)
        return self._whole.pop(0)
