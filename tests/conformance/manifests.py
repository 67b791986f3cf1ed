"""Read the W3C's test manifests into plain records.

Source: the manifests in ``../shared/w3c-sparql11``; their form since 2026, in which an entry of the
protocol suite holds whole HTTP requests.
Shape: `Case`. Addresses are those the files have in the published suite, so that relative names
in queries and data mean what their authors meant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

ROOT = Path(__file__).parents[2]
SUITES = ROOT.parent / "shared" / "w3c-sparql11"
PUBLISHED = "https://w3c.github.io/rdf-tests/sparql/sparql11/"

_MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
_QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
_UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
_HT = Namespace("http://www.w3.org/2011/http#")
_CNT = Namespace("http://www.w3.org/2011/content#")

QUERY_SUITES = (
    "aggregates",
    "bind",
    "bindings",
    "cast",
    "construct",
    "exists",
    "functions",
    "grouping",
    "negation",
    "project-expression",
    "property-path",
    "subquery",
    "syntax-query",
)
FORMAT_SUITES = ("csv-tsv-res", "json-res")
FEDERATION_SUITES = ("syntax-fed", "service")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request and what it is to be answered with."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    statuses: frozenset[str]
    """Classes such as ``2xx``."""
    boolean: bool | None
    form: str | None
    """boolean, tabular or RDF."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test."""

    iri: str
    name: str
    suite: str
    kind: str
    query: Path | None = None
    data: tuple[str, ...] = ()
    """Addresses of the files that make up the default graph."""
    graphs: tuple[tuple[str, str], ...] = ()
    """Name and file of each named graph."""
    result: Path | None = None
    requests: tuple[Request, ...] = ()

    @property
    def key(self) -> str:
        """The short name, unique within all suites."""
        return f"{self.suite}/{self.iri.rpartition('#')[2]}"


def local(address: str) -> Path:
    """Return the file behind a published address."""
    return SUITES / address.removeprefix(PUBLISHED)


def published(path: Path) -> str:
    """Return the published address of a file."""
    return PUBLISHED + path.relative_to(SUITES).as_posix()


def read(suite: str) -> list[Case]:
    """Return the tests of a suite in the manifest's order."""
    graph = Graph()
    manifest = SUITES / suite / "manifest.ttl"
    graph.parse(manifest, format="turtle", publicID=published(manifest))
    entries = graph.value(predicate=_MF.entries, subject=URIRef(published(manifest)))
    assert entries is not None, f"{manifest} lists no tests"
    return [_case(graph, node, suite) for node in Collection(graph, entries)]


def _case(graph: Graph, node: Node, suite: str) -> Case:
    kinds = [str(kind) for kind in graph.objects(node, RDF.type)]
    action = graph.value(node, _MF.action)
    query = graph.value(action, _QT["query"]) if action else None
    if action is not None and query is None and isinstance(action, URIRef):
        query = action
    result = graph.value(node, _MF.result)
    return Case(
        iri=str(node),
        name=str(graph.value(node, _MF.name) or ""),
        suite=suite,
        kind=next(kind for kind in kinds if kind.startswith(_MF)).removeprefix(_MF),
        query=local(str(query)) if query else None,
        data=tuple(sorted(str(data) for data in graph.objects(action, _QT.data))),
        graphs=tuple(sorted({*_graphs(graph, action), *_graphs(graph, node)})),
        result=local(str(result)) if isinstance(result, URIRef) else None,
        requests=tuple(_requests(graph, action)),
    )


def _graphs(graph: Graph, node: Node | None) -> Iterator[tuple[str, str]]:
    for terms in (_QT, _UT):
        for named in graph.objects(node, terms.graphData):
            file, label = graph.value(named, terms.graph), graph.value(named, RDFS.label)
            yield str(label or file or named), str(file or named)


def _requests(graph: Graph, action: Node | None) -> Iterator[Request]:
    listed = graph.value(action, _HT.requests) if action else None
    for node in Collection(graph, listed) if listed else ():
        fields = graph.value(node, _HT.headers)
        response = graph.value(node, _HT.resp)
        chars = graph.value(graph.value(node, _HT.body), _CNT.chars)
        boolean = graph.value(response, _MF.expectedBoolean)
        form = graph.value(response, _MF.expectedFormat)
        yield Request(
            method=str(graph.value(node, _HT.methodName)),
            path=str(graph.value(node, _HT.absolutePath)),
            headers=tuple(
                (str(graph.value(field, _HT.fieldName)), str(graph.value(field, _HT.fieldValue)))
                for field in (Collection(graph, fields) if fields else ())
            ),
            body=None if chars is None else _encoded(graph, node, str(chars)),
            statuses=frozenset(
                str(status).rpartition("StatusCode")[2]
                for status in graph.objects(response, _MF.expectedStatus)
            ),
            boolean=None if boolean is None else str(boolean) == "true",
            form=None if form is None else str(form),
        )


def _encoded(graph: Graph, node: Node, chars: str) -> bytes:
    encoding = graph.value(graph.value(node, _HT.body), _CNT.characterEncoding)
    return chars.encode(str(encoding or "UTF-8"))
