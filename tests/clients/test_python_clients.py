"""Clients in Python against a running server: SPARQLWrapper, rdflib's SPARQLStore, pandas."""

import csv
import io
from typing import Any

import pytest
import sparql_dataframe
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

NS = Namespace("https://w3id.org/foedus/ns#")
STATE = Namespace("https://w3id.org/foedus/id/state/")
GRAPH = "https://w3id.org/foedus/graph/"
LABEL = f"SELECT ?label WHERE {{ <{STATE.RUR}> <{RDFS.label}> ?label }}"
STATES = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o . ?s a <{NS.State}> }}"


def wrapper(server: str, query: str, method: str = GET, form: str = JSON) -> Any:
    client = SPARQLWrapper(server + "/sparql")
    client.setQuery(query)
    client.setMethod(method)
    client.setReturnFormat(form)
    return client


@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("form", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_reads_rows(server: str, method: str, form: str) -> None:
    converted = wrapper(server, LABEL, method, form).query().convert()
    if form == JSON:
        found = converted["results"]["bindings"][0]["label"]["value"]
    elif form == XML:
        found = converted.getElementsByTagName("literal")[0].firstChild.data
    else:
        delimiter = "," if form == CSV else "\t"
        rows = list(csv.reader(io.StringIO(converted.decode()), delimiter=delimiter))
        found = rows[1][0].removesuffix("@en")
    assert found == "Ruritania"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # in SPARQLWrapper itself
@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("form", [TURTLE, N3, RDFXML, XML, JSONLD])
def test_sparqlwrapper_reads_triples(server: str, method: str, form: str) -> None:
    converted = wrapper(server, STATES, method, form).query().convert()
    text = converted.serialize(format="nt") if hasattr(converted, "serialize") else converted
    assert "Ruritania" in (text if isinstance(text, str) else text.decode())


@pytest.mark.parametrize("request_method", [URLENCODED, POSTDIRECTLY])
def test_sparqlwrapper_posts_both_ways(server: str, request_method: str) -> None:
    client = wrapper(server, "ASK { ?s ?p 'é' }", POST)
    client.setRequestMethod(request_method)
    assert client.queryAndConvert() == {"head": {}, "boolean": False}


@pytest.mark.parametrize("method", [GET, POST])
def test_sparqlwrapper_names_a_dataset(server: str, method: str) -> None:
    client = wrapper(server, "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", method)
    client.addDefaultGraph(GRAPH + "records/votes")
    [row] = client.queryAndConvert()["results"]["bindings"]
    assert row["n"]["value"] == "4"


def test_sparqlwrapper_sees_a_syntax_error(server: str) -> None:
    with pytest.raises(QueryBadFormed, match="line 1, column 11"):
        wrapper(server, "SELECT * {").query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_sparqlstore_is_a_graph(server: str, method: str) -> None:
    graph = Graph(SPARQLStore(server + "/sparql", method=method))
    assert graph.value(STATE.RUR, RDFS.label) == Literal("Ruritania", lang="en")
    assert (STATE.RUR, RDF.type, NS.State) in graph
    assert (STATE.RUR, RDF.type, NS.Claim) not in graph
    assert set(graph.subjects(RDF.type, NS.State)) == {STATE.RUR, STATE.GRA}
    assert len(graph) > 100


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_sparqlstore_asks_every_kind_of_query(server: str, method: str) -> None:
    graph = Graph(SPARQLStore(server + "/sparql", method=method))
    assert [str(row[0]) for row in graph.query(LABEL)] == ["Ruritania"]
    assert graph.query("ASK { ?s ?p ?o }").askAnswer is True
    triples = graph.query(STATES).graph
    assert triples is not None
    assert (STATE.RUR, RDF.type, NS.State) in triples
    described = graph.query(f"DESCRIBE <{STATE.RUR}>").graph
    assert described is not None
    assert {s for s in described.subjects() if isinstance(s, URIRef)} == {STATE.RUR}


@pytest.mark.parametrize("post", [False, True])
def test_pandas_gets_a_frame(server: str, post: bool) -> None:
    query = f"SELECT ?state ?label {{ ?state a <{NS.State}> ; <{RDFS.label}> ?label }}"
    frame = sparql_dataframe.get(server + "/sparql", query + " ORDER BY ?state", post=post)
    assert list(frame.columns) == ["state", "label"]
    assert list(frame["state"]) == [str(STATE.GRA), str(STATE.RUR)]
    assert frame["label"][1] == "Ruritania"


def test_pandas_gets_texts_as_they_are_and_an_empty_frame(server: str) -> None:
    query = """SELECT ?text ?number { VALUES (?text ?number) { ('a, "b"\\nç 朝鮮' 3) ('' 4) } }"""
    frame = sparql_dataframe.get(server + "/sparql", query)
    assert frame["text"][0] == 'a, "b"\nç 朝鮮'
    assert frame["number"].sum() == 7
    empty = sparql_dataframe.get(server + "/sparql", "SELECT ?a ?b { ?a <urn:none> ?b }")
    assert (list(empty.columns), len(empty)) == (["a", "b"], 0)
