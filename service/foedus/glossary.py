"""Write the ontology for people and for JSON: one page of all terms, one JSON-LD context.

Both come from the Turtle alone, module by module, so that neither can say anything else.
In the context an object property takes an IRI; every other value keeps its own datatype or
language, because a date is as precise as its source.

Source: JSON-LD 1.1, section 4.1 (the context).
Used by ``docs/generate.py``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.term import Node

from foedus import iris

_KINDS = {
    OWL.Class: "class",
    OWL.ObjectProperty: "object property",
    OWL.DatatypeProperty: "datatype property",
    SKOS.Concept: "concept",
}
_TRAITS = {
    OWL.FunctionalProperty: "functional",
    OWL.SymmetricProperty: "symmetric",
    OWL.TransitiveProperty: "transitive",
    iris.NS.Relation: "relation",
    iris.NS.SingleValuedRelation: "single-valued relation",
}
_LINKS = {
    RDFS.subClassOf: "Kind of",
    RDFS.subPropertyOf: "Falls under",
    OWL.disjointWith: "Disjoint with",
    SKOS.closeMatch: "Close to",
    DCTERMS.isReplacedBy: "Replaced by",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term: what it is called, what it means and how it hangs together with others."""

    iri: URIRef
    module: str
    kind: str
    label: str
    definition: str
    traits: tuple[str, ...]
    notes: tuple[str, ...]
    examples: tuple[str, ...]
    links: tuple[tuple[str, tuple[str, ...]], ...]


def read_terms(graphs: Mapping[Path, Graph]) -> list[Term]:
    """Return the terms and concepts of ours in the ontology's files, by module and IRI."""
    return [
        _term(graph, iri, path.stem, kind)
        for path, graph in sorted(graphs.items())
        for iri, kind in sorted(_declared(graph))
    ]


def _declared(graph: Graph) -> Iterator[tuple[URIRef, str]]:
    for kind, name in _KINDS.items():
        for iri in graph.subjects(RDF.type, kind):
            if isinstance(iri, URIRef) and str(iri).startswith(iris.BASE):
                yield iri, name


def _term(graph: Graph, iri: URIRef, module: str, kind: str) -> Term:
    def texts(predicate: URIRef) -> tuple[str, ...]:
        return tuple(sorted(str(value) for value in graph.objects(iri, predicate)))

    types = set(graph.objects(iri, RDF.type))
    links = tuple(
        (words, tuple(sorted(_short(value) for value in graph.objects(iri, predicate))))
        for predicate, words in _LINKS.items()
    )
    return Term(
        iri=iri,
        module=module,
        kind=kind,
        label=texts(RDFS.label)[0],
        definition=texts(SKOS.definition)[0],
        traits=tuple(words for trait, words in _TRAITS.items() if trait in types),
        notes=texts(SKOS.scopeNote),
        examples=texts(SKOS.example),
        links=tuple((words, values) for words, values in links if values),
    )


def _short(iri: Node) -> str:
    return str(iri).removeprefix(str(iris.NS)).removeprefix(str(iris.VOCABULARY))


def write_page(graphs: Mapping[Path, Graph]) -> str:
    """Return the page of all terms, in Markdown: a heading a module, an entry a term."""
    terms = read_terms(graphs)
    lines = [
        "# The ontology",
        "",
        "Generated from `ontology/` by `make docs`; edit the Turtle, not this page. How the terms",
        "are used together is in [model.md](model.md).",
    ]
    for path, graph in sorted(graphs.items()):
        own = [term for term in terms if term.module == path.stem]
        if own:
            about = next(graph.objects(None, DCTERMS.description), "")
            lines += ["", f"## {path.stem.capitalize()}", "", str(about)]
            lines += [line for term in own for line in _entry(term)]
    return "\n".join(lines) + "\n"


def _entry(term: Term) -> Iterator[str]:
    kind = ", ".join([term.kind, *term.traits])
    yield from ("", f"### `{_short(term.iri)}`", "", f"*{term.label}*, {kind}. {term.definition}")
    details = [f"Note: {note}" for note in term.notes]
    details += [f"Example: {example}" for example in term.examples]
    details += [
        f"{words}: {', '.join(f'`{value}`' for value in values)}" for words, values in term.links
    ]
    if details:
        yield ""
        yield from (f"- {detail}" for detail in details)


def write_context(graphs: Mapping[Path, Graph]) -> str:
    """Return the JSON-LD context: each property and class of ours, and others' that we use."""
    names: dict[str, URIRef] = {}
    typed: set[URIRef] = set()
    for path in sorted(graphs, key=lambda path: (path.stem == "alignments", path)):
        graph = graphs[path]
        for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty):
            for iri in sorted(graph.subjects(RDF.type, kind), key=str):
                names.setdefault(str(iri).replace("#", "/").rsplit("/", 1)[1], URIRef(str(iri)))
                if kind == OWL.ObjectProperty:
                    typed.add(URIRef(str(iri)))
    names |= {"label": RDFS.label, "isDefinedBy": RDFS.isDefinedBy, "seeAlso": RDFS.seeAlso}
    context: dict[str, object] = {"@version": 1.1, "id": "@id", "type": "@type"}
    for name, iri in sorted(names.items()):
        context[name] = {"@id": str(iri), "@type": "@id"} if iri in typed else str(iri)
    return json.dumps({"@context": context}, ensure_ascii=False, indent=2) + "\n"
