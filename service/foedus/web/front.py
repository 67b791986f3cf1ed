"""Stand before the application: answers that are ready, requests that are alike, queries, the rest.

A request that has come whole is answered, in this order: from the cache; by the answer that
another request like it waits for already; by `shortcut`, where it is a query; by the application,
in a thread. An answer whose data never change is kept. Where all who wait for an answer are gone,
its query is stopped.

Source: ASGI 3.0 (HTTP and Lifespan), of which lifespan is not needed.
Errors: none; the application turns what goes wrong into answers.
Used by ``serving``, which runs it behind `foedus.web.connections`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from http import HTTPStatus
from types import MethodType
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from flask import Flask

from foedus.engine import Written
from foedus.engine.guarded import WAITED_FOR
from foedus.web import address, bounds, cache, gateway, journal, shortcut, vitals
from foedus.web.app import HEADERS
from foedus.web.bounds import LATER, LONGEST_ADDRESS, LONGEST_BODY
from foedus.web.cache import Cache, Key, Ready
from foedus.web.gateway import FileBody, Reply, Request
from foedus.web.replies import CACHING
from foedus.web.shortcut import OUTCOME, Asked, Outcome
from foedus.web.state import Service
from foedus.web.vitals import TOLD

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
CONNECTION = "foedus.connection"
"""Where a scope has the connection, which tells when its client is gone."""
_REQUEST_ID = journal.HEADER.lower().encode()


class Flight:
    """An answer that is on its way, and how many wait for it."""

    def __init__(self) -> None:
        """Be the flight of the current task."""
        self._task = asyncio.current_task()
        self._waiting = 1
        self._landed: asyncio.Future[Ready | None] | None = None

    async def join(self) -> Ready | None:
        """Wait for the answer too; None where it is not for more than one."""
        self._waiting += 1
        if self._landed is None:
            self._landed = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self._landed)

    def land(self, kept: Ready | None) -> None:
        """Give the answer to all who wait."""
        if self._landed is not None and not self._landed.done():
            self._landed.set_result(kept)

    def leave(self) -> None:
        """Say that one who waits is gone; without any the work stops."""
        self._waiting -= 1
        if self._waiting == 0 and self._task is not None:
            self._task.cancel()


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
        self.proxies = proxies
        self.is_counting = self._rate is not None
        prefix = urlsplit(self._service.base_url or "").path.rstrip("/")
        self._endpoints = shortcut.paths_of(prefix)
        named = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        self._common = cache.lines([*CACHING, *named])
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

    def close(self) -> None:
        """Let the threads and the processes end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
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
        self._note(name, ready, request, status, 0 if is_known else len(ready.body), start)
        return name

    def _note(
        self,
        name: str,
        ready: Ready,
        request: Request,
        status: int,
        size: int,
        start: float,
        **asked: object,
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
            **asked,
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
        told: dict[str, Any] = {}
        key = None
        if self._rate is not None:
            path = unquote(request.path.decode("latin-1"))
            told[LATER] = self._rate.hit(path, self.client_of(request))
        if not told.get(LATER) and _may_be_shared(request):
            key = self._key(request)
            ready = self.cache.get(key)
            flight = self._flights.get(key)
            if ready is None and flight is not None:
                connection.when_gone = flight.leave
                ready = await flight.join()
            if ready is not None:
                name = self.note_ready(ready, request, start)
                await connection.send_ready(ready, name, _cycle_of(send))
                return
        flight = Flight()
        connection.when_gone = flight.leave
        if key is not None:
            self._flights[key] = flight
        ready = None
        try:
            reply, ready, name = await self._make(request, told, start)
            if key is not None and ready is not None and ready.lasts:
                self.cache.put(key, ready)
        finally:
            if key is not None and self._flights.get(key) is flight:
                del self._flights[key]
            flight.land(ready)
            connection.when_gone = None
        if reply is not None:
            await _send(reply, send)
        elif ready is not None:
            await connection.send_ready(ready, name, _cycle_of(send))

    def _key(self, request: Request) -> Key:
        method, behind = request.method.encode(), self.proxies > 0
        key = cache.key_of(method, request.target, request.headers, behind_proxy=behind)
        return (key, request.body, request.fields.get(b"content-type")) if request.body else key

    async def _make(
        self, request: Request, told: dict[str, Any], start: float
    ) -> tuple[Reply | None, Ready | None, str]:
        """Return the answer to a request: the application's, one ready to be sent, or both.

        The last is the identifier of a request that the application did not see.
        """
        if (
            request.path in self._endpoints
            and self._takes_shortcut(request)
            and not told.get(LATER)
        ):
            asked = shortcut.read(request)
            if asked is not None:
                ready, outcome = await shortcut.answer(
                    asked,
                    self._ask,
                    digest=self._digest or "",
                    common=self._common,
                    accepted=request.text(b"accept-encoding") or "",
                )
                if ready is not None:
                    return None, ready, self._note_shortcut(ready, request, outcome, start)
                told[OUTCOME] = outcome
        reply = await self._call(request, told)
        if not isinstance(reply.body, bytes):
            return reply, None, ""
        route, path = told["route"], told["path"]
        return reply, cache.ready(route, path, reply.status, reply.headers, reply.body), ""

    def _takes_shortcut(self, request: Request) -> bool:
        return (
            request.path in self._endpoints
            and self._digest is not None
            and self._service.unites_graphs
            and len(request.target) <= LONGEST_ADDRESS
            and request.announced is None
        )

    async def _ask(self, asked: Asked) -> Written:
        question = asked.question
        return await self._service.workers.answer_soon(
            question.query, rows=asked.rows, triples=asked.triples, dataset=question.dataset
        )

    def _note_shortcut(self, ready: Ready, request: Request, outcome: Outcome, start: float) -> str:
        """Count and log an answer of the shortcut; return the request's identifier."""
        name = journal.identifier(request.text(_REQUEST_ID) or "")
        self._note(
            name,
            ready,
            request,
            ready.status,
            len(ready.body),
            start,
            query=journal.hash_of(outcome.query),
            queries=1,
            query_ms=round(1000 * outcome.seconds, 1),
        )
        return name

    async def _call(self, request: Request, told: dict[str, Any]) -> Reply:
        """Return the application's answer; where nobody waits for it, its queries are stopped."""
        asked: list[Future[Any]] = []

        def call() -> Reply:
            WAITED_FOR.set(asked)
            return gateway.call(self._app.wsgi_app, request, {**told, TOLD: told})

        context = copy_context()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, context.run, call)
        except asyncio.CancelledError:
            for future in asked:
                future.cancel()
            raise


def _cycle_of(send: Send) -> Any:
    """Return the library's object for a request and its answer, whose method ``send`` is."""
    return cast("MethodType", send).__self__


def _may_be_shared(request: Request) -> bool:
    return (
        b"if-none-match" not in request.fields
        and request.announced is None
        and request.method in ("GET", "POST", "QUERY")
    )


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
