"""JSON-LD of things: the same triples as Turtle, one graph, and terms in place of IRIs."""

import json

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib import Graph
from rdflib.compare import to_isomorphic

from foedus.web import jsonld

# rdflib 7.6 reads JSON-LD through a class that it deprecates itself.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

CLAIM = "claim/gazette-1894/not-allied"
PATHS = [
    "/data/state/RUR",
    f"/data/{CLAIM}",
    "/data/document/gazette-1894",
    "/data/proposition/guards-of-ruritania",
    "/data/verdict/allied",
    "/graph/things/states",
    "/ns",
    "/vocabulary/stance/rejected",
]


def get(client: FlaskClient, path: str, media: str) -> str:
    with client.get(path, headers={"Accept": media}) as response:
        assert response.status_code == 200
        return response.get_data(as_text=True)


@pytest.mark.parametrize("path", PATHS)
def test_json_ld_says_what_turtle_says(client: FlaskClient, path: str) -> None:
    turtle = Graph().parse(data=get(client, path, "text/turtle"), format="turtle")
    linked = Graph().parse(data=get(client, path, "application/ld+json"), format="json-ld")
    assert len(turtle) > 0
    assert to_isomorphic(turtle) == to_isomorphic(linked)


def test_document_is_flat_and_uses_terms(client: FlaskClient) -> None:
    document = json.loads(get(client, f"/data/{CLAIM}", "application/ld+json"))
    assert list(document) == ["@context", "@graph"]
    assert all(isinstance(said, str | dict) for said in document["@context"].values())
    first = document["@graph"][0]
    assert first["@id"].endswith(CLAIM)
    assert first["@type"] == "Claim"
    assert first["hedge"] == "it is said"
    assert first["isStatedIn"] == "https://w3id.org/foedus/id/document/gazette-1894"
    assert all("@graph" not in node for node in document["@graph"])
    assert not [
        key
        for node in document["@graph"]
        for key in node
        if key not in ("@id", "@type")
        and key not in document["@context"]
        and not key.startswith("http")
    ]


def test_what_a_term_cannot_say_goes_by_its_iri() -> None:
    subject = ox.NamedNode("http://example.org/a")
    asserts = ox.NamedNode("https://w3id.org/foedus/ns#asserts")
    unknown = ox.NamedNode("http://example.org/unknown")
    triples = [
        ox.Triple(subject, asserts, ox.Literal("no thing")),
        ox.Triple(subject, asserts, ox.NamedNode("http://example.org/b")),
        ox.Triple(subject, unknown, ox.Literal(7)),
        ox.Triple(subject, unknown, ox.Literal("sieben", language="de")),
        ox.Triple(ox.BlankNode("n"), unknown, ox.BlankNode("m")),
    ]
    written = jsonld.write(triples, first=subject.value)
    document = json.loads(written)
    assert document["@graph"][0]["asserts"] == "http://example.org/b"
    assert document["@graph"][0][asserts.value] == "no thing"
    lines = "\n".join(f"{triple} ." for triple in triples)
    expected = Graph().parse(data=lines, format="nt")
    assert to_isomorphic(Graph().parse(data=written, format="json-ld")) == to_isomorphic(expected)


def test_order_of_triples_changes_no_byte() -> None:
    a, b = ox.NamedNode("http://example.org/a"), ox.NamedNode("http://example.org/b")
    triples = [ox.Triple(a, b, ox.Literal(number)) for number in range(20)]
    assert jsonld.write(triples, first=a.value) == jsonld.write(triples[::-1], first=a.value)
