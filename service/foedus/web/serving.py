"""Run the service under uvicorn, and let it end as it should.

At SIGTERM or SIGINT the server stops listening, answers what was asked and sends what is written,
for as long as the longest query may take. An answer that is then still on its way breaks off,
which its ``Content-Length`` betrays.

One process and one event loop speak to all clients; queries are evaluated in processes of their
own, pages made in threads.

Units: seconds, bytes.
Errors: `ListenError` where the address cannot be had.
Used by ``cli``.
"""

import asyncio
import gc
import math
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import cast

import uvicorn
import uvloop
from flask import Flask

from foedus.errors import ListenError
from foedus.web import connections, journal
from foedus.web.connections import Connection
from foedus.web.front import Front

_BACKLOG = 512
_EARS = 16
"""Clients who are let in each time the loop comes round: libuv takes one from each socket, and
who comes while others ask without a pause would wait a round for each one before."""
_TICKS = 50
"""Ticks of uvicorn's clock, a tenth of a second each, between two looks at idle clients."""
_MARGIN = 2.0
_GARBAGE = 20_000
"""New objects after which Python looks for garbage among them: many times its default."""
_IDLE_AT_THE_END = 5.0
_FILES = 1 << 16
"""Open files that the server may have, where the system lets it: a connection is one."""


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that `serve` will run."""
    return uvloop.new_event_loop()


def serve(
    app: Flask,
    *,
    loop: asyncio.AbstractEventLoop,
    host: str,
    port: int,
    threads: int,
    room: int,
    proxies: int,
    longest: float,
    announce: Callable[[str], None],
) -> None:
    """Serve until a signal comes; ``announce`` is told the address.

    ``room`` is how many bytes of answers are kept, ``longest`` how long a request may take.
    """
    front = Front(app, room=room, threads=threads, proxies=proxies)
    listener = listen(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    server = make_server(front, longest=longest, started=lambda: announce(url))
    run(server, listener, loop)


def make_server(
    front: Front, *, longest: float, started: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """Return the server of a front; ``started`` is called when it answers and heeds signals."""
    return _Server(
        started,
        uvicorn.Config(
            front,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=math.ceil(connections.IDLE),
            timeout_graceful_shutdown=math.ceil(longest + _MARGIN),
        ),
    )


def run(server: uvicorn.Server, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
    """Run a server until it is told to end, then close all that its application holds."""
    asyncio.set_event_loop(loop)
    # What is there by now stays for good: no search for garbage need look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, min(most, _FILES)), most))
    try:
        ears = [listener, *(listener.dup() for _ in range(_EARS - 1))]
        loop.run_until_complete(server.serve(ears))
    finally:
        front = cast(Front, server.config.app)
        front.close()
        journal.flush()
        loop.close()


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


class _Server(uvicorn.Server):
    """uvicorn's server, which here looks after idle clients and ends by itself at a signal."""

    def __init__(self, started: Callable[[], None], config: uvicorn.Config) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what was asked be answered, and cut off clients that do not read it."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            await super().shutdown(sockets)
        finally:
            sweeping.cancel()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1)
            connections.sweep(self.server_state.connections, idle=_IDLE_AT_THE_END)

    async def on_tick(self, counter: int) -> bool:
        """Do what is to be done now and then."""
        journal.flush()
        if counter % _TICKS == 0:
            connections.sweep(self.server_state.connections)
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
