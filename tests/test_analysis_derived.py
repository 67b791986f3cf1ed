"""Derived observations against plain SPARQL and plain counting, and against the cube's rules."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from analysis.counting import Vote, by_year, compare
from analysis.invented import GRAPH, STATES, Record, make
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, URIRef
from test_analysis_positions import simulate
from test_analysis_queries import agrees, ask, near

from foedus import files, iris, turtle
from foedus.analysis import cube, deriving, measures, positions, rolls
from foedus.analysis.rolls import Ballots
from foedus.errors import RecordError

NS = iris.NS
STRUCTURES = turtle.read(files.find("ontology") / "analysis.ttl")
HOLDING = {cube.QB + "observation", cube.QB + "observationGroup"}
Described = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def record() -> Record:
    return make()


def parse(lines: Iterable[str]) -> list[ox.Quad]:
    return list(ox.parse(input="".join(lines), format=ox.RdfFormat.N_QUADS))


@pytest.fixture(scope="module")
def lines(record: Record) -> list[str]:
    return list(deriving.derive(rolls.read(record.store), centres=("PRK", "RUS"), least=1))


@pytest.fixture(scope="module")
def quads(lines: list[str]) -> list[ox.Quad]:
    return parse(lines)


def described(quads: Iterable[ox.Quad]) -> Described:
    """Return what is said of each subject; no predicate is said twice but what a group holds."""
    found: Described = defaultdict(dict)
    for quad in quads:
        if quad.predicate.value in HOLDING:
            continue
        said = found[quad.subject.value]
        assert quad.predicate.value not in said, quad
        said[quad.predicate.value] = quad.object.value
    return found


def of(subjects: Described, structure: str) -> list[dict[str, str]]:
    """Return the observations of a structure over the invented record."""
    data_set = iris.mint("statistics", f"invented/un-general-assembly/{structure}")
    return [said for said in subjects.values() if said.get(cube.QB + "dataSet") == str(data_set)]


def key(iri: str) -> str:
    return iri.rpartition("/")[2]


def test_a_roll_is_the_votes(record: Record) -> None:
    first, again = rolls.read(record.store)
    assert (first.name, again.name) == ("invented", "invented-again")
    found = {
        (key(call), state, option)
        for state, ballots in first.ballots.items()
        for option, bits in enumerate((ballots.against, ballots.abstained, ballots.votes_for))
        for place, call in enumerate(first.calls)
        if bits >> place & 1
    }
    assert found == set(record.votes)
    assert {y: m.bit_count() for y, m in first.years.items()} == {1999: 20, 2000: 20, 2001: 20}


def test_two_dates_of_one_roll_call_are_refused(record: Record) -> None:
    call = ox.NamedNode(iris.mint("vote", "invented-0"))
    date = ox.Quad(call, ox.NamedNode(NS.occursOn), ox.Literal("2011"), ox.NamedNode(GRAPH))
    with pytest.raises(RecordError, match="invented-0 has 1999 and 2011 as date"):
        rolls.read([*record.store, date])


def test_derived_by_year_equals_plain_sparql(record: Record, quads: list[ox.Quad]) -> None:
    observations = of(described(quads), "agreement-by-year")
    assert len(observations) == 2 * (len(STATES) - 1) * 3
    for said in observations:
        year = said[str(NS.observedYear)]
        one, other = key(said[str(NS.observesState)]), key(said[str(NS.comparesWith)])
        asked = {"graph": GRAPH, "first": one, "second": other, "from": year, "to": year}
        (row,) = ask(record.store, "agreement-by-pair", asked)
        assert said[str(NS.jointVotes)] == row["votes"]
        assert said[str(NS.identicalVotes)] == row["identical"]
        assert float(said[str(NS.sScore)]) == float(row["s"])
        assert float(said[str(NS.kappa)]) == float(row["kappa"])


def test_derived_by_record_equals_counting(record: Record, quads: list[ox.Quad]) -> None:
    observations = of(described(quads), "agreement-by-record")
    assert len(observations) == len(STATES) * (len(STATES) - 1) // 2
    for said in observations:
        one, other = key(said[str(NS.observesState)]), key(said[str(NS.comparesWith)])
        counted = compare(record.votes, one, other)
        assert counted is not None
        assert int(said[str(NS.jointVotes)]) == counted.votes
        assert int(said[str(NS.identicalVotes)]) == counted.identical
        assert near(said[str(NS.sScore)], counted.s) and near(said[str(NS.kappa)], counted.kappa)


def test_few_votes_in_common_are_not_told(record: Record) -> None:
    few = parse(deriving.derive(rolls.read(record.store), least=15))
    told = str(NS.jointVotes)
    counts = [int(quad.object.value) for quad in few if quad.predicate.value == told]
    assert counts and min(counts) >= 15


def test_a_record_of_two_roll_calls_has_no_statistics(record: Record) -> None:
    (roll, _) = rolls.read(record.store)
    two = {state: ballots.within(0b11) for state, ballots in roll.ballots.items()}
    small = dataclasses.replace(roll, calls=roll.calls[:2], ballots=two)
    assert list(deriving.derive([small])) == []


def test_the_same_votes_give_the_same_quads_in_order(record: Record) -> None:
    backwards = reversed(list(record.store))
    once = list(deriving.derive(rolls.read(record.store)))
    assert list(deriving.derive(rolls.read(backwards))) == once


def test_observations_have_what_their_structure_asks(quads: list[ox.Quad]) -> None:
    """One data set, one structure, all its dimensions and measures, and no two at one place."""
    subjects = described(quads)
    qb = cube.QB
    met = set()
    for said in subjects.values():
        if said[str(RDF.type)] != qb + "Observation":
            continue
        data_set = subjects[said[qb + "dataSet"]]
        structure = URIRef(data_set[qb + "structure"])
        needed, allowed = set(), set()
        for component in STRUCTURES.objects(structure, URIRef(qb + "component")):
            for role in ("dimension", "measure", "attribute"):
                for term in STRUCTURES.objects(component, URIRef(qb + role)):
                    allowed.add(str(term))
                    optional = STRUCTURES.value(component, URIRef(qb + "componentRequired"))
                    if role != "attribute" or optional.toPython():
                        needed.add(str(term))
        terms = set(said) - {str(RDF.type), qb + "dataSet"}
        assert needed <= terms <= allowed
        dimensions = {
            str(term)
            for component in STRUCTURES.objects(structure, URIRef(qb + "component"))
            for term in STRUCTURES.objects(component, URIRef(qb + "dimension"))
        }
        place = (said[qb + "dataSet"], *sorted((d, said[d]) for d in dimensions))
        assert place not in met
        met.add(place)
    assert met


def test_every_structure_is_used_and_every_one_used_is_there() -> None:
    declared = {
        key(str(s))
        for s in STRUCTURES.subjects(RDF.type, URIRef(cube.QB + "DataStructureDefinition"))
    }
    kinds = (deriving.BY_YEAR, deriving.BY_RECORD, deriving.POSITIONS)
    assert declared == {kind.structure for kind in kinds}


def test_cohesion_measures() -> None:
    assert measures.rice(3, 3) == 0 and measures.rice(5, 0) == 1 and measures.rice(0, 0) is None
    assert measures.agreement_index(10, 0, 0) == 1
    assert measures.agreement_index(4, 4, 4) == 0


BITS = st.lists(st.sampled_from(["", "for", "against", "abstained"]), min_size=1, max_size=40)


@given(BITS, BITS)
def test_comparing_bits_equals_comparing_votes(one: list[str], other: list[str]) -> None:
    def bits(options: list[str]) -> Ballots:
        masks = [
            sum(1 << place for place, option in enumerate(options) if option == name)
            for name in ("for", "against", "abstained")
        ]
        return Ballots(*masks)

    values = {"for": 2, "abstained": 1, "against": 0}
    plain = [
        (str(place), state, values[option])
        for state, options in (("one", one), ("other", other))
        for place, option in enumerate(options)
        if option
    ]
    counted = compare([Vote(*vote) for vote in plain], "one", "other")
    found = measures.compare(bits(one), bits(other))
    assert (found is None) == (counted is None)
    if found and counted:
        assert (found.votes, found.identical) == (counted.votes, counted.identical)
        assert found.s == pytest.approx(counted.s)
        assert found.lijphart == pytest.approx(counted.lijphart)
        assert (found.kappa is None) == (counted.kappa is None)
        if found.kappa is not None:
            assert found.kappa == pytest.approx(counted.kappa)


def test_lines_come_in_their_order_each_once(lines: list[str]) -> None:
    single = "".join(lines).encode().splitlines(keepends=True)
    assert single == sorted(set(single))


def test_an_observation_is_in_the_groups_of_its_places(quads: list[ox.Quad]) -> None:
    """From data set to groups to observations; each group fixes what its observations have."""
    subjects = described(quads)
    held: dict[str, list[str]] = defaultdict(list)
    for quad in quads:
        if quad.predicate.value in HOLDING:
            held[quad.subject.value].append(quad.object.value)
    start = str(iris.mint("statistics", "invented/un-general-assembly")) + "/"
    state = f"{start}agreement-by-year/by/RUS"
    assert state in held[f"{start}agreement-by-year"]
    assert f"{state}-CHN" in held[state] and f"{state}-2000" in held[state]
    assert {key(one) for one in held[f"{state}-2000"]} == {
        f"RUS-{other}-2000" for other in set(STATES) - {"RUS"}
    }
    record = held[f"{start}agreement-by-record/by/RUS"]
    assert {key(one) for one in record} == {
        "-".join(sorted(("RUS", other))) for other in set(STATES) - {"RUS"}
    }
    for group, members in held.items():
        fixed = {term: value for term, value in subjects[group].items() if str(NS) in term}
        for member in members if "/by/" in group and "by-record" not in group else ():
            assert fixed.items() <= subjects[member].items()
    observations = {one for one, said in subjects.items() if cube.QB + "dataSet" in said}
    assert observations == {one for members in held.values() for one in members} & observations


def test_small_records_place_nobody() -> None:
    """Six states on sixty roll calls are too few; each bound is one that can be met."""
    (roll, _) = rolls.read(make().store)
    assert not positions.suffices(roll, "USA")
    calls = roll.every
    half = sum(1 << place for place in range(0, len(roll.calls), 2))
    yes, no = Ballots(calls, 0, 0), Ballots(half, calls & ~half, 0)
    many = {f"S{number}": yes for number in range(9)} | {"USA": no}
    enough = dataclasses.replace(roll, ballots=many, sessions={"1": calls})
    assert positions.suffices(enough, "USA")
    assert not positions.suffices(enough, "GBR")
    assert not positions.suffices(dataclasses.replace(enough, sessions={"ES-1": calls}), "USA")
    few = {"1": half & 0b111}
    assert not positions.suffices(dataclasses.replace(enough, sessions=few), "USA")


@pytest.fixture(scope="module")
def looked_up(record: Record) -> ox.Store:
    """Return the invented record with its statistics, all states as centres."""
    store = ox.Store()
    store.extend(record.store)
    store.extend(parse(deriving.derive(rolls.read(record.store), centres=STATES)))
    return store


@pytest.mark.parametrize(("one", "other"), [("CHN", "USA"), ("USA", "CHN"), ("RUS", "PRK")])
def test_a_pair_is_looked_up_year_by_year(
    record: Record, looked_up: ox.Store, one: str, other: str
) -> None:
    asked = {"graph": GRAPH, "first": one, "second": other}
    rows = ask(looked_up, "yearly-agreement-by-pair", asked)
    years = by_year(record.votes, record.years)
    assert [int(row["year"]) for row in rows] == list(years)
    assert all(agrees(row, years[int(row["year"])], one, other) for row in rows)


def test_the_nearest_of_a_year_are_looked_up(record: Record, looked_up: ox.Store) -> None:
    asked = {"graph": GRAPH, "state": "PRK", "year": "2000"}
    rows = ask(looked_up, "yearly-agreement-by-state", asked)
    votes = by_year(record.votes, record.years)[2000]
    assert {key(row["other"]) for row in rows} == set(STATES) - {"PRK"}
    assert all(agrees(row, votes, "PRK", key(row["other"])) for row in rows)
    scores = [float(row["s"]) for row in rows]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("state", ["BRA", "IND", "USA"])
def test_the_nearest_of_a_record_are_looked_up(
    record: Record, looked_up: ox.Store, state: str
) -> None:
    """For the first, a middle and the last state: a pair is observed under the first of two."""
    asked = {"graph": GRAPH, "state": state, "least": "3"}
    rows = ask(looked_up, "record-agreement-by-state", asked)
    assert {key(row["other"]) for row in rows} == set(STATES) - {state}
    assert all(agrees(row, record.votes, state, key(row["other"])) for row in rows)
    most = max(int(row["votes"]) for row in rows)
    fewer = ask(looked_up, "record-agreement-by-state", asked | {"least": str(most)})
    assert [row for row in rows if int(row["votes"]) == most] == fewer


def test_positions_are_looked_up(record: Record) -> None:
    roll, _ = simulate(3)
    renamed = dict(zip(("CHN", "PRK", "RUS", "USA"), sorted(roll.ballots), strict=False))
    ballots = {new: roll.ballots[old] for new, old in renamed.items()}
    ballots |= {state: votes for state, votes in roll.ballots.items() if state not in renamed}
    simulated = dataclasses.replace(roll, graph=f"{GRAPH}-simulated", ballots=ballots)
    store = ox.Store()
    store.extend(record.store)
    store.extend(parse(deriving.derive([simulated])))
    estimated = positions.by_session(positions.estimate(simulated))
    asked = {"graph": f"{GRAPH}-simulated", "states": "CHN USA"}
    rows = ask(store, "positions-by-states", asked)
    assert [(int(row["session"]), key(row["state"])) for row in rows] == [
        (session, state) for session in sorted(estimated) for state in ("CHN", "USA")
    ]
    for row in rows:
        position = estimated[int(row["session"])][key(row["state"])]
        assert float(row["position"]) == pytest.approx(position.mean, abs=0.0006)
        width = float(row["high"]) - float(row["low"])
        assert width == pytest.approx(2 * 1.96 * position.deviation, abs=0.004)
        assert int(row["votes"]) == position.votes
    asked = {"graph": f"{GRAPH}-simulated", "session": "3"}
    session = ask(store, "positions-by-session", asked)
    assert {key(row["state"]) for row in session} == set(renamed), "those that have a name"
    found = [float(row["position"]) for row in session]
    assert found == sorted(found, reverse=True)
