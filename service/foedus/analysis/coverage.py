"""Warn where a question reaches beyond what the records cover.

A graph of records says the first and last day it covers. Outside of them no row means *not recorded
here*, and a count of none would be a false zero; so an answer about such years goes out with a
warning.

A saved query names its period by its parameters: ``year`` (one calendar year), ``from`` and ``to``
(first and last year, either may be missing) and ``day`` (its year). It names its records by
``graph``; without that it asks all graphs of the records layer.

Shape: `CoverageWarning`.
Errors: those of the engine that is asked.
Used by ``web`` and ``cli``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from foedus.saved import SavedQuery

PERIOD = ("year", "from", "to", "day")
"""Names of parameters that say a period."""
GRAPH = "graph"
"""Name of the parameter that says which record."""

_COVERED = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX layer: <https://w3id.org/foedus/vocabulary/layer/>

SELECT ?graph ?title ?from ?to (MIN(?subject) AS ?limit)
WHERE {
  ?graph foedus:onLayer layer:records ;
    foedus:coversBody ?body ;
    foedus:coversFrom ?from ;
    foedus:coversTo ?to .
  OPTIONAL { ?graph dcterms:title ?title }
  OPTIONAL { ?graph foedus:coversSubject ?subject }
}
GROUP BY ?graph ?title ?from ?to
ORDER BY ?graph
"""
_COLUMNS = ("graph", "title", "from", "to", "limit")


class Answering(Protocol):
    """Whatever answers a SELECT query; every `foedus.engine.Engine` does."""

    def run(self, query: str) -> object:
        """Return the solutions of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one graph of records covers; dates are as precise as the graph states them."""

    graph: str
    title: str
    since: str
    until: str
    subject: str
    """IRI of the one subject it is limited to, or empty."""

    @property
    def years(self) -> range:
        """The calendar years it covers, wholly or in part."""
        return range(int(self.since[:4]), int(self.until[:4]) + 1)


@dataclass(frozen=True, slots=True)
class CoverageWarning:
    """Years asked about that no record asked covers, or a limit to what is covered."""

    graph: str
    """The record, or empty for all of them together."""
    years: tuple[int, ...]
    message: str


def read(engine: Answering) -> list[Coverage]:
    """Return what each graph of voting records covers, by graph."""
    answer = engine.run(_COVERED)
    if not isinstance(answer, ox.QuerySolutions):
        raise AssertionError("a SELECT query gives solutions")
    return [Coverage(*(getattr(row[name], "value", "") for name in _COLUMNS)) for row in answer]


def coverage_warnings(
    engine: Answering, graphs: Sequence[str], years: Iterable[int]
) -> list[CoverageWarning]:
    """Return a warning for each record that does not cover all of the years.

    ``graphs`` are the records asked, none of them for all records together. A graph that is not
    there, or does not say what it covers, has a warning of its own.
    """
    asked = sorted(set(years))
    covered = {coverage.graph: coverage for coverage in read(engine)}
    if not graphs:
        return _together(list(covered.values()), asked)
    warnings = []
    for graph in sorted(set(graphs)):
        coverage = covered.get(graph)
        if coverage is None:
            message = f"{graph} is no graph of voting records here: nothing is known of any year"
            warnings.append(CoverageWarning(graph, tuple(asked), message))
            continue
        missing = tuple(year for year in asked if year not in coverage.years)
        reach = f"{coverage.title or graph} covers {coverage.since} to {coverage.until}"
        if missing:
            message = f"{reach}: {_written(missing)} not recorded, which is not none"
            warnings.append(CoverageWarning(graph, missing, message))
        if coverage.subject:
            message = f"{reach}, and of it only what concerns {coverage.subject}"
            warnings.append(CoverageWarning(graph, (), message))
    return warnings


def warnings_for(
    engine: Answering, query: SavedQuery, values: Mapping[str, str]
) -> list[CoverageWarning]:
    """Return the warnings for a saved query with the given parameters, examples for the others.

    A query without a period has none: it tells of whatever there is.
    """
    years = period_asked(query, values)
    if years is None:
        return []
    given = _given(query, values)
    graphs = []
    if GRAPH in given:
        graphs = [str(query.params[GRAPH].term(given[GRAPH]).value)]
    return coverage_warnings(engine, graphs, years)


def period_asked(query: SavedQuery, values: Mapping[str, str]) -> range | None:
    """Return the calendar years a saved query asks about; None where it names no period."""
    given = _given(query, values)
    named = {name: int(given[name][:4]) for name in PERIOD if name in given}
    if "year" in named:
        return range(named["year"], named["year"] + 1)
    if "from" in named or "to" in named:
        first = named.get("from", named.get("to", 0))
        return range(first, named.get("to", first) + 1)
    if "day" in named:
        return range(named["day"], named["day"] + 1)
    return None


def _given(query: SavedQuery, values: Mapping[str, str]) -> dict[str, str]:
    return {name: values.get(name, param.example_value) for name, param in query.params.items()}


def _together(covered: Sequence[Coverage], asked: Sequence[int]) -> list[CoverageWarning]:
    missing = tuple(y for y in asked if not any(y in coverage.years for coverage in covered))
    if not missing:
        return []
    message = f"no voting record here covers {_written(missing)}: not recorded, which is not none"
    return [CoverageWarning("", missing, message)]


def _written(years: Sequence[int]) -> str:
    """Return years as spans.

    >>> _written([1946, 1947, 1948, 2020])
    '1946 to 1948, 2020'
    """
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], year]
        else:
            spans.append([year])
    return ", ".join(" to ".join(map(str, span)) for span in spans)
