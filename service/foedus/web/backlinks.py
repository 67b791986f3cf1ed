"""Read what points to a thing: counted first, listed only where a page or a file can hold it.

Others may point to a thing a hundred thousand times, as observations and votes do to a state. A
property by which more do so than `MOST_LISTED` is counted by graph, and of records the latest
by date are read. The rest can be asked for at the endpoint, with the query of `listing`.

Shape: `Backlinks`, by property and graph.
Used by ``facts`` and ``things``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pyoxigraph as ox

from foedus.web.links import VOCABULARY, local_path
from foedus.web.lookup import Lookup, Row, Term, iris

MOST_LISTED = 100
"""How many may point to a thing by one property and still be listed on its page."""
_LAYER = VOCABULARY + "layer/"
_RECORDS = "records"

Place = tuple[str, str]
"""A property, and a graph in which others point to a thing by it."""


@dataclass(frozen=True, slots=True)
class Backlinks:
    """What points to a thing."""

    counts: Mapping[Place, int]
    layers: Mapping[str, str]
    """The layer of each graph, by its name."""

    def total(self, prop: str) -> int:
        """Return how often a property points to the thing, in all graphs."""
        return sum(count for (name, _), count in self.counts.items() if name == prop)

    def properties(self) -> list[str]:
        """Return the properties, each once, in order."""
        return sorted({prop for prop, _ in self.counts})


def count(lookup: Lookup, thing: str) -> Backlinks:
    """Count what points to a thing, by property and graph."""
    rows = lookup.ask("backlink-counts", thing=iris([thing]))
    counts = {
        (row["property"].value, row["graph"].value): int(row["count"].value)
        for row in rows
        if "graph" in row
    }
    layers = {row["graph"].value: layer_of(row) for row in rows if "graph" in row}
    return Backlinks(counts, layers)


def layer_of(row: Row) -> str:
    """Return the name of a row's layer."""
    return row["layer"].value.removeprefix(_LAYER) if "layer" in row else "unstated"


def read(lookup: Lookup, thing: str, found: Backlinks) -> dict[Place, list[Term]]:
    """Return what points to a thing: all of it, or of many records by a property the latest."""
    wanted = found.properties()
    few = [prop for prop in wanted if found.total(prop) <= MOST_LISTED]
    rows = lookup.ask("backlinks", thing=iris([thing]), property=iris(few)) if few else []
    for prop in wanted:
        in_records = any(
            name == prop and found.layers[graph] == _RECORDS for name, graph in found.counts
        )
        if in_records and prop not in few:
            rows += latest(lookup, thing, [prop])
    listed: dict[Place, list[Term]] = {}
    for row in rows:
        place = (row["property"].value, row["graph"].value)
        if place in found.counts:
            listed.setdefault(place, []).append(row["subject"])
    return listed


def latest(lookup: Lookup, thing: str, properties: Sequence[str]) -> list[Row]:
    """Return what points to a thing by properties on its latest days, the latest first.

    The days come first, so that only what they hold is put in order.
    """
    about, by = iris([thing]), iris(properties)
    found = lookup.ask("latest-dates", thing=about, property=by)
    days = {row["date"] for row in found if isinstance(row["date"], ox.Literal)}
    if not days:
        return []
    ordered = sorted(days, key=str)
    return lookup.ask("backlinks-on", thing=about, property=by, date=ordered)[: len(found)]


def listing(thing: str, prop: str, graph: str) -> str:
    """Return the address of all that points to a thing by a property in a graph."""
    return asked(
        f"SELECT ?subject\nWHERE {{\n  GRAPH <{graph}> {{\n    ?subject <{prop}>\n"
        f"      <{thing}> .\n  }}\n}}"
    )


def members(graph: str, kind: str) -> str:
    """Return the address of all things of a class in a graph."""
    return asked(f"SELECT ?thing\nWHERE {{\n  GRAPH <{graph}> {{ ?thing a <{kind}> }}\n}}")


def asked(query: str) -> str:
    """Return the address of the page with a query and its answer."""
    endpoint = local_path("https://w3id.org/foedus/sparql") or "/sparql"
    return f"{endpoint}?{urlencode({'query': query})}"
