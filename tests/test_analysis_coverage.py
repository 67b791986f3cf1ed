"""What an answer says about years that no record covers."""

import pyoxigraph as ox
import pytest

from foedus import files, iris, saved
from foedus.analysis import coverage
from foedus.engine.embedded import EmbeddedEngine

CATALOGUE = saved.read_all(files.find("queries"))
ASSEMBLY = str(iris.GRAPH["records/assembly"])
COUNCIL = str(iris.GRAPH["records/council"])
DATA = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX graph: <https://w3id.org/foedus/graph/>
PREFIX layer: <https://w3id.org/foedus/vocabulary/layer/>
PREFIX organisation: <https://w3id.org/foedus/id/organisation/>
PREFIX state: <https://w3id.org/foedus/id/state/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

graph:records\\/assembly foedus:onLayer layer:records ; dcterms:title "Assembly"@en ;
  foedus:coversBody organisation:un-general-assembly ;
  foedus:coversFrom "1946-01"^^xsd:gYearMonth ; foedus:coversTo "2019-12-27"^^xsd:date .
graph:records\\/council foedus:onLayer layer:records ; dcterms:title "Council on one state"@en ;
  foedus:coversBody organisation:un-security-council ; foedus:coversSubject state:PRK ;
  foedus:coversFrom "2006-07-15"^^xsd:date ; foedus:coversTo "2017-12-22"^^xsd:date .
graph:records\\/treaties foedus:onLayer layer:records ;
  foedus:coversFrom "1951-09-08"^^xsd:date ; foedus:coversTo "2024-12-04"^^xsd:date .
graph:claims\\/one foedus:onLayer layer:claims .
"""


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
    return EmbeddedEngine(store)


def test_years_within_are_answered_without_a_warning(engine: EmbeddedEngine) -> None:
    assert coverage.coverage_warnings(engine, [ASSEMBLY], range(1946, 2020)) == []


def test_years_outside_are_named(engine: EmbeddedEngine) -> None:
    (warning,) = coverage.coverage_warnings(engine, [ASSEMBLY], [1945, 2000, 2020, 2021])
    assert warning.graph == ASSEMBLY and warning.years == (1945, 2020, 2021)
    assert warning.message == (
        "Assembly covers 1946-01 to 2019-12-27: 1945, 2020 to 2021 not recorded, which is not none"
    )


def test_a_record_of_one_subject_says_so_even_within(engine: EmbeddedEngine) -> None:
    (warning,) = coverage.coverage_warnings(engine, [COUNCIL], [2010])
    assert warning.years == () and "only what concerns" in warning.message


def test_a_graph_that_is_not_there_is_no_answer(engine: EmbeddedEngine) -> None:
    other = str(iris.GRAPH["records/voeten"])
    (warning,) = coverage.coverage_warnings(engine, [other], [2010])
    assert warning.years == (2010,) and "no graph of voting records" in warning.message


def test_without_a_graph_all_voting_records_count_together(engine: EmbeddedEngine) -> None:
    """The treaties reach to 2024, but cover no body's votes."""
    (warning,) = coverage.coverage_warnings(engine, [], [2019, 2020])
    assert (warning.graph, warning.years) == ("", (2020,))


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


def test_warnings_follow_the_parameters(engine: EmbeddedEngine) -> None:
    query = CATALOGUE["analyses/agreement-by-pair"]
    values = {"graph": ASSEMBLY, "from": "2018", "to": "2025"}
    (warning,) = coverage.warnings_for(engine, query, values)
    assert warning.years == tuple(range(2020, 2026))
    assert coverage.warnings_for(engine, query, values | {"to": "2019"}) == []
    assert coverage.warnings_for(engine, CATALOGUE["votes/votes-by-state"], {}) == []


def test_every_analysis_says_its_period_by_the_convention() -> None:
    for path, query in CATALOGUE.items():
        if path.startswith("analyses/"):
            kinds = {name: param.kind for name, param in query.params.items()}
            named = {name for name, kind in kinds.items() if kind in ("integer", "date")}
            assert named <= {*coverage.PERIOD, "least"}, path
            assert ("from" in named) == ("to" in named), path
            assert kinds.get("graph", "iri") == "iri"
