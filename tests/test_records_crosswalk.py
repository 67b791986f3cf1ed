"""Names and codes of states: what each stands for, and when."""

import csv
from pathlib import Path

import pytest
from rdflib import RDF, RDFS

from foedus import files, iris, turtle
from foedus.errors import RecordError
from foedus.records import crosswalk
from foedus.records.crosswalk import Crosswalk

THINGS = files.find("triples") / "things"
ALIASES = Path(__file__).resolve().parents[2] / "shared" / "data" / "states" / "state_aliases.csv"


@pytest.fixture(scope="module")
def walk() -> Crosswalk:
    return crosswalk.read()


@pytest.mark.parametrize(
    ("name", "day", "state"),
    [
        ("CHINA", "1971-10-25", "TWN"),
        ("CHINA", "1971-10-26", "CHN"),
        ("China", "1950", "TWN"),
        ("Russia", "1991-12-23", "SUN"),
        ("Russia", "1991-12-24", "RUS"),
        ("USSR", "1991-12-31", "SUN"),
        ("RUSSIAN FEDERATION", "1992-01-01", "RUS"),
        ("Yugoslavia", "2003-02-03", "YUG"),
        ("Yugoslavia", "2003-02-04", "SCG"),
        ("Yugoslavia", "2006-06-02", "SCG"),
        ("Yugoslavia", "2006-06-03", "SRB"),
        ("UPPER VOLTA", "1961-01-01", "BFA"),
        ("ZAIRE", "1980-01-01", "COD"),
        ("GERMANY, FEDERAL REPUBLIC OF", "1980-01-01", "DEU"),
        ("GERMAN DEMOCRATIC REPUBLIC", "1980-01-01", "DDR"),
        ("türkiye", "2023-01-01", "TUR"),
    ],
)
def test_a_name_stands_for_a_state_at_a_time(
    walk: Crosswalk, name: str, day: str, state: str
) -> None:
    assert walk.at(walk.by_name(name), day) == state


@pytest.mark.parametrize(
    ("code", "day", "state"),
    [
        ("365", "1962-10-25", "SUN"),
        ("365", "2022-03-02", "RUS"),
        ("345", "1950-01", "YUG"),
        ("345", "2020-01-14", "SRB"),
        ("710", "1950-01-01", "CHN"),
        ("713", "1950-01-01", "TWN"),
        ("260", "1980-01-01", "DEU"),
        ("255", "1991-01-01", "DEU"),
        ("678", "1980-01-01", "YEM"),
    ],
)
def test_a_number_of_correlates_of_war_stands_for_a_state_at_a_time(
    walk: Crosswalk, code: str, day: str, state: str
) -> None:
    assert walk.at(walk.cow[code], day) == state


def test_a_seat_that_passed_on_is_told_by_its_date_only(walk: Crosswalk) -> None:
    assert walk.at(walk.by_name("China"), "") is None
    assert walk.at(walk.by_name("USSR"), "") == "SUN"


def test_an_unknown_name_stands_for_none(walk: Crosswalk) -> None:
    assert walk.by_name("Atlantis") == ()


def test_every_alpha_3_code_stands_for_its_state(walk: Crosswalk) -> None:
    assert all(state in walk.iso[state] for state in walk.states)


def test_every_name_and_tenure_has_a_source_and_a_state() -> None:
    names = turtle.read(THINGS / "state-names.ttl")
    states = set(turtle.read(THINGS / "states.ttl").subjects(RDFS.label))
    for kind, relation in (("StateName", "names"), ("SeatTenure", "isHeldByState")):
        subjects = list(names.subjects(RDF.type, iris.NS[kind]))
        assert subjects
        for subject in subjects:
            assert list(names.objects(subject, turtle.DCTERMS.source)), subject
            held = set(names.objects(subject, iris.NS[relation]))
            assert held and held <= states, subject


def test_a_shared_name_without_tenures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "states.ttl").write_bytes((THINGS / "states.ttl").read_bytes())
    text = (THINGS / "state-names.ttl").read_text(encoding="utf-8")
    (tmp_path / "state-names.ttl").write_text(
        text.replace("foedus:names state:BFA", "foedus:names state:BFA, state:MLI"),
        encoding="utf-8",
    )
    with pytest.raises(RecordError, match="expected a seat's tenures"):
        crosswalk.read(tmp_path)


@pytest.mark.shared
@pytest.mark.skipif(not ALIASES.is_file(), reason=f"no table of aliases at {ALIASES}")
def test_every_alias_with_votes_stands_for_the_same_state(walk: Crosswalk) -> None:
    with ALIASES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 449
    wrong = [
        (row["name_in_source"], day)
        for row in rows
        for day in (row["first_date"], row["last_date"])
        if walk.at(walk.by_name(row["name_in_source"]), day) != row["state_id"]
    ]
    assert wrong == []
