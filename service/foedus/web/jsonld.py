"""Write triples as JSON-LD that reads like JSON: one flat graph, with the terms of our context.

A property or class goes by the context's term where that term says just what is written, else by
its whole IRI. The context stands in the document, with the terms that occur, so that nobody has
to fetch one.

Source: JSON-LD 1.1, 4.1 to 4.3 (contexts, IRIs, type coercion); ``ontology/context.jsonld``.
Shape: ``{"@context": {...}, "@graph": [...]}``, nodes and values in order.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pyoxigraph as ox

from foedus import files
from foedus.web.links import RDF_TYPE

_STRING = "http://www.w3.org/2001/XMLSchema#string"

Definition = str | Mapping[str, str]


@cache
def _terms() -> dict[str, list[tuple[str, Definition]]]:
    """Return the terms of our context by the IRI they stand for."""
    path = files.find("ontology") / "context.jsonld"
    context: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["@context"]
    found: dict[str, list[tuple[str, Definition]]] = {}
    for term, said in sorted(context.items()):
        if isinstance(said, str | dict) and not term.startswith("@"):
            iri = said if isinstance(said, str) else said.get("@id", "")
            if ":" in iri:
                found.setdefault(iri, []).append((term, said))
    return found


def write(triples: Iterable[ox.Triple], *, first: str) -> bytes:
    """Return triples as JSON-LD; the node of the IRI ``first`` leads."""
    context: dict[str, Definition] = {}
    nodes: dict[str, dict[str, Any]] = {}
    for triple in sorted(set(triples), key=str):
        subject, prop, value = triple.subject, triple.predicate.value, triple.object
        node = nodes.setdefault(_name(subject), {"@id": _name(subject)})
        if prop == RDF_TYPE and isinstance(value, ox.NamedNode):
            node.setdefault("@type", []).append(_class(value.value, context))
        else:
            key, written = _entry(prop, value, context)
            node.setdefault(key, []).append(written)
    ordered = sorted(nodes.values(), key=lambda node: (node["@id"] != first, node["@id"]))
    graph = [{key: _alone(value) for key, value in node.items()} for node in ordered]
    document = {"@context": dict(sorted(context.items())), "@graph": graph}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _name(term: object) -> str:
    """Return an IRI, or a blank node with its mark."""
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    if isinstance(term, ox.NamedNode):
        return term.value
    raise TypeError(f"JSON-LD has no node for {term}")


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _class(iri: str, context: dict[str, Definition]) -> str:
    for term, said in _terms().get(iri, ()):
        context[term] = said
        return term
    return iri


def _entry(prop: str, value: object, context: dict[str, Definition]) -> tuple[str, Any]:
    """Return the key and value of a statement, by a term where its coercion suits the value."""
    for term, said in _terms().get(prop, ()):
        coerced = said.get("@type") if isinstance(said, Mapping) else None
        plain = not isinstance(said, Mapping) or set(said) <= {"@id", "@type"}
        if plain and (coerced is None or (coerced == "@id") != isinstance(value, ox.Literal)):
            context[term] = said
            return term, _value(value, coerced)
    return prop, _value(value, None)


def _value(value: object, coerced: str | None) -> Any:
    if not isinstance(value, ox.Literal):
        return _name(value) if coerced == "@id" else {"@id": _name(value)}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = value.datatype.value
    if datatype == (coerced or _STRING):
        return value.value
    return {"@value": value.value, "@type": datatype}
