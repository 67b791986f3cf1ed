"""Analyses at full size against plain counting over the tables.

The tables are no part of the project; they lie at ``../shared/data`` where they are present.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from analysis.counting import Vote, by_year, cohere, compare
from test_analysis_queries import agrees, ask, near

from foedus import files, iris
from foedus.analysis import deriving, rolls
from foedus.records import crosswalk, forms, quads
from foedus.records.faults import FaultLog

ROOT = Path(__file__).resolve().parents[1]
TABLES = ROOT.parent / "shared" / "data"
OPTIONS = {"N": 0, "A": 1, "Y": 2}
FILES = [TABLES / "cc0" / f"unga_{name}_1946_2019.csv.gz" for name in ("votes", "rollcalls")]

shared = pytest.mark.shared
needs_tables = pytest.mark.skipif(not TABLES.is_dir(), reason=f"the tables are not at {TABLES}")


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table)


@cache
def counted() -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Return each state's votes by roll call, and the years of roll calls, from the tables."""
    votes: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(FILES[0]):
        votes[row["state_id"]][row["rcid"]] = OPTIONS[row["vote"]]
    return votes, {row["rcid"]: int(row["date"][:4]) for row in rows(FILES[1])}


def votes_of(*states: str) -> list[Vote]:
    votes, _ = counted()
    return [Vote(call, state, option) for state in states for call, option in votes[state].items()]


@pytest.fixture(scope="module")
def text() -> bytes:
    """Return Voeten's votes as the readers give them."""
    walk = crosswalk.read()
    sets = forms.read(FILES, walk, FaultLog())
    return "".join(line for found in sets for line in quads.write(found, walk.states)).encode()


@pytest.fixture(scope="module")
def store(text: bytes) -> ox.Store:
    store = ox.Store()
    store.bulk_load(text, format=ox.RdfFormat.N_QUADS)
    states = files.find("triples") / "things" / "states.ttl"
    things = ox.NamedNode(iris.GRAPH["things/states"])
    store.bulk_load(path=str(states), format=ox.RdfFormat.TURTLE, to_graph=things)
    return store


@shared
@needs_tables
@pytest.mark.parametrize(("one", "other"), [("CHN", "USA"), ("PRK", "RUS"), ("SUN", "TWN")])
def test_agreement_of_a_pair_at_full_size(store: ox.Store, one: str, other: str) -> None:
    asked = {"graph": "voeten", "first": one, "second": other, "from": "1945", "to": "2020"}
    found = ask(store, "agreement-by-pair", asked)
    years = by_year(votes_of(one, other), counted()[1])
    expected = {year for year, votes in years.items() if compare(votes, one, other)}
    assert {int(row["year"]) for row in found} == expected
    assert all(agrees(row, years[int(row["year"])], one, other) for row in found)


@shared
@needs_tables
def test_nearest_states_at_full_size(store: ox.Store) -> None:
    asked = {"graph": "voeten", "state": "PRK", "from": "2017", "to": "2017", "least": "1"}
    found = ask(store, "nearest-by-state", asked)
    votes, years = counted()
    expected = set()
    for other in set(votes) - {"PRK"}:
        in_year = [vote for vote in votes_of("PRK", other) if years[vote.call] == 2017]
        if compare(in_year, "PRK", other):
            expected.add(other)
            (row,) = (row for row in found if row["other"].endswith(f"/{other}"))
            assert agrees(row, in_year, "PRK", other)
    assert len(found) == len(expected) > 180


@shared
@needs_tables
def test_cohesion_at_full_size(store: ox.Store) -> None:
    members = ("BRA", "CHN", "IND", "RUS", "ZAF")
    asked = {"graph": "voeten", "members": " ".join(members), "from": "2009", "to": "2019"}
    years = by_year(votes_of(*members), counted()[1])
    found = ask(store, "cohesion-by-bloc", asked)
    assert [int(row["year"]) for row in found] == list(range(2009, 2020))
    for row in found:
        expected = cohere(years[int(row["year"])], set(members))
        assert expected is not None and int(row["votes"]) == expected.votes
        assert near(row["rice"], expected.rice) and near(row["agreement"], expected.agreement)


@shared
@needs_tables
def test_derived_equals_counting_at_full_size(text: bytes) -> None:
    """Every year of one pair, and the whole record of another that is no centre."""
    (roll,) = rolls.read(ox.parse(input=text, format=ox.RdfFormat.N_QUADS))
    assert sum(ballots.cast.bit_count() for ballots in roll.ballots.values()) == 870_109
    observed: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = ("/CHN-PRK-", "/FRA-GBR")
    lines = "".join(text for text in deriving.derive([roll]) if any(key in text for key in wanted))
    for quad in ox.parse(input=lines, format=ox.RdfFormat.N_QUADS):
        if any(key in quad.subject.value for key in wanted):
            observed[quad.subject.value][quad.predicate.value] = quad.object.value
    years = by_year(votes_of("CHN", "PRK"), counted()[1])
    met = 0
    for subject, said in observed.items():
        if "agreement-by-year" in subject:
            votes, pair = years[int(said[str(iris.NS.observedYear)])], ("CHN", "PRK")
        elif "agreement-by-record" in subject and subject.endswith("/FRA-GBR"):
            votes, pair = votes_of("FRA", "GBR"), ("FRA", "GBR")
        else:
            continue
        expected = compare(votes, *pair)
        assert expected is not None
        met += 1
        assert int(said[str(iris.NS.jointVotes)]) == expected.votes
        assert int(said[str(iris.NS.identicalVotes)]) == expected.identical
        assert near(said[str(iris.NS.sScore)], expected.s)
        assert near(said.get(str(iris.NS.kappa), ""), expected.kappa)
    assert met == 29 + 1
