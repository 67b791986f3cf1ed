"""Stand before the application: answers that are ready, requests that are alike, queries, the rest.

A connection that has only read a head asks `Front.desk`. Any other request that has come whole is
answered, in this order: from what the desk has ready; by the answer that another request like it
waits for already; by `shortcut`, where it is a query; by the application, in a thread. An answer
whose data never change is kept. Where all who wait for an answer are gone, its query is stopped.

Source: ASGI 3.0 (HTTP and Lifespan), of which lifespan is not needed.
Errors: none; the application turns what goes wrong into answers.
Used by ``serving``, which runs it behind `foedus.web.connections`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from http import HTTPStatus
from types import MethodType
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask

from foedus.engine import Written
from foedus.engine.waiting import WAITING, Waiting
from foedus.errors import FoedusError
from foedus.web import bounds, cache, desk, gateway, shortcut, vitals
from foedus.web.app import HEADERS
from foedus.web.bounds import LATER, LONGEST_BODY
from foedus.web.cache import Key, Ready
from foedus.web.connections import CONNECTION
from foedus.web.desk import REQUEST_ID, Desk, Terms
from foedus.web.flights import Flight
from foedus.web.gateway import FileBody, Reply, Request
from foedus.web.journal import START
from foedus.web.replies import CACHING
from foedus.web.shortcut import OUTCOME, Asked, Outcome
from foedus.web.state import Service
from foedus.web.vitals import TOLD

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_FAILURES = logging.getLogger("foedus.failures")
_SHARED = frozenset({"GET", "HEAD", "POST", "QUERY"})


class Front:
    """The ASGI application before a Flask application."""

    def __init__(self, app: Flask, *, room: int, threads: int, proxies: int) -> None:
        """``room`` is how many bytes of answers are kept."""
        self._app = app
        self.service: Service = app.extensions["foedus"]
        self._rate: bounds.Rate | None = app.extensions[bounds.EXTENSION]
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="vitals")
        self._flights: dict[Key, Flight] = {}
        named = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        terms = Terms(
            digest=self.service.digest,
            prefix=urlsplit(self.service.base_url or "").path.rstrip("/"),
            common=cache.lines([*CACHING, *named]),
            proxies=proxies,
            room=room,
            unites_graphs=self.service.unites_graphs,
            is_open=self._rate is None,
        )
        self.figures: vitals.Figures = app.extensions[vitals.EXTENSION]
        self.desk = Desk(terms, self.service.workers.lookups, self.figures.tally)
        self.figures.watch(self.desk.cache)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"no {scope['type']} here")
        start = time.perf_counter()
        try:
            request = await self._take(scope, receive)
            if request is not None:
                await self._answer(request, scope[CONNECTION], send, start)
        except asyncio.CancelledError:
            pass  # nobody waits for the answer any more
        except Exception:
            if _cycle_of(send).response_started:
                raise  # the answer breaks off, which its length betrays
            _FAILURES.exception("a request failed")
            scope[CONNECTION].refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed")

    def close(self) -> None:
        """Let the threads and the processes end."""
        for threads in (self._threads, self._aside):
            threads.shutdown(wait=False, cancel_futures=True)
        self.service.workers.close()

    async def _take(self, scope: Scope, receive: Receive) -> Request | None:
        """Return a request with its body; None where the client was gone before it was whole."""
        target = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        request = Request(
            scope["method"],
            target,
            scope["headers"],
            scope["client"] or ("", 0),
            scope["server"] or ("", 0),
            scope["scheme"],
            scope["http_version"],
        )
        length = request.fields.get(b"content-length", b"0")
        if length == b"0" and b"transfer-encoding" not in request.fields:
            return request
        if not length.isdigit() or int(length) > LONGEST_BODY:
            request.announced = LONGEST_BODY + 1
            return request
        pieces, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            more = message.get("more_body", False)
            if size > LONGEST_BODY:
                request.announced = size
                return request
        request.body = b"".join(pieces)
        return request

    async def _answer(self, request: Request, connection: Any, send: Send, start: float) -> None:
        told: dict[str, Any] = {START: start}
        key = None
        if self._rate is not None:
            told[LATER] = self._rate.hit(self.desk.path_of(request), self.desk.client_of(request))
        names_host = bool(request.fields.get(b"host"))  # HTTP/1.0 may not, and is alone in that
        is_whole = request.announced is None and request.method in _SHARED
        if not told.get(LATER) and is_whole and names_host:
            key = self._key(request)
            ready: Ready | Reply | None = self.desk.cache.get(key)
            flight = self._flights.get(key)
            if ready is None and flight is not None and request.method != "HEAD":
                connection.when_gone = flight.leave
                ready = await flight.join()
                connection.when_gone = None
            if isinstance(ready, Ready):
                await self._send_ready(ready, request, connection, send, start)
                return
            if ready is not None:
                await self._send_shared(ready, request, send, start, told)
                return
        flight = Flight()
        connection.when_gone = flight.leave
        if key is not None and request.method != "HEAD":
            self._flights[key] = flight
        made: Ready | None = None
        reply: Reply | None = None
        try:
            reply, made, name = await self._make(request, told, start)
            if key is not None and made is not None and made.lasts and request.method != "HEAD":
                self.desk.cache.put(key, made, is_for_all=request.method == "GET")
        finally:
            if key is not None and self._flights.get(key) is flight:
                del self._flights[key]
            is_for_all = made is None or made.status != HTTPStatus.NOT_MODIFIED
            flight.land(made if is_for_all else None, reply)
            connection.when_gone = None
        if reply is not None:
            await _send(reply, send)
        elif made is not None:
            await connection.send_ready(made, name, _cycle_of(send))

    async def _send_ready(
        self, ready: Ready, request: Request, connection: Any, send: Send, start: float
    ) -> None:
        """Send an answer that is ready, or that it is what the client has."""
        tags = request.fields.get(b"if-none-match") if request.method != "POST" else None
        is_known = ready.lasts and tags is not None and ready.is_known(tags)
        name = self.desk.note_ready(ready, request, start, is_known=is_known)
        is_head = request.method == "HEAD"
        await connection.send_ready(
            ready, name, _cycle_of(send), is_known=is_known, is_head=is_head
        )

    async def _send_shared(
        self, reply: Reply, request: Request, send: Send, start: float, told: dict[str, Any]
    ) -> None:
        """Send a file that another request made, under an identifier of its own."""
        name = desk.identifier_of(request)
        path = self.desk.path_of(request)
        headers = [header for header in reply.headers if header[0] != REQUEST_ID]
        reply.headers = [*headers, (REQUEST_ID, name.encode())]
        size = next((int(value) for n, value in headers if n == b"content-length"), 0)
        shown = cache.ready(reply.route, path, reply.status, [], b"")
        self.desk.note(name, shown, request, reply.status, size, start)
        await _send(reply, send)

    def _key(self, request: Request) -> Key:
        method, behind = request.method.encode(), self.desk.terms.proxies > 0
        key = cache.key_of(method, request.target, request.headers, behind_proxy=behind)
        if request.method in ("GET", "HEAD") and not request.body:
            return key
        sent = [request.fields.get(n, b"") for n in (b"content-type", b"content-encoding")]
        return key, cache.digest(request.body, *sent)

    async def _make(
        self, request: Request, told: dict[str, Any], start: float
    ) -> tuple[Reply | None, Ready | None, str]:
        """Return the answer to a request: the application's, one ready to be sent, or both.

        The last is the identifier of a request that the application did not see.
        """
        if request.announced is None and self.desk.is_query(request) and not told.get(LATER):
            asked = shortcut.read(request)
            if asked is not None:
                outcome = await self._ask(asked)
                written = outcome.said
                if isinstance(written, Written) and shortcut.takes(request, written.size):
                    with written.body:
                        ready = self.desk.pack(asked, written.form, written.body.read(), request)
                    name = self.desk.note_shortcut(ready, request, outcome.seconds, start)
                    return None, ready, name
                told[OUTCOME] = outcome
        reply = await self._call(request, told)
        reply.route = told.get("route", "none")
        if not isinstance(reply.body, bytes):
            return reply, None, ""
        made = cache.ready(
            told["route"],
            told["path"],
            reply.status,
            reply.headers,
            reply.body,
            told.get("query", ""),
        )
        return reply, made, ""

    async def _ask(self, asked: Asked) -> Outcome:
        """Return what the engine says to a query."""
        question, start = asked.question, time.perf_counter()
        said: Written | FoedusError
        try:
            said = await self.service.workers.answer_soon(
                question.query, rows=asked.rows, triples=asked.triples, dataset=question.dataset
            )
        except FoedusError as error:
            said = error
        return Outcome(question.query, time.perf_counter() - start, said)

    async def _call(self, request: Request, told: dict[str, Any]) -> Reply:
        """Return the application's answer; where nobody waits for it, its queries are stopped."""
        waiting = Waiting()
        threads = self._aside if self.desk.path_of(request) in vitals.PATHS else self._threads

        def call() -> Reply:
            WAITING.set(waiting)
            return gateway.call(self._app.wsgi_app, request, {**told, TOLD: told})

        context = copy_context()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(threads, context.run, call)
        except asyncio.CancelledError:
            waiting.give_up()
            raise


def _cycle_of(send: Send) -> Any:
    """Return the library's object for a request and its answer, whose method ``send`` is."""
    return cast("MethodType", send).__self__


async def _send(reply: Reply, send: Send) -> None:
    """Send a reply; one whose file fails breaks off, which its length betrays."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    if isinstance(reply.body, bytes):
        await send({"type": "http.response.body", "body": reply.body})
        return
    body: FileBody = reply.body
    try:
        for piece in body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        body.close()
    await send({"type": "http.response.body", "body": b""})
