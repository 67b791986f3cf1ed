"""Keep answers as ready bytes, as many as fit.

A release never changes, so neither does an answer: what is kept is right for as long as the
service runs. An answer is kept under all of the request that it depends on (`key_of`), with its
head and body as they go out. What was asked longest ago goes first.

Units: bytes.
Source: RFC 9111, 4.1 (the key of a stored answer); RFC 9110, 13.1.2 (If-None-Match), 15.4.5 (304).
Used by ``desk``, ``front``, ``connections``, ``channel`` and ``doors``.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from http import HTTPStatus
from typing import NamedTuple

from foedus.web.compression import SUFFIX, takes

Headers = list[tuple[bytes, bytes]]
"""Names in small letters, and values."""
Key = Hashable
_SHARE = 8
"""An answer that would take more than this part of the room is not kept."""
_LONG = 1024
"""Bytes of a key from which on its digest stands for it."""
_AROUND = 1500 + _LONG
"""What the objects around an answer and its key take, about."""
_PER_REQUEST = frozenset({b"x-request-id", b"date", b"connection"})
_OF_A_BODY = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"content-disposition"}
)


_SUFFIX = SUFFIX.encode()
_FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-prefix", b"x-forwarded-port")


def key_of(method: bytes, target: bytes, headers: Headers, *, behind_proxy: bool) -> Key:
    """Return what an answer depends on, the request's body left out.

    ``behind_proxy`` says whether what proxies forward counts. A HEAD is the GET without its body.
    """
    accept = coding = host = b""
    more: tuple[bytes, ...] = ()
    for name, value in headers:
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"accept-encoding":
            coding = coding + b"," + value if coding else value
        elif name == b"host":
            host = host + b"," + value if host else value
        elif behind_proxy and name in _FORWARDED:
            more += (name, value)
    packed = takes(coding.decode("latin-1"))
    method = b"GET" if method == b"HEAD" else method
    if len(target) + len(accept) + len(host) + sum(map(len, more)) > _LONG:
        return digest(method, target, accept, host, *more), packed
    return method, target, accept, packed, host, more


def digest(*parts: bytes) -> bytes:
    """Return what stands for bytes too many to be kept."""
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(len(part).to_bytes(8) + part)
    return sha256.digest()


class Ready(NamedTuple):
    """An answer ready to be sent."""

    route: str
    """What the figures call the way it was first answered."""
    path: str
    """What the log calls it."""
    status: int
    tag: bytes
    """The strong entity tag, less the suffix of a coding and the last quotation mark; or empty."""
    head: tuple[bytes, ...]
    """Status line and headers in parts, without those of each request and the empty line."""
    body: bytes
    unchanged: tuple[bytes, ...]
    """The same head for a client that has the answer: 304."""
    query: str = ""
    """What the log calls the query that it answers; empty where it answers none."""

    @property
    def size(self) -> int:
        """What it takes, about; parts that answers share count once for each."""
        return sum(map(len, self.head)) + len(self.body) + _AROUND

    @property
    def lasts(self) -> bool:
        """Whether it is the answer for as long as the data are the same."""
        return bool(self.tag) and self.status == HTTPStatus.OK

    def is_known(self, tags: bytes) -> bool:
        """Whether ``If-None-Match`` names it, in whichever coding."""
        known = self.tag + b'"' in tags or self.tag + _SUFFIX + b'"' in tags
        return known or tags.strip() == b"*"


def ready(
    route: str, path: str, status: int, headers: Headers, body: bytes, query: str = ""
) -> Ready:
    """Return an answer as it can be sent again, to whoever asks the same."""
    kept = [(name, value) for name, value in headers if name not in _PER_REQUEST]
    body_alone = [header for header in kept if header[0] in _OF_A_BODY]
    of_both = lines([header for header in kept if header[0] not in _OF_A_BODY])
    tag = next((value for name, value in kept if name == b"etag"), b"")
    return Ready(
        route,
        path,
        status,
        tag[:-1].removesuffix(_SUFFIX) if tag.startswith(b'"') else b"",
        (status_line(status), lines(body_alone), of_both),
        body,
        (UNCHANGED, of_both),
        query,
    )


def status_line(status: int) -> bytes:
    """Return the first line of an answer."""
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


def lines(headers: Headers) -> bytes:
    """Return headers as they are sent."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


UNCHANGED = status_line(HTTPStatus.NOT_MODIFIED)


class Cache:
    """Answers by key, within so many bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Key, Ready] = OrderedDict()
        self._for_all: set[Key] = set()
        self._untold: set[Key] = set()
        self.tell: Callable[[Key, Ready], None] = lambda key, ready: None
        """Is told what is asked for again, so that others may keep it."""
        self.size = 0
        self.hits = 0

    def __len__(self) -> int:
        """Return the number of answers kept."""
        return len(self._kept)

    def get(self, key: Key) -> Ready | None:
        """Return what is kept under a key."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            self.hits += 1
            if key in self._untold:
                self._untold.remove(key)
                self.tell(key, kept)
        return kept

    def tell_again(self) -> None:
        """Let what was told be told once more when it is asked for: there is somebody new."""
        self._untold = self._for_all.copy()

    def latest(self) -> Iterator[tuple[Key, Ready]]:
        """Yield what is kept, what was asked last first."""
        return reversed(self._kept.items())

    def put(self, key: Key, kept: Ready, *, is_for_all: bool = False) -> None:
        """Keep an answer, if it is not too large; others may have to go.

        ``is_for_all`` where others may be asked for it too.
        """
        size = kept.size
        if size > self._room // _SHARE:
            return
        before = self._kept.pop(key, None)
        self.size += size - (before.size if before else 0)
        self._kept[key] = kept
        if is_for_all:
            self._for_all.add(key)
            self._untold.add(key)
        while self.size > self._room:
            name, gone = self._kept.popitem(last=False)
            self._for_all.discard(name)
            self._untold.discard(name)
            self.size -= gone.size
