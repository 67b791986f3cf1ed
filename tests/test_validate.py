"""A finding says what must hold and points to the line that breaks it."""

import json
from pathlib import Path

import pytest
from rdflib import RDF, BNode, Graph, Literal, URIRef

from foedus import files, iris, locations, turtle, validate
from foedus.findings import Finding

ROOT = Path(__file__).parent.parent
WORLD = Path(__file__).parent / "shapes" / "world.ttl"
TURTLE = [
    *sorted(files.find("ontology").rglob("*.ttl")),
    *sorted(files.find("triples").rglob("*.ttl")),
    *sorted((Path(__file__).parent / "shapes").rglob("*.ttl")),
]
CLAIM = """\
BASE <https://w3id.org/foedus/id/>
PREFIX foedus: <https://w3id.org/foedus/ns#>

<claim/alpha-2024/aid> a foedus:Claim ;
  foedus:statement "Alphaland aids Betaland."@en ;
  foedus:isStatedIn <document/alpha-2024> ;
  foedus:isCarriedBy <passage/alpha-2024/p1> ;
  foedus:isVoicedBy <person/ann-author> ;
  foedus:isHeldBy <person/ann-author> ;
  foedus:hasStance <../vocabulary/stance/endorsed> ;
  foedus:hasClaimType <../vocabulary/claim-type/factual> ;
  foedus:hasFactuality <../vocabulary/factuality/certain-positive> ;
  foedus:asserts <proposition/alphaland-recognises-betaland> ;
  foedus:isAbout <state/AAA> ,
    <state/BBB> .
"""
AID = str(iris.ID["claim/alpha-2024/aid"])


def check(folder: Path, text: str) -> list[Finding]:
    path = folder / "claims.ttl"
    path.write_text(text, encoding="utf-8")
    return validate.check({WORLD: turtle.read(WORLD), path: turtle.read(path)})


def test_a_sound_file_has_no_findings(tmp_path: Path) -> None:
    assert check(tmp_path, CLAIM) == []


@pytest.mark.parametrize(
    ("sound", "faulty", "shape", "line", "value"),
    [
        pytest.param(
            "Betaland.",
            "Betaland",
            "Claim-statement",
            5,
            '"Alphaland aids Betaland"@en',
            id="value",
        ),
        pytest.param(
            "<state/BBB>",
            "<state/XXX>",
            "Claim-isAbout-described",
            15,
            str(iris.ID["state/XXX"]),
            id="second-of-two-values",
        ),
        pytest.param(
            "  foedus:isHeldBy <person/ann-author> ;\n", "", "Claim-isHeldBy", 4, None, id="missing"
        ),
        pytest.param(
            "<passage/alpha-2024/p1>",
            "<passage/beta-2024/p1>",
            "ClaimOfOneDocument",
            7,
            str(iris.ID["passage/beta-2024/p1"]),
            id="value-of-a-constraint-without-a-path",
        ),
        pytest.param(
            "isAbout <state/AAA>",
            "recognises <state/AAA>",
            "Claim",
            14,
            str(iris.ID["state/AAA"]),
            id="property-that-may-not-stand-there",
        ),
    ],
)
def test_a_finding_points_to_the_offending_line(
    sound: str, faulty: str, shape: str, line: int, value: str | None, tmp_path: Path
) -> None:
    assert sound in CLAIM
    found = [one for one in check(tmp_path, CLAIM.replace(sound, faulty)) if one.line == line]
    first = next(one for one in found if one.shape == str(iris.SHAPE[shape]))
    assert first.file == (tmp_path / "claims.ttl").as_posix()
    assert first.focus == AID
    assert first.value == value


def test_a_finding_on_a_claim_names_its_passage(tmp_path: Path) -> None:
    (found,) = check(tmp_path, CLAIM.replace("Betaland.", "Betaland"))
    assert found.passage == str(iris.ID["passage/alpha-2024/p1"])
    assert found.path == str(iris.NS.statement)
    assert found.severity == "violation"


def test_a_finding_on_anything_else_names_no_passage(tmp_path: Path) -> None:
    path = tmp_path / "things.ttl"
    path.write_text(
        "PREFIX f: <https://w3id.org/foedus/ns#>\n"
        "<https://w3id.org/foedus/id/person/bob> a f:Person .\n",
        encoding="utf-8",
    )
    (found,) = validate.check({path: turtle.read(path)})
    assert (found.passage, found.line) == (None, 2)


def test_a_subject_without_a_class_is_found(tmp_path: Path) -> None:
    (found,) = check(tmp_path, CLAIM + '<state/ZZZ> foedus:isoCode "ZZZ" .\n')
    assert (found.line, found.focus) == (16, str(iris.ID["state/ZZZ"]))


def test_a_fact_in_a_record_is_no_fault_and_in_a_file_of_things_is_one(tmp_path: Path) -> None:
    text = """\
PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
<https://w3id.org/foedus/id/event/talks> a foedus:Meeting ; rdfs:label "Talks"@en ;
  foedus:occursOn "2024"^^xsd:gYear .
"""
    counts = {}
    for layer in ("records", "things"):
        path = tmp_path / layer / "talks.ttl"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        counts[layer] = [one.line for one in validate.check({path: turtle.read(path)})]
    assert counts == {"records": [], "things": [5]}


def test_a_conclusion_is_checked_and_has_no_file() -> None:
    conflict = iris.ID["conflict/time/a/b"]
    derived = Graph().add((conflict, RDF.type, iris.NS.Conflict))
    found = validate.check({WORLD: turtle.read(WORLD)}, derived=derived)
    assert {one.focus for one in found} == {str(conflict)}
    assert {(one.file, one.line) for one in found} == {(None, None)}
    assert validate.write_findings(found[:1], "text").startswith("derived: violation: A conflict")


def test_findings_come_in_the_same_order_each_time(tmp_path: Path) -> None:
    text = CLAIM.replace("Betaland.", "Betaland").replace("<state/AAA>", "<state/XXX>")
    first, second = (check(tmp_path, text) for _ in range(2))
    assert first == second == sorted(first, key=Finding.order)
    assert [one.line for one in first] == [5, 14]


def test_an_unknown_term_is_found_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "claims.ttl"
    text = CLAIM.replace("foedus:isAbout", "foedus:isAbuot").replace("endorsed", "endorst")
    path.write_text(text, encoding="utf-8")
    assert validate.unknown_terms({path: turtle.read(path)}) == [
        (path, 10, iris.VOCABULARY["stance/endorst"]),
        (path, 14, iris.NS.isAbuot),
    ]


def test_a_term_declared_in_the_files_is_known(tmp_path: Path) -> None:
    path = tmp_path / "terms.ttl"
    path.write_text(
        "PREFIX foedus: <https://w3id.org/foedus/ns#>\n"
        "PREFIX owl: <http://www.w3.org/2002/07/owl#>\n"
        "foedus:Novelty a owl:Class .\n",
        encoding="utf-8",
    )
    assert validate.unknown_terms({path: turtle.read(path)}) == []


def test_no_term_in_the_shipped_files_is_unknown() -> None:
    shipped = {path: turtle.read(path) for path in TURTLE if "shapes" not in path.parts}
    assert validate.unknown_terms(shipped) == []


@pytest.fixture
def two_findings() -> list[Finding]:
    return [
        Finding(
            severity="violation",
            message="A claim is stated in exactly one document.",
            focus=AID,
            shape=str(iris.SHAPE["Claim-isStatedIn"]),
            path=str(iris.NS.isStatedIn),
            file="triples/claims/alpha-2024.ttl",
            line=7,
            passage=str(iris.ID["passage/alpha-2024/p1"]),
        ),
        Finding(
            severity="warning",
            message="A claim is about at least one thing.",
            focus=AID,
            shape=str(iris.SHAPE["Claim-isAbout"]),
        ),
    ]


def test_findings_as_text_are_one_a_line_and_a_count(two_findings: list[Finding]) -> None:
    assert validate.write_findings(two_findings, "text").splitlines() == [
        "triples/claims/alpha-2024.ttl:7: violation: A claim is stated in exactly one document."
        " (claim/alpha-2024/aid, Claim-isStatedIn, passage/alpha-2024/p1)",
        "derived: warning: A claim is about at least one thing."
        " (claim/alpha-2024/aid, Claim-isAbout)",
        "1 violation, 1 warning, 0 infos",
    ]


def test_no_findings_as_text_is_a_count() -> None:
    assert validate.write_findings([], "text") == "0 violations, 0 warnings, 0 infos\n"


def test_findings_as_json_keep_every_field(two_findings: list[Finding]) -> None:
    rows = json.loads(validate.write_findings(two_findings, "json"))
    assert [Finding(**row) for row in rows] == two_findings


def test_findings_as_sarif_have_rules_results_and_places(two_findings: list[Finding]) -> None:
    log = json.loads(validate.write_findings(two_findings, "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "foedus"
    assert [rule["id"] for rule in rules] == ["Claim-isAbout", "Claim-isStatedIn"]
    assert all(rule["shortDescription"]["text"] for rule in rules)
    first, second = run["results"]
    assert [first["level"], second["level"]] == ["error", "warning"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "Claim-isStatedIn"
    assert first["message"]["text"] == two_findings[0].message
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "triples/claims/alpha-2024.ttl"
    assert place["region"] == {"startLine": 7}
    assert "physicalLocation" not in second["locations"][0]


@pytest.mark.parametrize("path", TURTLE, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_lines_of_a_file_hold_what_its_triples_say(path: Path) -> None:
    """The second reading of the tokens finds exactly the triples that the parser found."""
    found = locations.read(path.read_text(encoding="utf-8"))
    triples = {t for t in turtle.read(path) if not any(isinstance(term, BNode) for term in t)}
    assert set(found.objects) == triples


def test_lines_are_found_through_every_form_of_turtle() -> None:
    text = """\
@prefix : <urn:x:> . # :not a :comment
PREFIX long: <urn:long#>
@base <http://base/> .

:a a :B ; :p 1, 2.5, -3e0, true ;
   :text "a \\"quoted\\" ; . # word"@en-GB ,
     '''three
lines; of :text .''' ,
     "2024-06"^^<urn:x:month> , "\\u00e9"^^long:t ;
   :list ( 1 :inner "two" ) ; :node [ :hidden :b ; :more 1 ] ;
.
long:end\\.stop :p.q <relative> .
<full> :p :é .
"""
    found = locations.read(text)

    def line(subject: str, path: str, value: URIRef | Literal | None) -> int | None:
        return found.find(URIRef(subject), URIRef(path), value)

    assert line("urn:x:a", "urn:x:p", Literal(2)) == 5
    assert line("urn:x:a", "urn:x:p", Literal("-3e0", datatype=_xsd("double"))) == 5
    assert line("urn:x:a", "urn:x:text", Literal('a "quoted" ; . # word', lang="en-GB")) == 6
    assert line("urn:x:a", "urn:x:text", Literal("three\nlines; of :text .")) == 7
    assert line("urn:x:a", "urn:x:text", Literal("2024-06", datatype=URIRef("urn:x:month"))) == 9
    assert line("urn:x:a", "urn:x:text", Literal("é", datatype=URIRef("urn:long#t"))) == 9
    assert line("urn:x:a", "urn:x:list", None) == 10
    assert line("urn:x:a", "urn:x:node", None) == 10
    assert line("urn:long#end.stop", "urn:x:p.q", URIRef("http://base/relative")) == 12
    assert line("http://base/full", "urn:x:p", URIRef("urn:x:é")) == 13
    assert line("urn:x:a", "urn:x:none", None) == 5
    assert line("urn:x:none", "urn:x:p", None) is None
    assert set(found.subjects) == {
        URIRef(one) for one in ("urn:x:a", "urn:long#end.stop", "http://base/full")
    }


def _xsd(name: str) -> URIRef:
    return URIRef(f"http://www.w3.org/2001/XMLSchema#{name}")
