"""Read results and tell whether two are equal.

The readers here are our own and small, so that a fault of the engine in writing results cannot
hide behind its own reader. Rows are compared as multisets up to the names of blank nodes; in order
too where the query orders them. Terms must be identical; a number or a boolean may have another
lexical form of the same value and datatype, because engines that compute with values give those.

Source: SPARQL 1.1 Query Results JSON, XML, CSV and TSV.
Shape: `Table`. A term is a tuple: kind, value, and for literals datatype and language.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from xml.etree import ElementTree

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

Term = tuple[str, ...]
Row = Mapping[str, Term]

_RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
RESULT_SET = _RS.ResultSet
_XSD = "http://www.w3.org/2001/XMLSchema#"
_STRING = _XSD + "string"
_LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_INTEGERS = ("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger")
_EXACT = {_XSD + name for name in (*_INTEGERS, "decimal")}
_FLOATING = {_XSD + "double", _XSD + "float"}
_TSV = re.compile(
    r"""<(?P<uri>[^>]*)>|_:(?P<bnode>\S+)
    |(?P<quote>["'])(?P<text>.*)(?P=quote)(?:@(?P<lang>[\w-]+)|\^\^<(?P<type>[^>]*)>)?
    |(?P<integer>[+-]?\d+)|(?P<decimal>[+-]?\d*\.\d+)|(?P<double>[+-]?[\d.]+[eE][+-]?\d+)
    |(?P<boolean>true|false)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, or the truth of an ASK."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truth: bool | None = None


def read(body: bytes, kind: str) -> Table:
    """Return results in ``srj``, ``srx``, ``csv`` or ``tsv``."""
    return {"srj": _read_json, "srx": _read_xml, "csv": _read_csv, "tsv": _read_tsv}[kind](body)


def read_resultset(graph: Graph) -> Table:
    """Return rows written in the test suites' own vocabulary for results."""
    [root] = graph.subjects(RDF.type, RESULT_SET)
    rows = []
    for solution in graph.objects(root, _RS.solution):
        bindings = graph.objects(solution, _RS.binding)
        rows.append(
            {str(graph.value(b, _RS.variable)): _term(graph.value(b, _RS.value)) for b in bindings}
        )
    return Table(tuple(map(str, graph.objects(root, _RS.resultVariable))), tuple(rows))


def _term(node: Node | None) -> Term:
    if isinstance(node, Literal):
        return _literal(str(node), str(node.datatype) if node.datatype else None, node.language)
    return ("bnode" if isinstance(node, BNode) else "uri", str(node))


def _literal(value: str, datatype: str | None, language: str | None) -> Term:
    if language:
        return ("literal", value, _LANG, language.lower())
    return ("literal", value, datatype or _STRING)


def _read_json(body: bytes) -> Table:
    found = json.loads(body)
    if "boolean" in found:
        return Table(truth=found["boolean"])
    rows = []
    for binding in found["results"]["bindings"]:
        row: dict[str, Term] = {}
        for name, term in binding.items():
            if term["type"] in ("literal", "typed-literal"):
                row[name] = _literal(term["value"], term.get("datatype"), term.get("xml:lang"))
            else:
                row[name] = (term["type"], term["value"])
        rows.append(row)
    return Table(tuple(found["head"]["vars"]), tuple(rows))


def _read_xml(body: bytes) -> Table:
    root = ElementTree.fromstring(body)
    truth = root.findtext("{*}boolean")
    if truth is not None:
        return Table(truth=truth.strip() == "true")
    columns = tuple(node.attrib["name"] for node in root.iterfind("{*}head/{*}variable"))
    rows = []
    for result in root.iterfind("{*}results/{*}result"):
        row: dict[str, Term] = {}
        for binding in result:
            [node] = list(binding)
            kind, text = node.tag.rpartition("}")[2], node.text or ""
            if kind == "literal":
                term = _literal(text, node.get("datatype"), node.get(_XML_LANG))
            else:
                term = (kind, text.strip())
            row[binding.attrib["name"]] = term
        rows.append(row)
    return Table(columns, tuple(rows))


def _read_csv(body: bytes) -> Table:
    header, *lines = list(csv.reader(io.StringIO(body.decode(), newline=""))) or [[]]
    rows = [
        {
            name: ("bnode", cell[2:]) if cell.startswith("_:") else ("text", cell)
            for name, cell in zip(header, line, strict=True)
            if cell
        }
        for line in lines
    ]
    return Table(tuple(header), tuple(rows))


def _read_tsv(body: bytes) -> Table:
    header, *lines = body.decode().rstrip("\n").split("\n")
    columns = tuple(name.strip().removeprefix("?") for name in header.split("\t"))
    rows = [
        {
            name: _tsv_term(cell)
            for name, cell in zip(columns, line.rstrip("\r").split("\t"), strict=True)
            if cell
        }
        for line in lines
    ]
    return Table(columns, tuple(rows))


def _tsv_term(cell: str) -> Term:
    match = _TSV.fullmatch(cell)
    if match is None:
        raise ValueError(f"no term in TSV: {cell!r}")
    found = match.groupdict()
    for kind in ("uri", "bnode"):
        if found[kind] is not None:
            return (kind, found[kind])
    if found["text"] is not None:
        text = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), found["text"])
        return _literal(text, found["type"], found["lang"])
    return ("literal", cell, _XSD + str(match.lastgroup))


def difference(expected: Table, found: Table, *, ordered: bool = False) -> str | None:
    """Return in words how results differ, or None where they are equal."""
    if expected.truth is not found.truth:
        return f"the answer is {found.truth}, expected {expected.truth}"
    if set(expected.columns) != set(found.columns):
        return f"columns {', '.join(found.columns)}, expected {', '.join(expected.columns)}"
    if len(expected.rows) != len(found.rows):
        return f"{len(found.rows)} rows, expected {len(expected.rows)}"
    wanted, given = ([_by_value(row) for row in table.rows] for table in (expected, found))
    if not _same(wanted, given):
        return f"other rows: {_unlike(given, wanted)}, expected {_unlike(wanted, given)}"
    if ordered and not _has_blank(wanted) and wanted != given:
        return "the rows are in another order"
    return None


def same_triples(expected: Graph, found: Graph) -> bool:
    """Whether two graphs are equal up to the names of blank nodes."""
    return bool(isomorphic(expected, found))


def _by_value(row: Row) -> dict[str, Term]:
    return {name: _canonical(term) for name, term in row.items()}


def _canonical(term: Term) -> Term:
    """Return one form for all numbers or booleans of the same value and datatype."""
    if term[0] != "literal" or len(term) != 3:
        return term
    kind, value, datatype = term
    try:
        if datatype in _EXACT:
            return (kind, str(Decimal(value).normalize() + 0), datatype)
        if datatype in _FLOATING:
            return (kind, repr(float(value)), datatype)
        if datatype == _XSD + "boolean":
            return (kind, {"1": "true", "0": "false"}.get(value, value), datatype)
    except (InvalidOperation, ValueError):
        return term
    return term


def _has_blank(rows: Iterable[Row]) -> bool:
    return any(term[0] == "bnode" for row in rows for term in row.values())


def _frozen(rows: Iterable[Row]) -> Counter[frozenset[tuple[str, Term]]]:
    return Counter(frozenset(row.items()) for row in rows)


def _same(wanted: list[dict[str, Term]], given: list[dict[str, Term]]) -> bool:
    if not _has_blank([*wanted, *given]):
        return _frozen(wanted) == _frozen(given)
    return same_triples(_as_graph(wanted), _as_graph(given))


def _unlike(rows: Iterable[Row], others: Iterable[Row]) -> str:
    only = _frozen(rows) - _frozen(others)
    shown = [" ".join(f"?{n}={':'.join(t[1:2])}" for n, t in sorted(row)) for row in only]
    return "; ".join(sorted(shown)[:3]) or "other blank nodes"


def _as_graph(rows: Iterable[Row]) -> Graph:
    """Return rows as a graph: a blank node for each row, other terms by their digest."""
    graph = Graph()
    for row in rows:
        node = BNode()
        for name, term in row.items():
            is_blank = term[0] == "bnode"
            digest = sha256(repr(term).encode()).hexdigest()
            value = BNode("b" + digest) if is_blank else URIRef("urn:sha256:" + digest)
            graph.add((node, URIRef("urn:column:" + name), value))
        graph.add((node, URIRef("urn:row"), URIRef("urn:row")))
    return graph
