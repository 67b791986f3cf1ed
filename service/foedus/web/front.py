"""Stand before the application: answers that are ready, requests that are alike, queries, the rest.

`Front.look_up` answers the smallest queries for a connection that has only read a head. Any other
request that has come whole is answered, in this order: from the cache; by the answer that
another request like it waits for already; by `shortcut`, where it is a query; by the application,
in a thread. An answer whose data never change is kept. Where all who wait for an answer are gone,
its query is stopped.

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
from urllib.parse import unquote, urlsplit

from flask import Flask

from foedus.engine import Written
from foedus.engine.waiting import WAITING, Waiting
from foedus.errors import FoedusError
from foedus.results import ROWS, Format
from foedus.web import address, bounds, cache, gateway, journal, shortcut, vitals
from foedus.web.app import HEADERS
from foedus.web.bounds import LATER, LONGEST_ADDRESS, LONGEST_BODY
from foedus.web.cache import Cache, Key, Ready
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
CONNECTION = "foedus.connection"
"""Where a scope has the connection, which tells when its client is gone."""
_FAILURES = logging.getLogger("foedus.failures")
_SHARED = frozenset({"GET", "HEAD", "POST", "QUERY"})
_REQUEST_ID = journal.HEADER.lower().encode()


class Front:
    """The ASGI application before a Flask application."""

    def __init__(self, app: Flask, *, room: int, threads: int, proxies: int) -> None:
        """``room`` is how many bytes of answers are kept."""
        self._app = app
        self._service: Service = app.extensions["foedus"]
        self._digest = self._service.digest
        self._figures: vitals.Figures = app.extensions[vitals.EXTENSION]
        self._rate: bounds.Rate | None = app.extensions[bounds.EXTENSION]
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="vitals")
        self.proxies = proxies
        self.is_counting = self._rate is not None
        self._prefix = urlsplit(self._service.base_url or "").path.rstrip("/")
        self._endpoints = shortcut.paths_of(self._prefix)
        named = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        self.common = cache.lines([*CACHING, *named])
        self._flights: dict[Key, Flight] = {}
        self.cache = Cache(room if self._digest is not None else 0)
        self._figures.watch(self.cache)

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
        self._service.workers.close()

    def client_of(self, request: Request) -> str:
        """Return the address a request comes from, as trusted proxies say."""
        forwarded = request.text(b"x-forwarded-for") if self.proxies else None
        return address.client_of(forwarded, request.client[0], self.proxies)

    def note_ready(
        self, ready: Ready, request: Request, start: float, *, is_known: bool = False
    ) -> str:
        """Count and log an answer that was ready; return the request's identifier."""
        name = journal.identifier(request.text(_REQUEST_ID) or "")
        status = HTTPStatus.NOT_MODIFIED if is_known else ready.status
        asked = journal.Asked(ready.query, 0, 0.0) if ready.query else None
        self._note(name, ready, request, status, 0 if is_known else len(ready.body), start, asked)
        return name

    def note_ready_at_once(
        self, ready: Ready, client: str, given: bytes, forwarded: bytes, *, is_known: bool
    ) -> str:
        """Do the same for a GET without a task: ``given`` and ``forwarded`` are its headers."""
        name = journal.identifier(given.decode("latin-1"))
        if self.proxies:
            client = address.client_of(forwarded.decode("latin-1"), client, self.proxies)
        status = HTTPStatus.NOT_MODIFIED.value if is_known else ready.status
        self._figures.count("GET", ready.route, status, None)
        size = 0 if is_known else len(ready.body)
        journal.say_again(name, client, ready.path, status, size, ready.query)
        return name

    def look_up(self, key: Key, request: Request, start: float) -> tuple[Ready, str] | None:
        """Answer a GET whose query needs no worker; also return the request's identifier."""
        if not self._is_query(request):
            return None
        asked = shortcut.read(request)
        if asked is None:
            return None
        question = asked.question
        body = self._service.workers.at_once(
            question.query, rows=asked.rows, dataset=question.dataset
        )
        if body is None or not shortcut.takes(request, len(body)):
            return None
        ready = self._pack(asked, ROWS[0], body, request)
        self.cache.put(key, ready)
        took = time.perf_counter() - start
        return ready, self._note_shortcut(ready, request, took, start)

    def note_refused(self, client: str, status: int, size: int) -> str:
        """Count and log a request that could not be read; return an identifier for it."""
        name = journal.identifier("")
        self._figures.count("any", "none", status, None)
        journal.say(
            name, client=client, method=None, path=None, status=status, size=size, seconds=0.0
        )
        return name

    def _note(
        self,
        name: str,
        ready: Ready,
        request: Request,
        status: int,
        size: int,
        start: float,
        asked: journal.Asked | None = None,
    ) -> None:
        took = time.perf_counter() - start
        self._figures.count(request.method, ready.route, status, took)
        journal.say(
            name,
            client=self.client_of(request),
            method=request.method,
            path=ready.path,
            status=status,
            size=size,
            seconds=took,
            asked=asked,
        )

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
            told[LATER] = self._rate.hit(self._path(request), self.client_of(request))
        names_host = bool(request.fields.get(b"host"))  # HTTP/1.0 may not, and is alone in that
        is_whole = request.announced is None and request.method in _SHARED
        if not told.get(LATER) and is_whole and names_host:
            key = self._key(request)
            ready: Ready | Reply | None = self.cache.get(key)
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
                self.cache.put(key, made)
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
        name = self.note_ready(ready, request, start, is_known=is_known)
        is_head = request.method == "HEAD"
        await connection.send_ready(
            ready, name, _cycle_of(send), is_known=is_known, is_head=is_head
        )

    async def _send_shared(
        self, reply: Reply, request: Request, send: Send, start: float, told: dict[str, Any]
    ) -> None:
        """Send a file that another request made, under an identifier of its own."""
        name = journal.identifier(request.text(_REQUEST_ID) or "")
        path = self._path(request)
        headers = [header for header in reply.headers if header[0] != _REQUEST_ID]
        reply.headers = [*headers, (_REQUEST_ID, name.encode())]
        size = next((int(value) for n, value in headers if n == b"content-length"), 0)
        shown = cache.ready(reply.route, path, reply.status, [], b"")
        self._note(name, shown, request, reply.status, size, start)
        await _send(reply, send)

    def _key(self, request: Request) -> Key:
        method, behind = request.method.encode(), self.proxies > 0
        key = cache.key_of(method, request.target, request.headers, behind_proxy=behind)
        if request.method in ("GET", "HEAD") and not request.body:
            return key
        sent = [request.fields.get(n, b"") for n in (b"content-type", b"content-encoding")]
        return key, cache.digest(request.body, *sent)

    def _path(self, request: Request) -> str:
        """Return the path of a request, less the prefix under which the service stands."""
        path = unquote(request.path.decode("latin-1"))
        is_below = self._prefix and path.startswith(self._prefix + "/")
        return path.removeprefix(self._prefix) if is_below else path

    async def _make(
        self, request: Request, told: dict[str, Any], start: float
    ) -> tuple[Reply | None, Ready | None, str]:
        """Return the answer to a request: the application's, one ready to be sent, or both.

        The last is the identifier of a request that the application did not see.
        """
        if request.announced is None and self._is_query(request) and not told.get(LATER):
            asked = shortcut.read(request)
            if asked is not None:
                outcome = await self._ask(asked)
                written = outcome.said
                if isinstance(written, Written) and shortcut.takes(request, written.size):
                    with written.body:
                        ready = self._pack(asked, written.form, written.body.read(), request)
                    name = self._note_shortcut(ready, request, outcome.seconds, start)
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

    def _is_query(self, request: Request) -> bool:
        """Whether a request may be a query that needs no application."""
        return (
            request.path in self._endpoints
            and self._digest is not None
            and self._service.unites_graphs
            and len(request.target) <= LONGEST_ADDRESS
        )

    async def _ask(self, asked: Asked) -> Outcome:
        """Return what the engine says to a query."""
        question, start = asked.question, time.perf_counter()
        said: Written | FoedusError
        try:
            said = await self._service.workers.answer_soon(
                question.query, rows=asked.rows, triples=asked.triples, dataset=question.dataset
            )
        except FoedusError as error:
            said = error
        return Outcome(question.query, time.perf_counter() - start, said)

    def _pack(self, asked: Asked, form: Format, body: bytes, request: Request) -> Ready:
        """Return an answer as the application would send it."""
        return shortcut.pack(
            asked,
            form,
            body,
            digest=self._digest or "",
            common=self.common,
            accepted=request.text(b"accept-encoding") or "",
        )

    def _note_shortcut(self, ready: Ready, request: Request, seconds: float, start: float) -> str:
        """Count and log an answer of the shortcut; return the request's identifier.

        Its query was answered in so many seconds.
        """
        name = journal.identifier(request.text(_REQUEST_ID) or "")
        self._note(
            name,
            ready,
            request,
            ready.status,
            len(ready.body),
            start,
            journal.Asked(ready.query, 1, 1000 * seconds),
        )
        return name

    async def _call(self, request: Request, told: dict[str, Any]) -> Reply:
        """Return the application's answer; where nobody waits for it, its queries are stopped."""
        waiting = Waiting()
        threads = self._aside if self._path(request) in vitals.PATHS else self._threads

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
