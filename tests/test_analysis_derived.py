"""Derived observations against plain SPARQL and plain counting, and against the cube's rules."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

import pyoxigraph as ox
import pytest
from analysis.counting import Vote, by_year, compare
from analysis.invented import GRAPH, STATES, Record, make
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, URIRef
from test_analysis_queries import ask, near

from foedus import files, iris, turtle
from foedus.analysis import cube, deriving, measures, rolls
from foedus.analysis.rolls import Ballots
from foedus.errors import RecordError

NS = iris.NS
STRUCTURES = turtle.read(files.find("ontology") / "analysis.ttl")
Described = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def record() -> Record:
    return make()


@pytest.fixture(scope="module")
def quads(record: Record) -> list[ox.Quad]:
    return list(deriving.derive(rolls.read(record.store), centres=("PRK", "RUS"), least=1))


def described(quads: Iterable[ox.Quad]) -> Described:
    """Return what is said of each subject; no predicate of these is said twice."""
    found: Described = defaultdict(dict)
    for quad in quads:
        said = found[quad.subject.value]
        assert quad.predicate.value not in said, quad
        said[quad.predicate.value] = quad.object.value
    return found


def of(subjects: Described, structure: str) -> list[dict[str, str]]:
    """Return the observations of a structure over the invented record."""
    data_set = f"{structure}-invented-un-general-assembly"
    return [
        said
        for said in subjects.values()
        if said.get(cube.QB + "dataSet", "").endswith(f"/{data_set}")
    ]


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


def test_derived_by_subject_equals_counting(record: Record, quads: list[ox.Quad]) -> None:
    observations = of(described(quads), "agreement-by-subject")
    assert len(observations) == 2 * (len(STATES) - 1) * 2
    for said in observations:
        issue = key(said[str(NS.observesSubject)])
        on_it = [vote for vote in record.votes if issue in record.issues[vote.call]]
        one, other = key(said[str(NS.observesState)]), key(said[str(NS.comparesWith)])
        counted = compare(on_it, one, other)
        assert counted is not None and near(said[str(NS.sScore)], counted.s)


def test_derived_votes_by_year_equal_counting(record: Record, quads: list[ox.Quad]) -> None:
    years = by_year(record.votes, record.years)
    observations = of(described(quads), "votes-by-year")
    assert len(observations) == len(STATES) * 3
    for said in observations:
        state = key(said[str(NS.observesState)])
        options = [v.option for v in years[int(said[str(NS.observedYear)])] if v.state == state]
        told = [int(said[str(NS[name])]) for name in ("noVotes", "abstentions", "yesVotes")]
        assert told == [options.count(option) for option in range(3)]
        assert int(said[str(NS.votesCast)]) == len(options)


def test_few_votes_in_common_are_not_told(record: Record) -> None:
    few = deriving.derive(rolls.read(record.store), least=15)
    counts = [int(q.object.value) for q in few if q.predicate.value == str(NS.jointVotes)]
    assert counts and min(counts) >= 15


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
    kinds = (
        deriving.BY_YEAR,
        deriving.BY_SUBJECT,
        deriving.BY_RECORD,
        deriving.BY_STATE,
        deriving.POSITIONS,
    )
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


def test_subjects_come_in_a_fixed_order(quads: list[ox.Quad]) -> None:
    subjects = [quad.subject.value for quad in quads]
    changes = [one for one, other in pairwise(subjects) if one != other]
    assert len(changes) + 1 == len(set(subjects)), "the quads of one subject stand together"
