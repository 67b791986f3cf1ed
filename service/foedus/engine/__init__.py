"""Run SPARQL queries: what an engine is, whichever stands behind it.

An `Engine` takes the text of a query and the dataset the protocol names, and answers with
pyoxigraph's own result classes, which every other module reads and writes. ``embedded`` runs
inside this process; an engine that asks another endpoint, or worker processes, can stand in for
it, because a query's text is all they need: parameters are set in the text by ``saved``.

Errors: `QueryError`; `QuerySyntaxError` with line and column, both from 1.
"""

from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from foedus.errors import QueryError

Answer = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


@dataclass(frozen=True, slots=True)
class Dataset:
    """The dataset a request names: it replaces the one the query names (Protocol, 2.1.4)."""

    default: tuple[str, ...] = ()
    """Graphs merged into the default graph; none of them means an empty default graph."""
    named: tuple[str, ...] = ()


class QuerySyntaxError(QueryError):
    """A query that does not parse, with the place where the parser stopped."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, line=line)
        self.column = column


class Engine(Protocol):
    """Whatever can answer a query."""

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer; ``dataset`` None leaves the choice to the query.

        A query without a dataset of its own sees the union of all named graphs. Raises
        `QueryError` for a query that does not parse, updates, or calls another endpoint.
        """
        ...
