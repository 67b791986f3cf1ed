"""Test propositions against the records by the saved queries that curators named for them.

A proposition with ``foedus:isTestedBy`` is tested at each build: its query runs, and each row says
in the column ``bears`` whether it is ``for`` or ``against`` the proposition. No row: not testable;
a row against: contradicted; else supported. The query's parameters ``subject``, ``relation`` and
``object`` are the proposition's own, so that one query tests all propositions of a kind; other
parameters keep the examples of their file. The query sees the records as named graphs, and in its
default graph the records, the things, the ontology and the description of graphs: never a claim,
nor what follows from claims.

Shape: `foedus:Verdict`, in the graph ``derived/verdicts``; its version is the digest of the
records it was drawn from.
Errors: `RuleError` for a query that is not there, has no column ``bears`` or another value in it,
or has a parameter that the proposition does not fill.
Used by `release` and, for what a verdict asked, by ``web``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

import pyoxigraph as ox
from rdflib import OWL, RDF

from foedus import iris, rules, saved
from foedus.errors import ParameterError, RuleError

GRAPH = ox.NamedNode(iris.GRAPH["derived/verdicts"])
_RULE = ox.NamedNode(rules.RULE + "verdicts")
_BEARS = "bears"
_SIDES = ("for", "against")
ROLES = {
    "subject": ox.NamedNode(iris.NS.hasSubject),
    "relation": ox.NamedNode(iris.NS.hasRelation),
    "object": ox.NamedNode(iris.NS.hasObject),
}
"""Parameters that a testing query takes from the proposition, with what the proposition has."""
_BESIDE_RECORDS = ("things", "ontology")
_PROPOSITION = str(iris.ID["proposition/"])


def run(store: ox.Store, queries: Mapping[str, saved.SavedQuery]) -> int:
    """Add the graph of verdicts and its description to a store; return how many there are.

    ``queries`` holds the saved queries by path.
    """
    records = _graphs_on(store, "records")
    beside = [graph for layer in _BESIDE_RECORDS for graph in _graphs_on(store, layer)]
    version = _digest(store, records)
    tested = ox.NamedNode(iris.NS.isTestedBy)
    pairs = {(q.subject, q.object) for q in store.quads_for_pattern(None, tested, None)}
    for proposition, query in sorted(pairs, key=str):
        path = _text(query).removeprefix(saved.IRI)
        if path not in queries:
            raise RuleError(f"{_text(proposition)} is tested by {query}, which is no saved query")
        text = _about(store, proposition, queries[path])
        rows = _rows(store, queries[path], text, records, [*records, *beside])
        key = _text(proposition).removeprefix(_PROPOSITION)
        verdict = ox.NamedNode(iris.ID[f"verdict/{key}/{path}"])
        evidence = json.dumps(rows, ensure_ascii=False, sort_keys=True)
        statements: dict[str, ox.NamedNode | ox.Literal] = {
            str(RDF.type): ox.NamedNode(iris.NS.Verdict),
            str(iris.NS.concernsProposition): ox.NamedNode(_text(proposition)),
            str(iris.NS.hasVerdictOutcome): ox.NamedNode(
                iris.VOCABULARY[f"verdict/{_outcome(rows)}"]
            ),
            str(iris.NS.isTestedBy): ox.NamedNode(_text(query)),
            str(iris.NS.rowCount): ox.Literal(len(rows)),
            str(iris.NS.evidenceRows): ox.Literal(evidence),
            str(iris.NS.isConcludedBy): _RULE,
            str(OWL.versionInfo): ox.Literal(version),
        }
        for term, value in statements.items():
            store.add(ox.Quad(verdict, ox.NamedNode(term), value, GRAPH))
    rules.describe(
        store,
        GRAPH,
        _RULE,
        title="What the records say of a proposition",
        description="A proposition is tested by the saved query named for it: not testable where "
        "the query gives no row, contradicted where a row bears against it, else supported.",
    )
    return len(pairs)


def _graphs_on(store: ox.Store, layer: str) -> list[ox.NamedNode]:
    on, value = ox.NamedNode(iris.NS.onLayer), ox.NamedNode(iris.VOCABULARY[f"layer/{layer}"])
    found = {_text(quad.subject) for quad in store.quads_for_pattern(None, on, value)}
    return [ox.NamedNode(iri) for iri in sorted(found)]


def _digest(store: ox.Store, graphs: Sequence[ox.NamedNode]) -> str:
    lines = sorted(
        str(q) for graph in graphs for q in store.quads_for_pattern(None, None, None, graph)
    )
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _about(store: ox.Store, proposition: object, query: saved.SavedQuery) -> str:
    """Return a testing query's text about one proposition."""
    subject = ox.NamedNode(_text(proposition))
    values = {}
    for role in sorted(ROLES.keys() & query.params.keys()):
        quad = next(store.quads_for_pattern(subject, ROLES[role], None), None)
        if quad is None:
            raise RuleError(
                f"{subject} is tested by the saved query {query.path}, which needs its {role},"
                " but it has none"
            )
        values[role] = query.params[role].value_of(ox.NamedNode(_text(quad.object)))
    try:
        return query.bind(values)
    except ParameterError as error:
        raise RuleError(
            f"{subject} cannot be tested by the saved query {query.path}: {error.message}"
        ) from error


def _rows(
    store: ox.Store,
    query: saved.SavedQuery,
    text: str,
    named: Sequence[ox.NamedNode],
    default: Sequence[ox.NamedNode],
) -> list[dict[str, str]]:
    """Return the rows of a testing query by column, sorted; empty cells are left out."""
    if _BEARS not in query.columns:
        raise RuleError(f"the saved query {query.path} tests a proposition, but has no ?{_BEARS}")
    results = store.query(text, default_graph=list(default), named_graphs=list(named))
    assert isinstance(results, ox.QuerySolutions), "saved queries are SELECT queries"
    columns = [variable.value for variable in results.variables]
    rows = [
        {name: _text(row[name]) for name in columns if row[name] is not None} for row in results
    ]
    for row in rows:
        if row.get(_BEARS) not in _SIDES:
            expected = " or ".join(_SIDES)
            raise RuleError(
                f"the saved query {query.path} gives ?{_BEARS} {row.get(_BEARS)!r}, not {expected}"
            )
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def _outcome(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return "not-testable"
    return "contradicted" if any(row[_BEARS] == "against" for row in rows) else "supported"


def _text(term: object) -> str:
    """Return an IRI, or a literal's lexical form."""
    assert isinstance(term, ox.NamedNode | ox.Literal), f"neither IRI nor literal: {term}"
    return term.value
