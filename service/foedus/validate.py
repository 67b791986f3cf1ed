"""Check data against the shapes; say of each fault what must hold, and where the fault lies.

The shapes of ``ontology/shapes/`` run over all files taken together, with the ontology, so
that a claim in one file may point to a passage in another. Four of their files have a
narrower scope: ``things`` looks at everything but records and documents, because only there
a bare fact about an event is out of place; ``derived`` and ``analysis`` look at what was
concluded; ``graphs`` looks at the description of the graphs.

A finding points to the line of the offending value, else of its property, else of its
subject (`locations`).

Source: SHACL, W3C Recommendation of 2017-07-20, core and SPARQL constraints; SARIF 2.1.0.
Shape: any ``shape:``. Used by `release` and `cli`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pyshacl
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef, Variable
from rdflib.collection import Collection
from rdflib.term import Identifier, Node

from foedus import files, iris, locations, turtle
from foedus.findings import Finding, Severity, write_findings

__all__ = [
    "Finding",
    "check",
    "conform",
    "read_ontology",
    "read_shapes",
    "union",
    "unknown_terms",
    "write_findings",
]

_SEVERITIES: dict[Identifier | None, Severity] = {SH.Warning: "warning", SH.Info: "info"}
_WITHOUT_FACTS = "things"
_DERIVED = frozenset({"analysis", "derived"})
_ALIGNMENTS = "alignments"
"""The module that declares terms of others, which are not ours to name or define."""
_NOT_THINGS = frozenset({"records", "documents"})


def read_shapes(folder: Path, names: Iterable[str]) -> Graph:
    """Return the shapes of the named files of ``folder`` and the values they share."""
    graph = Graph(bind_namespaces="none")
    for name in sorted({*names, "values"}):
        for triple in turtle.read(folder / f"{name}.ttl"):
            graph.add(triple)
    return graph


def read_ontology() -> dict[Path, Graph]:
    """Return the graph of each module of the ontology, shapes left out."""
    return {path: turtle.read(path) for path in sorted(files.find("ontology").glob("*.ttl"))}


def check(data: Mapping[Path, Graph], *, derived: Graph | None = None) -> list[Finding]:
    """Return every fault of the files, ordered by file and line.

    ``data`` maps each Turtle file to its graph; the ontology is added where it is missing.
    ``derived``, what the rules concluded from the files, is checked against the shapes of
    conclusions and has no lines.
    """
    folder = files.find("ontology") / "shapes"
    names = {path.stem for path in folder.glob("*.ttl")} - ({_WITHOUT_FACTS} | _DERIVED)
    data = {path: graph for path, graph in data.items() if path.stem != _ALIGNMENTS}
    modules = {path: graph for path, graph in read_ontology().items() if path.stem != _ALIGNMENTS}
    sources = {path.resolve(): graph for path, graph in [*modules.items(), *data.items()]}
    whole = union(sources.values())
    reports = [_report(whole, read_shapes(folder, names))]
    named = [graph for path, graph in sources.items() if path.parent.name not in _NOT_THINGS]
    reports.append(_report(union(named), read_shapes(folder, [_WITHOUT_FACTS])))
    if derived is not None:
        for triple in derived:
            whole.add(triple)
        reports.append(_report(whole, read_shapes(folder, _DERIVED)))
    shown = {path.resolve(): path for path in data}
    locate = _Locator({shown.get(path, path): graph for path, graph in sources.items()})
    found = {finding for report in reports for finding in _findings(report, whole, locate)}
    found.update(_untyped(data, whole, locate))
    return sorted(found, key=Finding.order)


def conform(data: Graph, names: Iterable[str]) -> list[Finding]:
    """Return every fault of one graph by the shapes of the named files; it is in no file."""
    folder = files.find("ontology") / "shapes"
    modules = [graph for path, graph in read_ontology().items() if path.stem != _ALIGNMENTS]
    whole = union([*modules, data])
    found = _findings(_report(whole, read_shapes(folder, names)), whole, _Locator({}))
    return sorted(set(found), key=Finding.order)


def unknown_terms(data: Mapping[Path, Graph]) -> list[tuple[Path, int | None, URIRef]]:
    """Return each use of a term of ours that the ontology does not declare.

    One row a file and term, with the line of its first use; our terms are those of the
    ``foedus:`` namespace and of the vocabularies.
    """
    graphs = [*read_ontology().values(), *data.values()]
    declared = {term for graph in graphs for term in graph.subjects(RDF.type)}
    rows = []
    for path, graph in data.items():
        used = {term for triple in graph for term in triple if isinstance(term, URIRef)}
        unknown = sorted(term for term in used - declared if _is_term(term))
        lines = _lines(path) if unknown else locations.Locations()
        rows += [(path, lines.terms.get(term), term) for term in unknown]
    return sorted(rows, key=lambda row: (str(row[0]), row[1] or 0, row[2]))


def _is_term(term: URIRef) -> bool:
    return str(term).startswith((str(iris.NS), str(iris.VOCABULARY)))


def union(graphs: Iterable[Graph]) -> Graph:
    """Return one graph of all triples of the graphs."""
    whole = Graph(bind_namespaces="none")
    for graph in graphs:
        for triple in graph:
            whole.add(triple)
    return whole


def _report(data: Graph, shapes: Graph) -> Graph:
    """Return pyshacl's report, with the results of the SPARQL constraints added."""
    queries = _take_queries(shapes)
    _spread_targets(shapes)
    _, report, text = pyshacl.validate(data, shacl_graph=shapes, inplace=True, advanced=False)
    assert isinstance(report, Graph), text
    for shape, path, select in queries:
        _run_query(shape, path, select, data=data, shapes=shapes, report=report)
    return report


def _spread_targets(shapes: Graph) -> None:
    """Give each property shape the targets of its node shape.

    The results stay the same; but pyshacl evaluates a property shape that has targets once
    for all its focus nodes, and one without once for each, which takes four times as long
    (docs/decisions/0002). A closed shape goes on to allow the paths of what it gave away.
    """
    for shape in sorted(shapes.subjects(RDF.type, SH.NodeShape), key=str):
        targets = list(_targets(shapes, shape))
        if not targets:
            continue
        constraints = list(shapes.objects(shape, SH.property))
        if (shape, SH.closed, Literal(True)) in shapes:
            ignored = shapes.value(shape, SH.ignoredProperties)
            allowed = Collection(shapes, ignored or BNode())
            for path in [path for one in constraints for path in shapes.objects(one, SH.path)]:
                allowed.append(path)
            shapes.set((shape, SH.ignoredProperties, allowed.uri))
        for constraint in constraints:
            shapes.remove((shape, SH.property, constraint))
            for kind, target in targets:
                shapes.add((constraint, kind, target))


def _targets(shapes: Graph, shape: Node) -> Iterator[tuple[URIRef, Node]]:
    for kind in (SH.targetClass, SH.targetSubjectsOf, SH.targetNode):
        for target in shapes.objects(shape, kind):
            yield kind, target


def _take_queries(shapes: Graph) -> list[tuple[Node, Node | None, str]]:
    """Take the SPARQL constraints out of the shapes; return shape, path and query of each."""
    taken = sorted(shapes.subject_objects(SH.sparql), key=str)
    for shape, constraint in taken:
        shapes.remove((shape, SH.sparql, constraint))
    return [
        (shape, shapes.value(shape, SH.path), str(shapes.value(constraint, SH.select)))
        for shape, constraint in taken
    ]


def _run_query(
    shape: Node, path: Node | None, select: str, *, data: Graph, shapes: Graph, report: Graph
) -> None:
    """Run a SPARQL constraint once over all the data; add its results to the report.

    SHACL binds ``$this`` to one focus node after another, and pyshacl parses the query anew
    each time. Our constraints bind ``$this`` themselves to nodes of the shape's target class,
    so that one run without it finds the same.
    """
    if path is not None:
        select = select.replace("$PATH", f"<{path}>")
    for row in data.query(select).bindings:
        result = BNode()
        report.add((BNode(), SH.result, result))
        report.add((result, SH.focusNode, row[Variable("this")]))
        report.add((result, SH.sourceShape, shape))
        report.add((result, SH.value, row[Variable("value")]))
        for written, ours in ((SH.resultMessage, SH.message), (SH.resultSeverity, SH.severity)):
            for value in shapes.objects(shape, ours):
                report.add((result, written, value))
        if path is not None:
            report.add((result, SH.resultPath, path))


class _Locator:
    """Which file and line say something; each file is read once, when first asked for."""

    def __init__(self, sources: Mapping[Path, Graph]) -> None:
        self._sources = sources
        self._lines: dict[Path, locations.Locations] = {}

    def find(
        self, focus: URIRef, path: URIRef | None, value: Identifier | None
    ) -> tuple[str | None, int | None]:
        """Return file and line of the value, else of the property, else of the subject."""
        for pattern in ((focus, path, value), (focus, path, None), (focus, None, None)):
            for file, graph in self._sources.items():
                if pattern in graph:
                    if file not in self._lines:
                        self._lines[file] = _lines(file)
                    return file.as_posix(), self._lines[file].find(focus, path, value)
        return None, None


def _lines(path: Path) -> locations.Locations:
    if not path.is_file():
        return locations.Locations()
    return locations.read(path.read_text(encoding="utf-8"))


def _findings(report: Graph, data: Graph, locate: _Locator) -> Iterator[Finding]:
    for result in report.objects(None, SH.result):
        read = partial(report.value, result)
        focus, shape, value = read(SH.focusNode), read(SH.sourceShape), read(SH.value)
        messages = sorted(str(text) for text in report.objects(result, SH.resultMessage))
        path = _first_step(report, read(SH.resultPath))
        if value == focus:
            value = None
        yield _finding(
            data,
            locate,
            focus=URIRef(str(focus)),
            shape=str(shape),
            path=path,
            value=value,
            message=messages[0],
            severity=_SEVERITIES.get(read(SH.resultSeverity), "violation"),
        )


def _first_step(report: Graph, path: Identifier | None) -> URIRef | None:
    """Return the property a path starts with: itself, or the first of a sequence."""
    step: object = path
    while isinstance(step, BNode):
        step = report.value(step, RDF.first)
    return step if isinstance(step, URIRef) else None


def _untyped(data: Mapping[Path, Graph], whole: Graph, locate: _Locator) -> Iterator[Finding]:
    """Yield a finding for each subject without a class, which no shape sees; graphs need none."""
    described = {*whole.subjects(RDF.type), *whole.subjects(iris.NS.onLayer)}
    subjects = {one for graph in data.values() for one in graph.subjects()}
    for subject in subjects - described:
        if isinstance(subject, URIRef):
            yield _finding(
                whole,
                locate,
                focus=subject,
                shape=str(iris.SHAPE["Described-type"]),
                path=RDF.type,
                value=None,
                message="Everything a file speaks of has a class.",
                severity="violation",
            )


def _finding(
    data: Graph,
    locate: _Locator,
    *,
    focus: URIRef,
    shape: str,
    path: URIRef | None,
    value: Identifier | None,
    message: str,
    severity: Severity,
) -> Finding:
    passages = sorted(str(passage) for passage in data.objects(focus, iris.NS.isCarriedBy))
    file, line = locate.find(focus, path, value)
    return Finding(
        severity=severity,
        message=message,
        focus=str(focus),
        shape=shape,
        path=None if path is None else str(path),
        value=_written(value),
        file=file,
        line=line,
        passage=str(value) if str(value) in passages else next(iter(passages), None),
    )


def _written(value: Identifier | None) -> str | None:
    """Return a value as Turtle would have it; the name of a blank node says nothing."""
    if value is None or isinstance(value, BNode):
        return None
    return value.n3() if isinstance(value, Literal) else str(value)
