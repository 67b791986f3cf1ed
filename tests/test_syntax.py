"""Where a query goes wrong, and what was expected there, in words."""

import pytest

from foedus.syntax import find_fault

TERMS = "a variable or an IRI or a string or a number or a boolean or a blank node"


@pytest.mark.parametrize(
    ("query", "column", "reason"),
    [
        ("SELECT * { GRAPH { } }", 18, "unexpected '{'; expected a variable or an IRI"),
        ("SELECT * { } LIMIT x", 20, "unexpected 'x'; expected a number"),
        ("SELECT * { } ORDER ?s", 20, "unexpected '?s'; expected a keyword such as BY"),
        ("SELECT (1 AS x) { }", 14, "unexpected 'x'; expected a variable"),
        ("SELECT ?s WHERE ?s", 17, "unexpected '?s'; expected \"{\""),
        ("SELECT (COUNT(?x) ?n) { }", 19, "unexpected '?n'; expected an operator or a keyword"),
        ("SELECT * { ?s ?p }", 18, f'unexpected \'}}\'; expected {TERMS} or "(" or "."'),
        (
            "SELECT * { BIND(1 AS ?a) BIND(2 AS ?a) }",
            40,
            "BIND is overriding an existing variable",
        ),
        ("ASK", 4, 'the query ends too early; expected "{" or a keyword'),
        ("SELECT ?x WHERE", 16, 'the query ends too early; expected "{"'),
        ("SELECT * {} LIMIT", 18, "the query ends too early; expected a number"),
        (
            "SELCT ?x {}",
            1,
            "unexpected 'SELCT'; expected SELECT, CONSTRUCT, DESCRIBE, ASK, PREFIX or BASE",
        ),
        ("ASK { ?s x:y ?o }", 10, "undeclared prefix x:"),
        (
            "ASK { ?s <http://e.org/p ?o }",
            11,
            "undeclared prefix http:, or an IRI before it that is not closed with '>'",
        ),
    ],
)
def test_fault_says_what_was_expected(query: str, column: int, reason: str) -> None:
    fault = find_fault(query)
    assert fault is not None
    assert (fault.line, fault.column, fault.reason) == (1, column, reason)


@pytest.mark.parametrize("query", ["ASK { <a> <b> <c> }", "CONSTRUCT { <s> <p> 1 } WHERE { }"])
def test_relative_iris_are_no_fault(query: str) -> None:
    assert find_fault(query) is None
