"""Rules: each fires where it should and only there; the runner refuses what no rule may do.

``tests/rules/NN-name/`` holds small invented cases, named for what they show: ``fires-*.ttl``
with ``fires-*.expected.ttl`` beside it, and ``silent-*.ttl``, from which nothing follows. A case
runs with the ontology and all earlier rules, and its rule's own conclusions are compared.
"""

import calendar
import re
from pathlib import Path

import edtf
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDFS, Graph, Literal

from foedus import files, iris, rules, turtle, values
from foedus.errors import FolderError, RuleError

FOLDER = files.find("ontology") / "rules"
CASES = Path(__file__).parent / "rules"
RULES = rules.read_all(FOLDER)
NS = str(iris.NS)
CONSTRUCT = (
    "#+ summary: A trial\n#+ description: For a test\n#+ concludes: [foedus:implies]\n"
    f"PREFIX foedus: <{NS}>\n"
)


def parse(path: Path) -> set[ox.Triple]:
    quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    return {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}


ONTOLOGY = {quad for path in sorted(FOLDER.parent.glob("*.ttl")) for quad in parse(path)}
DECLARED = {t.subject.value for t in ONTOLOGY if isinstance(t.subject, ox.NamedNode)}


def prepared(case: Path) -> ox.Store:
    """Return a store with the case and the ontology."""
    graph = ox.NamedNode("https://example.org/case")
    store = ox.Store()
    triples = [*ONTOLOGY, *parse(case)]
    store.extend(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    return store


def conclusions(case: Path) -> set[ox.Triple]:
    """Return what the case's rule concludes when it and every earlier rule have run."""
    store = prepared(case)
    names = [rule.path.stem for rule in RULES]
    upto = names.index(case.parent.name) + 1
    rules.run(RULES[:upto], store, DECLARED)
    own = RULES[upto - 1].graph
    return {q.triple for q in store.quads_for_pattern(None, None, None, own)}


def cases(kind: str) -> list[Path]:
    return [p for p in sorted(CASES.glob(f"*/{kind}-*.ttl")) if ".expected" not in p.name]


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


@pytest.mark.parametrize("case", cases("fires"), ids=named)
def test_rule_fires(case: Path) -> None:
    expected = parse(case.with_suffix(".expected.ttl"))
    assert expected
    assert conclusions(case) == expected


@pytest.mark.parametrize("case", cases("silent"), ids=named)
def test_rule_is_silent(case: Path) -> None:
    assert parse(case)
    assert conclusions(case) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_concludes_the_same_in_another_engine(rule: rules.Rule) -> None:
    """rdflib, from the file's own text; earlier rules have run here already."""
    case = next(case for case in cases("fires") if case.parent.name == rule.path.stem)
    store = prepared(case)
    rules.run(RULES[: RULES.index(rule)], store, DECLARED)
    # Of the ontology the rules read only which relations have one value, and what they fall under.
    single = ox.NamedNode(f"{NS}SingleValuedRelation")
    under = ox.NamedNode(str(RDFS.subPropertyOf))
    graph = Graph()
    for quad in store:
        if quad.triple not in ONTOLOGY or quad.object == single or quad.predicate == under:
            subject, predicate, value = (turtle.to_rdflib(term) for term in quad.triple)
            graph.add((subject, predicate, value))
    found = {triple for triple in graph.query(rule.text) if isinstance(triple, tuple)}
    assert found == set(Graph().parse(case.with_suffix(".expected.ttl")))


def test_every_rule_has_cases_of_both_kinds() -> None:
    for rule in RULES:
        folder = CASES / rule.path.stem
        assert list(folder.glob("fires-*.expected.ttl")), f"{rule.name} has no fires-*.ttl"
        assert list(folder.glob("silent-*.ttl")), f"{rule.name} has no silent-*.ttl"


def test_every_case_belongs_to_a_rule_and_to_a_kind() -> None:
    names = {rule.path.stem for rule in RULES}
    for path in CASES.glob("*/*"):
        assert path.parent.name in names, path
        assert re.fullmatch(r"(fires|silent)-[a-z-]+(\.expected)?\.ttl", path.name), path
    for path in CASES.glob("*/*.expected.ttl"):
        assert path.with_name(path.name.replace(".expected", "")).is_file(), path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_header_tells_what_the_rule_concludes(rule: rules.Rule) -> None:
    if rule.concludes == ("foedus:Relation",):
        return
    found = set()
    for case in cases("fires"):
        if case.parent.name == rule.path.stem:
            for triple in parse(case.with_suffix(".expected.ttl")):
                found |= {triple.predicate.value, getattr(triple.object, "value", "")}
    used = {f"foedus:{iri.removeprefix(NS)}" for iri in found if iri.startswith(NS)}
    assert sorted(used) == list(rule.concludes)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_conclusions_name_the_rule_they_come_from(rule: rules.Rule) -> None:
    assert set(re.findall(r"isConcludedBy rule:([\w-]+)", rule.text)) <= {rule.name}
    assert ("foedus:isConcludedBy" in rule.concludes) == ("isConcludedBy" in rule.text)


def test_every_single_valued_relation_has_its_rule() -> None:
    """Dates go by datatype; what is no date and no value of its own is a place, listed twice."""
    single = {t.subject.value for t in ONTOLOGY if t.object.value == f"{NS}SingleValuedRelation"}
    literal = {t.subject.value for t in ONTOLOGY if t.object.value.endswith("#DatatypeProperty")}
    places = set()
    for rule in RULES:
        listed = re.search(r"(?:VALUES \?relation \{|\?relation NOT IN \()([^})]*)", rule.text)
        if listed:
            terms = {NS + name for name in re.findall(r"foedus:(\w+)", listed[1])}
            assert not places or terms == places, "value and place disagree on what is a place"
            places = terms
    assert places <= single
    assert places.isdisjoint(literal)


def test_every_date_of_the_ontology_is_bounded() -> None:
    definition = "http://www.w3.org/2004/02/skos/core#definition"
    dates = {
        t.subject.value.removeprefix(NS)
        for t in ONTOLOGY
        if t.predicate.value == definition
        and re.match(r"(The )?(Date|Day|date|First day|Last day)\b", t.object.value)
        and t.subject.value.startswith(NS)
    }
    # Bounds themselves; the day a reader read a page says nothing of the page's date.
    unbounded = {"earliest", "latest", "accessDate", "DateMention"}
    text = next(rule.text for rule in RULES if rule.name == "date-bounds")
    assert {d for d in dates - unbounded if f"foedus:{d}\n" not in text} == set()


def bounds(texts: list[str], datatype: str) -> dict[str, tuple[str | None, str | None]]:
    """Earliest and latest of each value, as the rule gives them."""
    store = ox.Store()
    for number, value in enumerate(texts):
        literal = ox.Literal(value, datatype=ox.NamedNode(datatype))
        bearer = ox.NamedNode(f"https://example.org/{number}")
        graph = ox.NamedNode("https://example.org/g")
        store.add(ox.Quad(bearer, ox.NamedNode(f"{NS}dateValue"), literal, graph))
    found: dict[tuple[str, str], str] = {}
    for triple in rules.conclude(RULES[0], store, DECLARED):
        found[triple.subject.value, triple.predicate.value] = triple.object.value
    return {
        value: (
            found.get((f"https://example.org/{number}", f"{NS}earliest")),
            found.get((f"https://example.org/{number}", f"{NS}latest")),
        )
        for number, value in enumerate(texts)
    }


def by_library(value: str) -> tuple[str, str]:
    parsed = edtf.parse_edtf(value)
    first, last = parsed.lower_strict(), parsed.upper_strict()
    return (
        f"{first[0]:04}-{first[1]:02}-{first[2]:02}",
        f"{last[0]:04}-{last[1]:02}-{last[2]:02}",
    )


TABLE = [
    *("1900", "2000", "2024", "2024-02", "2023-02", "1900-02", "2000-02", "2024-04", "2024-12"),
    *("2024-06-19", "2024-02-29", "201X", "19XX", "2024-XX", "2024-12-XX", "2024-XX-XX"),
    *("2024~", "2024-06?", "2024-06-11%", "?2024-06", "2024-06~/2024-07", "2015/2019"),
    *("2024-06-18/2024-06-19", "2023-12/2024-02", "2024-22/2024-23", "2024-02-01/2024-02"),
    *(f"2024-{season}" for season in range(21, 42) if season not in (24, 28, 30)),
]


def test_bounds_equal_the_edtf_library_on_a_table() -> None:
    found = bounds(TABLE, str(iris.EDTF))
    assert found == {value: by_library(value) for value in TABLE}


_years = st.integers(min_value=1, max_value=9999).map("{:04}".format)
_months = st.builds("{}-{:02}".format, _years, st.integers(min_value=1, max_value=12))
_seasons = st.builds("{}-{}".format, _years, st.sampled_from([21, 22, 23, 33, 34, 36, 40, 41]))
_days = st.dates().map(str)
_points = st.one_of(_years, _months, _days)
_marked = st.builds("{}{}".format, _points, st.sampled_from(["", "?", "~", "%"]))
_intervals = st.tuples(_years | _months | _days, _years | _months | _days).map(
    lambda pair: "/".join(sorted(pair))
)


@settings(max_examples=10, deadline=None)
@given(st.lists(_marked | _seasons | _intervals, min_size=1, max_size=30, unique=True))
def test_bounds_equal_the_edtf_library(texts: list[str]) -> None:
    assert bounds(texts, str(iris.EDTF)) == {text: by_library(text) for text in texts}


@settings(max_examples=10, deadline=None)
@given(st.lists(_points | _seasons, min_size=1, max_size=30, unique=True))
def test_bounds_equal_those_the_reader_goes_by(texts: list[str]) -> None:
    for text, (first, last) in bounds(texts, str(iris.EDTF)).items():
        expected = values.bounds(Literal(text, datatype=iris.EDTF, normalize=False))
        assert (first, last) == (str(expected.earliest), str(expected.latest))


@settings(max_examples=10, deadline=None)
@given(st.lists(_months, min_size=1, max_size=30, unique=True))
def test_month_ends_equal_the_calendar(texts: list[str]) -> None:
    datatype = "http://www.w3.org/2001/XMLSchema#gYearMonth"
    for value, (first, last) in bounds(texts, datatype).items():
        year, month = map(int, value.split("-"))
        assert first == f"{value}-01"
        assert last == f"{value}-{calendar.monthrange(year, month)[1]}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024/..", ("2024-01-01", None)),
        ("2024-06/", ("2024-06-01", None)),
        ("../2024", (None, "2024-12-31")),
        ("/2024-02", (None, "2024-02-29")),
        ("../..", (None, None)),
        ("2023-02-29", (None, None)),
        ("2024-13", (None, None)),
        ("2024-21-03", (None, None)),
        ("June 2024", (None, None)),
        ("", (None, None)),
        ("-0044-03", ("-0044-03-01", "-0044-03-31")),
        ("2023-24", ("2023-01-01", "2024-02-29")),
        ("2024-28", ("2024-01-01", "2025-02-28")),
        ("2024-30", ("2024-01-01", "2025-02-28")),
    ],
)
def test_bounds_of_open_ends_and_of_what_is_no_date(
    value: str, expected: tuple[str | None, str | None]
) -> None:
    assert bounds([value], str(iris.EDTF)) == {value: expected}


@pytest.mark.parametrize(
    ("datatype", "value", "expected"),
    [
        ("date", "2024-06-19Z", ("2024-06-19", "2024-06-19")),
        ("date", "2024-06-19+02:00", ("2024-06-19", "2024-06-19")),
        ("gYearMonth", "2024-02", ("2024-02-01", "2024-02-29")),
        ("gYear", "2024Z", ("2024-01-01", "2024-12-31")),
        ("string", "2024", (None, None)),
    ],
)
def test_bounds_of_xsd_dates(
    datatype: str, value: str, expected: tuple[str | None, str | None]
) -> None:
    full = f"http://www.w3.org/2001/XMLSchema#{datatype}"
    assert bounds([value], full) == {value: expected}


REFUSED = {
    "select": (CONSTRUCT + "SELECT ?s WHERE { ?s ?p ?o }", "a rule is a CONSTRUCT query"),
    "describe": (CONSTRUCT + "# CONSTRUCT\nDESCRIBE <x:y>", "a rule is a CONSTRUCT query"),
    "update": (CONSTRUCT + "DELETE WHERE { ?s ?p ?o }", "not a SPARQL query"),
    "syntax": (CONSTRUCT + "CONSTRUCT {\n ?s ?p } WHERE {}", "6: not a SPARQL query"),
    "blank node": (CONSTRUCT + "CONSTRUCT { _:b foedus:implies ?s } WHERE { ?s ?p ?o }", "blank"),
    "blank object": (CONSTRUCT + "CONSTRUCT { ?s foedus:implies [] } WHERE { ?s ?p ?o }", "blank"),
    "unknown property": (
        CONSTRUCT + "CONSTRUCT { ?s foedus:impleis ?o } WHERE { ?s ?p ?o }",
        "concludes foedus:impleis, which the ontology does not declare",
    ),
    "unknown class": (
        CONSTRUCT + "CONSTRUCT { ?s a foedus:Claims } WHERE { ?s ?p ?o }",
        "concludes foedus:Claims",
    ),
    "unknown term in the header": (
        CONSTRUCT.replace("foedus:implies", "foedus:impleis") + "CONSTRUCT {} WHERE {}",
        "concludes foedus:impleis",
    ),
    "no header": ("CONSTRUCT {} WHERE {}", "must have exactly summary, description, concludes"),
    "header not yaml": ("#+ summary: [\nCONSTRUCT {} WHERE {}", "not valid YAML"),
    "header with more": ("#+ author: me\n" + CONSTRUCT, "must have exactly"),
    "empty summary": (CONSTRUCT.replace("A trial", ""), "summary in the #+ header is no str"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_runner_refuses(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "50-trial.rq"
    path.write_text(text, encoding="utf-8")
    node = ox.NamedNode("https://example.org/n")
    store = ox.Store()
    store.add(ox.Quad(node, node, node, node))
    with pytest.raises(RuleError, match=re.escape(message)) as raised:
        rules.run(rules.read_all(tmp_path), store, DECLARED)
    assert str(path) in str(raised.value)


def test_runner_refuses_names_it_cannot_order(tmp_path: Path) -> None:
    (tmp_path / "trial.rq").write_text(CONSTRUCT, encoding="utf-8")
    with pytest.raises(RuleError, match=r"trial\.rq: .* NN-name\.rq"):
        rules.read_all(tmp_path)


def test_runner_refuses_two_rules_of_one_name(tmp_path: Path) -> None:
    for number in (50, 51):
        (tmp_path / f"{number}-trial.rq").write_text(CONSTRUCT, encoding="utf-8")
    with pytest.raises(RuleError, match=r"51-trial\.rq: another rule is called so: 50-trial\.rq"):
        rules.read_all(tmp_path)


def test_runner_refuses_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "50-trial.rq").write_bytes(b"#+ summary: \xff")
    with pytest.raises(RuleError, match="not UTF-8"):
        rules.read_all(tmp_path)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no folder of rules"):
        rules.read_all(tmp_path / "absent")


def test_later_rules_see_what_earlier_ones_concluded_and_graphs_are_described(
    tmp_path: Path,
) -> None:
    first = "CONSTRUCT { ?s foedus:implies ?o } WHERE { ?s <x:p> ?o }"
    second = "CONSTRUCT { ?o foedus:implies ?s } WHERE { ?s foedus:implies ?o }"
    (tmp_path / "10-there.rq").write_text(CONSTRUCT + first, encoding="utf-8")
    (tmp_path / "20-back.rq").write_text(CONSTRUCT + second, encoding="utf-8")
    a, b, g = (ox.NamedNode(f"https://example.org/{name}") for name in "abg")
    store = ox.Store()
    store.add(ox.Quad(a, ox.NamedNode("x:p"), b, g))
    assert rules.run(rules.read_all(tmp_path), store, DECLARED) == {"there": 1, "back": 1}
    back = ox.NamedNode(iris.GRAPH["derived/back"])
    implies = ox.NamedNode(NS + "implies")
    assert list(store.quads_for_pattern(None, None, None, back)) == [ox.Quad(b, implies, a, back)]
    described = {
        quad.predicate.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1]: quad.object.value
        for quad in store.quads_for_pattern(back, None, None, rules.DERIVED_GRAPHS)
    }
    assert described["onLayer"] == str(iris.VOCABULARY["layer/derived"])
    assert described["isConcludedBy"] == "https://w3id.org/foedus/rule/back"
    assert described["triples"] == "1"
    assert described["title"] == "A trial"
