"""One triple pattern, read from the index: the rows that the evaluator gives, or no answer."""

import contextlib
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus import results
from foedus.engine import Dataset, Limits, fragments
from foedus.engine.embedded import EmbeddedEngine, Source
from foedus.engine.guarded import GuardedEngine

JSON, CSV = results.BY_NAME["json"], results.BY_NAME["csv"]
DATA = r"""
@prefix : <http://e.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a a :State ; :label "A"@en-GB, "\u0001 \"quoted\" \\ tab\t new\n line é 😀 \u007f" ;
   :size 5, "05"^^xsd:integer, 1.50, "x"^^xsd:string ; :knows :b, :c .
:b a :State ; :label "B" ; :knows :a .
:c :knows :a, [] .
:many :has """ + ", ".join(f":n{n}" for n in range(fragments.MOST + 1)) + " ."  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
    return EmbeddedEngine(store)


def evaluated(engine: EmbeddedEngine, query: str) -> bytes:
    return engine.answer(query, rows=JSON, triples=None).body.read()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { <http://e.org/a> ?p ?o }",
        "SELECT * { ?s ?p <http://e.org/a> }",
        "SELECT ?zebra ?ape WHERE { <http://e.org/a> ?ape ?zebra . }",
        "SELECT * { <http://e.org/a> ?zebra ?ape }",
        "PREFIX : <http://e.org/> SELECT ?o { :a :knows ?o }",
        "PREFIX e: <http://e.org/> prefix e2: <http://e.org/> SELECT ?s { ?s e:knows e2:a}",
        "PREFIX e: <http://no.org/> PREFIX e: <http://e.org/> SELECT ?s { ?s e:knows e:a }",
        "SELECT $type{<http://e.org/a> a ?type}LIMIT 3",
        "SELECT ?s { ?s a <http://e.org/State> } LIMIT 1 OFFSET 1",
        "SELECT ?p { <http://e.org/a> ?p ?o }",
        "SELECT DISTINCT ?p { <http://e.org/a> ?p ?o }",
        "SELECT DISTINCT ?p { <http://e.org/a> ?p ?o } LIMIT 2 OFFSET 1",
        "SELECT ?p { <http://e.org/a> ?p ?o } LIMIT 0",
        "SELECT ?o { <http://e.org/none> ?p ?o }",
        "PREFIX e: <http://e.org/> # all\n# PREFIX e: <x:y>\n SELECT ?o { e:a e:knows ?o }",
        "select ?o # which? { ?a\n where { # all\n <http://e.org/a#> # of it\n ?p ?o } # end",
    ],
)
def test_rows_are_those_of_the_evaluator(engine: EmbeddedEngine, query: str) -> None:
    found = engine.fragments.answer(query)
    assert found is not None
    assert found == evaluated(engine, query)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT * { ?s ?p ?o }", id="no thing to start from"),
        pytest.param("SELECT * { ?s <http://e.org/knows> ?o }", id="a property alone"),
        pytest.param("SELECT * { <http://e.org/many> ?p ?o }", id="more than are read"),
        pytest.param("SELECT * { <http://e.org/c> ?p ?o }", id="a blank node"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?p }", id="one variable twice"),
        pytest.param("SELECT ?p ?p { <http://e.org/a> ?p ?o }", id="one column twice"),
        pytest.param("SELECT ?p ?x { <http://e.org/a> ?p ?o }", id="a column that is always empty"),
        pytest.param("SELECT * { <http://e.org/a> a <http://e.org/State> }", id="no variable"),
        pytest.param("SELECT * { <a> ?p ?o }", id="a relative name"),
        pytest.param("SELECT * { <http://e.org/x/../a> ?p ?o }", id="a name with steps"),
        pytest.param("SELECT * { e:a ?p ?o }", id="an undeclared prefix"),
        pytest.param("PREFIX e: <http://e.org/> SELECT * { e:a.b ?p ?o }", id="a dot in a name"),
        pytest.param("PREFIX e: <http://e.org/> SELECT * { e:a:b ?p ?o }", id="two colons"),
        pytest.param("PREFIX e: <http://e.org/> SELECT * { e:-a ?p ?o }", id="a dash at first"),
        pytest.param("PREFIX e: <http://e.org/%4> SELECT * { e:1 ?p ?o }", id="half an escape"),
        pytest.param("PREFIX e: <x/> SELECT * { <http://e.org/a> ?p ?o }", id="a relative prefix"),
        pytest.param(
            "PREFIX e: <x:y> # PREFIX f: <http://e.org/>\nSELECT * { f:a ?p ?o }",
            id="a prefix in a remark",
        ),
        pytest.param("PREFIX e: <http://e.org/> SELECT * { e:%61 ?p ?o }", id="an escape"),
        pytest.param("SELECT * { <http://e.org/\\u0061> ?p ?o }", id="an escape in a name"),
        pytest.param("SELECT * { <http://e.org/a> ?p 5 }", id="a literal"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o . ?o ?q ?r }", id="two patterns"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o ; ?q ?r }", id="two properties"),
        pytest.param("SELECT * { <http://e.org/a> <http://e.org/knows>+ ?o }", id="a path"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o FILTER(?o > 3) }", id="a filter"),
        pytest.param("SELECT * FROM <x:g> { <http://e.org/a> ?p ?o }", id="a dataset"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o } ORDER BY ?o", id="an order"),
        pytest.param("SELECT (?p AS ?q) { <http://e.org/a> ?p ?o }", id="an expression"),
        pytest.param("SELECT REDUCED ?p { <http://e.org/a> ?p ?o }", id="REDUCED"),
        pytest.param("ASK { <http://e.org/a> ?p ?o }", id="ASK"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o } # }" + " " * 5000, id="a long text"),
        pytest.param("SELECT * { <http://e.org/a> ?p ?o", id="no query at all"),
    ],
)
def test_anything_else_is_left_to_the_evaluator(engine: EmbeddedEngine, query: str) -> None:
    assert engine.fragments.answer(query) is None


PIECES = st.sampled_from(
    [
        *("SELECT", "DISTINCT", "*", "?a", "?b", "$c", "WHERE", "{", "}", ".", ";", ",", "a", "#"),
        *("<http://e.org/a>", "<http://e.org/State>", "<http://e.org/knows>", "5", "'x'", "_:b"),
        *("e:a", "e:a.", "e:a.b", "e:", ":a", "[]", "# x\n", "\n", "LIMIT 2", "OFFSET 1"),
        *("PREFIX e: <http://e.org/>", "PREFIX : <http://e.org/>"),
    ]
)
SHAPES = st.one_of(
    st.lists(PIECES, max_size=14),
    st.tuples(
        st.sampled_from(["", "PREFIX e: <http://e.org/>", "PREFIX e:<http://e.org/> # x\n"]),
        st.sampled_from(["SELECT *", "SELECT ?a", "SELECT DISTINCT?b", "SELECT ?b ?a", "SELECT$c"]),
        st.sampled_from(["{", "WHERE {", "where{#{\n"]),
        PIECES, PIECES, PIECES,
        st.sampled_from(["", ".", ". .", ";", "e:x"]),
        st.just("}"),
        st.sampled_from(["", "LIMIT 1", "LIMIT 9 OFFSET 2", "OFFSET 1", "LIMIT 1 # {"]),
    ).map(list),
)  # fmt: skip


@given(SHAPES, st.sampled_from([" ", "", "\n"]))
def test_whatever_is_answered_is_answered_right(
    engine: EmbeddedEngine, pieces: list[str], space: str
) -> None:
    query = space.join(pieces)
    found = engine.fragments.answer(query)
    if found is not None:
        assert found == evaluated(engine, query)


SMALL = "SELECT ?p ?o { <https://w3id.org/foedus/id/state/RUR> ?p ?o }"


def test_small_query_needs_no_worker(small_release: Path) -> None:
    source = Source(str(small_release / "data.nq"))
    with contextlib.closing(GuardedEngine([source])) as guarded:
        at_once = guarded.lookups.answer(SMALL, rows=JSON)
        assert at_once is not None
        assert b"Ruritania" in at_once
        with guarded.answer(SMALL, rows=JSON, triples=None).body as body:
            assert body.read() == at_once
        assert (guarded.counts.queries, guarded.counts.at_once) == (0, 1)
        with guarded.answer(SMALL + " ORDER BY ?p", rows=JSON, triples=None).body as body:
            assert b"Ruritania" in body.read()
        assert (guarded.counts.queries, guarded.counts.at_once) == (1, 1)


def test_worker_is_asked_for_other_formats_datasets_and_limits(small_release: Path) -> None:
    source = Source(str(small_release / "data.nq"))
    with contextlib.closing(GuardedEngine([source])) as guarded:
        assert guarded.lookups.answer(SMALL, rows=CSV) is None
        assert guarded.lookups.answer(SMALL, rows=JSON, dataset=Dataset(("x:none",))) is None
    for limits in (Limits(rows=1), Limits(response=10)):
        with contextlib.closing(GuardedEngine([source], limits=limits)) as guarded:
            assert guarded.lookups.answer(SMALL, rows=JSON) is None


def test_more_characters_than_an_answer_may_have(engine: EmbeddedEngine) -> None:
    query = "SELECT ?label { <http://e.org/a> <http://e.org/label> ?label }"
    assert engine.fragments.answer(query) is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "_LARGEST", 10)
        assert engine.fragments.answer(query) is None


def test_data_too_large_to_be_held_twice_are_left_to_workers(
    small_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foedus.engine.lookups._SMALL", 100)
    with contextlib.closing(GuardedEngine([Source(str(small_release / "data.nq"))])) as guarded:
        assert guarded.lookups.answer(SMALL, rows=JSON) is None
        with guarded.answer(SMALL, rows=JSON, triples=None).body as body:
            assert b"Ruritania" in body.read()
