"""Run the service under uvicorn, and let it end as it should.

At SIGTERM or SIGINT the server stops listening, lets its doors end, answers what was asked and
sends what is written, for as long as the longest query may take. An answer that is then still on
its way breaks off, which its ``Content-Length`` betrays.

One process has the application, in one event loop, and pages are made in threads of it; queries
are evaluated in processes of their own. What is ready, its doors answer too.

Units: seconds, bytes.
Errors: `ListenError` where the address cannot be had.
Used by ``cli``.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask

from foedus.errors import ListenError
from foedus.web import journal
from foedus.web.channel import Given
from foedus.web.connections import Connection
from foedus.web.doors import Doors
from foedus.web.front import Front
from foedus.web.gateway import Request
from foedus.web.server import Server, run

_BACKLOG = 512
_MOST_DOORS = 3


def usual_doors(front: Front) -> int:
    """Return how many doors a machine like this one should have."""
    others = 0 if front.desk.lookups.are_elsewhere else 1
    return min((os.cpu_count() or 1) - others, _MOST_DOORS)


def serve(
    app: Flask,
    *,
    loop: asyncio.AbstractEventLoop,
    host: str,
    port: int,
    threads: int,
    room: int,
    proxies: int,
    doors: int | None,
    longest: float,
    announce: Callable[[str], None],
) -> None:
    """Serve until a signal comes; ``announce`` is told the address.

    ``room`` is how many bytes of answers are kept, ``doors`` how many processes answer what is
    ready beside this one, None as many as suit the machine, ``longest`` how long a request may
    take.
    """
    front = Front(app, room=room, threads=threads, proxies=proxies)
    listener = listen(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    doors = usual_doors(front) if doors is None else doors
    server = make_server(front, doors=doors, longest=longest, started=lambda: announce(url))
    run(server, listener, loop)


def make_server(
    front: Front,
    *,
    longest: float,
    doors: int = 0,
    started: Callable[[], None] = lambda: None,
) -> Server:
    """Return the server of a front; ``started`` is called when it answers and heeds signals."""
    return _Listening(front, doors, longest=longest, started=started)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or raise `ListenError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ListenError(
            f"cannot listen on {host}:{port}: {reason}; try another --port"
        ) from error


class _Listening(Server):
    """Listens, shares connections with its doors, and ends by itself at a signal."""

    def __init__(
        self, front: Front, most: int, *, longest: float, started: Callable[[], None]
    ) -> None:
        super().__init__(front, self._welcome, longest=longest)
        workers = front.service.workers
        self._doors = Doors(most, front.desk, workers.limits, start=workers.start, adopt=self.adopt)
        front.figures.watch_doors(self._doors.__len__)
        self._front = front
        self._started = started

    def _welcome(self, **given: Any) -> Connection:
        return _Guest(self._doors, **given)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in, and let what was asked be answered, here and at the doors."""
        for server in self.servers:
            server.close()
        await self._doors.close()
        await super().shutdown(sockets)

    def close(self) -> None:
        """Close all that the application holds."""
        self._front.close()
        journal.flush()

    async def on_tick(self, counter: int) -> bool:
        """Do what is to be done now and then."""
        journal.flush()
        self._doors.look_after()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals end the server: the first of them, and it does not send itself another."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only that one may listen for signals
            return

        def stop(number: int, frame: FrameType | None) -> None:
            self.should_exit = True

        before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                # Told to end, this process still has others to end: a second signal waits for that.
                signal.signal(number, signal.SIG_IGN if self.should_exit else handler)


class _Guest(Connection):
    """A connection that may be a door's when it has asked a while."""

    def __init__(self, doors: Doors, **given: Any) -> None:
        super().__init__(**given)
        self._doors = doors
        self._wait = 0
        """Answers more than are due, where it could not go."""

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, unless the connection now goes to a door."""
        is_time = self.answered >= self.due + self._wait
        if is_time and self.is_idle and self.is_one_head(data):
            number = self.transport.get_extra_info("socket").fileno()
            more = self._doors.give(number, Given(data, self.due), is_back=self.is_adopted)
            if more is None:
                self.transport.abort()
                return
            self._wait += more
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Answer what is ready; count what a door would answer, too."""
        super().on_headers_complete()
        is_due = self.answered >= self.due + self._wait
        if self._is_answered or is_due or not self._doors:
            return
        if self.parser.get_method() == b"GET":
            request = Request("GET", self.url, self.headers, self.client or ("", 0))
            self.answered += self._desk.is_for_others(request)
