"""Answer queries that call other endpoints, of a list, without letting the evaluator reach any.

A call, ``SERVICE <endpoint> { … }``, asks for the rows of its group and takes nothing from the
rest of the query; the evaluator would ask the same. So this process asks the endpoints first, puts
their rows where the calls stood, as ``VALUES``, and only then has the query evaluated, in the same
worker as any other, which can open no connection. Before anybody is asked, the query is read over
no data, with ``GRAPH`` in place of each call: what does not parse stops there, with its own line.

A call must name its endpoint by a full IRI as it is on the list; a call inside a call is left to
the endpoint that gets it, and must be on the list too. Where any other visible word holds "service"
the query is refused, as `foedus.tokens.calls_service` says. A ``SILENT`` call that fails has one
row without a value.

Source: SPARQL 1.1 Federated Query, 2 and 4.
Units: seconds, bytes.
Errors: `QueryError` for a call that is not allowed; `EngineError` naming an endpoint that fails;
`LimitError` where endpoints together take more time or bytes than one query may; `BusyError`.
Used by ``web``.
"""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from foedus import BASE, tokens
from foedus.engine import Answer, Dataset, Engine, Limits, Written, inlined, outbound
from foedus.engine.outbound import Allowed
from foedus.errors import BusyError, FoedusError, LimitError, QueryError
from foedus.results import Format

NO_DATA = Dataset(default=("urn:x-foedus:nothing",))
"""The dataset to read a query over."""
_NO_VALUE = "{ }"
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")
_MOST_CALLS = 8
_AT_ONCE = 4
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Call:
    """A ``SERVICE`` clause: where it stands, and where its parts do."""

    endpoint: str
    is_silent: bool
    is_inner: bool
    """Whether it is part of another call."""
    start: int
    opening: int
    """Where the brace of its group stands; the endpoint's IRI ends before it."""
    end: int


class Federation:
    """The endpoints that may be called, and the places for those who wait for one."""

    def __init__(self, allowed: Allowed, limits: Limits) -> None:
        self._allowed = allowed
        self._seconds = limits.seconds
        self._most = min(limits.response, _MOST_BYTES)
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def read_calls(self, query: str) -> list[Call]:
        """Return a query's calls; see `read_calls`."""
        return read_calls(query, self._allowed)

    def fill(self, query: str, calls: list[Call]) -> str:
        """Return the query with the rows of its outer calls in their place. Waits for them."""
        deadline = time.monotonic() + self._seconds
        if not self._places.acquire(blocking=False):
            raise BusyError("too many queries that call other endpoints at once; ask again later")
        try:
            parts: list[str] = []
            end, most = 0, self._most
            for number, call in enumerate(call for call in calls if not call.is_inner):
                group = self._ask(query, call, number, deadline=deadline, most=most)
                parts += [query[end : call.start], group]
                end, most = call.end, max(most - len(group), 0)
        finally:
            self._places.release()
        return "".join((*parts, query[end:]))

    def _ask(self, query: str, call: Call, number: int, *, deadline: float, most: int) -> str:
        """Return the group that stands for a call."""
        names = {
            token.text[1:]
            for token in tokens.split(query[call.opening : call.end])
            if token.kind == "variable"
        }
        text = asked(query, call)
        try:
            body = outbound.ask(
                call.endpoint, text, allowed=self._allowed, deadline=deadline, most=most
            )
            return inlined.values_of(body, call=number, names=names)
        except (FoedusError, TimeoutError) as error:
            if call.is_silent:
                return _NO_VALUE
            if isinstance(error, TimeoutError):
                raise LimitError(
                    f"the query was stopped after {self._seconds:g} seconds, the time one may "
                    f"take, while it waited for {call.endpoint}"
                ) from error
            if call.endpoint in error.message:
                raise
            raise type(error)(f"the endpoint {call.endpoint}: {error.message}") from error


class FederatedEngine:
    """An engine before another, which gets queries whose calls have been answered."""

    def __init__(self, engine: Engine, federation: Federation) -> None:
        self._engine = engine
        self._federation = federation

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        calls = self._federation.read_calls(query)
        if calls:
            checked = without_calls(query, calls)
            self._engine.answer(checked, rows=rows, triples=triples, dataset=NO_DATA).body.close()
            query = self._federation.fill(query, calls)
        return self._engine.answer(query, rows=rows, triples=triples, dataset=dataset)

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms; see `foedus.engine.Engine`."""
        calls = self._federation.read_calls(query)
        if calls:
            self._engine.run(without_calls(query, calls), dataset=NO_DATA)
            query = self._federation.fill(query, calls)
        return self._engine.run(query, dataset=dataset)


def read_calls(text: str, allowed: Allowed) -> list[Call]:
    """Return a query's calls in order, or raise `QueryError` where one is not allowed."""
    if not tokens.calls_service(text):
        return []
    calls = list(_find_calls(text))
    listed = ", ".join(f"<{endpoint}>" for endpoint in allowed.endpoints) or "none"
    for call in calls:
        if call.endpoint not in allowed.endpoints:
            raise QueryError(
                f"SERVICE <{call.endpoint}> is refused; endpoints that may be called: {listed}"
            )
    if tokens.calls_service(without_calls(text, calls)):
        raise QueryError(
            "SERVICE is followed by the full IRI of an endpoint and a group in braces; endpoints "
            f"that may be called: {listed}. If no part of the query calls one, write names that "
            "hold this word as full IRIs"
        )
    if len(calls) > _MOST_CALLS:
        raise QueryError(
            f"{len(calls)} calls of other endpoints; a query has {_MOST_CALLS} at most"
        )
    return calls


def _find_calls(text: str) -> Iterator[Call]:
    """Yield each ``SERVICE [SILENT] <iri> { … }``, outer ones before those they hold."""
    found = tokens.split(text)
    outer_end = 0
    for place, token in enumerate(found):
        if not token.is_word("SERVICE"):
            continue
        following = found[place + 1 : place + 4]
        is_silent = bool(following) and following[0].is_word("SILENT")
        if len(following) < 2 + is_silent:
            continue
        target, opening = following[is_silent : 2 + is_silent]
        end = _end_of_group(found[place + 2 + is_silent :])
        if target.kind == "iri" and end is not None:
            is_inner = token.start < outer_end
            yield Call(target.text[1:-1], is_silent, is_inner, token.start, opening.start, end)
            outer_end = max(outer_end, end)


def _end_of_group(found: list[tokens.Token]) -> int | None:
    """Return where the group ends that the first token opens, or None where it opens none."""
    depth = 0
    for token in found:
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if depth == 0:
            return token.end if token.text == "}" else None
    return None


def without_calls(text: str, calls: list[Call]) -> str:
    """Return a query of the same length in which each call is a graph, for the parser to read.

    >>> query = "ASK { SERVICE SILENT <http://e.org/> { } }"
    >>> without_calls(query, read_calls(query, outbound.allow(["http://e.org/"])))
    'ASK { GRAPH          <http://e.org/> { } }'
    """
    for call in calls:
        iri = text.rindex("<", call.start, call.opening)
        text = text[: call.start] + "GRAPH".ljust(iri - call.start) + text[iri:]
    return text


def asked(text: str, call: Call) -> str:
    """Return the query that an endpoint is sent: the call's group with the prologue.

    >>> query = "PREFIX a: <b:c> SELECT ?s { SERVICE <http://e.org/> { ?s a:d ?o } }"
    >>> asked(query, read_calls(query, outbound.allow(["http://e.org/"]))[0])
    'PREFIX a: <b:c> SELECT * WHERE { ?s a:d ?o }'
    """
    prologue, group = text[: tokens.prologue_end(text)], text[call.opening : call.end]
    whole = f"{prologue} SELECT * WHERE {group}".lstrip()
    is_relative = any(
        token.kind == "iri" and not _ABSOLUTE.match(token.text) for token in tokens.split(whole)
    )
    return f"BASE <{BASE}> {whole}" if is_relative else whole
