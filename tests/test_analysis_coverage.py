"""What an answer says about years that no record covers."""

from collections.abc import Sequence

import pyoxigraph as ox
import pytest

from foedus import files, iris, saved
from foedus.analysis import coverage
from foedus.analysis.coverage import Coverage, CoverageWarning
from foedus.engine.embedded import EmbeddedEngine

CATALOGUE = saved.read_all(files.find("queries"))
ASSEMBLY = str(iris.GRAPH["records/assembly"])
COUNCIL = str(iris.GRAPH["records/council"])
VETOES = str(iris.GRAPH["records/vetoes"])
CHOSEN = str(iris.GRAPH["records/chosen"])
DATA = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX graph: <https://w3id.org/foedus/graph/>
PREFIX layer: <https://w3id.org/foedus/vocabulary/layer/>
PREFIX organisation: <https://w3id.org/foedus/id/organisation/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX state: <https://w3id.org/foedus/id/state/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

graph:records\\/assembly foedus:onLayer layer:records ; dcterms:title "Assembly"@en ;
  foedus:coversBody organisation:un-general-assembly ;
  foedus:coversFrom "1946-01"^^xsd:gYearMonth ; foedus:coversTo "2019-12-27"^^xsd:date .
graph:records\\/council foedus:onLayer layer:records ; dcterms:title "Council on one state"@en ;
  foedus:coversBody organisation:un-security-council ; foedus:coversSubject state:PRK ;
  foedus:coversTextType foedus:Resolution ;
  foedus:coversFrom "2006-07-15"^^xsd:date ; foedus:coversTo "2017-12-22"^^xsd:date .
graph:records\\/vetoes foedus:onLayer layer:records ; dcterms:title "Vetoes"@en ;
  foedus:coversBody organisation:un-security-council ; foedus:coversTextType foedus:Draft ;
  foedus:coversFrom "1990"^^xsd:gYear ; foedus:coversTo "1999-12"^^xsd:gYearMonth .
graph:records\\/chosen foedus:onLayer layer:records ; dcterms:title "Salát's\\nchoice"@en ;
  foedus:coversBody organisation:un-economic-and-social-council .
graph:records\\/treaties foedus:onLayer layer:records ;
  foedus:coversFrom "1951-09-08"^^xsd:date ; foedus:coversTo "2024-12-04"^^xsd:date .
graph:claims\\/one foedus:onLayer layer:claims .
organisation:un-general-assembly rdfs:label "General Assembly"@en .
organisation:un-security-council rdfs:label "Security Council"@en .
state:PRK rdfs:label "North Korea"@en .
"""
PAIR = CATALOGUE["analyses/agreement-by-pair"]
DECADES = CATALOGUE["analyses/agreement-by-pair-and-decade"]
BY_PERIOD = CATALOGUE["analyses/vetoes-by-period"]
BY_STATE = CATALOGUE["votes/votes-by-state"]


@pytest.fixture(scope="module")
def covered() -> Sequence[Coverage]:
    """Read what the records of a small graph cover."""
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
    return coverage.read(EmbeddedEngine(store))


def pair(
    covered: Sequence[Coverage], graph: str, first: int, last: int
) -> tuple[CoverageWarning, ...]:
    """Return the warnings for the agreement of a pair, from one year to another."""
    values = {"graph": graph, "from": str(first), "to": str(last)}
    return tuple(coverage.warnings_for(covered, PAIR, values))


def test_years_within_are_answered_without_a_warning(covered: Sequence[Coverage]) -> None:
    assert pair(covered, ASSEMBLY, 1946, 2018) == ()
    assert pair(covered, VETOES, 1990, 1999) == ()


def test_years_outside_are_named(covered: Sequence[Coverage]) -> None:
    (warning,) = pair(covered, ASSEMBLY, 2018, 2025)
    assert warning == CoverageWarning(
        ASSEMBLY,
        tuple(range(2020, 2026)),
        "2020 to 2025 not recorded, which is not none; 2019 recorded in part only."
        " Record: Assembly (1946-01 to 2019-12-27)",
    )
    (before,) = pair(covered, ASSEMBLY, 1945, 1946)
    assert before.years == (1945,)


def test_a_record_of_one_subject_tells_a_part_of_each_year(covered: Sequence[Coverage]) -> None:
    (warning,) = pair(covered, COUNCIL, 2010, 2011)
    assert (warning.graph, warning.years) == (COUNCIL, ())
    assert warning.message == (
        "2010 to 2011 recorded in part only. Record: Council on one state"
        " (2006-07-15 to 2017-12-22, adopted texts only, only what concerns North Korea)"
    )


def test_a_selection_tells_a_part_of_any_year(covered: Sequence[Coverage]) -> None:
    (warning,) = pair(covered, CHOSEN, 1800, 1800)
    assert warning.years == ()
    assert warning.message == (
        "1800 recorded in part only. Record: Salát's choice (a selection of any time)"
    )


@pytest.mark.parametrize("name", ["voeten", "treaties"])
def test_a_graph_that_is_no_voting_record_is_named(covered: Sequence[Coverage], name: str) -> None:
    graph = str(iris.GRAPH[f"records/{name}"])
    (warning,) = pair(covered, graph, 2010, 2010)
    assert warning.years == (2010,) and f"{graph} is no graph of voting records" in warning.message
    (timeless,) = coverage.warnings_for(covered, DECADES, {"graph": name})
    assert timeless.years == () and "is no graph of voting records" in timeless.message


def test_a_period_without_a_year_is_named(covered: Sequence[Coverage]) -> None:
    (warning,) = pair(covered, ASSEMBLY, 2000, 1990)
    assert warning.message == "the period from 2000 to 1990 holds no year"


def test_parameters_not_given_have_their_examples(covered: Sequence[Coverage]) -> None:
    """The example's last year is 2017."""
    (warning,) = coverage.warnings_for(covered, PAIR, {"graph": VETOES, "from": "1999"})
    assert warning.years == tuple(range(2000, 2018))


def test_a_question_without_a_period_is_told_what_it_rests_on(covered: Sequence[Coverage]) -> None:
    (warning,) = coverage.warnings_for(covered, DECADES, {"graph": ASSEMBLY})
    assert warning.message == (
        "only what these records hold is told; the rest is not recorded, which is not none."
        " Record: Assembly (1946-01 to 2019-12-27)"
    )
    (warning,) = coverage.warnings_for(covered, BY_STATE, {})
    for title in ("Assembly (", "Council on one state (", "Vetoes (1990 to 1999-12, failed"):
        assert title in warning.message


def test_vetoes_are_asked_of_the_councils_drafts_only(covered: Sequence[Coverage]) -> None:
    """The Assembly has 2005, and the Council's adopted texts have 2006: no veto could be there."""
    assert coverage.warnings_for(covered, BY_PERIOD, {"from": "1990", "to": "1999"}) == []
    (warning,) = coverage.warnings_for(covered, BY_PERIOD, {"from": "1999", "to": "2006"})
    assert warning.years == tuple(range(2000, 2007))
    assert warning.message == "Security Council: 2000 to 2006 not recorded, which is not none"
    without = [one for one in covered if one.graph != VETOES]
    (warning,) = coverage.warnings_for(without, BY_PERIOD, {"from": "1999", "to": "1999"})
    assert warning.years == (1999,) and "no record here covers such votes" in warning.message


def test_each_body_is_warned_of_for_itself(covered: Sequence[Coverage]) -> None:
    query = CATALOGUE["analyses/votes-on-one-another-by-day"]
    found = coverage.warnings_for(covered, query, {"day": "2022-02-24"})
    assert [(w.message.partition(":")[0], w.years) for w in found[:-1]] == [
        ("General Assembly", (2022,)),
        ("Security Council", (2022,)),
    ]
    assert found[-1].message.startswith("only what these records hold")
    assert len(coverage.warnings_for(covered, query, {"day": "1995-01-01"})) == 1


def test_no_record_at_all_is_a_warning() -> None:
    (warning,) = coverage.warnings_for([], BY_STATE, {})
    assert "no record here covers such votes" in warning.message


@pytest.mark.parametrize(
    "path", ["events/timeline", "claims/verdicts", "treaties/treaty-dates-by-treaty"]
)
def test_questions_that_ask_no_votes_are_left_alone(covered: Sequence[Coverage], path: str) -> None:
    assert coverage.warnings_for(covered, CATALOGUE[path], {}) == []


@pytest.mark.parametrize(
    ("path", "values", "years"),
    [
        ("analyses/agreement-by-pair", {"from": "1990", "to": "1992"}, range(1990, 1993)),
        ("analyses/divisive-votes-by-year", {"year": "1994"}, range(1994, 1995)),
        ("analyses/votes-on-one-another-by-day", {"day": "2022-02-24"}, range(2022, 2023)),
        ("analyses/agreement-by-pair-and-decade", {}, None),
        ("votes/votes-by-state", {}, None),
    ],
)
def test_a_query_names_its_period(path: str, values: dict[str, str], years: range | None) -> None:
    assert coverage.period_asked(CATALOGUE[path], values) == years


def test_every_question_to_the_voting_records_is_known_as_one() -> None:
    """It reads the layer of records and votes there, or what is derived of the record it names."""
    for path, query in CATALOGUE.items():
        reads = "layer:records" in query.text or "graph/records/" in query.text
        votes = "foedus:votedFor" in query.text or "foedus:vetoedBy" in query.text
        asks = query.params and reads and (votes or coverage.GRAPH in query.params)
        assert coverage.asks_votes(query) == bool(asks), path
        if path.startswith("analyses/"):
            kinds = {name: param.kind for name, param in query.params.items()}
            named = {name for name, kind in kinds.items() if kind in ("integer", "date")}
            assert named <= {*coverage.PERIOD, "least", "session"}, path
            assert ("from" in named) == ("to" in named), path
