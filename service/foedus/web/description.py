"""Describe the endpoint: what it speaks, writes and holds.

Two descriptions share their subjects, which are fragments of the endpoint's public address: the
Service Description, which a client reads before it asks, and VoID, from which it learns what there
is to ask for: classes, properties and graphs with their counts. Titles and licences of graphs are
those that the data state. Counting takes seconds where there are millions of triples, so each is
counted once where data never change, and of large data the distinct subjects and objects are not.

Source: SPARQL 1.1 Service Description; Describing Linked Datasets with the VoID Vocabulary.
Shape: triples with IRIs only, exactly one of them ``sd:endpoint``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

import pyoxigraph as ox
from flask import current_app

from foedus.results import PREFIXES, ROWS, TRIPLES, Format
from foedus.web import graphs
from foedus.web.lookup import Lookup, Row
from foedus.web.state import service

VOID_PATH = "/.well-known/void"
_SD, _VOID, _DCTERMS = PREFIXES["sd"], PREFIXES["void"], PREFIXES["dcterms"]
_SIMPLE = "http://www.w3.org/ns/entailment/Simple"
_FORMATS = "http://www.w3.org/ns/formats/"
_FOAF_TOPIC = "http://xmlns.com/foaf/0.1/primaryTopic"
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_SEE_ALSO = ox.NamedNode(PREFIXES["rdfs"] + "seeAlso")
_SAFE = "/:@!$&'()*+,;=~"
_COUNTED = "foedus.counted"
_MOST_COUNTED = 1_000_000
"""How many triples there may be and still have their subjects and objects told apart."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many triples there are in the union of all graphs."""

    triples: int
    properties: Sequence[Row]
    """Those of each property."""


def describe(
    lookup: Lookup, endpoint: str, page: str, *, is_union: bool, federates: bool
) -> Iterator[ox.Triple]:
    """Yield the Service Description of the service at an absolute address.

    ``page`` is the address of `describe_data`; ``is_union`` says whether the default graph is known
    to be the union of the named ones, ``federates`` whether queries may call other endpoints.
    """
    service, dataset = _part(endpoint, "service"), _part(endpoint, "dataset")
    union = _part(endpoint, "default-graph")
    yield ox.Triple(service, _TYPE, _sd("Service"))
    yield ox.Triple(service, _sd("endpoint"), ox.NamedNode(endpoint))
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL10Query"))
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    if is_union:
        yield ox.Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    if federates:
        yield ox.Triple(service, _sd("feature"), _sd("BasicFederatedQuery"))
    yield ox.Triple(service, _sd("defaultEntailmentRegime"), ox.NamedNode(_SIMPLE))
    for form in (*ROWS, *TRIPLES):
        yield ox.Triple(service, _sd("resultFormat"), _format(form))
    yield ox.Triple(service, _sd("defaultDataset"), dataset)
    yield ox.Triple(service, _sd("availableGraphs"), dataset)
    yield ox.Triple(dataset, _TYPE, _sd("Dataset"))
    yield ox.Triple(dataset, _TYPE, _sd("GraphCollection"))
    yield ox.Triple(dataset, _SEE_ALSO, ox.NamedNode(page))
    yield ox.Triple(dataset, _sd("defaultGraph"), union)
    yield ox.Triple(union, _TYPE, _sd("Graph"))
    yield ox.Triple(union, _void("triples"), ox.Literal(_counts(lookup).triples))
    for iri, row in _graphs(lookup).items():
        named, graph = _part(endpoint, "named/", iri), _part(endpoint, "graph/", iri)
        yield ox.Triple(dataset, _sd("namedGraph"), named)
        yield ox.Triple(named, _TYPE, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), ox.NamedNode(iri))
        yield ox.Triple(named, _sd("graph"), graph)
        yield from _describe_graph(graph, row)


def describe_data(lookup: Lookup, endpoint: str, page: str) -> Iterator[ox.Triple]:
    """Yield the VoID description of what the service holds; ``page`` is its own address."""
    dataset, document = _part(endpoint, "dataset"), ox.NamedNode(page)
    yield ox.Triple(document, _TYPE, _void("DatasetDescription"))
    yield ox.Triple(document, ox.NamedNode(_FOAF_TOPIC), dataset)
    yield ox.Triple(dataset, _TYPE, _void("Dataset"))
    yield ox.Triple(dataset, _void("sparqlEndpoint"), ox.NamedNode(endpoint))
    for form in TRIPLES:
        yield ox.Triple(dataset, _void("feature"), _format(form))
    counts = _counts(lookup)
    classes, properties = lookup.ask("void-classes"), counts.properties
    yield ox.Triple(dataset, _void("triples"), ox.Literal(counts.triples))
    if counts.triples <= _MOST_COUNTED:
        [distinct] = lookup.ask("void-counts")
        yield ox.Triple(dataset, _void("distinctSubjects"), distinct["subjects"])
        yield ox.Triple(dataset, _void("distinctObjects"), distinct["objects"])
    yield ox.Triple(dataset, _void("classes"), ox.Literal(len(classes)))
    yield ox.Triple(dataset, _void("properties"), ox.Literal(len(properties)))
    for row in classes:
        yield from _partition(dataset, endpoint, "class", row["class"], "entities", row["things"])
    for row in properties:
        term = row["property"]
        yield from _partition(dataset, endpoint, "property", term, "triples", row["triples"])
    used = [row["class"] for row in classes] + [row["property"] for row in properties]
    for vocabulary in sorted({_namespace(term.value) for term in used}):
        yield ox.Triple(dataset, _void("vocabulary"), ox.NamedNode(vocabulary))
    for iri, row in _graphs(lookup).items():
        graph = _part(endpoint, "graph/", iri)
        yield ox.Triple(dataset, _void("subset"), graph)
        yield ox.Triple(graph, _TYPE, _void("Dataset"))
        yield from _describe_graph(graph, row)


def _counts(lookup: Lookup) -> Counts:
    """Return how many triples there are, counted once where that never changes."""
    held, known = service(), current_app.extensions
    if held.digest is None or _COUNTED not in known:
        rows = lookup.ask("void-properties")
        counts = Counts(sum(int(row["triples"].value) for row in rows), rows)
        if held.digest is None:
            return counts
        known[_COUNTED] = counts
    return cast("Counts", known[_COUNTED])


def _graphs(lookup: Lookup) -> dict[str, Row]:
    """Return each named graph with its size and what the data say of it, once."""
    said: dict[str, Row] = {}
    for row in lookup.ask("graphs"):
        said.setdefault(row["graph"].value, row)
    sizes = graphs.sizes(lookup, service().manifest)
    return {
        iri: {**said.get(iri, {}), "triples": ox.Literal(size)}
        for iri, size in sorted(sizes.items())
    }


def _describe_graph(graph: ox.NamedNode, row: Row) -> Iterator[ox.Triple]:
    yield ox.Triple(graph, _TYPE, _sd("Graph"))
    yield ox.Triple(graph, _void("triples"), row["triples"])
    for name, term in (("title", row.get("title")), ("license", row.get("licence"))):
        if term is not None:
            yield ox.Triple(graph, ox.NamedNode(_DCTERMS + name), term)


def _partition(
    dataset: ox.NamedNode,
    endpoint: str,
    kind: str,
    term: ox.NamedNode | ox.Literal | ox.BlankNode,
    counted: str,
    count: ox.NamedNode | ox.Literal | ox.BlankNode,
) -> Iterator[ox.Triple]:
    """Yield the things of a class, or the triples of a property, as a part of the dataset."""
    part = _part(endpoint, f"{kind}/", term.value)
    yield ox.Triple(dataset, _void(f"{kind}Partition"), part)
    yield ox.Triple(part, _void(kind), term)
    yield ox.Triple(part, _void(counted), count)


def _namespace(iri: str) -> str:
    """Return what precedes an IRI's local name.

    >>> _namespace("http://www.w3.org/ns/prov#Entity"), _namespace("https://schema.org/name")
    ('http://www.w3.org/ns/prov#', 'https://schema.org/')
    """
    mark = "#" if "#" in iri else "/" if "/" in iri else ":"
    return iri[: iri.rindex(mark) + 1]


def _part(endpoint: str, kind: str, iri: str = "") -> ox.NamedNode:
    """Return a fragment of the endpoint's address; a graph of ours goes by its path."""
    key = iri.rpartition("/graph/")[2] if kind in ("named/", "graph/") else iri
    return ox.NamedNode(f"{endpoint}#{kind}{quote(key, safe=_SAFE)}")


def _format(form: Format) -> ox.NamedNode:
    """Return the W3C's IRI for a format; the engine's own differs in front of the name."""
    kind = form.rows or form.triples
    if kind is None:
        raise ValueError(f"{form.name} is no format of data")
    return ox.NamedNode(_FORMATS + kind.iri.rpartition("/")[2])


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + name)


def _void(name: str) -> ox.NamedNode:
    return ox.NamedNode(_VOID + name)
