"""An OWL reasoner finds the ontology with its data consistent, and finds what is not.

HermiT, which owlready2 brings along, reads all as one file of N-Triples. Dates of known
precision (xsd:date, xsd:gYearMonth, xsd:gYear, EDTF) lie outside the datatype map of OWL 2,
so HermiT is told to pass over them; nothing in the ontology constrains a datatype.
"""

import shutil
import subprocess
from pathlib import Path

import owlready2
import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from foedus import files, iris, rules, turtle, validate

JAVA = shutil.which("java")
HERMIT = Path(owlready2.__file__).parent / "hermit"
ID, NS = iris.ID, iris.NS
pytestmark = [
    pytest.mark.java,
    pytest.mark.skipif(JAVA is None, reason="no Java runtime for the OWL reasoner"),
]


def is_consistent(graph: bytes, folder: Path) -> bool:
    """Return what HermiT says of N-Triples; any other failure of its fails the test."""
    path = folder / "all.nt"
    path.write_bytes(graph)
    run = subprocess.run(
        [
            *(str(JAVA), "-Xmx1500M", "-cp", f"{HERMIT}:{HERMIT / 'HermiT.jar'}"),
            *("org.semanticweb.HermiT.cli.CommandLine", "-k", "--ignoreUnsupportedDatatypes"),
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "InconsistentOntologyException" in run.stderr:
        return False
    assert run.stdout.strip() == "http://www.w3.org/2002/07/owl#Thing is satisfiable.", run.stderr
    return True


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return validate.union(validate.read_ontology().values())


def as_bytes(graph: Graph) -> bytes:
    return graph.serialize(format="nt", encoding="utf-8")


def test_all_that_is_committed_is_consistent_with_what_follows_from_it(
    ontology: Graph, tmp_path: Path
) -> None:
    store = ox.Store()
    for path in [*files.find("triples").rglob("*.ttl"), *files.find("ontology").glob("*.ttl")]:
        graph = ox.NamedNode(iris.graph_of(path.relative_to(path.parent.parent)))
        store.bulk_load(path=str(path), format=ox.RdfFormat.TURTLE, to_graph=graph)
    before = len(store)
    declared = {str(term) for term in ontology.subjects()}
    rules.run(rules.read_all(files.find("ontology") / "rules"), store, declared)
    assert len(store) > before
    triples = {quad.triple for quad in store}
    text = ox.serialize(sorted(triples, key=str), format=ox.RdfFormat.N_TRIPLES)
    assert text is not None
    assert is_consistent(text, tmp_path)


def test_the_fixtures_of_the_shapes_are_consistent(ontology: Graph, tmp_path: Path) -> None:
    """So that the small world shows a state of affairs that the ontology allows."""
    folder = Path(__file__).parent / "shapes"
    world = [folder / "world.ttl", *folder.glob("*/valid-*.ttl")]
    whole = validate.union([ontology, *map(turtle.read, world)])
    assert is_consistent(as_bytes(whole), tmp_path)


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(
            [
                (ID["person/ann"], RDF.type, NS.Person),
                (ID["person/ann"], RDF.type, NS.Organisation),
            ],
            id="a person that is an organisation",
        ),
        pytest.param(
            [
                (ID["claim/a/b"], RDF.type, NS.Claim),
                (ID["claim/a/b"], RDF.type, NS.Passage),
            ],
            id="a claim that is a passage",
        ),
        pytest.param(
            [
                (ID["event/talks"], RDF.type, NS.Summit),
                (ID["event/talks"], RDF.type, NS.Body),
            ],
            id="a summit that is a body, by way of their superclasses",
        ),
        pytest.param(
            [
                (ID["claim/a/b"], NS.isStatedIn, ID["document/a"]),
                (ID["claim/a/b"], NS.isStatedIn, ID["passage/a/p1"]),
                (ID["document/a"], RDF.type, NS.Document),
                (ID["passage/a/p1"], RDF.type, NS.TextFile),
            ],
            id="a document that is a text file, by way of a functional property",
        ),
        pytest.param(
            [
                (NS.Person, RDFS.subClassOf, NS.State),
                (ID["person/ann"], RDF.type, NS.Person),
            ],
            id="a class below one it is disjoint with",
        ),
    ],
)
def test_a_planted_inconsistency_is_found(
    planted: list[tuple[URIRef, URIRef, URIRef]], ontology: Graph, tmp_path: Path
) -> None:
    whole = validate.union([ontology])
    for triple in planted:
        whole.add(triple)
    assert not is_consistent(as_bytes(whole), tmp_path)


def test_every_class_can_have_members(ontology: Graph, tmp_path: Path) -> None:
    """One member for each class at once: no class is empty by definition."""
    whole = validate.union([ontology])
    for term in set(ontology.subjects(RDF.type, OWL.Class)):
        if str(term).startswith(str(NS)):
            whole.add((ID[f"member/{str(term).removeprefix(str(NS))}"], RDF.type, term))
    assert is_consistent(as_bytes(whole), tmp_path)
