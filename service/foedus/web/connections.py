"""Speak HTTP, by uvicorn's protocol, and answer at once what is ready.

A request for an answer that the cache has, or for a look-up that needs no worker, is answered in
the moment its headers are whole, before there is a task for it: most of what a small answer costs
is what a framework does around it. All else goes uvicorn's way to the application,
`foedus.web.front.Front`, or from a door (``door``) to the process that has it.

A connection also has bounds that the library sets none for: a head has so many bytes, a request
comes in so much time, and who neither sends nor reads for so long is cut off.

Source: RFC 9112 (HTTP/1.1); RFC 6585, 5 (431). The hooks are those of uvicorn's
``HttpToolsProtocol``, of which ``tests/test_web_connections.py`` holds what is used here.
Units: seconds of ``time.monotonic``; bytes.
Used by ``server``, ``serving``, ``door`` and ``front``.
"""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from foedus.web import cache
from foedus.web.cache import Ready
from foedus.web.desk import Desk
from foedus.web.gateway import Request

CONNECTION = "foedus.connection"
"""Where a scope has the connection, which tells when its client is gone."""

LONGEST_HEAD = 1 << 16
"""Bytes of a request's first line and headers, what came first left out."""
IDLE = 30.0
"""Seconds without a byte after which a connection is closed."""
LONGEST_SENDING = 60.0
"""Seconds in which a request must have come whole."""
MANY = 16
"""Answers at once after which a connection may go to a door: to go costs as much as one."""
MOST = 900
"""Connections at once, in each process."""
_NOT_AT_ONCE = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
"""Headers of a request with more to it than its head."""
_END = b"\r\n\r\n"
_BURST = 1 << 20
"""Bytes answered at once to what a client sent together; more waits until these are read."""


class HasDesk(Protocol):
    """What a server gives to its connections."""

    desk: Desk


class Connection(HttpToolsProtocol):
    """One client's connection."""

    first = b""
    """What the client sent to another process, which gave the connection to this one."""
    due = MANY
    """Answers at once after which it may go to a door."""
    is_adopted = False
    """Whether another process had it before."""

    _dated: tuple[object, bytes] = (None, b"")
    """The headers that every answer of this second has, and the same as they are sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._desk = cast(HasDesk, self.app).desk
        self._is_answered = False
        self.answered = 0
        """Requests answered at once."""
        self._cycles: list[RequestResponseCycle] = []
        """The requests that have a task and no whole answer."""
        self._head = 0
        self._burst = 0
        self._begun: float | None = None
        self._moved = time.monotonic()
        self._unread = 0
        self.when_gone: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection; where there are too many, the one that is idle longest goes."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > MOST:
            others = [c for c in self.connections if isinstance(c, Connection) and c.is_idle]
            oldest = min(others, key=lambda connection: connection._moved)
            oldest.transport.abort()
        if self.first and not self.transport.is_closing():
            self.data_received(self.first)
            self.loop.call_soon(self._pause_again)

    def _pause_again(self) -> None:
        """Pause reading where that was asked for before the transport had begun to read."""
        if self.flow.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()

    @property
    def is_idle(self) -> bool:
        """Whether it is owed no answer."""
        return self.cycle is None or self.cycle.response_complete

    def is_one_head(self, data: bytes) -> bool:
        """Whether these bytes are a whole head and no more, and all before is sent."""
        is_one = data.endswith(_END) and data.count(_END) == 1 and len(data) <= LONGEST_HEAD
        return is_one and self._begun is None and not self.transport.get_write_buffer_size()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who works for this client that it is gone."""
        super().connection_lost(exc)
        self._abandon()
        if self.when_gone is not None:
            self.when_gone()
            self.when_gone = None

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        self._moved = time.monotonic()
        self._burst = 0
        self._head += len(data)
        super().data_received(data)
        if self._begun is not None and self._head > LONGEST_HEAD:
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"at most {LONGEST_HEAD} bytes")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_answered = False
        self._head = 0
        self._begun = self._moved
        cast("dict[str, Any]", self.scope)[CONNECTION] = self

    def on_headers_complete(self) -> None:
        """Answer what is ready; let the front answer the rest."""
        self._is_answered = self._answer_at_once()
        if not self._is_answered:
            super().on_headers_complete()
            unanswered = [cycle for cycle in self._cycles if not cycle.response_complete]
            self._cycles = [*unanswered, self.cycle]
        self._head = 0

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._head = 0
        if not self._is_answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._begun = None
        if not self._is_answered:
            super().on_message_complete()

    def end_if_idle(self, now: float, idle: float) -> None:
        """Cut a client off that neither sends nor reads, unless it waits for an answer."""
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread:
            self._unread, self._moved = unread, now
        is_slow = self._begun is not None and now - self._begun > LONGEST_SENDING
        waits = not self.is_idle and self._begun is None and not unread
        if is_slow or (now - self._moved > idle and not waits):
            self.transport.abort()

    def _answer_at_once(self) -> bool:
        """Send the answer to this request, to which no task belongs yet, if it is ready."""
        desk = self._desk
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if is_busy or self._burst > _BURST or self.flow.write_paused:
            return False
        if self.parser.get_method() != b"GET" or not desk.terms.is_open:
            return False
        host = tags = given = forwarded = b""
        for name, value in self.headers:
            if name in _NOT_AT_ONCE:
                return False
            if name == b"host":
                host = value
            elif name == b"if-none-match":
                tags += b"," + value
            elif name == b"x-request-id":
                given = value
            elif name == b"x-forwarded-for":
                forwarded += b"," + value
        if not host:
            return False  # HTTP/1.0 may leave it out
        key = cache.key_of(b"GET", self.url, self.headers, behind_proxy=desk.terms.proxies > 0)
        ready = desk.cache.get(key)
        is_known = False
        if ready is not None:
            client = self.client[0] if self.client else ""
            is_known = bool(tags) and ready.is_known(tags[1:])
            named = desk.note_ready_at_once(ready, client, given, forwarded, is_known=is_known)
        else:
            request = Request("GET", self.url, self.headers, self.client or ("", 0))
            found = desk.look_up(key, request, time.perf_counter())
            if found is None:
                return False
            ready, named = found
        stays = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        head, body = (ready.unchanged, b"") if is_known else (ready.head, ready.body)
        self._burst += self._write(head, body, named, stays=stays)
        self.answered += 1
        self.server_state.total_requests += 1
        if not stays:
            self.transport.close()
        return True

    async def send_ready(
        self,
        kept: Ready,
        name: str,
        cycle: RequestResponseCycle,
        *,
        is_known: bool = False,
        is_head: bool = False,
    ) -> None:
        """Send an answer that is ready, to a request that has a task."""
        if self.flow.write_paused:
            await self.flow.drain()
        if cycle.disconnected:
            return
        body = b"" if is_known or is_head else kept.body
        self._write(kept.unchanged if is_known else kept.head, body, name, stays=cycle.keep_alive)
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _write(self, head: tuple[bytes, ...], body: bytes, name: str, *, stays: bool) -> int:
        """Write an answer; return its size."""
        dated = self.server_state.default_headers  # a new list each second
        if dated is not Connection._dated[0]:
            Connection._dated = (dated, cache.lines(dated))
        end = b"\r\n" if stays else b"connection: close\r\n\r\n"
        given = f"x-request-id: {name}\r\n".encode()
        whole = b"".join((*head, Connection._dated[1], given, end, body))
        self.transport.write(whole)
        return len(whole)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; the library calls it so."""
        self.refuse(HTTPStatus.BAD_REQUEST, "this is no HTTP request")

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer without the application, and end the connection."""
        if self.transport.is_closing():
            return
        text = f"{status.value} {status.phrase}: {reason}\n".encode()
        client = (self.client or ("", 0))[0]
        name = self._desk.note_refused(client, status, len(text))
        of_the_body = cache.lines(
            [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(text)).encode()),
            ]
        )
        head = (cache.status_line(status), of_the_body, self._desk.terms.common)
        self._write(head, text, name, stays=False)
        self.transport.close()
        self._begun = None
        self._abandon()
        if self.cycle is not None:
            self.cycle.response_started = self.cycle.response_complete = True

    def _abandon(self) -> None:
        """Let nothing more be answered, by the library neither.

        It knows the last request only; those before may still be worked on, or wait.
        """
        self.pipeline.clear()
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()


def sweep(connections: "set[Any]", *, idle: float | None = None) -> None:
    """Cut off every client that is idle, for so long or for `IDLE`."""
    now = time.monotonic()
    for connection in list(connections):
        if isinstance(connection, Connection) and connection.transport is not None:
            connection.end_if_idle(now, idle or IDLE)
