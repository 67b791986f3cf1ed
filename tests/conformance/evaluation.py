"""Run the suites of queries: their syntax, their answers, and the result formats.

The base of a query is its own address, which the protocol has no way to say; so the text that is
sent starts with a ``BASE`` line. Its dataset goes into the request, except where the query has a
``FROM`` of its own.

Source: SPARQL 1.1 Query Language, Query Results JSON, CSV and TSV.
"""

from pathlib import Path

from rdflib import RDF, Graph

from conformance import compared
from conformance.live import Reply, ask
from conformance.manifests import Case, published
from conformance.outcome import Outcome, failed, passed
from foedus import tokens

NOTHING = "urn:x-foedus:no-such-graph"
_MEDIA = {
    ".srx": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".ttl": "text/turtle",
}
_SERVICE = "SERVICE is refused"


def run(server: str, case: Case) -> Outcome:
    """Return the outcome of a test of a query."""
    if case.query is None:
        return failed(case, "the manifest names no query")
    text = case.query.read_bytes().decode()
    if case.kind == "NegativeSyntaxTest11":
        return _must_be_refused(server, case, text)
    if case.kind == "PositiveSyntaxTest11":
        reply = _ask(server, case, text, "*/*")
        return passed(case) if reply.status == 200 else _not_answered(case, reply)
    if case.result is None:
        return failed(case, "the manifest names no result")
    if case.result.suffix == ".ttl":
        return _against_turtle(server, case, text, case.result)
    media = _MEDIA[case.result.suffix]
    reply = _ask(server, case, text, media)
    if reply.status != 200:
        return _not_answered(case, reply)
    if reply.media != media:
        return failed(case, f"media type {reply.media}, expected {media}")
    kind = case.result.suffix[1:]
    return _judge(case, text, compared.read(case.result.read_bytes(), kind), reply, kind)


def _ask(server: str, case: Case, text: str, accept: str) -> Reply:
    assert case.query is not None
    query = f"BASE <{published(case.query)}>\n{text}"
    if any(token.is_word("FROM") for token in tokens.split(text)):
        return ask(server, query, accept=accept)
    named = [name for name, _ in case.graphs]
    return ask(server, query, accept=accept, default=case.data or [NOTHING], named=named)


def _must_be_refused(server: str, case: Case, text: str) -> Outcome:
    reply = _ask(server, case, text, "application/json")
    if reply.status == 400 and b"syntax error" in reply.body:
        return passed(case)
    return failed(case, f"answered with {reply.status}, expected a syntax error")


def _not_answered(case: Case, reply: Reply) -> Outcome:
    said = reply.body.decode(errors="replace").strip()
    if reply.status == 400 and _SERVICE in said:
        return Outcome(case, "inapplicable", "refused by design: it calls another endpoint")
    return failed(case, said)


def _against_turtle(server: str, case: Case, text: str, expected: Path) -> Outcome:
    """Judge by a result in Turtle: the triples of a CONSTRUCT, or rows in a vocabulary for them."""
    wanted = Graph()
    wanted.parse(expected, format="turtle", publicID=published(expected))
    is_rows = (None, RDF.type, compared.RESULT_SET) in wanted
    reply = _ask(server, case, text, _MEDIA[".srj" if is_rows else ".ttl"])
    if reply.status != 200:
        return _not_answered(case, reply)
    if is_rows:
        return _judge(case, text, compared.read_resultset(wanted), reply, "srj")
    given = Graph()
    given.parse(data=reply.body, format="turtle")
    same = compared.same_triples(wanted, given)
    return passed(case) if same else failed(case, "other triples")


def _judge(case: Case, text: str, wanted: compared.Table, reply: Reply, kind: str) -> Outcome:
    given = compared.read(reply.body, kind)
    fault = compared.difference(wanted, given, ordered=tokens.is_ordered(text))
    return failed(case, fault) if fault else passed(case)
