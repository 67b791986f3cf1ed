"""Run what speaks HTTP to clients, in whichever process.

Source: uvicorn, whose ``Server`` and ``Config`` are used as its documentation says.
Units: seconds.
Used by ``serving``, ``door`` and ``cli``.
"""

import asyncio
import gc
import math
import resource
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn
import uvloop

from foedus.web import connections
from foedus.web.connections import Connection

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
"""Open files that a process may have, where the system lets it: a connection is one."""


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that `serve` will run."""
    return uvloop.new_event_loop()


class Server(uvicorn.Server):
    """uvicorn's server, which here looks after idle clients and takes connections of others."""

    def __init__(self, app: object, make: Callable[..., Connection], *, longest: float) -> None:
        """``make`` makes a connection; ``longest`` is the time of a request."""
        super().__init__(
            uvicorn.Config(
                cast(Any, app),
                http=cast("type[Connection]", make),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=math.ceil(connections.IDLE),
                timeout_graceful_shutdown=math.ceil(longest + _MARGIN),
            )
        )
        self._make = make
        self._arriving: set[asyncio.Task[None]] = set()

    def adopt(self, connection: socket.socket, sent: bytes, due: int) -> None:
        """Take a connection of another process, with what its client sent.

        ``due`` is as `Connection.due`.
        """
        arriving = asyncio.get_running_loop().create_task(self._adopt(connection, sent, due))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    async def _adopt(self, connection: socket.socket, sent: bytes, due: int) -> None:
        def make() -> Connection:
            made = self._make(config=self.config, server_state=self.server_state, app_state={})
            made.first, made.due, made.is_adopted = sent, due, True
            return made

        try:
            loop = asyncio.get_running_loop()
            _, made = await loop.connect_accepted_socket(make, connection)
        except OSError:  # the client is gone
            connection.close()
            return
        if self.should_exit:
            made.shutdown()  # after its answer

    def close(self) -> None:
        """Close all that the application holds."""

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
        if counter % _TICKS == 0:
            connections.sweep(self.server_state.connections)
        return await super().on_tick(counter)


def run(server: Server, listener: socket.socket | None, loop: asyncio.AbstractEventLoop) -> None:
    """Run a server until it is told to end, then close all that its application holds."""
    asyncio.set_event_loop(loop)
    # What is there by now stays for good: no search for garbage need look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, min(most, _FILES)), most))
    ears = [listener, *(listener.dup() for _ in range(_EARS - 1))] if listener else []
    try:
        loop.run_until_complete(server.serve(ears))
    finally:
        server.close()
        loop.close()
