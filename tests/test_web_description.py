"""What the endpoint says of itself: Service Description and VoID."""

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef

from foedus.engine import embedded
from foedus.web.description import describe

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = Namespace("http://rdfs.org/ns/void#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
STATES = URIRef("https://w3id.org/foedus/graph/things/states")
ENDPOINT = "http://localhost/sparql"


def read(client: FlaskClient, path: str, accept: str = "text/turtle") -> Graph:
    response = client.get(path, headers={"Accept": accept})
    graph = Graph()
    graph.parse(data=response.get_data(), format=response.mimetype)
    return graph


@pytest.fixture
def described(client: FlaskClient) -> Graph:
    """Read the Service Description."""
    return read(client, "/sparql")


@pytest.fixture
def void(client: FlaskClient) -> Graph:
    """Read the VoID description."""
    return read(client, "/.well-known/void")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # in rdflib's JSON-LD reader
@pytest.mark.parametrize("accept", ["application/rdf+xml", "application/ld+json", "text/plain"])
def test_description_is_the_same_in_every_format(
    client: FlaskClient, described: Graph, accept: str
) -> None:
    if accept == "text/plain":
        triples = client.get("/sparql", headers={"Accept": accept}).get_data(as_text=True)
        assert set(Graph().parse(data=triples, format="nt")) == set(described)
    else:
        assert set(read(client, "/sparql", accept)) == set(described)


def test_one_endpoint_with_an_absolute_address(described: Graph) -> None:
    assert [str(o) for o in described.objects(None, SD.endpoint)] == [ENDPOINT]


def test_formats_are_the_ones_on_offer(described: Graph) -> None:
    names = {str(o).removeprefix(FORMATS) for o in described.objects(None, SD.resultFormat)}
    assert names == {
        "SPARQL_Results_JSON",
        "SPARQL_Results_XML",
        "SPARQL_Results_CSV",
        "SPARQL_Results_TSV",
        "Turtle",
        "N-Triples",
        "N-Quads",
        "TriG",
        "RDF_XML",
        "JSON-LD",
    }


def test_graphs_are_named_and_counted(described: Graph, engine: embedded.EmbeddedEngine) -> None:
    dataset = described.value(None, RDF.type, SD.Dataset)
    [default] = described.objects(dataset, SD.defaultGraph)
    assert described.value(default, VOID.triples) == Literal(len(engine) // 2)
    named = {
        described.value(node, SD.name): described.value(node, SD.graph)
        for node in described.objects(dataset, SD.namedGraph)
    }
    rows = engine.run(f"SELECT * FROM <{STATES}> {{ ?s ?p ?o }}")
    assert described.value(named[STATES], VOID.triples) == Literal(len(list(rows)))
    assert described.value(named[STATES], DCTERMS.title) == Literal("States", lang="en")
    counts = [int(str(described.value(graph, VOID.triples))) for graph in named.values()]
    assert sum(counts) == len(engine) // 2


def test_union_is_promised_where_it_is_known(client: FlaskClient, described: Graph) -> None:
    assert (None, SD.feature, SD.UnionDefaultGraph) in described
    lookup = client.application.extensions["foedus"].lookup
    with client.application.app_context():
        elsewhere = list(
            describe(lookup, ENDPOINT, "http://localhost/void", is_union=False, federates=False)
        )
    assert not [t for t in elsewhere if t.predicate.value == str(SD.feature)]


def test_description_leads_to_void(described: Graph, void: Graph) -> None:
    dataset = described.value(None, RDF.type, SD.Dataset)
    [page] = described.objects(dataset, RDFS.seeAlso)
    assert (page, RDF.type, VOID.DatasetDescription) in void


def test_void_leads_to_the_endpoint_and_counts(
    void: Graph, engine: embedded.EmbeddedEngine
) -> None:
    [dataset] = void.subjects(VOID.sparqlEndpoint, URIRef(ENDPOINT))
    assert void.value(dataset, VOID.triples) == Literal(len(engine) // 2)
    state = URIRef("https://w3id.org/foedus/ns#State")
    [part] = void.subjects(VOID["class"], state)
    assert (dataset, VOID.classPartition, part) in void
    assert void.value(part, VOID.entities) == Literal(2)
    partitions = list(void.objects(dataset, VOID.propertyPartition))
    assert len(partitions) == int(str(void.value(dataset, VOID.properties)))
    counts = [int(str(void.value(part, VOID.triples))) for part in partitions]
    assert sum(counts) == len(engine) // 2
    assert URIRef("https://w3id.org/foedus/ns#") in set(void.objects(dataset, VOID.vocabulary))


def test_both_speak_of_the_same_dataset_and_graphs(void: Graph, described: Graph) -> None:
    assert set(void.subjects(VOID.sparqlEndpoint)) == set(described.subjects(RDF.type, SD.Dataset))
    assert set(void.objects(None, VOID.subset)) == set(described.objects(None, SD.graph))


def test_descriptions_have_no_blank_nodes(void: Graph, described: Graph) -> None:
    assert all(isinstance(s, URIRef) for graph in (void, described) for s in graph.subjects())
