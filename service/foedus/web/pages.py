"""The start page and the search."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from foedus.web import replies, search
from foedus.web.links import NS, Cell, iri_cell, shorten
from foedus.web.lookup import Lookup, Row
from foedus.web.protocol import ENDPOINT
from foedus.web.queries import by_topic
from foedus.web.state import public_url, service

_LONGEST = 200
_COUNTED = (
    ("Claim", "claim", "claims"),
    ("RollCall", "roll call", "roll calls"),
    ("Treaty", "treaty", "treaties"),
    ("Document", "document", "documents"),
    ("State", "state", "states"),
)
"""What the start page counts: class, and its names for one and for many."""
_FIRST = (
    "claims/verdicts",
    "claims/views-of-others-by-document",
    "claims/hedged-claims-by-document",
    "votes/sanctions-on-north-korea",
)
"""The questions that show best what can be asked."""
_LAYERS = ("records", "claims", "derived", "propositions", "things", "documents", "ontology")

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def start() -> Response:
    """Show what there is and how to ask it."""
    lookup, queries = service().lookup, service().queries
    documents = [_document(row) for row in lookup.ask("documents") if "document" in row]
    return replies.page(
        "start.html",
        counts=_counts(lookup),
        layers=_layers(service().manifest),
        documents=sorted(documents, key=lambda document: -document.claims),
        worked=[queries[path] for path in _FIRST if path in queries],
        topics=by_topic({path: q for path, q in queries.items() if path not in _FIRST}),
        endpoint=public_url(ENDPOINT),
        home=public_url(),
        digest=service().digest,
    )


def _counts(lookup: Lookup) -> list[tuple[int, str]]:
    """Return how many things of each kind there are, with the kind's name."""
    found = {
        row["class"].value: int(row["things"].value)
        for row in lookup.ask("counts")
        if "class" in row
    }
    numbers = [(found.get(NS + name, 0), one, many) for name, one, many in _COUNTED]
    return [(number, one if number == 1 else many) for number, one, many in numbers if number]


def _layers(manifest: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Return each layer with its number of graphs and triples, those that assert first."""
    graphs = Counter(graph["layer"] for graph in manifest["graphs"])
    triples: Mapping[str, int] = manifest["layers"]
    order = [*_LAYERS, *sorted(set(triples) - set(_LAYERS))]
    return [(name, graphs[name], triples[name]) for name in order if name in triples]


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document as the start page names it."""

    link: Cell
    issued: str
    claims: int


def _document(row: Row) -> DocumentLine:
    iri = row["document"].value
    title = row["title"].value if "title" in row else shorten(iri)
    issued = row["issued"].value if "issued" in row else ""
    return DocumentLine(iri_cell(iri, {iri: title}), issued, int(row["claims"].value))


@blueprint.get("/search")
def find() -> Response:
    """Find things, claims and questions by words."""
    wanted = request.args.get("q", "").strip()[:_LONGEST]
    found = search.find(service().lookup, service().queries, wanted)
    return replies.page("search.html", wanted=wanted, found=found)
