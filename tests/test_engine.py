"""The engine: datasets, what it refuses, and how it says where a query is wrong."""

import gc
import warnings
from pathlib import Path

import pyoxigraph as ox
import pytest

from foedus.engine import Dataset, QuerySyntaxError, embedded, unnamed_file
from foedus.errors import QueryError, ReleaseError

GRAPH = "https://w3id.org/foedus/graph/"
STATES, VOTES = GRAPH + "things/states", GRAPH + "records/votes"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


def count(engine: embedded.EmbeddedEngine, query: str, dataset: Dataset | None = None) -> int:
    answer = engine.run(query, dataset=dataset)
    assert isinstance(answer, ox.QuerySolutions)
    [[number]] = [list(row) for row in answer]
    assert isinstance(number, ox.Literal)
    return int(number.value)


def test_default_graph_is_the_union_and_no_named_graph(engine: embedded.EmbeddedEngine) -> None:
    assert count(engine, COUNT) == count(engine, COUNT_NAMED) == len(engine) // 2


def test_query_chooses_its_dataset(engine: embedded.EmbeddedEngine) -> None:
    named = f"SELECT (COUNT(*) AS ?n) FROM NAMED <{VOTES}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    assert count(engine, COUNT.replace("WHERE", f"FROM <{VOTES}> WHERE")) == 4
    assert count(engine, named) == 4
    assert count(engine, COUNT_NAMED.replace("WHERE", f"FROM <{VOTES}> WHERE")) == 0


def test_protocol_dataset_overrides_the_query(engine: embedded.EmbeddedEngine) -> None:
    query = COUNT.replace("WHERE", f"FROM <{STATES}> WHERE")
    assert count(engine, query, Dataset(default=(VOTES,))) == 4
    assert count(engine, COUNT, Dataset(named=(VOTES,))) == 0
    assert count(engine, COUNT_NAMED, Dataset(named=(VOTES,))) == 4
    assert count(engine, COUNT_NAMED, Dataset(default=(VOTES,))) == 0


def test_unknown_graph_is_empty(engine: embedded.EmbeddedEngine) -> None:
    assert count(engine, COUNT, Dataset(default=("http://example.org/none",))) == 0


def test_graph_that_is_no_iri(engine: embedded.EmbeddedEngine) -> None:
    with pytest.raises(QueryError, match="absolute IRI"):
        engine.run(COUNT, dataset=Dataset(default=("not an iri",)))


@pytest.mark.parametrize(
    ("query", "line", "column", "words"),
    [
        ("SELECT * WHERE {", 1, 17, "ends too early"),
        ("SELECT *\nWHERE { ?s ?p }", 2, 15, "unexpected '}'"),
        ("SELECT *\r\nWERE { ?s ?p ?o }", 2, 1, "unexpected 'WERE'"),
        ("SELECT * { ?s x:y ?o }", 1, 15, "undeclared prefix x:"),
        ("SELECT ?a ?b { ?a a ?c } GROUP BY ?a", 1, 37, "unbound"),
        ("SELECT * {} ; SELECT * {}", 1, 13, "unexpected ';'"),
        ("SELECT * { ?s ?p ?o }}", 1, 22, "unexpected '}'"),
        ("SELECT * { ?s ?p ?o } ORDER ?s", 1, 29, "unexpected '?s'"),
        ("SELECT * { ?s ?p ?o . } LIMIT x", 1, 31, "unexpected 'x'"),
        ("SELECT * { ?s <a:b> ?o FILTER(?o > ) }", 1, 36, "unexpected ')'"),
        ("SELECT * { ?s <a:b> 'x' . # '\n ?o }", 2, 5, "unexpected '}'"),
    ],
)
def test_syntax_error_has_line_and_column(
    engine: embedded.EmbeddedEngine, query: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        engine.run(query)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert words in error.message
    assert "[" not in error.message


@pytest.mark.parametrize("query", ["", "  \n", "# only a comment"])
def test_empty_query(engine: embedded.EmbeddedEngine, query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="empty"):
        engine.run(query)


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:b> <a:c> <a:d> }",
        "PREFIX select: <a:b> CLEAR ALL",
        "# SELECT * { ?s ?p ?o }\nDELETE WHERE { ?s ?p ?o }",
        "BASE <http://example.org/> LOAD <http://127.0.0.1:9/>",
        "DROP ALL ; CREATE GRAPH <a:b>",
    ],
)
def test_update_is_refused_and_changes_nothing(
    engine: embedded.EmbeddedEngine, update: str
) -> None:
    before = count(engine, COUNT)
    with pytest.raises(QueryError, match="updates are refused"):
        engine.run(update)
    assert count(engine, COUNT) == before


def test_words_of_an_update_in_a_query_are_no_update(engine: embedded.EmbeddedEngine) -> None:
    query = 'PREFIX insert: <a:b> SELECT ("DELETE WHERE" AS ?x) { OPTIONAL { ?delete insert:x 1 } }'
    assert isinstance(engine.run(query), ox.QuerySolutions)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "PREFIX x: <http://127.0.0.1:9/> SELECT * { SERVICEx:y { ?s ?p ?o } }",
        "PREFIX x: <http://127.0.0.1:9/> SELECT * { SERVICESILENTx:y { ?s ?p ?o } }",
        "SELECT * { #\rSERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?a . FILTER(?a<?s)SERVICE<http://127.0.0.1:9/>{ ?s ?p ?o } }",
        "PREFIX x: <x:> SELECT * { ?s ?p x:a\\# . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { VALUES ?e { <http://127.0.0.1:9/> } SERVICE ?e { ?s ?p ?o } }",
        "SELECT * { ?s ?p '\\'' . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        'SELECT * { ?s ?p """a"" . """ . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }',
        "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } } }",
    ],
)
def test_service_is_refused(engine: embedded.EmbeddedEngine, query: str) -> None:
    with pytest.raises(QueryError, match="SERVICE is refused"):
        engine.run(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service ?p 'SERVICE <x>' } # SERVICE",
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> ASK { ?s a sd:Service }",
        "ASK { ?s a <http://www.w3.org/ns/sparql-service-description#Service> }",
        'ASK { ?s ?p "x"@service , _:service }',
    ],
)
def test_word_service_elsewhere_is_allowed(engine: embedded.EmbeddedEngine, query: str) -> None:
    engine.run(query)


def test_quads_that_do_not_load(tmp_path: Path) -> None:
    path = tmp_path / "data.nq"
    path.write_text("<a:b> <a:c> <a:d> .\n<a:b> nonsense .\n")
    with pytest.raises(ReleaseError) as caught:
        embedded.load(path)
    assert (caught.value.path, caught.value.line) == (str(path), 2)
    with pytest.raises(ReleaseError, match="cannot be read"):
        embedded.load(tmp_path / "none.nq")


@pytest.mark.parametrize("size", [1, 2 << 20], ids=["in memory", "on disk"])
def test_answer_that_nobody_holds_is_closed(size: int) -> None:
    """Else Python warns of it, which fails a test."""
    file = unnamed_file()
    file.write(bytes(size))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del file
        gc.collect()
    assert [warning for warning in caught if warning.category is ResourceWarning] == []
