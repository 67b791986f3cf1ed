"""Ask another SPARQL 1.1 endpoint, as if its data were here.

A query is read here first, in a worker process over no data: what does not parse, updates or
calls further endpoints goes no further, and its kind is known. It is then posted as a form, the
one way every endpoint takes. The answer is collected whole and written anew in the format asked
for, so that what the endpoint breaks off is an error here and its formats need not be ours.
Redirects are not followed: the address is the one that was configured.

Source: SPARQL 1.1 Protocol, 2.1.2. The client is urllib3, which gives an answer piece by piece,
so that time and bytes can be counted; SPARQLWrapper and ``urllib.request`` read it whole.
Units: seconds, bytes. A deadline may be passed by the time one piece takes, at most as much.
Errors: `LimitError`, `BusyError`; `EngineError` with the endpoint's status and the first 500
characters of what it says. RDF/XML is not taken: its parser fills in whatever entities an answer
declares, until the memory is full.
"""

import threading
import time
from itertools import islice
from typing import IO
from urllib.parse import urlencode

import pyoxigraph as ox
import urllib3

from foedus import results
from foedus.engine import Answer, Dataset, Engine, Limits, Written, parse, pick, read, unnamed_file
from foedus.errors import BusyError, EngineError, LimitError
from foedus.results import ROWS, TRIPLES, Format

_JSON, _XML = ROWS[:2]
_TURTLE, _N_TRIPLES = TRIPLES[:2]
_ROWS_ASKED = f"{_JSON.media}, {_XML.media};q=0.8"
_TRIPLES_ASKED = f"{_N_TRIPLES.media}, {_TURTLE.media};q=0.9"
_TAKEN = (*ROWS, *(form for form in TRIPLES if form.triples != ox.RdfFormat.RDF_XML))
_SAID = 500
_PIECE = 1 << 16
_AT_ONCE = 8


class RemoteEngine:
    """An engine that asks an endpoint."""

    def __init__(self, url: str, *, reader: Engine, limits: Limits) -> None:
        """``reader`` has no data and tells what kind a query is."""
        self._url = url
        self._reader = reader
        self._limits = limits
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._pool = urllib3.PoolManager(maxsize=_AT_ONCE, block=False)

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        return self._ask(query, rows, triples, dataset, most=self._limits.response)

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms; see `foedus.engine.Engine`."""
        most = min(self._limits.page, self._limits.response)
        return read(self._ask(query, _JSON, _N_TRIPLES, dataset, most=most))

    def _ask(
        self,
        query: str,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None,
        *,
        most: int,
    ) -> Written:
        with self._reader.answer(query, rows=_JSON, triples=_N_TRIPLES, dataset=dataset).body as b:
            is_rows = b.read(1) == b"{"  # JSON; over no data there is no triple
        form = pick(is_rows=is_rows, rows=rows, triples=triples)
        fields = [("query", query)]
        for name, graphs in (
            ("default-graph-uri", dataset.default if dataset else ()),
            ("named-graph-uri", dataset.named if dataset else ()),
        ):
            fields += [(name, graph) for graph in graphs]
        if not self._places.acquire(timeout=self._limits.seconds):
            raise BusyError("too many queries at once; ask again later")
        try:
            found = self._post(fields, _ROWS_ASKED if is_rows else _TRIPLES_ASKED, most)
        finally:
            self._places.release()
        with found.body:
            return self._rewrite(found, form)

    def _post(self, fields: list[tuple[str, str]], accept: str, most: int) -> Written:
        seconds = self._limits.seconds
        end = time.monotonic() + seconds
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=urlencode(fields),
                headers={
                    "Accept": accept,
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(total=seconds),
            )
            try:
                return self._collect(response, end, most)
            finally:
                response.close()
        except urllib3.exceptions.NewConnectionError as error:  # a kind of time-out to urllib3
            raise EngineError(f"the endpoint {self._url} cannot be asked: {error}") from error
        except urllib3.exceptions.TimeoutError as error:
            raise self._too_long() from error
        except urllib3.exceptions.HTTPError as error:
            raise EngineError(f"the endpoint {self._url} cannot be asked: {error}") from error

    def _collect(self, response: urllib3.BaseHTTPResponse, end: float, most: int) -> Written:
        media = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        form = results.named(media, _TAKEN) if media else None
        if response.status != 200 or form is None:
            said = response.read1(_SAID * 4).decode("utf-8", "replace")[:_SAID]
            raise EngineError(
                f"the endpoint {self._url} answered {response.status} {response.reason or ''} "
                f"({media or 'no media type'}): {said}"
            )
        body = unnamed_file()
        size = 0
        try:
            while piece := response.read1(_PIECE):
                size += len(piece)
                if size > most:
                    raise LimitError(f"the answer has more than {most} bytes, which one may have")
                if time.monotonic() > end:
                    raise self._too_long()
                body.write(piece)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return Written(form, body, size)

    def _rewrite(self, found: Written, form: Format) -> Written:
        """Return the same answer in another format; triples in the order they came."""
        body = unnamed_file()
        try:
            if self._limits.rows is not None:
                _count(found, self._limits.rows)
            _convert(found, form, body)
        except (SyntaxError, OSError, ValueError) as error:
            body.close()
            # Without its traceback, which keeps what pyoxigraph lets no other thread drop.
            raise EngineError(
                f"the endpoint's answer is no {found.form.media}: {error}"
            ) from error.with_traceback(None)
        except BaseException:
            body.close()
            raise
        size = body.tell()
        body.seek(0)
        return Written(form, body, size)

    def _too_long(self) -> LimitError:
        return LimitError(
            f"the query was stopped after {self._limits.seconds:g} seconds, the time one may take"
        )


def _convert(found: Written, form: Format, body: IO[bytes]) -> None:
    answer = parse(found.body, found.form)
    if isinstance(answer, ox.QuerySolutions | ox.QueryBoolean):
        results.write_into(body, answer, form)
    else:
        ox.serialize(answer, body, form.triples, prefixes=results.PREFIXES)


def _count(found: Written, most: int) -> None:
    answer = parse(found.body, found.form)
    if not isinstance(answer, ox.QueryBoolean) and len(list(islice(answer, most + 1))) > most:
        raise LimitError(f"the answer has more than {most} rows, which one answer may have")
    found.body.seek(0)
