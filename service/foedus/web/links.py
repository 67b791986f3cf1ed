"""Turn terms into what a page shows: text, and a link to this service where it answers.

IRIs below ``https://w3id.org/foedus/`` lead to the same path here; other web addresses lead to
themselves; any other IRI is text only, so that no ``javascript:`` in the data becomes a link.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

import pyoxigraph as ox
from flask import request

from foedus.results import PREFIXES
from foedus.web.lookup import Term

BASE = "https://w3id.org/foedus/"
NS = BASE + "ns#"
ID = BASE + "id/"
GRAPH = BASE + "graph/"
VOCABULARY = BASE + "vocabulary/"
RDF_TYPE = PREFIXES["rdf"] + "type"
LABEL = PREFIXES["rdfs"] + "label"
_DIGITS = re.compile(r"([0-9]+)")
_STRING = PREFIXES["xsd"] + "string"
_LANG_STRING = PREFIXES["rdf"] + "langString"


@dataclass(frozen=True, slots=True)
class Cell:
    """A term as a page shows it."""

    text: str
    href: str | None = None
    title: str = ""
    """The IRI, or a literal's datatype in short."""
    language: str | None = None
    outside: bool = False
    """Whether the link leaves this service."""
    kind: str = ""
    """date, number or quiet, where a table shows it so; else empty."""


def local_path(iri: str) -> str | None:
    """Return the path under which this service answers for an IRI, or None."""
    if not iri.startswith(BASE):
        return None
    path, hash_mark, fragment = iri.removeprefix(BASE).partition("#")
    rest = hash_mark + quote(unquote(fragment), safe="=,:@!$&'()*+;/?-._~")
    return f"{request.script_root}/{quote(unquote(path), safe='/=,:@!$&()*+;-._~')}{rest}"


def shorten(iri: str) -> str:
    """Return an IRI for reading where it has no label: prefixed, or below our base."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri.removeprefix(ID).removeprefix(BASE)


def cell(term: Term, labels: Mapping[str, str]) -> Cell:
    """Return a term as a page shows it, by its label where it has one."""
    if isinstance(term, ox.Literal):
        datatype = term.datatype.value
        title = "" if datatype in (_STRING, _LANG_STRING) else shorten(datatype)
        return Cell(term.value, title=title, language=term.language)
    if isinstance(term, ox.BlankNode):
        return Cell(f"_:{term.value}")
    return iri_cell(term.value, labels)


def iri_cell(iri: str, labels: Mapping[str, str]) -> Cell:
    """Return an IRI as a page shows it."""
    path = local_path(iri)
    outside = path is None and iri.startswith(("https://", "http://"))
    return Cell(
        labels.get(iri) or shorten(iri),
        href=iri if outside else path,
        title=iri,
        outside=outside,
    )


def cells(terms: Iterable[Term], labels: Mapping[str, str]) -> tuple[Cell, ...]:
    """Return terms as a page shows them, in the order of their texts, numbers by their value."""
    return tuple(sorted((cell(term, labels) for term in terms), key=lambda c: _natural(c.text)))


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _DIGITS.split(text)]


def row_cells(row: Iterable[Term | None], labels: Mapping[str, str]) -> list[Cell | None]:
    """Return a row of a table; an IRI whose label stands beside it shows itself instead."""
    terms = list(row)
    beside = {term.value for term in terms if isinstance(term, ox.Literal)}
    told = {iri: label for iri, label in labels.items() if label not in beside}
    return [None if term is None else cell(term, told) for term in terms]


def iris_in(terms: Iterable[Term]) -> set[str]:
    """Return the IRIs among terms, which may have labels."""
    return {term.value for term in terms if isinstance(term, ox.NamedNode)}
