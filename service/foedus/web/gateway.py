"""Call the application as WSGI has it, for a request that has come whole.

The request is in memory before a thread takes it, and the answer in memory or in a file before
the thread leaves it: a client that sends or reads slowly holds none.

Source: PEP 3333. a2wsgi and asgiref would do the same with a thread for as long as the client
takes, or with a copy of each answer through a queue.
Used by ``front``.
"""

import io
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from foedus.web.cache import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_IN_MEMORY = 1 << 20
_PIECE = 1 << 18


@dataclass(slots=True)
class Request:
    """A request that has come whole."""

    method: str
    target: bytes
    """Path and query as they were sent."""
    headers: Headers
    client: tuple[str, int]
    server: tuple[str, int | None] = ("", 0)
    scheme: str = "http"
    version: str = "1.1"
    body: bytes = b""
    announced: int | None = None
    """The length of a body that is too long to be taken."""
    fields: dict[bytes, bytes] = field(init=False)
    """The headers by name, those of one name together."""

    def __post_init__(self) -> None:
        """Put headers of one name together."""
        self.fields = {}
        for name, value in self.headers:
            before = self.fields.get(name)
            self.fields[name] = value if before is None else before + b", " + value

    @property
    def path(self) -> bytes:
        """The path, percent-encoded as it was sent."""
        return self.target.partition(b"?")[0]

    @property
    def query_string(self) -> bytes:
        """What follows the path."""
        return self.target.partition(b"?")[2]

    def text(self, name: bytes) -> str | None:
        """Return a header, or None."""
        value = self.fields.get(name)
        return None if value is None else value.decode("latin-1")


@dataclass(slots=True)
class Reply:
    """An answer: bytes, or a file that who sends it closes."""

    status: int
    headers: Headers
    body: "bytes | FileBody"
    route: str = ""
    """What the figures call the way it was answered."""


class FileBody:
    """A file as a body; the application makes one where its answer is a file."""

    def __init__(self, file: IO[bytes], size: int = _PIECE) -> None:
        self._file = file
        self._size = size
        self._at: int | None = None
        """Where a body that shares its file goes on reading."""
        self._users = [self]

    def share(self) -> "FileBody":
        """Return the same body for somebody else; the file is closed when all are done with it.

        ``OSError`` where there is no file of the system's behind it.
        """
        self._file.fileno()
        other = FileBody(self._file, self._size)
        other._users = self._users
        self._users.append(other)
        for body in self._users:
            body._at = body._at or 0
        return other

    def __iter__(self) -> "FileBody":
        """Give its pieces."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        if self._at is None:
            piece = self._file.read(self._size)
        else:
            piece = os.pread(self._file.fileno(), self._size, self._at)
            self._at += len(piece)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file, unless others read it."""
        if self in self._users:
            self._users.remove(self)
        if not self._users:
            self._file.close()


def call(app: "WSGIApplication", request: Request, more: dict[str, Any]) -> Reply:
    """Return an application's answer; ``more`` goes into its environment."""
    status = 0
    headers: Headers = []

    def start(line: str, fields: list[tuple[str, str]], problem: object = None) -> Any:
        nonlocal status
        status = int(line.split(" ", 1)[0])
        headers[:] = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in fields]
        return None

    answer: Iterable[bytes] = app(_environ(request) | more, start)
    if isinstance(answer, FileBody) and _length(headers) > _IN_MEMORY:
        return Reply(status, headers, answer)
    try:
        return Reply(status, headers, b"".join(answer))
    finally:
        getattr(answer, "close", lambda: None)()


def _length(headers: Headers) -> int:
    lengths = (int(value) for name, value in headers if name == b"content-length")
    return next(lengths, _IN_MEMORY + 1)


def _environ(request: Request) -> "WSGIEnvironment":
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "SERVER_NAME": request.server[0],
        "SERVER_PORT": str(request.server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "REMOTE_ADDR": request.client[0],
        "REMOTE_PORT": str(request.client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
    }
    for field_name, value in request.fields.items():
        if b"_" not in field_name:  # another name for the one with a hyphen, which a proxy sets
            name = field_name.decode("latin-1").upper().replace("-", "_")
            environ["HTTP_" + name] = value.decode("latin-1")
    for name in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
        environ.pop(name, None)  # the body is whole, and its length known
    content_type = environ.pop("HTTP_CONTENT_TYPE", None)
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type
    length = len(request.body) if request.announced is None else request.announced
    if length or request.method not in ("GET", "HEAD"):
        environ["CONTENT_LENGTH"] = str(length)
    return environ
