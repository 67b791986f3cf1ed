"""Gather the ontology for its page: classes, properties and vocabularies, each term defined."""

from collections.abc import Iterable
from dataclasses import dataclass

from foedus.results import PREFIXES
from foedus.web.links import NS, Cell, iri_cell, shorten
from foedus.web.lookup import Lookup

_OWL, _SKOS = PREFIXES["owl"], PREFIXES["skos"]
_SECTIONS = (
    ("Classes", frozenset({_OWL + "Class"})),
    ("Relations", frozenset({NS + "Relation", NS + "SingleValuedRelation"})),
    ("Properties", frozenset({_OWL + "ObjectProperty"})),
    ("Values", frozenset({_OWL + "DatatypeProperty"})),
    ("Vocabularies", frozenset({_SKOS + "ConceptScheme"})),
    ("Concepts", frozenset({_SKOS + "Concept"})),
)


@dataclass(frozen=True, slots=True)
class TermView:
    """One term: its name, its definition, and what is wider."""

    link: Cell
    anchor: str
    """The IRI's fragment, so that the IRI leads to the term on the page; else empty."""
    name: str
    definition: str
    wider: tuple[Cell, ...]


def read_terms(lookup: Lookup) -> list[tuple[str, list[TermView]]]:
    """Return the ontology's terms by section, each once, in the order of their names."""
    rows = lookup.ask("terms")
    labels = lookup.labels(
        {row[key].value for row in rows for key in ("term", "wider") if key in row}
    )
    classes: dict[str, set[str]] = {}
    wider: dict[str, set[str]] = {}
    definitions: dict[str, str] = {}
    for row in rows:
        term = row["term"].value
        classes.setdefault(term, set()).add(row["class"].value)
        if "wider" in row:
            wider.setdefault(term, set()).add(row["wider"].value)
        if "definition" in row:
            definitions.setdefault(term, row["definition"].value)
    views = {
        term: TermView(
            link=iri_cell(term, labels),
            anchor=term.removeprefix(NS) if term.startswith(NS) else "",
            name=shorten(term),
            definition=definitions.get(term, ""),
            wider=tuple(iri_cell(iri, labels) for iri in sorted(wider.get(term, ()))),
        )
        for term in sorted(classes)
    }
    return [
        (title, [views.pop(term) for term in _having(kinds, classes) if term in views])
        for title, kinds in _SECTIONS
    ]


def _having(kinds: frozenset[str], classes: dict[str, set[str]]) -> Iterable[str]:
    return [term for term in sorted(classes) if classes[term] & kinds]
