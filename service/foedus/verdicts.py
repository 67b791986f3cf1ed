"""Test propositions against the records by the saved queries that curators named for them.

A proposition with ``foedus:isTestedBy`` is tested at each build: its query runs, and each row says
in the column ``bears`` whether it is ``for`` or ``against`` the proposition. No row: not testable;
a row against: contradicted; else supported. The query's parameters ``subject``, ``relation`` and
``object`` are the proposition's own, so that one query tests all propositions of a kind; other
parameters keep the examples of their file. The query sees the records as named graphs, and in its
default graph the records, the things, the ontology and the description of graphs: never a claim,
nor what follows from claims.

Shape: `foedus:Verdict`, in the graph ``derived/verdicts``; its version is the digest of the
records it was drawn from: of each graph's IRI and the digest of its lines in order.
Errors: `RuleError` for a query that is not there, has no column ``bears`` or another value in it,
or has a parameter that the proposition does not fill.
Used by ``release``, ``records`` and, for what a verdict asked, by ``web``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Test:
    """A proposition, and the query that tests it, asking of just this proposition."""

    proposition: str
    query: saved.SavedQuery
    text: str


def tests(store: ox.Store, queries: Mapping[str, saved.SavedQuery]) -> list[Test]:
    """Return what is tested in a store, in order; ``queries`` holds the saved queries by path."""
    tested = ox.NamedNode(iris.NS.isTestedBy)
    pairs = {
        (_text(q.subject), _text(q.object)) for q in store.quads_for_pattern(None, tested, None)
    }
    found = []
    for proposition, query in sorted(pairs):
        path = query.removeprefix(saved.IRI)
        if path not in queries:
            raise RuleError(f"<{proposition}> is tested by <{query}>, which is no saved query")
        text = _about(store, proposition, queries[path])
        found.append(Test(proposition, queries[path], text))
    return found


def run(
    store: ox.Store, queries: Mapping[str, saved.SavedQuery], *, records: str | None = None
) -> int:
    """Add the graph of verdicts and its description to a store; return how many there are.

    ``queries`` holds the saved queries by path. ``records`` is the version of the records where
    the store holds only those of their quads that the queries can see.
    """
    graphs = graphs_on(store, "records")
    beside = [graph for layer in _BESIDE_RECORDS for graph in graphs_on(store, layer)]
    said = records or version({graph.value: _lines_digest(store, graph) for graph in graphs})
    drawn = tests(store, queries)
    for test in drawn:
        rows = _rows(store, test.query, test.text, graphs, [*graphs, *beside])
        key = test.proposition.removeprefix(_PROPOSITION)
        verdict = ox.NamedNode(iris.ID[f"verdict/{key}/{test.query.path}"])
        evidence = json.dumps(rows, ensure_ascii=False, sort_keys=True)
        statements: dict[str, ox.NamedNode | ox.Literal] = {
            str(RDF.type): ox.NamedNode(iris.NS.Verdict),
            str(iris.NS.concernsProposition): ox.NamedNode(test.proposition),
            str(iris.NS.hasVerdictOutcome): ox.NamedNode(
                iris.VOCABULARY[f"verdict/{_outcome(rows)}"]
            ),
            str(iris.NS.isTestedBy): ox.NamedNode(test.query.iri),
            str(iris.NS.rowCount): ox.Literal(len(rows)),
            str(iris.NS.evidenceRows): ox.Literal(evidence),
            str(iris.NS.isConcludedBy): _RULE,
            str(OWL.versionInfo): ox.Literal(said),
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
    return len(drawn)


def version(digests: Mapping[str, str]) -> str:
    """Return the version of records from the digest of each graph's lines, by the graph's IRI."""
    said = "".join(f"{graph} {digest}\n" for graph, digest in sorted(digests.items()))
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()


def graphs_on(store: ox.Store, layer: str) -> list[ox.NamedNode]:
    """Return the graphs that a store describes as being on a layer, in order."""
    on, value = ox.NamedNode(iris.NS.onLayer), ox.NamedNode(iris.VOCABULARY[f"layer/{layer}"])
    found = {_text(quad.subject) for quad in store.quads_for_pattern(None, on, value)}
    return [ox.NamedNode(iri) for iri in sorted(found)]


def _lines_digest(store: ox.Store, graph: ox.NamedNode) -> str:
    quads = store.quads_for_pattern(None, None, None, graph)
    written = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    return hashlib.sha256(b"".join(sorted(written.splitlines(keepends=True)))).hexdigest()


def _about(store: ox.Store, proposition: str, query: saved.SavedQuery) -> str:
    """Return a testing query's text about one proposition."""
    subject = ox.NamedNode(proposition)
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
