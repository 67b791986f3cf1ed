"""Tell what a named graph holds: how many triples, things of which classes, and which things.

A graph has up to millions of triples. Their number is the one the release's manifest states; the
things are listed while they are few, and counted by class in any case. As data a large graph is
written by the engine, within the limits of any query.

Shape: `Content`; statements as bytes.
Used by ``things`` and ``description``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from flask import Response

from foedus import results
from foedus.engine import Written, unnamed_file
from foedus.results import Format
from foedus.web import backlinks, jsonld, replies
from foedus.web.links import Cell, iri_cell
from foedus.web.lookup import Lookup, Row, iris
from foedus.web.state import service

_MOST_READ = 20_000
"""How many triples a graph may have and still be read row by row."""
MOST_WRITTEN = 300_000
"""How many triples a graph may have for its page to offer it as data: more take too long."""
MOST_SUBJECTS = 300
"""How many things a graph may speak of and still have them listed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class with the number of its things in a graph."""

    link: Cell
    count: int
    listing: str
    """The address of all of them."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a graph holds."""

    triples: int
    kinds: tuple[Kind, ...]
    subjects: tuple[Cell, ...]
    """What it speaks of, where that is not too much to list."""

    @property
    def is_offered(self) -> bool:
        """Whether all of it is likely to be written within the limits of a query."""
        return self.triples <= MOST_WRITTEN


def sizes(lookup: Lookup, manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of triples of each graph, counted only where no manifest states it."""
    stated = {graph["graph"]: int(graph["triples"]) for graph in manifest["graphs"]}
    return stated or {
        row["graph"].value: int(row["triples"].value)
        for row in lookup.ask("graph-sizes")
        if "graph" in row
    }


def read(lookup: Lookup, graph: str, manifest: Mapping[str, Any]) -> Content | None:
    """Return what a graph holds, None where it is empty."""
    rows = lookup.ask("graph-subjects", graph=iris([graph]))
    if not rows:
        return None
    found = [row["subject"].value for row in rows]
    listed = found if len(found) <= MOST_SUBJECTS else []
    counted = lookup.ask("graph-classes", graph=iris([graph]))
    labels = lookup.labels({*listed, *(row["class"].value for row in counted if "class" in row)})
    stated = {held["graph"]: int(held["triples"]) for held in manifest["graphs"]}
    if graph not in stated:
        [size] = lookup.ask("graph-size", graph=iris([graph]))
        stated[graph] = int(size["triples"].value)
    return Content(
        stated[graph],
        tuple(
            Kind(
                iri_cell(row["class"].value, labels),
                int(row["things"].value),
                backlinks.members(graph, row["class"].value),
            )
            for row in counted
            if "class" in row
        ),
        tuple(
            sorted(
                (iri_cell(subject, labels) for subject in listed),
                key=lambda cell: (cell.text.lower(), cell.title),
            )
        ),
    )


def data(graph: str, form: Format, triples: int) -> Response:
    """Answer with the statements of a graph, of which there are so many."""
    if triples <= _MOST_READ:
        rows = service().lookup.ask("graph-quads", graph=iris([graph]))
        return replies.data(form, graph, lambda: write(rows, form, graph))
    return replies.answer(graph, [form], lambda: _large(graph, form))


def _large(graph: str, form: Format) -> Written:
    """Return a graph written by the engine, which knows nothing of the graph's name."""
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    engine = service().engine
    if form.triples not in (ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG):
        return engine.answer(query, rows=None, triples=form)
    lines = results.BY_NAME["nt"]
    written = engine.answer(query, rows=None, triples=lines)
    name, named = str(ox.NamedNode(graph)).encode(), unnamed_file()
    with written.body as body:
        if form.triples == ox.RdfFormat.N_QUADS:
            # A line of N-Triples ends with its full stop, before which the graph comes.
            named.writelines(b"%s %s .\n" % (line.rstrip(b" .\n"), name) for line in body)
        else:
            named.write(b"GRAPH " + name + b" {\n")
            named.writelines(body)
            named.write(b"}\n")
    size = named.tell()
    named.seek(0)
    return Written(form, named, size)


def write(rows: Sequence[Row], form: Format, iri: str) -> bytes:
    """Return the statements of rows in a format; JSON-LD leads with the node of an IRI."""
    quads = [
        ox.Quad(row["subject"], row["property"], row["value"], row["graph"])  # type: ignore[arg-type]
        for row in rows
    ]
    if form.triples == ox.RdfFormat.JSON_LD:
        return jsonld.write((quad.triple for quad in quads), first=iri)
    return results.write_triples(quads, form)
