"""A constant where ``VALUES`` says that a graph's name is one: the same rows, sooner."""

from collections import Counter

import pyoxigraph as ox
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foedus.engine.constants import inline

PREFIX = "PREFIX : <http://e.org/> "


@pytest.fixture(scope="module")
def store() -> ox.Store:
    held = ox.Store()
    held.load(
        b"""@prefix : <http://e.org/> .
        :a :p :b , :g1 . :g1 :p :a . :b :q :a , 5 .
        :g1 { :a :p :b . :b :p :c . :g1 :q :a }
        :g2 { :a :p :c . :c :q :a . :a :q :g2 }
        """,
        format=ox.RdfFormat.TRIG,
    )
    return held


def rows(store: ox.Store, query: str) -> Counter[tuple[str, ...]]:
    found = store.query(PREFIX + query)
    assert isinstance(found, ox.QuerySolutions)
    names = sorted(variable.value for variable in found.variables)
    return Counter(tuple(str(row[name]) for name in names) for row in found)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        pytest.param(
            "SELECT ?s { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } }",
            "SELECT ?s { VALUES () { () } GRAPH  :g1  { ?s :p ?o } }",
            id="a graph that nobody asks for again",
        ),
        pytest.param(
            "SELECT ?g ?s { GRAPH ?g { ?s :p ?o } VALUES $g { :g1 } }",
            "SELECT ?g ?s { GRAPH  :g1  { ?s :p ?o } VALUES () { () }  BIND(:g1 AS ?g) }",
            id="one that is shown, wherever its block stands",
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } }",
            "SELECT * { VALUES () { () } GRAPH  :g1  { ?s :p ?o }  BIND(:g1 AS ?g) }",
            id="all are shown",
        ),
        pytest.param(
            "SELECT ?o { VALUES ?g { :g1 } VALUES ?s { :a } GRAPH ?g { ?s ?p ?o } FILTER(?s!=?p) }",
            "SELECT ?o { VALUES () { () } VALUES () { () } "
            "GRAPH  :g1  {  :a  ?p ?o } FILTER( :a !=?p) }",
            id="terms within the graph, and in filters",
        ),
        pytest.param(
            "SELECT ?o { { SELECT ?o { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } } } ?g :p ?o }",
            "SELECT ?o { { SELECT ?o { VALUES () { () } GRAPH  :g1  { ?s :p ?o } } } ?g :p ?o }",
            id="a subquery, whose graph is its own",
        ),
        pytest.param(
            "SELECT ?o { { SELECT ?o ?g { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } } } }",
            "SELECT ?o { { SELECT ?o ?g { VALUES () { () } GRAPH  :g1  { ?s :p ?o }"
            "  BIND(:g1 AS ?g) } } }",
            id="a subquery that shows it",
        ),
        pytest.param(
            "SELECT ?s { ?s :p ?g OPTIONAL { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } } }",
            "SELECT ?s { ?s :p ?g OPTIONAL { VALUES () { () } GRAPH  :g1  { ?s :p ?o }"
            "  BIND(:g1 AS ?g) } }",
            id="a group within, whose graph is seen outside",
        ),
        pytest.param(
            "SELECT * { ?s :p ?o. VALUES ?g { :g1 } . GRAPH ?g{?s :p?g.:a ?p?o} ?s :p ?o}",
            "SELECT * { ?s :p ?o. VALUES () { () } . GRAPH  :g1 {?s :p :g1 .:a ?p?o} ?s :p ?o"
            " BIND(:g1 AS ?g) }",
            id="nothing that stood apart comes together",
        ),
    ],
)
def test_constant_stands_where_it_can(store: ox.Store, query: str, written: str) -> None:
    assert inline(query) == written
    assert rows(store, written) == rows(store, query)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT * { VALUES ?g { :g1 :g2 } GRAPH ?g { ?s :p ?o } }", id="two values"),
        pytest.param("SELECT * { VALUES (?g) { (:g1) } GRAPH ?g { ?s :p ?o } }", id="rows"),
        pytest.param("SELECT * { VALUES ?g { } GRAPH ?g { ?s :p ?o } }", id="none"),
        pytest.param("SELECT * { VALUES ?o { 5 } GRAPH :g1 { ?s :q ?o } }", id="a literal"),
        pytest.param("SELECT * { VALUES ?s { :a } GRAPH ?g { ?s :p ?o } }", id="no graph's name"),
        pytest.param("SELECT * { VALUES ?s { :a } ?s :p ?o }", id="no graph"),
        pytest.param(
            "SELECT * { VALUES ?g { :none } GRAPH ?g { } }", id="a graph that is not there"
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p+ ?o } }", id="more than patterns"
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } VALUES ?g { :g2 } GRAPH ?g { ?s :p ?o } }",
            id="two blocks",
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } ?s :p* ?g }", id="a path's end"
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } OPTIONAL { ?g :q ?z } }",
            id="a group within that may lack it",
        ),
        pytest.param(
            "SELECT * { { ?s :p ?g } UNION { ?s :q ?z } VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } }",
            id="one of two groups",
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } FILTER EXISTS { ?g :q ?s } }",
            id="patterns in a filter",
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } FILTER(BOUND(?g)) }", id="BOUND"
        ),
        pytest.param(
            "SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } BIND(?g AS ?z) }", id="BIND"
        ),
        pytest.param("SELECT * { GRAPH ?g { ?s :p ?o } } VALUES ?g { :g1 }", id="behind the query"),
        pytest.param(
            "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g "
            "HAVING(EXISTS { VALUES ?g { :g1 } GRAPH ?g { ?x :p ?y } })",
            id="patterns in a condition on groups",
        ),
        pytest.param(
            "SELECT ?s { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } FILTER(?o<?g&&?g>?s) }",
            id="less than, which looks like an IRI",
        ),
        pytest.param(
            "SELECT * { " + "{ VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } } " * 201 + "}",
            id="too many groups",
        ),
        pytest.param("SELECT * { VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o }", id="no query at all"),
        pytest.param("SELECT * } VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o }", id="nor this"),
        pytest.param("ASK { FILTER(VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } }", id="nor that"),
        pytest.param(
            "ASK " + "{" * 60 + " VALUES ?g { :g1 } GRAPH ?g { ?s :p ?o } " + "}" * 60,
            id="too deep",
        ),
    ],
)
def test_query_is_left_as_it_is(query: str) -> None:
    assert inline(query) == query


VARIABLES = st.sampled_from(["?a", "?b", "?g", "?h"])
NAMES = st.sampled_from([":a", ":b", ":c", ":g1", ":g2"])
TERMS = st.one_of(VARIABLES, NAMES)
TRIPLES = st.builds("{} {} {} .".format, TERMS, st.sampled_from([":p", ":q", "?p"]), TERMS)
PATHS = st.builds("{} {} {} .".format, TERMS, st.sampled_from([":p*", ":p|:q", "^:q"]), TERMS)
VALUES = st.builds("VALUES {} {{ {} }}".format, VARIABLES, NAMES)
FILTERS = st.builds("FILTER({} {} {})".format, TERMS, st.sampled_from(["=", "!="]), TERMS)
GRAPHS = st.builds("GRAPH {} {{ {} {} }}".format, TERMS, TRIPLES, st.one_of(TRIPLES, st.just("")))


def groups(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return groups that are made of parts."""
    return st.lists(parts, min_size=1, max_size=4).map(" ".join)


def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return parts that are made of smaller ones."""
    group = groups(parts)
    shown = st.sampled_from(["*", "?a", "?g ?b", "DISTINCT ?g", "?h ?a"])
    return st.one_of(
        st.builds("OPTIONAL {{ {} }}".format, group),
        st.builds("MINUS {{ {} }}".format, group),
        st.builds("{{ {} }} UNION {{ {} }}".format, group, group),
        st.builds("{{ {} }}".format, group),
        st.builds("GRAPH {} {{ {} }}".format, TERMS, group),
        st.builds("FILTER NOT EXISTS {{ {} }}".format, group),
        st.builds("{{ SELECT {} WHERE {{ {} }} }}".format, shown, group),
    )


PARTS = st.recursive(
    st.one_of(TRIPLES, VALUES, VALUES, GRAPHS, GRAPHS, FILTERS, PATHS), larger, max_leaves=6
)
CONSTANT_GRAPHS = st.builds("VALUES ?g {{ {} }} GRAPH ?g {{ {} }}".format, NAMES, TRIPLES)


@given(
    st.sampled_from(
        ["SELECT *", "SELECT ?a ?g", "SELECT DISTINCT ?b", "SELECT ?h (COUNT(*) AS ?n)"]
    ),
    st.lists(st.one_of(PARTS, CONSTANT_GRAPHS), min_size=1, max_size=4).map(" ".join),
)
def test_rows_are_the_same(store: ox.Store, head: str, group: str) -> None:
    tail = " GROUP BY ?h" if "COUNT" in head else ""
    query = f"{head} {{ {group} }}{tail}"
    try:
        expected = rows(store, query)
    except SyntaxError:
        assume(False)
    assert rows(store, inline(query)) == expected
