"""Read what a release is made of, and refuse what may not be in it.

Every Turtle file of ``ontology/`` (its shapes left out) and of ``triples/`` is read once and
becomes the named graph of its path. Blank nodes are refused, RDF lists with them: a release
without any has one canonical form. ``graphs.ttl`` must describe every graph.

Errors: `TurtleError`, `UnknownTermError` and `ValidationError` with file and line.
Used by `foedus.release`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyoxigraph as ox
from rdflib import DCTERMS, Graph, Literal, URIRef

from foedus import files, iris, locations, turtle, validate
from foedus.errors import FolderError, TurtleError, UnknownTermError, ValidationError

DESCRIPTIONS = "graphs.ttl"
_DOCUMENTS = "documents"
# A string, an IRI or a comment is passed over; a group is what makes a blank node.
_BLANK_NODE = re.compile(
    r'"{3}(?:[^"\\]|\\.|"(?!""))*"{3}'
    r"|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\s]*>|#[^\n]*|\\.|(_:|\[|\()",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One graph of a release: the file it comes from and what that says."""

    path: Path
    graph: URIRef
    text: str
    """The file's Turtle; empty for a graph read from a text and not from a file."""
    triples: Graph

    def quads(self) -> Iterable[ox.Quad]:
        """Yield the file's triples in its graph, each literal written as in the file."""
        name = ox.NamedNode(self.graph)
        for subject, predicate, value in self.triples:
            yield ox.Quad(
                ox.NamedNode(str(subject)), ox.NamedNode(str(predicate)), _object(value), name
            )


def union(sources: Iterable[Source], folder: str) -> Graph:
    """Return the triples of all sources of one folder, as ``claims``."""
    whole = Graph(bind_namespaces="none")
    for source in sources:
        if source.graph.startswith(f"{iris.GRAPH}{folder}/"):
            for triple in source.triples:
                whole.add(triple)
    return whole


def _object(term: object) -> ox.NamedNode | ox.Literal:
    if not isinstance(term, Literal):
        return ox.NamedNode(str(term))
    if term.language:
        return ox.Literal(str(term), language=term.language)
    datatype = None if term.datatype is None else ox.NamedNode(term.datatype)
    return ox.Literal(str(term), datatype=datatype)


def read(triples: Path, documents: Mapping[str, Graph] | None = None) -> list[Source]:
    """Return every graph of a release in the order of their paths, checked.

    ``documents`` holds what was just read from the texts, by document key; with it the files
    of ``documents/`` are left aside.
    """
    sources = [
        read_file(path, place)
        for path, place in find(triples)
        if documents is None or place.parts[0] != _DOCUMENTS
    ]
    for key, graph in sorted((documents or {}).items()):
        place = PurePosixPath(_DOCUMENTS, f"{key}.ttl")
        path = shown(triples / place)
        sources.append(Source(path, iris.graph_of(place), "", graph))
    for fault in (*unknown_terms(sources), *undescribed(sources, triples)):
        raise fault
    return sources


def find(triples: Path) -> list[tuple[Path, PurePosixPath]]:
    """Return each Turtle file of a release and its place, the path that names its graph."""
    if not triples.is_dir():
        raise FolderError("no folder of triples", path=triples)
    ontology = files.find("ontology")
    found = [(path, PurePosixPath("ontology", path.name)) for path in ontology.glob("*.ttl")]
    for path in triples.rglob("*.ttl"):
        found.append((path, PurePosixPath(path.relative_to(triples).as_posix())))
    return sorted(((shown(path), place) for path, place in found), key=lambda pair: str(pair[1]))


def shown(path: Path) -> Path:
    """Return a path as messages give it: from the current folder where it lies below that."""
    absolute, here = path.resolve(), Path.cwd()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else path


def read_file(path: Path, place: PurePosixPath) -> Source:
    """Read one file; ``place`` is its path below the data's top. Errors as `read`."""
    text = _read_text(path)
    for match in _BLANK_NODE.finditer(text):
        if match[1] is not None:
            raise TurtleError(
                f"a blank node, written {match[1]}; give the thing an IRI, so that others can "
                "point to it",
                path=path,
                line=text.count("\n", 0, match.start()) + 1,
            )
    return Source(path, iris.graph_of(place), text, turtle.parse(text.encode(), path))


def read_turtle(path: Path, place: PurePosixPath) -> Source:
    """Read one file that may hold RDF lists, as shapes do; otherwise as `read_file`."""
    text = _read_text(path)
    return Source(path, iris.graph_of(place), text, turtle.parse(text.encode(), path))


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise TurtleError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise TurtleError("not UTF-8", path=path, line=line) from error


def unknown_terms(sources: Sequence[Source]) -> list[UnknownTermError]:
    """Return a fault for each term of ours in a file that the ontology does not declare."""
    unknown = validate.unknown_terms({source.path: source.triples for source in sources})
    return [
        UnknownTermError(f"the ontology declares no term <{term}>", path=path, line=line)
        for path, line, term in unknown
    ]


def undescribed(sources: Sequence[Source], triples: Path) -> list[ValidationError]:
    """Return a fault for each graph that is not described or not of the size described.

    A description without a graph is one too.
    """
    catalogue = next((s for s in sources if s.graph == iris.GRAPH["graphs"]), None)
    if catalogue is None:
        message = "no such file; it describes every graph of the triples"
        return [ValidationError(message, path=shown(triples / DESCRIPTIONS))]
    described, path = catalogue.triples, catalogue.path
    lines = locations.read(catalogue.text)
    faults = []
    for source in sources:
        terms = [term for term in _EXPECTED if (source.graph, term, None) not in described]
        if terms:
            lacking = ", ".join(_EXPECTED[term] for term in terms)
            message = f"{path} does not give <{source.graph}> its {lacking}"
            faults.append(ValidationError(message, path=source.path))
            continue
        low, high = (int(str(described.value(source.graph, term))) for term in _BOUNDS)
        if not low <= len(source.triples) <= high:
            message = (
                f"<{source.graph}> holds {len(source.triples)} triples, expected {low} to {high}: "
                f"mend {source.path}, or the numbers here if the change is meant"
            )
            line = lines.find(source.graph, None, None)
            faults.append(ValidationError(message, path=path, line=line))
    present = {source.graph for source in sources}
    for graph in sorted({s for s in described.subjects() if isinstance(s, URIRef)} - present):
        message = f"<{graph}> is described, but there is no such file"
        line = lines.find(graph, None, None)
        faults.append(ValidationError(message, path=path, line=line))
    return faults


_BOUNDS = (iris.NS.minimumTriples, iris.NS.maximumTriples)
_EXPECTED = {
    iris.NS.onLayer: "layer",
    DCTERMS.license: "licence",
    DCTERMS.issued: "date",
    iris.NS.minimumTriples: "minimumTriples",
    iris.NS.maximumTriples: "maximumTriples",
}
"""What the description of any graph must say, and in words; shapes say the rest."""
