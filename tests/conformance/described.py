"""Run the service description suite, whose three tests the manifest states in words only.

Source: SPARQL 1.1 Service Description; its vocabulary at http://www.w3.org/ns/sparql-service-description.
"""

from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from conformance.live import send
from conformance.manifests import Case
from conformance.outcome import Outcome, failed, passed

_SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_LANGUAGES = {_SD[n] for n in ("SPARQL10Query", "SPARQL11Query", "SPARQL11Update")}
_FEATURES = {
    _SD[name]
    for name in (
        "DereferencesURIs",
        "UnionDefaultGraph",
        "RequiresDataset",
        "EmptyGraphs",
        "BasicFederatedQuery",
    )
}
_RANGES: dict[Node, set[URIRef]] = {
    _SD.defaultDataset: {_SD.Dataset},
    _SD.defaultGraph: {_SD.Graph},
    _SD.namedGraph: {_SD.NamedGraph},
    _SD.graph: {_SD.Graph},
    _SD.availableGraphs: {_SD.GraphCollection},
    _SD.extensionFunction: {_SD.Function},
    _SD.extensionAggregate: {_SD.Aggregate},
}
_DOMAINS: dict[Node, URIRef] = {
    _SD.endpoint: _SD.Service,
    _SD.supportedLanguage: _SD.Service,
    _SD.feature: _SD.Service,
    _SD.resultFormat: _SD.Service,
    _SD.inputFormat: _SD.Service,
    _SD.defaultDataset: _SD.Service,
    _SD.defaultEntailmentRegime: _SD.Service,
    _SD.defaultSupportedEntailmentProfile: _SD.Service,
    _SD.availableGraphs: _SD.Service,
    _SD.extensionFunction: _SD.Service,
    _SD.extensionAggregate: _SD.Service,
    _SD.languageExtension: _SD.Service,
    _SD.propertyFeature: _SD.Service,
    _SD.defaultGraph: _SD.Dataset,
    _SD.namedGraph: _SD.Dataset,
    _SD.name: _SD.NamedGraph,
    _SD.graph: _SD.NamedGraph,
    _SD.entailmentRegime: _SD.NamedGraph,
    _SD.supportedEntailmentProfile: _SD.NamedGraph,
}


def run(server: str, case: Case) -> Outcome:
    """Return the outcome of a service description test."""
    try:
        graph = _fetch(server)
    except (ValueError, SyntaxError) as error:
        return failed(case, str(error))
    name = case.key.rpartition("/")[2]
    fault = {
        "returns-rdf": _lacks_triples,
        "has-endpoint-triple": _lacks_endpoint,
        "conforms-to-schema": _breaks_schema,
    }[name](graph, server + "/sparql")
    return failed(case, fault) if fault else passed(case)


def _fetch(server: str) -> Graph:
    """Return what a GET of the endpoint answers, with no header at all."""
    reply = send(server, "GET", "/sparql")
    if reply.status != 200:
        raise ValueError(f"status {reply.status}")
    graph = Graph()
    graph.parse(data=reply.body, format=reply.media)
    return graph


def _lacks_triples(graph: Graph, endpoint: str) -> str | None:
    return None if len(graph) else "no triples"


def _lacks_endpoint(graph: Graph, endpoint: str) -> str | None:
    found = sorted(map(str, graph.objects(None, _SD.endpoint)))
    return None if found == [endpoint] else f"sd:endpoint is {found}, expected {endpoint}"


def _breaks_schema(graph: Graph, endpoint: str) -> str | None:
    """Check classes, domains, ranges, the closed lists, and what each thing must have."""
    if any(str(p).startswith(_SD) and p not in _DOMAINS for p in graph.predicates()):
        return "a property that the vocabulary does not have"
    for subject, predicate, value in graph:
        domain, ranges = _DOMAINS.get(predicate), _RANGES.get(predicate)
        if domain is not None and not _is_a(graph, subject, domain):
            return f"{subject} has {predicate} and is no {domain}"
        if ranges and not any(_is_a(graph, value, kind) for kind in ranges):
            return f"{predicate} of {subject} is no {ranges}"
        if predicate in _DOMAINS and isinstance(value, Literal):
            return f"{predicate} of {subject} is a literal"
    if not set(graph.objects(None, _SD.supportedLanguage)) <= _LANGUAGES:
        return "a language that the vocabulary does not have"
    if not set(graph.objects(None, _SD.feature)) <= _FEATURES:
        return "a feature that the vocabulary does not have"
    return _lacks_parts(graph)


def _is_a(graph: Graph, node: Node, kind: URIRef) -> bool:
    kinds = {kind, _SD.Dataset} if kind == _SD.Graph else {kind}
    return any((node, RDF.type, each) in graph for each in kinds)


def _lacks_parts(graph: Graph) -> str | None:
    [service] = graph.subjects(RDF.type, _SD.Service)
    for needed in (_SD.endpoint, _SD.supportedLanguage, _SD.resultFormat, _SD.defaultDataset):
        if (service, needed, None) not in graph:
            return f"the service has no {needed}"
    for dataset in graph.subjects(RDF.type, _SD.Dataset):
        if len(list(graph.objects(dataset, _SD.defaultGraph))) != 1:
            return "a dataset without its one default graph"
    for named in graph.subjects(RDF.type, _SD.NamedGraph):
        if len(list(graph.objects(named, _SD.name))) != 1:
            return "a named graph without its one name"
    return None
