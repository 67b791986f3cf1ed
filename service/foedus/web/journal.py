"""Say of every request what came of it: one JSON object a line, with an identifier.

The identifier is the one a request comes with in ``X-Request-Id``, if it looks like one, else
a new one; the answer carries it too, so that a user can name the request that failed. A query
appears as the start of its SHA-256 only: enough to find a query that was sent again and again,
and no record of what somebody wanted to know.

Shape: ``time`` (UTC), ``request``, ``client``, ``method``, ``path`` without its query, ``status``,
``bytes``, ``ms``; where the engine was asked, ``query`` (of the first one), ``queries`` (how
many, 0 where the answer was ready) and ``query_ms`` (all together); ``failure`` where an error
was ours.
A line may wait in the stream's buffer; the server flushes it ten times a second.
Used by ``app`` and ``front``; ``cli`` lets the lines go to standard output.
"""

import hashlib
import itertools
import json
import logging
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO, NamedTuple, TypeVar

from flask import Flask, Response, g, has_request_context, request

from foedus.engine import Answer, Dataset, Engine, Written
from foedus.results import Format

HEADER = "X-Request-Id"
START = "foedus.start"
"""Where a request's environment may have the time of ``time.perf_counter`` at which it came."""
_IDENTIFIER = re.compile(r"[\w.-]{8,64}", re.ASCII)
_START = os.urandom(8).hex()
_numbers = itertools.count()
"""With the start above, which no other process has, an identifier that no other request has."""
_to: list[IO[str]] = []
"""The stream that lines go to, if they go anywhere."""
_encode = json.JSONEncoder().encode
_T = TypeVar("_T")


class Asked(NamedTuple):
    """What the engine was asked for a request."""

    query: str
    """Stands for the first query; see `hash_of`."""
    queries: int
    ms: float
    """What they took all together."""


def register(app: Flask) -> None:
    """Write a line for every request of an app."""
    app.before_request(_start)
    app.after_request(_write)


def write_to(stream: IO[str] | None) -> None:
    """Let the lines, and what libraries warn of, go to a stream; None ends it."""
    _to.clear()
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, _Json)]:
        root.removeHandler(handler)
    if stream is not None:
        _to.append(stream)
        others = logging.StreamHandler(stream)
        others.setFormatter(_Json())
        root.addHandler(others)


def flush() -> None:
    """Let lines that wait in the stream's buffer go out."""
    for stream in _to:
        stream.flush()


def is_on() -> bool:
    """Whether lines go anywhere."""
    return bool(_to)


def pass_on(lines: str) -> None:
    """Write lines that another process has made."""
    if _to:
        _to[0].write(lines)


class NotedEngine:
    """An engine whose queries are noted for the current request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        return _note(
            query,
            lambda: self._engine.answer(query, rows=rows, triples=triples, dataset=dataset),
        )

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms; see `foedus.engine.Engine`."""
        return _note(query, lambda: self._engine.run(query, dataset=dataset))


def _note(query: str, ask: Callable[[], _T]) -> _T:
    start = time.perf_counter()
    try:
        return ask()
    finally:
        if has_request_context():
            note(query, time.perf_counter() - start)


def note(query: str, seconds: float) -> None:
    """Note for the current request a query that was asked, and how long it took."""
    if "query" not in g:
        g.query = hash_of(query)
    g.queries = g.get("queries", 0) + 1
    g.query_seconds = g.get("query_seconds", 0.0) + seconds


def hash_of(query: str) -> str:
    """Return what stands for a query."""
    return hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16]


def identifier(given: str) -> str:
    """Return the identifier of a request: the one it came with, if it looks like one."""
    if given and _IDENTIFIER.fullmatch(given):
        return given
    return f"{_START}{next(_numbers):016x}"


def _start() -> None:
    g.start = request.environ.get(START) or time.perf_counter()
    g.request = identifier(request.headers.get(HEADER, ""))


def _write(response: Response) -> Response:
    if "request" not in g:  # refused before the request was read
        return response
    response.headers[HEADER] = g.request
    asked = Asked(g.query, g.queries, 1000 * g.query_seconds) if "query" in g else None
    say(
        g.request,
        client=request.remote_addr,
        method=request.method,
        path=request.path,
        status=response.status_code,
        size=response.content_length,
        seconds=time.perf_counter() - g.start,
        asked=asked,
    )
    return response


def say(
    name: str,
    *,
    client: str | None,
    method: str | None,
    path: str | None,
    status: int,
    size: int | None,
    seconds: float,
    asked: Asked | None = None,
) -> None:
    """Write the line of a request."""
    if not _to:
        return
    # Put together here: the encoder takes several times as long for a dictionary as for texts.
    more = (
        f', "query": "{asked.query}", "queries": {asked.queries}, "query_ms": {asked.ms:.1f}'
        if asked
        else ""
    )
    _to[0].write(
        f'{{"time": "{_now()}", "request": "{name}", "client": {_quoted(client)}, '
        f'"method": {_encode(method)}, "path": {_encode(path)}, "status": {status:d}, '
        f'"bytes": {"null" if size is None else size}, "ms": {1000 * seconds:.1f}{more}}}\n'
    )


def say_again(name: str, client: str, path: str, status: int, size: int, query: str) -> None:
    """Write the line of a GET whose answer was ready: `say`, in the fewest steps.

    ``query`` stands for the query that it answers, if it answers one.
    """
    if _to:
        rest = _rest(path, status, size)
        more = f', "query": "{query}", "queries": 0, "query_ms": 0.0' if query else ""
        start = f'{{"time": "{_now()}", "request": "{name}", "client": {_quoted(client)}'
        _to[0].write(f"{start}{rest}{more}}}\n")


@lru_cache(maxsize=1024)
def _rest(path: str, status: int, size: int) -> str:
    rest = {"method": "GET", "path": path, "status": status, "bytes": size, "ms": 0.0}
    return f", {_encode(rest)[1:-1]}"


@lru_cache(maxsize=1024)
def _quoted(client: str | None) -> str:
    return _encode(client)


class _Json(logging.Formatter):
    """Writes what anything else logs as JSON too, a traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {"time": _now(), "level": record.levelname, "logger": record.name}
        line["failure"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        if has_request_context() and "request" in g:
            line["request"] = g.request
        return _encode(line)


def _now() -> str:
    """Return the time as RFC 3339 has it, in milliseconds."""
    now = time.time()
    return f"{_second(int(now))}.{int(now * 1000) % 1000:03d}+00:00"


@lru_cache(maxsize=1)
def _second(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
