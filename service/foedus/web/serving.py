"""Run the service under waitress, and let it end as it should.

At SIGTERM or SIGINT the server stops listening, answers
what was asked and sends what is written, for as long as the longest query may take. An
answer that is then still on its way breaks off, which its ``Content-Length`` betrays.

Many threads are cheap, because a thread mostly waits for a worker; there must be more than there
are places for long queries, so that small ones always find one.

Units: seconds.
Errors: `ListenError` where the address cannot be had.
Used by ``cli``.
"""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from foedus.errors import ListenError
from foedus.web.bounds import LONGEST_BODY

_CONNECTIONS = 1000
_TURN = 0.5
_IDLE = 30
"""Seconds without a byte after which a connection is closed: one that sends or reads nothing."""
_MARGIN = 2.0


def serve(
    app: Flask,
    *,
    host: str,
    port: int,
    threads: int,
    longest: float,
    trusts_proxies: bool,
    announce: Callable[[str], None],
) -> None:
    """Serve until a signal comes; ``announce`` is told the address.

    ``longest`` is how long a request may take.
    """
    try:
        server: Any = waitress.create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            asyncore_use_poll=True,
            channel_timeout=_IDLE,
            cleanup_interval=5,
            channel_request_lookahead=1,
            clear_untrusted_proxy_headers=not trusts_proxies,
            connection_limit=_CONNECTIONS,
            max_request_body_size=LONGEST_BODY,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise ListenError(
            f"cannot listen on {host}:{port}: {reason}; try another --port"
        ) from error
    stops: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stops.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    announce(f"http://{host}:{getattr(server, 'effective_port', port)}")
    sockets: dict[int, Any] = getattr(server, "map", None) or server._map
    while not stops:
        _turn(sockets)
    _drain(sockets, time.monotonic() + longest + _MARGIN)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets)


def _turn(sockets: dict[int, Any]) -> None:
    wasyncore.loop(timeout=_TURN, use_poll=True, map=sockets, count=1)


def _drain(sockets: dict[int, Any], deadline: float) -> None:
    """Answer what was asked before; nothing new is taken."""
    for listener in [s for s in sockets.values() if isinstance(s, BaseWSGIServer)]:
        wasyncore.dispatcher.close(listener)
    while _busy(sockets) and time.monotonic() < deadline:
        _turn(sockets)


def _busy(sockets: dict[int, Any]) -> bool:
    """Whether an answer is owed on any connection."""
    channels = [s for s in sockets.values() if isinstance(s, HTTPChannel)]
    return any(channel.requests or channel.total_outbufs_len for channel in channels)
