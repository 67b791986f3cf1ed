"""Questions asked of every term, vocabulary concept and Turtle file of the ontology."""

import json
from pathlib import Path

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, URIRef

from foedus import files, glossary, iris, turtle, validate

ROOT = Path(__file__).parent.parent
ONTOLOGY = files.find("ontology")
MODULES = {path.stem: graph for path, graph in validate.read_ontology().items()}
WHOLE = validate.union(MODULES.values())
HEADER = URIRef(iris.BASE + "ns")
PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty)
TERMS = sorted(
    term
    for kind in (OWL.Class, *PROPERTIES)
    for term in set(WHOLE.subjects(RDF.type, kind))
    if str(term).startswith(str(iris.NS))
)
CONCEPTS = sorted(set(WHOLE.subjects(SKOS.inScheme)))
EVENT_CODES = URIRef(iris.VOCABULARY["event-code"])
TURTLE = sorted(ONTOLOGY.rglob("*.ttl")) + sorted(files.find("triples").rglob("*.ttl"))
NO_NAMES = {"manager", "handler", "processor", "helper", "util", "common", "info", "item"}
NO_NAMES |= {"entity", "process"}


def name(term: URIRef) -> str:
    return str(term).removeprefix(str(iris.NS))


def text(term: URIRef, predicate: URIRef) -> str:
    (value,) = WHOLE.objects(term, predicate)
    assert isinstance(value, Literal) and value.language == "en"
    return str(value)


def kinds_of(term: URIRef) -> set[URIRef]:
    return set(WHOLE.objects(term, RDF.type))


def test_there_are_terms_to_ask() -> None:
    assert len(TERMS) > 200
    assert len(CONCEPTS) > 80


@pytest.mark.parametrize("term", TERMS, ids=name)
def test_a_term_is_named_and_defined_once_in_english(term: URIRef) -> None:
    assert text(term, RDFS.label)
    definition = text(term, SKOS.definition)
    assert definition.endswith(".")
    assert not definition.lower().startswith(("this class", "this property"))
    assert ". " not in definition, "a definition is one sentence"
    assert set(WHOLE.objects(term, RDFS.isDefinedBy)) == {HEADER}


@pytest.mark.parametrize("term", TERMS, ids=name)
def test_a_term_is_named_for_its_kind(term: URIRef) -> None:
    local = name(term)
    assert local.isascii() and local.isalnum()
    assert local[0].isupper() == (OWL.Class in kinds_of(term))
    words = {word.lower() for word in text(term, RDFS.label).split()}
    assert not words & NO_NAMES


@pytest.mark.parametrize("term", TERMS, ids=name)
def test_a_label_says_what_the_name_says(term: URIRef) -> None:
    assert text(term, RDFS.label).replace(" ", "").replace("-", "").lower() == name(term).lower()


@pytest.mark.parametrize("term", TERMS, ids=name)
def test_a_term_is_of_one_kind_and_stands_in_one_module(term: URIRef) -> None:
    assert len(kinds_of(term) & {OWL.Class, *PROPERTIES, OWL.AnnotationProperty}) == 1
    assert sum((term, SKOS.definition, None) in graph for graph in MODULES.values()) == 1


def test_no_term_has_a_domain_range_or_inverse() -> None:
    for predicate in (RDFS.domain, RDFS.range, OWL.inverseOf):
        assert not list(WHOLE.subjects(predicate))


def test_every_relation_is_an_object_or_a_datatype_property() -> None:
    relations = {term for term in TERMS if kinds_of(term) & {iris.NS.Relation, SINGLE}}
    assert len(relations) > 100
    assert not {term for term in relations if len(kinds_of(term) & set(PROPERTIES)) != 1}


SINGLE = iris.NS.SingleValuedRelation


@pytest.mark.parametrize("predicate", [RDFS.subClassOf, RDFS.subPropertyOf])
def test_no_hierarchy_has_a_cycle(predicate: URIRef) -> None:
    for term in set(WHOLE.subjects(predicate)):
        above = {
            one for parent in WHOLE.objects(term, predicate) for one in climb(parent, predicate)
        }
        assert term not in above


def climb(term: URIRef, predicate: URIRef) -> set[URIRef]:
    return set(WHOLE.transitive_objects(term, predicate))


def test_what_falls_under_a_relation_is_a_relation_of_the_same_kind() -> None:
    for term, parent in WHOLE.subject_objects(RDFS.subPropertyOf):
        assert kinds_of(term) & set(PROPERTIES) == kinds_of(parent) & set(PROPERTIES)
        if iris.NS.Relation in kinds_of(parent):
            assert kinds_of(term) & {iris.NS.Relation, SINGLE}, term


def test_no_class_lies_below_two_disjoint_classes() -> None:
    for one, other in WHOLE.subject_objects(OWL.disjointWith):
        both = set(WHOLE.transitive_subjects(RDFS.subClassOf, one)) & set(
            WHOLE.transitive_subjects(RDFS.subClassOf, other)
        )
        assert not both


def test_every_parent_is_declared() -> None:
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf, OWL.disjointWith):
        for _, parent in WHOLE.subject_objects(predicate):
            assert kinds_of(parent), parent


def test_every_term_of_others_that_modules_and_triples_use_is_declared() -> None:
    """Else a reasoner could not tell an object property from an annotation."""
    builtin = (str(RDF), str(RDFS), str(OWL))
    used = {
        predicate
        for graph in [*MODULES.values(), *map(turtle.read, files.find("triples").rglob("*.ttl"))]
        for predicate in graph.predicates()
    }
    assert {one for one in used if not kinds_of(one) and not str(one).startswith(builtin)} == set()


def test_a_property_of_others_is_of_one_kind() -> None:
    kinds = {*PROPERTIES, OWL.AnnotationProperty}
    for term in set(MODULES["alignments"].subjects(RDF.type)):
        assert len(kinds_of(term) & kinds) <= 1, term


@pytest.mark.parametrize(
    "term",
    sorted(set(WHOLE.transitive_subjects(RDFS.subClassOf, iris.NS.Event)) - {iris.NS.Event}),
    ids=name,
)
def test_a_class_of_events_has_its_plover_type(term: URIRef) -> None:
    codes = {
        code
        for code in WHOLE.objects(term, SKOS.closeMatch)
        if (code, SKOS.inScheme, EVENT_CODES) in WHOLE
    }
    assert len(codes) == 1


def test_no_concept_is_an_orphan() -> None:
    schemes = set(WHOLE.subjects(RDF.type, SKOS.ConceptScheme))
    assert {scheme for _, scheme in WHOLE.subject_objects(SKOS.inScheme)} == schemes
    ours = {
        one
        for one in WHOLE.subjects(RDF.type, SKOS.Concept)
        if str(one).startswith(str(iris.VOCABULARY))
    }
    assert ours == set(CONCEPTS)


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda one: str(one).rsplit("/", 2)[-1])
def test_a_concept_stands_under_its_scheme(concept: URIRef) -> None:
    (scheme,) = WHOLE.objects(concept, SKOS.inScheme)
    assert str(concept).rsplit("/", 1)[0] == str(scheme)
    assert text(concept, SKOS.definition).endswith(".")
    assert text(concept, RDFS.label)


def test_one_header_holds_every_module_with_one_version() -> None:
    parts = {URIRef(f"{iris.BASE}ontology/{stem}") for stem in MODULES if stem != "foedus"}
    assert set(WHOLE.objects(HEADER, DCTERMS.hasPart)) == parts
    assert set(WHOLE.subjects(RDF.type, OWL.Ontology)) == {HEADER, *parts}
    assert set(WHOLE.subjects(DCTERMS.isPartOf, HEADER)) == parts
    assert len(set(WHOLE.objects(None, OWL.versionInfo))) == 1


def test_a_deprecated_term_says_what_replaces_it() -> None:
    for term in WHOLE.subjects(OWL.deprecated, Literal(True)):
        (successor,) = WHOLE.objects(term, DCTERMS.isReplacedBy)
        assert kinds_of(successor)


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_has_the_house_layout_and_no_blank_node(path: Path) -> None:
    graph = turtle.read(path)
    heads = set(graph.subjects(RDF.first))
    assert not [one for one in graph.subjects() if isinstance(one, BNode) and one not in heads]
    assert turtle.write(graph) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_file_has_no_comment(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.lstrip().startswith("#")]


def test_the_page_of_terms_is_what_the_turtle_gives() -> None:
    page = (ROOT / "docs" / "ontology.md").read_text(encoding="utf-8")
    assert page == glossary.write_page(validate.read_ontology())


def test_the_page_names_every_term_and_concept() -> None:
    page = (ROOT / "docs" / "ontology.md").read_text(encoding="utf-8")
    headings = {line[5:-1] for line in page.splitlines() if line.startswith("### `")}
    concepts = {str(one).removeprefix(str(iris.VOCABULARY)) for one in CONCEPTS}
    assert headings == {name(term) for term in TERMS} | concepts


def test_the_context_is_what_the_turtle_gives() -> None:
    context = (ONTOLOGY / "context.jsonld").read_text(encoding="utf-8")
    assert context == glossary.write_context(validate.read_ontology())


def test_the_context_names_every_term() -> None:
    context = json.loads((ONTOLOGY / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    named = {entry["@id"] if isinstance(entry, dict) else entry for entry in context.values()}
    assert {str(term) for term in TERMS} <= {str(one) for one in named if isinstance(one, str)}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own parser
def test_claims_survive_json_ld_with_the_context() -> None:
    """Turtle to JSON-LD, compacted with the context, and back gives the same triples."""
    graph = turtle.read(ROOT / "tests" / "shapes" / "world.ttl")
    for path in (ROOT / "tests" / "shapes").glob("*/valid-*.ttl"):
        graph += turtle.read(path)
    context = json.loads((ONTOLOGY / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    written = graph.serialize(format="json-ld", context=context, auto_compact=True)
    again = Graph().parse(data=written, format="json-ld")
    assert set(again) == set(graph)
    claim = next(one for one in json.loads(written)["@graph"] if "/claim/" in one["id"])
    assert claim["type"] == "Claim"
    assert isinstance(claim["isStatedIn"], str)
    assert not [key for key in claim if ":" in key]
