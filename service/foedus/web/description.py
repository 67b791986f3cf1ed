"""Describe the endpoint: what it speaks, writes and holds.

Source: SPARQL 1.1 Service Description; VoID for the counts.
Shape: triples with IRIs only, the service's own as fragments of the endpoint's address.
"""

from collections.abc import Iterator

import pyoxigraph as ox

from foedus.results import PREFIXES, ROWS, TRIPLES
from foedus.web.lookup import Lookup

_SD, _VOID, _DCTERMS = PREFIXES["sd"], PREFIXES["void"], PREFIXES["dcterms"]
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")


def describe(lookup: Lookup, endpoint: str) -> Iterator[ox.Triple]:
    """Yield the description of the service at an absolute address."""
    service = ox.NamedNode(endpoint + "#service")
    dataset = ox.NamedNode(endpoint + "#dataset")
    union = ox.NamedNode(endpoint + "#default-graph")
    yield ox.Triple(service, _TYPE, _sd("Service"))
    yield ox.Triple(service, _sd("endpoint"), ox.NamedNode(endpoint))
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield ox.Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    for form in (*ROWS, *TRIPLES):
        kind = form.rows or form.triples
        if kind is not None:
            yield ox.Triple(service, _sd("resultFormat"), ox.NamedNode(kind.iri))
    yield ox.Triple(service, _sd("defaultDataset"), dataset)
    yield ox.Triple(dataset, _TYPE, _sd("Dataset"))
    yield ox.Triple(dataset, _sd("defaultGraph"), union)
    yield ox.Triple(union, _TYPE, _sd("Graph"))
    total = lookup.ask("triple-count")[0]["triples"]
    yield ox.Triple(union, ox.NamedNode(_VOID + "triples"), total)
    for row in lookup.ask("graphs"):
        yield from _named_graph(endpoint, dataset, row["graph"].value, row["triples"])


def _named_graph(
    endpoint: str,
    dataset: ox.NamedNode,
    iri: str,
    triples: ox.NamedNode | ox.Literal | ox.BlankNode,
) -> Iterator[ox.Triple]:
    path = iri.rpartition("/graph/")[2]
    named = ox.NamedNode(f"{endpoint}#named/{path}")
    graph = ox.NamedNode(f"{endpoint}#graph/{path}")
    yield ox.Triple(dataset, _sd("namedGraph"), named)
    yield ox.Triple(named, _TYPE, _sd("NamedGraph"))
    yield ox.Triple(named, _sd("name"), ox.NamedNode(iri))
    yield ox.Triple(named, _sd("graph"), graph)
    yield ox.Triple(graph, _TYPE, _sd("Graph"))
    yield ox.Triple(graph, ox.NamedNode(_VOID + "triples"), triples)


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + name)
