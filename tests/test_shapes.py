"""Every shape is broken by one fixture and kept by another, and says so in plain words.

All fixtures are checked at once, together with the small world they live in: each has a
subject of its own, so that a finding tells by its focus which fixture it belongs to. What
stands in ``RECORDS`` is checked as a record, what stands in ``DERIVED`` as a conclusion, all
else as a file of things.
"""

import csv
from collections import defaultdict
from pathlib import Path

import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection

from foedus import files, iris, turtle, validate

HERE = Path(__file__).parent / "shapes"
SHAPES = files.find("ontology") / "shapes"
FIXTURES = sorted(HERE.glob("*/*.ttl"))
RECORDS = {"Draft", "Occurrence", "Provision", "Resolution", "RollCall", "SourceStatement"}
RECORDS |= {"Tenure", "Treaty", "TreatyAction"}
DERIVED = {"Conflict", "Corroboration", "DataSet", "DateBounds", "Observation", "ObservationGroup"}
DERIVED |= {"Verdict"}
SEVERITY = {"valid": set(), "invalid": {"violation"}, "warning": {"warning"}, "info": {"info"}}
HIERARCHY = {RDFS.subClassOf, RDFS.subPropertyOf}
NO_CONSTRAINT = {
    *(SH.ignoredProperties, SH.message, SH.path, SH.property, SH.qualifiedValueShape, SH.select),
    *(SH.severity, SH.targetClass, SH.targetSubjectsOf),
}
"""What shapes are made of beside constraints."""
Row = tuple[str, str, str]
"""Focus, shape and severity."""
Broken = tuple[str, str]
"""Shape and kind of constraint."""


@pytest.fixture(scope="module")
def data() -> dict[Path, Graph]:
    """Return the world and all fixtures but conclusions, as files of things or of records."""
    graphs = {Path("things/world.ttl"): turtle.read(HERE / "world.ttl")}
    for path in FIXTURES:
        if path.parent.name not in DERIVED:
            folder = "records" if path.parent.name in RECORDS else "things"
            graphs[Path(folder, f"{path.parent.name}-{path.name}")] = turtle.read(path)
    return graphs


@pytest.fixture(scope="module")
def derived() -> Graph:
    graph = Graph()
    for path in FIXTURES:
        if path.parent.name in DERIVED:
            for triple in turtle.read(path):
                graph.add(triple)
    return graph


@pytest.fixture(scope="module")
def found(data: dict[Path, Graph], derived: Graph) -> dict[str, set[Row]]:
    """Return the findings on all fixtures, by focus."""
    rows = defaultdict(set)
    for one in validate.check(data, derived=derived):
        rows[one.focus].add((one.focus, one.shape.removeprefix(str(iris.SHAPE)), one.severity))
    return rows


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return validate.read_shapes(SHAPES, [path.stem for path in SHAPES.glob("*.ttl")])


def subject_of(path: Path) -> URIRef:
    (subject,) = set(turtle.read(path).subjects())
    assert isinstance(subject, URIRef)
    return subject


def expected(path: Path) -> set[Row]:
    table = path.with_suffix(".csv")
    if not table.exists():
        return set()
    with table.open(encoding="utf-8", newline="") as lines:
        return {(row["focus"], row["shape"], row["severity"]) for row in csv.DictReader(lines)}


def targets(shapes: Graph, shape: URIRef) -> set[tuple[URIRef, URIRef]]:
    kinds = (SH.targetClass, SH.targetSubjectsOf)
    return {(kind, one) for kind in kinds for one in shapes.objects(shape, kind)}


def reporting(shapes: Graph) -> dict[URIRef, set[tuple[URIRef, URIRef]]]:
    """Return the shapes a finding can name, with their targets.

    A shape without a target is a condition within others and reports nothing itself.
    """
    named = {}
    for node in set(shapes.subjects(RDF.type, SH.NodeShape)):
        if targets(shapes, node):
            for one in shapes.objects(node, SH.property):
                named[one] = named.get(one, set()) | targets(shapes, node)
            if (node, SH.message, None) in shapes:
                named[node] = targets(shapes, node)
    return named


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_fixture_has_the_findings_it_names(path: Path, found: dict[str, set[Row]]) -> None:
    assert found.get(str(subject_of(path)), set()) == expected(path)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_fixture_says_by_its_name_what_it_shows(path: Path) -> None:
    kind = path.stem.split("-")[0]
    assert {severity for _, _, severity in expected(path)} == SEVERITY[kind]
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 15
    assert all(focus == str(subject_of(path)) for focus, _, _ in expected(path))


def test_no_two_fixtures_share_a_subject() -> None:
    subjects = [subject_of(path) for path in FIXTURES]
    assert len(subjects) == len(set(subjects))


def test_nothing_is_found_beside_the_fixtures(found: dict[str, set[Row]]) -> None:
    assert set(found) == {str(subject_of(path)) for path in FIXTURES if expected(path)}


def test_every_table_has_its_fixture() -> None:
    assert not [path for path in HERE.glob("*/*.csv") if not path.with_suffix(".ttl").exists()]


def test_every_shape_is_broken_by_a_fixture(shapes: Graph) -> None:
    broken = {iris.SHAPE[shape] for path in FIXTURES for _, shape, _ in expected(path)}
    assert set(reporting(shapes)) - broken == set()


def test_every_shape_is_kept_by_a_fixture(
    shapes: Graph, data: dict[Path, Graph], derived: Graph
) -> None:
    """A valid fixture is a focus of the shape, with a value where the shape speaks of one."""
    ontology = validate.read_ontology().values()
    whole = validate.union([*ontology, *data.values(), derived])
    valid = {subject_of(path) for path in FIXTURES if path.stem.startswith("valid")}
    lacking = set()
    for shape, aims in reporting(shapes).items():
        steps = path_of(shapes, shape)
        forbidden = shapes.value(shape, SH.maxCount) == Literal(0)
        if not any(
            forbidden or not steps or values(whole, one, steps)
            for one in valid
            if any(is_focus(whole, one, kind, aim) for kind, aim in aims)
        ):
            lacking.add(shape)
    assert lacking == set()


def path_of(shapes: Graph, shape: URIRef) -> list[URIRef]:
    path = shapes.value(shape, SH.path)
    if path is None:
        return []
    return list(Collection(shapes, path)) if isinstance(path, BNode) else [path]


def values(data: Graph, subject: URIRef, steps: list[URIRef]) -> set[URIRef]:
    reached = {subject}
    for step in steps:
        reached = {value for one in reached for value in data.objects(one, step)}
    return reached


def is_focus(data: Graph, subject: URIRef, kind: URIRef, aim: URIRef) -> bool:
    if kind == SH.targetSubjectsOf:
        return (subject, aim, None) in data
    return any(
        aim in set(data.transitive_objects(one, RDFS.subClassOf))
        for one in data.objects(subject, RDF.type)
    )


@pytest.fixture(scope="module")
def plain(data: dict[Path, Graph], derived: Graph) -> dict[str, set[Broken]]:
    """Return what pyshacl finds by itself, by focus: shape and kind of constraint.

    Of the ontology it sees the hierarchy, the vocabularies and the terms that fixtures and world
    name; the others are no fixtures, and each would be a focus of every shape of terms.
    """
    fixtures = validate.union([*data.values(), derived])
    named = {term for triple in fixtures for term in triple}
    for graph in validate.read_ontology().values():
        named.update(graph.subjects(RDF.type, SKOS.ConceptScheme))
    ontology = Graph(bind_namespaces="none")
    for path, graph in validate.read_ontology().items():
        for triple in graph:
            if path.stem != "alignments" and (triple[0] in named or triple[1] in HIERARCHY):
                ontology.add(triple)
    records = [graph for path, graph in data.items() if path.parent.name == "records"]
    things = [graph for graph in data.values() if graph not in records]
    names = {path.stem for path in SHAPES.glob("*.ttl")} - {"things", "analysis", "derived"}
    runs = (
        (names, [*things, *records]),
        ({"things"}, things),
        ({"analysis", "derived"}, [*things, *records, derived]),
    )
    rows = defaultdict(set)
    for files_of_shapes, graphs in runs:
        _, report, _ = pyshacl.validate(
            validate.union([ontology, *graphs]),
            shacl_graph=validate.read_shapes(SHAPES, files_of_shapes),
            inplace=True,
            advanced=False,
        )
        for one in report.objects(None, SH.result):
            shape = str(report.value(one, SH.sourceShape)).removeprefix(str(iris.SHAPE))
            kind = str(report.value(one, SH.sourceConstraintComponent)).removeprefix(str(SH))
            rows[str(report.value(one, SH.focusNode))].add((shape, kind))
    return rows


def test_plain_pyshacl_finds_the_same(
    plain: dict[str, set[Broken]], found: dict[str, set[Row]]
) -> None:
    """Targets spread over property shapes and queries run once change no result."""
    assert {focus: {shape for shape, _ in rows} for focus, rows in plain.items()} == {
        focus: {shape for _, shape, _ in rows} for focus, rows in found.items()
    }


def test_every_constraint_is_broken_by_a_fixture(
    shapes: Graph, plain: dict[str, set[Broken]]
) -> None:
    """So that a line taken out of a shape, or made wrong, is noticed."""
    kinds = {
        parameter: f"{name[0].upper()}{name[1:]}ConstraintComponent"
        for parameter in set(shapes.predicates()) - NO_CONSTRAINT
        if (name := str(parameter).removeprefix(str(SH))) != str(parameter)
    }
    kinds[SH.sparql] = "SPARQLConstraintComponent"
    constraints = {
        (str(shape).removeprefix(str(iris.SHAPE)), kind)
        for shape in reporting(shapes)
        for parameter, kind in kinds.items()
        if (shape, parameter, None) in shapes
    }
    assert constraints - {broken for rows in plain.values() for broken in rows} == set()


def test_the_shapes_are_valid_shacl() -> None:
    """Each property shape is checked by itself, and not once more within its node shape."""
    shapes = validate.read_shapes(SHAPES, [path.stem for path in SHAPES.glob("*.ttl")])
    parts = set(shapes.objects(None, SH.property))
    assert parts == set(shapes.subjects(RDF.type, SH.PropertyShape))
    shapes.remove((None, SH.property, None))
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_every_term_of_shacl_exists(shapes: Graph) -> None:
    used = {term for triple in shapes for term in triple if str(term).startswith(str(SH))}
    assert {term for term in used if term not in SH} == set()


def test_a_misspelt_term_of_shacl_is_noticed() -> None:
    assert URIRef(str(SH) + "minCuont") not in SH


def test_every_shape_has_an_iri_and_every_shape_named_exists(shapes: Graph) -> None:
    lists = set(shapes.subjects(RDF.first))
    assert not [s for s in shapes.subjects() if isinstance(s, BNode) and s not in lists]
    declared = set(shapes.subjects(RDF.type))
    named = {t for triple in shapes for t in triple if str(t).startswith(str(iris.SHAPE))}
    assert named - declared == set()


def test_every_condition_is_used(shapes: Graph) -> None:
    used = {value for _, predicate, value in shapes if predicate != RDF.type}
    idle = set(shapes.subjects(RDF.type, SH.NodeShape)) - used
    assert {one for one in idle if not targets(shapes, one)} == set()


def test_every_shape_that_reports_says_what_must_hold_and_how_grave_it_is(shapes: Graph) -> None:
    for shape in {*reporting(shapes), *shapes.subjects(RDF.type, SH.PropertyShape)}:
        (message,) = shapes.objects(shape, SH.message)
        assert str(message).endswith("."), shape
        assert isinstance(message, Literal) and message.language == "en"
        (severity,) = shapes.objects(shape, SH.severity)
        assert severity in {SH.Violation, SH.Warning, SH.Info}


def test_a_property_shape_is_named_after_its_node_shape_and_path(shapes: Graph) -> None:
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        (node,) = {str(one) for one in shapes.subjects(SH.property, shape)} - PARTS_OF_THINGS
        first = str(path_of(shapes, shape)[0]).replace("#", "/").rsplit("/", 1)[1]
        assert f"{shape}-".startswith(f"{node}-{first}-")


PARTS_OF_THINGS = {
    str(iris.SHAPE[f"{kind}WithoutFacts"])
    for kind in ("Actor", "Notion", "Occurrence", "Place", "Treaty")
}


def test_a_list_of_concepts_is_a_whole_vocabulary(shapes: Graph) -> None:
    """So that a concept added to a vocabulary is not refused for want of an edit here."""
    whole = validate.union(validate.read_ontology().values())
    for shape in reporting(shapes):
        for head in shapes.objects(shape, SH["in"]):
            concepts = set(Collection(shapes, head))
            if concepts & set(whole.subjects(RDF.type, SKOS.ConceptScheme)):
                continue
            schemes = {scheme for one in concepts for scheme in whole.objects(one, SKOS.inScheme)}
            assert {one for s in schemes for one in whole.subjects(SKOS.inScheme, s)} == concepts


def test_every_class_used_in_the_triples_has_a_shape(shapes: Graph) -> None:
    whole = validate.union(validate.read_ontology().values())
    covered = {aim for kind, aim in all_targets(shapes) if kind == SH.targetClass}
    used = {
        one
        for path in files.find("triples").rglob("*.ttl")
        for one in turtle.read(path).objects(None, RDF.type)
    }
    lacking = {
        one for one in used if not covered & set(whole.transitive_objects(one, RDFS.subClassOf))
    }
    assert lacking == set()
    assert OWL.Class in covered


def all_targets(shapes: Graph) -> set[tuple[URIRef, URIRef]]:
    return {aim for node in set(shapes.subjects()) for aim in targets(shapes, node)}
