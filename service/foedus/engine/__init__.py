"""Run SPARQL queries: what an engine is, whichever stands behind it.

An `Engine` takes the text of a query and the dataset the protocol names. It answers with a whole
answer in one of two formats (`Engine.answer`: which of the two, the kind of query decides, and
the engine learns that by parsing), or with terms for a page (`Engine.run`). ``embedded`` runs
inside this process; ``workers`` runs it in processes that can be stopped, within `Limits`;
``remote`` asks another endpoint. A query's text is all they need: parameters are set in the text
by ``saved``.

Units: seconds, bytes.
Errors: `QueryError`; `QuerySyntaxError` with line and column, both from 1; `NotAcceptableError`
for an answer of a kind that no format was given for; `LimitError`, `BusyError` and `EngineError`
where an engine has limits.
"""

import tempfile
from dataclasses import dataclass
from typing import IO, Protocol, cast

import pyoxigraph as ox

from foedus.errors import EngineError, NotAcceptableError, QueryError
from foedus.results import ROWS, TRIPLES, Answer, Format

__all__ = [
    "Answer",
    "Dataset",
    "Engine",
    "Limits",
    "QuerySyntaxError",
    "Written",
    "parse",
    "pick",
    "read",
    "unnamed_file",
]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Dataset:
    """The dataset a request names: it replaces the one the query names (Protocol, 2.1.4)."""

    default: tuple[str, ...] = ()
    """Graphs merged into the default graph; none of them means an empty default graph."""
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take; it is stopped at the first that it reaches."""

    seconds: float = 10.0
    """Wall time, from the start of its evaluation to the last byte of its answer."""
    memory: int = 1024 * _MIB
    """Bytes on top of the data, which all queries share."""
    rows: int | None = None
    """Rows or triples of an answer; None means any number."""
    response: int = 256 * _MIB
    """Bytes of an answer."""
    page: int = 16 * _MIB
    """Bytes of an answer that a page is made from; a page holds it as objects, many times that."""


@dataclass(frozen=True, slots=True)
class Written:
    """A whole answer, written."""

    form: Format
    body: IO[bytes]
    """Stands at its start; whoever takes it closes it."""
    size: int


class QuerySyntaxError(QueryError):
    """A query that does not parse, with the place where the parser stopped."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, line=line)
        self.column = column


class Engine(Protocol):
    """Whatever can answer a query.

    ``dataset`` None leaves the dataset to the query; a query without one sees the union of all
    named graphs. `QueryError` for a query that does not parse, updates, or calls another endpoint.
    """

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer in ``rows`` or ``triples``, as the kind of query wants."""
        ...

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer as terms."""
        ...


class _UnnamedFile(tempfile.SpooledTemporaryFile[bytes]):
    """Closes when nobody holds it: who waits may leave in the moment in which the answer is there.

    Nobody has it then who could close it.
    """

    def __del__(self) -> None:
        self.close()


def unnamed_file() -> IO[bytes]:
    """Return a file for an answer: in memory while it is small, then on disk without a name."""
    return cast("IO[bytes]", _UnnamedFile(max_size=_MIB))


def pick(*, is_rows: bool, rows: Format | None, triples: Format | None) -> Format:
    """Return the format for an answer of this kind, or raise `NotAcceptableError`."""
    form = rows if is_rows else triples
    if form is None:
        listed = ", ".join(offer.media for offer in (ROWS if is_rows else TRIPLES))
        kind = "rows" if is_rows else "triples"
        raise NotAcceptableError(f"this query answers with {kind}; offered are {listed}")
    return form


def read(written: Written) -> Answer:
    """Return a written answer as terms, and close its file."""
    with written.body:
        return parse(written.body.read(), written.form)


def parse(source: IO[bytes] | bytes, form: Format) -> Answer:
    """Return an answer in a format as terms, one by one while a file is read.

    `EngineError` where it does not start as the format does.
    """
    try:
        if form.rows is not None:
            return ox.parse_query_results(source, form.rows)
        return (quad.triple for quad in ox.parse(source, format=form.triples))
    except (SyntaxError, ValueError) as error:
        raise EngineError(f"the answer is not {form.media}: {error}") from error
