"""The start page and the search."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, request

from foedus.web import replies
from foedus.web.links import Cell, cells, iri_cell, iris_in, shorten
from foedus.web.lookup import Row
from foedus.web.queries import by_topic
from foedus.web.sparql import ENDPOINT
from foedus.web.state import public_url, service

_LONGEST = 200
_SHOWN = 200
_RANKS = ("label", "title", "prefLabel", "altLabel", "statement", "definition")
_LAYERS = ("records", "claims", "derived", "propositions", "things", "documents", "ontology")

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def start() -> Response:
    """Show what there is and how to ask it."""
    rows = service().lookup.ask("documents")
    return replies.page(
        "start.html",
        layers=_layers(service().manifest),
        documents=[_document(row) for row in rows if "document" in row],
        topics=by_topic(service().queries),
        endpoint=public_url(ENDPOINT),
        home=public_url(),
        digest=service().digest,
    )


def _layers(manifest: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Return each layer with its number of graphs and triples, those that assert first."""
    graphs = Counter(graph["layer"] for graph in manifest["graphs"])
    triples: Mapping[str, int] = manifest["layers"]
    order = [*_LAYERS, *sorted(set(triples) - set(_LAYERS))]
    return [(name, graphs[name], triples[name]) for name in order if name in triples]


def _document(row: Row) -> dict[str, object]:
    iri = row["document"].value
    title = row["title"].value if "title" in row else shorten(iri)
    return {
        "link": iri_cell(iri, {iri: title}),
        "issued": row["issued"].value if "issued" in row else "",
        "claims": int(row["claims"].value),
    }


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that a search found, with the text that matched."""

    link: Cell
    classes: tuple[Cell, ...]
    text: str


@blueprint.get("/search")
def search() -> Response:
    """Find the things of which one label, title, statement or definition holds every word."""
    wanted = request.args.get("q", "").strip()[:_LONGEST]
    words = wanted.split()
    rows = service().lookup.ask("search", word=[ox.Literal(w) for w in words]) if words else []
    hits = _hits(rows)
    return replies.page("search.html", wanted=wanted, hits=hits[:_SHOWN], count=len(hits))


def _hits(rows: Iterable[Row]) -> list[Hit]:
    """Return each thing once, by its best match: labels before statements, short before long."""
    matches: dict[str, list[tuple[int, int, str]]] = {}
    classes: dict[str, set[str]] = {}
    for row in rows:
        thing, text = row["thing"].value, row["text"].value
        name = row["property"].value.rpartition("/")[2].rpartition("#")[2]
        matches.setdefault(thing, []).append((_RANKS.index(name), len(text), text))
        classes.setdefault(thing, set()).update(iris_in([row["class"]] if "class" in row else []))
    best = sorted((min(found), thing) for thing, found in matches.items())
    shown = best[:_SHOWN]
    labels = service().lookup.labels(
        {thing for _, thing in shown} | {name for _, thing in shown for name in classes[thing]}
    )
    return [
        Hit(
            iri_cell(thing, labels),
            cells((ox.NamedNode(name) for name in classes[thing]), labels),
            text,
        )
        for (_, _, text), thing in best
    ]
