"""The saved analyses against plain counting: on an invented record, and on a whole one."""

import statistics
from collections import defaultdict
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from analysis.counting import Vote, agreement, by_year, cohere, compare
from analysis.invented import GRAPH, ISSUES, STATES, Record, make

from foedus import files, iris, saved

CATALOGUE = saved.read_all(files.find("queries"))
PERIOD = {"from": "1999", "to": "2001"}


@pytest.fixture(scope="module")
def record() -> Record:
    return make()


def ask(store: ox.Store, name: str, values: dict[str, str]) -> list[dict[str, str]]:
    """Return the rows of an analysis, empty cells as empty texts."""
    found = store.query(CATALOGUE[f"analyses/{name}"].bind(values), use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: getattr(row[name], "value", "") for name in names} for row in found]


def number(text: str) -> float | None:
    return float(text) if text else None


def near(text: str, expected: float | None) -> bool:
    """Tell whether a cell has a number, rounded to four decimals."""
    found = number(text)
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= 0.00005 + 1e-9


def agrees(row: dict[str, str], votes: Iterable[Vote], one: str, other: str) -> bool:
    """Tell whether a row has the measures that counting gives."""
    counted = compare(votes, one, other)
    return counted is not None and all(
        near(row[name], getattr(counted, name)) for name in counted._fields if name in row
    )


PAIRS = [(one, other) for one in STATES for other in STATES if one < other]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_agreement_of_a_pair(record: Record, one: str, other: str) -> None:
    asked = {"graph": GRAPH, "first": one, "second": other}
    rows = ask(record.store, "agreement-by-pair", asked | PERIOD)
    years = by_year(record.votes, record.years)
    assert [int(row["year"]) for row in rows] == list(years)
    for row in rows:
        assert agrees(row, years[int(row["year"])], one, other)
    decades = ask(record.store, "agreement-by-pair-and-decade", asked)
    assert [row["decade"] for row in decades] == ["1990", "2000"]
    assert agrees(decades[0], years[1999], one, other)
    assert agrees(decades[1], years[2000] + years[2001], one, other)


def test_agreement_on_each_issue(record: Record) -> None:
    asked = {"graph": GRAPH, "first": "CHN", "second": "USA"} | PERIOD
    rows = ask(record.store, "agreement-by-pair-and-issue", asked)
    assert {row["issue"].rpartition("/")[2] for row in rows} == set(ISSUES)
    for row in rows:
        issue = row["issue"].rpartition("/")[2]
        on_it = [vote for vote in record.votes if issue in record.issues[vote.call]]
        assert agrees(row, on_it, "CHN", "USA")


def test_change_from_year_to_year(record: Record) -> None:
    asked = {"graph": GRAPH, "first": "PRK", "second": "RUS", "from": "2000", "to": "2001"}
    rows = ask(record.store, "agreement-change-by-pair", asked)
    years = by_year(record.votes, record.years)
    scores = {year: compare(votes, "PRK", "RUS") for year, votes in years.items()}
    assert [int(row["year"]) for row in rows] == [2000, 2001]
    for row in rows:
        now, before = scores[int(row["year"])], scores[int(row["year"]) - 1]
        assert now is not None and before is not None
        assert near(row["s"], now.s) and int(row["votesBefore"]) == before.votes
        assert float(row["change"]) == pytest.approx(now.s - before.s, abs=0.00011)


def test_before_and_after_a_day(record: Record) -> None:
    asked = {"graph": GRAPH, "first": "CHN", "second": "RUS", "day": "2000-01-01"} | PERIOD
    rows = ask(record.store, "agreement-before-and-after-by-pair", asked)
    years = by_year(record.votes, record.years)
    assert [row["part"] for row in rows] == ["before", "on or after"]
    assert agrees(rows[0], years[1999], "CHN", "RUS")
    assert agrees(rows[1], years[2000] + years[2001], "CHN", "RUS")


def test_nearest_and_farthest(record: Record) -> None:
    asked = {"graph": GRAPH, "state": "RUS", "least": "1"}
    rows = ask(record.store, "nearest-by-state", asked | {"from": "2000", "to": "2001"})
    years = by_year(record.votes, record.years)
    votes = years[2000] + years[2001]
    others = [row["other"].rpartition("/")[2] for row in rows]
    assert sorted(others) == sorted(set(STATES) - {"RUS"})
    for other, row in zip(others, rows, strict=True):
        assert agrees(row, votes, "RUS", other)
    scores = [float(row["s"]) for row in rows]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]


@pytest.mark.parametrize("members", [("BRA", "CHN", "IND", "RUS"), ("CHN", "USA")])
def test_cohesion_of_a_bloc(record: Record, members: tuple[str, ...]) -> None:
    asked = {"graph": GRAPH, "members": " ".join(members)} | PERIOD
    rows = ask(record.store, "cohesion-by-bloc", asked)
    years = by_year(record.votes, record.years)
    assert [int(row["year"]) for row in rows] == list(years)
    for row in rows:
        counted = cohere(years[int(row["year"])], set(members))
        assert counted is not None
        assert int(row["votes"]) == counted.votes and int(row["ballots"]) == counted.ballots
        assert near(row["rice"], counted.rice) and near(row["agreement"], counted.agreement)


def test_a_code_that_is_part_of_another_names_no_member(record: Record) -> None:
    asked = {"graph": GRAPH, "members": "CH HN CHNX"} | PERIOD
    assert ask(record.store, "cohesion-by-bloc", asked) == []


def test_divided_votes(record: Record) -> None:
    rows = ask(record.store, "divisive-votes-by-year", {"graph": GRAPH, "year": "2000"})
    rolls: dict[str, list[int]] = defaultdict(list)
    for vote in by_year(record.votes, record.years)[2000]:
        rolls[vote.call].append(vote.option)
    expected = {call: agreement(options) for call, options in rolls.items()}
    assert {row["vote"].rpartition("/")[2] for row in rows} == set(expected)
    for row in rows:
        call = row["vote"].rpartition("/")[2]
        assert near(row["agreement"], expected[call])
        told = [int(row[name]) for name in ("no", "abstentions", "yes")]
        assert told == [rolls[call].count(option) for option in range(3)]
    assert [float(row["agreement"]) for row in rows] == sorted(float(r["agreement"]) for r in rows)


def test_votes_of_a_state_by_year(record: Record) -> None:
    asked = {"graph": GRAPH, "state": "PRK"} | PERIOD
    rows = ask(record.store, "votes-by-state-and-year", asked)
    for row, (year, votes) in zip(rows, by_year(record.votes, record.years).items(), strict=True):
        options = [vote.option for vote in votes if vote.state == "PRK"]
        assert int(row["year"]) == year and int(row["votes"]) == len(options)
        told = [int(row[name]) for name in ("no", "abstentions", "yes")]
        assert told == [options.count(option) for option in range(3)]


def test_votes_on_a_subject(record: Record) -> None:
    subject = str(iris.VOCABULARY["voting-issue/nu"])
    asked = {"graph": GRAPH, "subject": subject, "from": "2000", "to": "2000"}
    rows = ask(record.store, "votes-by-subject", asked)
    expected = {call for call, year in record.years.items() if year == 2000}
    expected = {call for call in expected if "nu" in record.issues[call]}
    assert {row["vote"].rpartition("/")[2] for row in rows} == expected
    total = sum(int(row[name]) for row in rows for name in ("yes", "no", "abstentions"))
    assert total == sum(vote.call in expected for vote in record.votes)


def test_the_record_named_is_the_only_one_counted(record: Record) -> None:
    """The same votes stand in a second record, and votes nobody cast in a derived graph."""
    asked = {"graph": GRAPH, "first": "PRK", "second": "USA"} | PERIOD
    rows = ask(record.store, "agreement-by-pair", asked)
    both = sum(int(row["votes"]) for row in rows)
    counted = compare(record.votes, "PRK", "USA")
    assert counted is not None and both == counted.votes
    assert statistics.fmean(float(row["share"]) for row in rows) < 1
