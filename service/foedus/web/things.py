"""Linked data: every IRI of the graph answers here, as a page or as data.

A thing is not a document, so ``/id/<kind>/<key>`` sends 303 to ``/page/…`` or ``/data/…`` by
``Accept``. What is a document already (terms, vocabularies, graphs, rules) answers in place.
A suffix (``.html``, ``.ttl``, ``.jsonld``, ``.nt`` …) decides alone. The data of a thing are the
statements it is subject or object of; formats with graphs tell which graph each stands in, and
so on whose word. A property by which more than `MOST_INWARD` others point to the thing is left
out whole, never in part, and a header says so.

Source: W3C, Cool URIs for the Semantic Web, 4.2 (303 URIs).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from foedus import saved
from foedus.results import HTML, TRIPLES, Format
from foedus.web import backlinks, graphs, portraits, replies
from foedus.web.graphs import write
from foedus.web.links import BASE, GRAPH, ID, NS, local_path
from foedus.web.lookup import Lookup, iris
from foedus.web.queries import WARNING
from foedus.web.state import service
from foedus.web.terms import read_terms

MOST_INWARD = 1000
"""How many may point to a thing by one property and still be in its data."""
_OFFERED = (*TRIPLES, HTML)
_SAFE = "/:#?=&@!$()*+,;~"
_ADDITIONS: dict[str, Callable[[Lookup, dict[str, Any]], None]] = {
    "thing": portraits.add_thing,
    "claim": portraits.add_claim,
    "passage": portraits.add_passage,
    "document": portraits.add_document,
    "proposition": portraits.add_proposition,
}

blueprint = Blueprint("things", __name__)


@blueprint.get("/id/<path:key>")
def thing(key: str) -> Response:
    """Send from a thing to what describes it."""
    stem, suffix = replies.split_suffix(key, _OFFERED)
    form = replies.chosen(_OFFERED, suffix=suffix)
    if (ID + stem).startswith(saved.IRI):
        target = "/queries/" + (ID + stem).removeprefix(saved.IRI)
    elif not service().lookup.ask("known", thing=_named(ID + stem)):
        raise _unknown(ID + stem)
    elif form is HTML:
        target = f"/page/{stem}"
    else:
        target = f"/data/{stem}" + (f".{form.name}" if suffix or request.args else "")
    response = Response(status=303, content_type="text/plain; charset=utf-8")
    response.location = _local(target)
    response.vary.add("Accept")
    return response


@blueprint.get("/page/<path:key>")
def page(key: str) -> Response:
    """Show the page of a thing."""
    stem, _ = replies.split_suffix(key, (HTML,))
    return _page(ID + stem)


@blueprint.get("/data/<path:key>")
def data(key: str) -> Response:
    """Give the data of a thing."""
    stem, suffix = replies.split_suffix(key, TRIPLES)
    form = replies.chosen(TRIPLES, suffix=suffix)
    response = _data(ID + stem, form)
    response.headers["Content-Location"] = _local(f"/data/{stem}.{form.name}")
    return response


@blueprint.get("/<any(vocabulary, ontology, rule, shape):place>/<path:key>")
def in_place(place: str, key: str) -> Response:
    """Describe a concept, an ontology module, a rule or a shape."""
    stem, suffix = replies.split_suffix(key, _OFFERED)
    iri = f"{BASE}{place}/{stem}"
    form = replies.chosen(_OFFERED, suffix=suffix)
    return _page(iri) if form is HTML else _data(iri, form)


@blueprint.get("/ns")
@blueprint.get("/ns.<suffix>")
def terms(suffix: str | None = None) -> Response:
    """Show the ontology: every term with its definition, or all its triples."""
    form = replies.chosen(_OFFERED, suffix=suffix)
    lookup = service().lookup
    if form is not HTML:
        return replies.data(form, NS, lambda: write(lookup.ask("ontology-quads"), form, NS))
    return replies.page("terms.html", sections=read_terms(lookup))


@blueprint.get("/graph/<path:key>")
def graph(key: str) -> Response:
    """Describe a named graph: its layer, source and licence, and its triples as data."""
    stem, suffix = replies.split_suffix(key, _OFFERED)
    form = replies.chosen(_OFFERED, suffix=suffix)
    held, iri = service(), GRAPH + stem
    _named(iri)
    content = graphs.read(held.lookup, iri, held.manifest)
    if content is not None and form is not HTML:
        return graphs.data(iri, form, content.triples)
    described = portraits.portrait(held.lookup, iri)
    if content is None and described is None:
        raise NotFound(f"no graph {iri}")
    if form is not HTML:
        return replies.data(form, iri, lambda: write([], form, iri))
    return replies.page(
        "graph.html",
        iri=iri,
        facts=described["identity"] if described else [],
        title=held.lookup.labels([iri]).get(iri, stem),
        content=content,
    )


def _named(iri: str) -> list[ox.NamedNode]:
    """Return the IRI as a term; what no IRI can be is known of nowhere."""
    try:
        return iris([iri])
    except ValueError as error:
        raise NotFound(f"nothing is known of {iri}") from error


def _unknown(iri: str) -> NotFound:
    """Return the error for an IRI of which nothing is known; it tells of a suffix not on offer."""
    stem, dot, suffix = iri.rpartition(".")
    if dot and "/" not in suffix and service().lookup.ask("known", thing=_named(stem)):
        offered = ", ".join(f".{form.name}" for form in _OFFERED)
        return NotFound(f"{stem} has no .{suffix}; it has {offered}")
    return NotFound(f"nothing is known of {iri}")


def _local(path: str) -> str:
    return local_path(BASE.rstrip("/") + path) or path


def _page(iri: str) -> Response:
    lookup = service().lookup
    content = portraits.portrait(lookup, _named(iri)[0].value)
    if content is None:
        raise _unknown(iri)
    _ADDITIONS[content["kind"]](lookup, content)
    return replies.page(f"{content['kind']}.html", **content)


def _data(iri: str, form: Format) -> Response:
    lookup = service().lookup
    [thing] = _named(iri)
    counted = backlinks.count(lookup, iri)
    rows = lookup.ask("quads-of-thing", thing=[thing])
    if not rows and not counted.counts:
        raise _unknown(iri)
    given = [prop for prop in counted.properties() if counted.total(prop) <= MOST_INWARD]
    if given:
        inward = lookup.ask("backlinks", thing=[thing], property=iris(given))
        rows += [{**row, "value": thing} for row in inward if row["subject"] != thing]
    response = replies.data(form, iri, lambda: write(rows, form, iri))
    for prop in counted.properties():
        if prop not in given:
            response.headers.add(WARNING, _left_out(prop, counted.total(prop)))
    return response


def _left_out(prop: str, count: int) -> str:
    """Return what a header says of a property that is left out: a string of RFC 9651."""
    return f'"left out: {count} statements in which {quote(prop, safe=_SAFE)} points here"'
