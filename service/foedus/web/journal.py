"""Say of every request what came of it: one JSON object a line, with an identifier.

The identifier is the one a trusted proxy sends in ``X-Request-Id``, if it looks like one, else
a new one; the answer carries it too, so that a user can name the request that failed. A query
appears as the start of its SHA-256 only: enough to find a query that was sent again and again,
and no record of what somebody wanted to know.

Shape: ``time`` (UTC), ``request``, ``client``, ``method``, ``path`` without its query, ``status``,
``bytes``, ``ms``; where the engine was asked, ``query`` (of the first one), ``queries`` (how
many) and ``query_ms`` (all together); ``failure`` where an error was ours.
Used by ``app``; ``cli`` lets the lines go to standard output.
"""

import hashlib
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any, TypeVar

from flask import Flask, Response, g, has_request_context, request

from foedus.engine import Answer, Dataset, Engine, Written
from foedus.results import Format

HEADER = "X-Request-Id"
_IDENTIFIER = re.compile(r"[\w.-]{8,64}", re.ASCII)
_LOG = logging.getLogger("foedus.requests")
_T = TypeVar("_T")


def register(app: Flask) -> None:
    """Write a line for every request of an app."""
    app.before_request(_start)
    app.after_request(_write)


def write_to(stream: IO[str]) -> None:
    """Let the lines, and what libraries warn of, go to a stream."""
    lines = logging.StreamHandler(stream)
    lines.setFormatter(logging.Formatter("%(message)s"))
    _LOG.addHandler(lines)
    _LOG.setLevel(logging.INFO)
    _LOG.propagate = False
    others = logging.StreamHandler(stream)
    others.setFormatter(_Json())
    logging.getLogger().addHandler(others)


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
            if "query" not in g:
                g.query = hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16]
            g.queries = g.get("queries", 0) + 1
            g.query_seconds = g.get("query_seconds", 0.0) + time.perf_counter() - start


def _start() -> None:
    g.start = time.perf_counter()
    given = request.headers.get(HEADER, "")
    g.request = given if _IDENTIFIER.fullmatch(given) else uuid.uuid4().hex


def _write(response: Response) -> Response:
    if "request" not in g:  # refused before the request was read
        return response
    response.headers[HEADER] = g.request
    if not _LOG.isEnabledFor(logging.INFO):
        return response
    line: dict[str, Any] = {
        "time": _now(),
        "request": g.request,
        "client": request.remote_addr,
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "bytes": response.content_length,
        "ms": round(1000 * (time.perf_counter() - g.start), 1),
    }
    if "query" in g:
        line |= {"query": g.query, "queries": g.queries}
        line["query_ms"] = round(1000 * g.query_seconds, 1)
    _LOG.info(json.dumps(line, ensure_ascii=False))
    return response


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
        return json.dumps(line, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
