"""Answer at once: from the answers that are ready, and the smallest queries from the index.

What is answered here needs neither a task nor a thread nor a worker, so a `Desk` may stand in the
process that has the application (``front``) or in one that has not (``door``). It also counts and
logs every request that the application does not see.

Units: seconds of ``time.perf_counter``; bytes.
Used by ``connections``, ``front``, ``door``, ``doors`` and ``channel``.
"""

import time
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote

from foedus.engine import lookups
from foedus.engine.lookups import LookUps
from foedus.results import Format
from foedus.web import address, journal, shortcut
from foedus.web.bounds import LONGEST_ADDRESS
from foedus.web.cache import Cache, Key, Ready
from foedus.web.gateway import Request
from foedus.web.shortcut import Asked
from foedus.web.tally import Tally

REQUEST_ID = journal.HEADER.lower().encode()


class Terms(NamedTuple):
    """What a desk has to know of the service."""

    digest: str | None
    """The digest of the data, part of every entity tag; None where nothing may be kept."""
    prefix: str
    """The path under which the service stands, without a slash at its end."""
    common: bytes
    """Headers of every answer, as they are sent."""
    proxies: int
    """How many proxies before the service are trusted."""
    room: int
    """Bytes of answers that are kept."""
    unites_graphs: bool
    """Whether the default graph is known to be the union of the named ones."""
    is_open: bool
    """Whether anything may be answered at once: not where a client's requests are limited."""


class Desk:
    """Answers what it can, and notes what was answered."""

    def __init__(self, terms: Terms, looking: LookUps, tally: Tally) -> None:
        self.terms = terms
        self.cache = Cache(terms.room if terms.digest is not None else 0)
        self.lookups = looking
        self.tally = tally
        self._endpoints = shortcut.paths_of(terms.prefix)

    def look_up(self, key: Key, request: Request, start: float) -> tuple[Ready, str] | None:
        """Answer a GET whose query needs no worker; also return the request's identifier."""
        if self.lookups.are_elsewhere or not self.is_query(request):
            return None
        asked = shortcut.read(request)
        if asked is None:
            return None
        question = asked.question
        body = self.lookups.answer(question.query, rows=asked.rows, dataset=question.dataset)
        if body is None or not shortcut.takes(request, len(body)):
            return None
        ready = self.pack(asked, lookups.JSON, body, request)
        self.cache.put(key, ready)
        self.tally.count_look_up()
        took = time.perf_counter() - start
        return ready, self.note_shortcut(ready, request, took, start)

    def is_for_others(self, request: Request) -> bool:
        """Whether another process could answer a request at once that this one cannot."""
        if not (self.lookups.are_elsewhere and self.is_query(request)):
            return False
        asked = shortcut.read(request)
        if asked is None:
            return False
        question = asked.question
        return self.lookups.are_for(question.query, rows=asked.rows, dataset=question.dataset)

    def is_query(self, request: Request) -> bool:
        """Whether a request may be a query that needs no application."""
        return (
            request.path in self._endpoints
            and self.terms.digest is not None
            and self.terms.unites_graphs
            and len(request.target) <= LONGEST_ADDRESS
        )

    def pack(self, asked: Asked, form: Format, body: bytes, request: Request) -> Ready:
        """Return an answer as the application would send it."""
        return shortcut.pack(
            asked,
            form,
            body,
            digest=self.terms.digest or "",
            common=self.terms.common,
            accepted=request.text(b"accept-encoding") or "",
        )

    def client_of(self, request: Request) -> str:
        """Return the address a request comes from, as trusted proxies say."""
        proxies = self.terms.proxies
        forwarded = request.text(b"x-forwarded-for") if proxies else None
        return address.client_of(forwarded, request.client[0], proxies)

    def path_of(self, request: Request) -> str:
        """Return the path of a request, less the prefix under which the service stands."""
        path, prefix = unquote(request.path.decode("latin-1")), self.terms.prefix
        return path.removeprefix(prefix) if prefix and path.startswith(prefix + "/") else path

    def note_ready(
        self, ready: Ready, request: Request, start: float, *, is_known: bool = False
    ) -> str:
        """Count and log an answer that was ready; return the request's identifier."""
        name = identifier_of(request)
        status = HTTPStatus.NOT_MODIFIED if is_known else ready.status
        asked = journal.Asked(ready.query, 0, 0.0) if ready.query else None
        self.note(name, ready, request, status, 0 if is_known else len(ready.body), start, asked)
        return name

    def note_ready_at_once(
        self, ready: Ready, client: str, given: bytes, forwarded: bytes, *, is_known: bool
    ) -> str:
        """Do the same for a GET without a task: ``given`` and ``forwarded`` are its headers."""
        name = journal.identifier(given.decode("latin-1"))
        if self.terms.proxies:
            client = address.client_of(forwarded.decode("latin-1"), client, self.terms.proxies)
        status = HTTPStatus.NOT_MODIFIED.value if is_known else ready.status
        self.tally.count("GET", ready.route, status, None)
        size = 0 if is_known else len(ready.body)
        journal.say_again(name, client, ready.path, status, size, ready.query)
        return name

    def note_shortcut(self, ready: Ready, request: Request, seconds: float, start: float) -> str:
        """Count and log a query answered without the application; return the identifier.

        The engine answered it in so many seconds.
        """
        name = identifier_of(request)
        asked = journal.Asked(ready.query, 1, 1000 * seconds)
        self.note(name, ready, request, ready.status, len(ready.body), start, asked)
        return name

    def note_refused(self, client: str, status: int, size: int) -> str:
        """Count and log a request that could not be read; return an identifier for it."""
        name = journal.identifier("")
        self.tally.count("any", "none", status, None)
        journal.say(
            name, client=client, method=None, path=None, status=status, size=size, seconds=0.0
        )
        return name

    def note(
        self,
        name: str,
        ready: Ready,
        request: Request,
        status: int,
        size: int,
        start: float,
        asked: journal.Asked | None = None,
    ) -> None:
        """Count and log an answer, whose body has so many bytes."""
        took = time.perf_counter() - start
        self.tally.count(request.method, ready.route, status, took)
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


def identifier_of(request: Request) -> str:
    """Return the identifier of a request."""
    return journal.identifier(request.text(REQUEST_ID) or "")
