"""Read Turtle with file and line; write it in the house layout, the same bytes each time.

The layout is rdflib's ``longturtle`` with two changes: blocks sort by IRI (the stock order
follows how often a thing is referred to, so that one new link moves blocks nobody edited),
and a term's predicates come in reading order. Blank nodes are refused except as RDF lists,
because they would make the bytes differ from run to run.

Errors: `TurtleError` with file and line.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, URIRef
from rdflib.plugins.serializers.longturtle import LongTurtleSerializer

from foedus import iris
from foedus.errors import TurtleError

PREFIXES = {
    "cito": str(iris.CITO),
    "dcterms": str(DCTERMS),
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foedus": str(iris.NS),
    "graph": str(iris.GRAPH),
    "oa": str(iris.OA),
    "org": "http://www.w3.org/ns/org#",
    "owl": str(OWL),
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "shape": str(iris.SHAPE),
    "skos": str(SKOS),
    "xsd": str(XSD),
}
"""Prefixes every file may use without an argument; a file's own come from the file."""

_READING_ORDER = (
    RDF.type,
    RDFS.label,
    SKOS.prefLabel,
    SKOS.altLabel,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    SKOS.definition,
    SKOS.scopeNote,
    SKOS.example,
    iris.NS.statement,
    iris.NS.isCarriedBy,
    iris.NS.isVoicedBy,
    iris.NS.isReportedBy,
    iris.NS.isHeldBy,
    iris.NS.hasStance,
    iris.NS.hasClaimType,
    iris.NS.hasFactuality,
    iris.NS.hedge,
    iris.NS.asserts,
    iris.NS.hasSubject,
    iris.NS.hasRelation,
    iris.NS.hasObject,
    iris.NS.objectValue,
)
_LAST = (DCTERMS.source, RDFS.isDefinedBy)


class _HouseSerializer(LongTurtleSerializer):
    """The longturtle of rdflib, with blocks by IRI and predicates in reading order."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)  # type: ignore[no-untyped-call]  # rdflib's lacks annotations

    def orderSubjects(self) -> list[Any]:  # noqa: N802 - rdflib's name
        return sorted({s for s in self.store.subjects() if isinstance(s, URIRef)})

    def sortProperties(self, properties: Mapping[Any, list[Any]]) -> list[Any]:  # noqa: N802
        for objects in properties.values():
            objects.sort(key=_object_key)
        rank = {term: position for position, term in enumerate(_READING_ORDER)}
        last = {term: len(rank) + 1 + position for position, term in enumerate(_LAST)}
        order = rank | last
        return sorted(properties, key=lambda term: (order.get(term, len(rank)), str(term)))


def _object_key(term: Any) -> tuple[str, str, str]:
    if isinstance(term, Literal):
        return (str(term), str(term.datatype), str(term.language))
    return (str(term), "", "")


def read(path: Path) -> Graph:
    """Read one Turtle file; the graph keeps the file's prefixes.

    Raises `TurtleError` for a syntax error, an undefined prefix or a blank node that is
    no RDF list, naming the line where the parser gives one.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise TurtleError(f"cannot be read: {error.strerror}", path=path) from error
    return parse(text, path)


def parse(text: bytes, path: Path) -> Graph:
    """Read Turtle from bytes; ``path`` is what errors name. Errors as `read`."""
    parser = ox.parse(input=text, format=ox.RdfFormat.TURTLE)
    triples = []
    try:
        for quad in parser:
            triples.append((quad.subject, quad.predicate, quad.object))
    except SyntaxError as error:
        raise TurtleError(
            f"not valid Turtle: {_plain(str(error.msg))}", path=path, line=error.lineno
        ) from error
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in parser.prefixes.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    for triple in triples:
        subject, predicate, value = (to_rdflib(term) for term in triple)
        graph.add((subject, predicate, value))
    _refuse_blank_nodes(graph, path)
    return graph


def _plain(message: str) -> str:
    return message.split(" (", 1)[0] if message.startswith("Parser error") else message


def to_rdflib(term: Any) -> Any:
    """Return the rdflib term for a pyoxigraph one, lexical forms kept as written."""
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = None if term.datatype.value == str(XSD.string) else URIRef(term.datatype.value)
    return Literal(term.value, datatype=datatype, normalize=False)


def _refuse_blank_nodes(graph: Graph, path: Path) -> None:
    for subject in set(graph.subjects()):
        if isinstance(subject, BNode) and graph.value(subject, RDF.first) is None:
            raise TurtleError(
                "a blank node; give the thing an IRI, so that others can point to it", path=path
            )


def write(graph: Graph, prefixes: Iterable[tuple[str, str]] = ()) -> str:
    """Return ``graph`` as Turtle in the house layout.

    Prefixes are the house's, the graph's own and those given; only the ones in use are
    written.
    """
    laid = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        laid.bind(prefix, namespace)
    for prefix, namespace in [*graph.namespaces(), *prefixes]:
        laid.bind(prefix, namespace, override=True, replace=True)
    for triple in graph:
        laid.add(triple)
    buffer = BytesIO()
    _HouseSerializer(laid).serialize(buffer, encoding="utf-8")
    return buffer.getvalue().decode("utf-8").lstrip("\n").rstrip("\n") + "\n"
