"""The records that ship: votes, treaties and the states they speak of.

Counts and rolls are held against what other publications report, and statements against
the ontology. ``test_records_against_tables`` holds them against the tables they were read
from, ``test_record_queries`` asks them the saved queries.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef

from foedus import files, iris, turtle

NS = iris.NS
TRIPLES = files.find("triples")

THINGS = [TRIPLES / "things" / f"{name}.ttl" for name in ("bodies", "states", "treaties")]
RECORDS = sorted((TRIPLES / "records").glob("*.ttl"))
OPTIONS = {
    "Y": NS.votedFor,
    "N": NS.votedAgainst,
    "A": NS.abstained,
    "X": NS.listedWithoutVote,
}
PERMANENT = {iris.mint("state", code) for code in ("CHN", "FRA", "GBR", "RUS", "USA")}
ES_11_1 = iris.mint("vote", "A-RES-ES-11-1")
DRAFT_2022 = iris.mint("vote", "S-2022-431")
DRAFT_2024 = iris.mint("vote", "S-PV-9591-panel-of-experts")
CHINA, RUSSIA = iris.mint("state", "CHN"), iris.mint("state", "RUS")
Roll = dict[URIRef, set[URIRef]]


def union(paths: list[Path]) -> Graph:
    graph = Graph()
    for path in paths:
        graph += turtle.read(path)
    return graph


@pytest.fixture(scope="module")
def records() -> Graph:
    return union(RECORDS)


@pytest.fixture(scope="module")
def things() -> Graph:
    return union(THINGS)


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return union(sorted(files.find("ontology").glob("*.ttl")))


@pytest.fixture(scope="module")
def rolls(records: Graph) -> dict[URIRef, Roll]:
    """Return for each roll call the members by option."""
    found: dict[URIRef, Roll] = {}
    for vote in records.subjects(RDF.type, NS.RollCall):
        found[vote] = {option: set(records.objects(vote, option)) for option in OPTIONS.values()}
    return found


def sizes(roll: Roll) -> tuple[int, ...]:
    return tuple(len(roll[option]) for option in OPTIONS.values())


def states(*codes: str) -> set[URIRef]:
    return {iris.mint("state", code) for code in codes}


def test_eleven_resolutions_passed_with_fifteen_votes_each(rolls: dict[URIRef, Roll]) -> None:
    council = {vote: roll for vote, roll in rolls.items() if "S-RES-" in vote}
    assert len(council) == 11
    assert {sizes(roll) for roll in council.values()} == {(15, 0, 0, 0)}


def test_assembly_voted_141_to_5_with_35_abstentions(rolls: dict[URIRef, Roll]) -> None:
    roll = rolls[ES_11_1]
    assert sizes(roll) == (141, 5, 35, 12)
    assert roll[NS.votedAgainst] == states("BLR", "ERI", "PRK", "RUS", "SYR")
    assert CHINA in roll[NS.abstained]


def test_drafts_fell_by_the_vetoes_that_are_stated(
    records: Graph, rolls: dict[URIRef, Roll]
) -> None:
    assert sizes(rolls[DRAFT_2022]) == (13, 2, 0, 0)
    assert sizes(rolls[DRAFT_2024]) == (13, 1, 1, 0)
    assert set(records.subject_objects(NS.vetoedBy)) == {
        (DRAFT_2022, CHINA),
        (DRAFT_2022, RUSSIA),
        (DRAFT_2024, RUSSIA),
    }
    assert rolls[DRAFT_2024][NS.abstained] == {CHINA}


def test_outcome_follows_from_votes_and_vetoes(records: Graph, rolls: dict[URIRef, Roll]) -> None:
    outcome = iris.VOCABULARY["vote-outcome/"]
    for vote, roll in rolls.items():
        vetoers = set(records.objects(vote, NS.vetoedBy))
        assert vetoers <= roll[NS.votedAgainst] & PERMANENT
        expected = "vetoed" if vetoers else "adopted"
        assert set(records.objects(vote, NS.hasOutcome)) == {URIRef(outcome + expected)}, vote
        assert len(roll[NS.votedFor]) > len(roll[NS.votedAgainst])


def test_each_member_has_one_option_and_the_permanent_five_are_in_every_roll(
    rolls: dict[URIRef, Roll],
) -> None:
    for vote, roll in rolls.items():
        members = set().union(*roll.values())
        assert len(members) == sum(sizes(roll)), vote
        assert members >= PERMANENT
        assert len(members) == (193 if vote == ES_11_1 else 15)


def test_reported_totals_equal_the_rolls(records: Graph, rolls: dict[URIRef, Roll]) -> None:
    for vote, roll in rolls.items():
        reported = [
            records.value(vote, term, any=False)
            for term in (NS.reportedYes, NS.reportedNo, NS.reportedAbstentions)
        ]
        assert [value.toPython() for value in reported] == list(sizes(roll))[:3], vote
        # A total drawn from the roll's own source would only repeat it.
        reporters = set(records.objects(vote, NS.totalsReportedIn))
        assert reporters
        assert not any("digitallibrary.un.org" in reporter for reporter in reporters)


def test_voters_are_states_in_being_with_a_seat(things: Graph, rolls: dict[URIRef, Roll]) -> None:
    being = set(things.subjects(RDF.type, NS.State))
    members = being - states("PSE", "TWN", "VAT")
    for vote, roll in rolls.items():
        assert set().union(*roll.values()) <= members, vote
    assert set().union(*rolls[ES_11_1].values()) == members


def test_everything_recorded_leads_to_its_source(records: Graph) -> None:
    for kind in (NS.Resolution, NS.Draft, NS.RollCall, NS.SourceStatement):
        recorded = set(records.subjects(RDF.type, kind))
        assert recorded
        assert not {thing for thing in recorded if not list(records.objects(thing, DCTERMS.source))}


def test_symbol_of_the_draft_of_march_2024_is_stated_as_unconfirmed(records: Graph) -> None:
    draft = records.value(DRAFT_2024, NS.isVoteOn)
    assert records.value(draft, NS.documentSymbol) is None
    assert records.value(draft, NS.unconfirmedSymbol) == Literal("S/2024/255")
    assert records.value(draft, SKOS.scopeNote) is not None
    assert "255" not in draft


def test_a_roll_that_no_source_lists_whole_says_how_it_is_known(records: Graph) -> None:
    assert set(records.subjects(NS.rollBasis)) == {DRAFT_2022, DRAFT_2024}


def test_rival_dates_of_a_treaty_stand_side_by_side(records: Graph) -> None:
    dates = defaultdict(set)
    for statement in records.subjects(RDF.type, NS.SourceStatement):
        treaty = records.value(statement, NS.hasSubject, any=False)
        relation = records.value(statement, NS.hasRelation, any=False)
        value = records.value(statement, NS.objectValue) or records.value(statement, NS.period)
        dates[treaty, relation].add(str(value))
    expected = {
        ("us-kr-1953", NS.enteredIntoForceOn): {"1954-11-17", "1954-11-18"},
        ("us-jp-1960", NS.enteredIntoForceOn): {"1960-05-19", "1960-06-19", "1960-06-23"},
        ("ru-kp-2024", NS.signedOn): {"2024-06-18", "2024-06-19"},
        ("ru-kp-2024", NS.isRatifiedBy): {"2024-11-06", "2024-11-09", "2024-11-11"},
        ("su-kp-1961", NS.endedOn): {"1991-12", "1995-09-07"},
    }
    for (key, relation), values in expected.items():
        assert dates[iris.mint("treaty", key), relation] == values


def test_statements_speak_of_known_treaties_with_declared_relations(
    records: Graph, things: Graph, ontology: Graph
) -> None:
    treaties = set(things.subjects(RDF.type, NS.Treaty))
    relations = set(ontology.subjects(RDF.type, NS.Relation))
    relations |= set(ontology.subjects(RDF.type, NS.SingleValuedRelation))
    statements = set(records.subjects(RDF.type, NS.SourceStatement))
    for statement in statements:
        assert records.value(statement, NS.hasSubject, any=False) in treaties
        relation = records.value(statement, NS.hasRelation, any=False)
        assert relation in relations
        literal = (relation, RDF.type, OWL.DatatypeProperty) in ontology
        assert (records.value(statement, NS.objectValue) is not None) == literal
        assert (records.value(statement, NS.hasObject) is not None) == (not literal)
    assert {records.value(s, NS.hasSubject) for s in statements} == treaties
    for treaty in treaties:
        assert set(records.predicates(treaty)) == {NS.hasParty}, "a date without its source"


def test_no_name_is_borne_by_two_things(things: Graph) -> None:
    bearers = defaultdict(set)
    for term in (RDFS.label, SKOS.altLabel, NS.governmentAlias):
        for thing, name in things.subject_objects(term):
            bearers[str(name).casefold().replace("’", "'")].add(thing)
    assert {name: found for name, found in bearers.items() if len(found) > 1} == {}


def test_names_the_texts_use_lead_to_the_state(things: Graph) -> None:
    names = {
        "PRK": ["North Korea", "DPRK", "Democratic People's Republic of Korea", "Pyongyang"],
        "CHN": ["China", "PRC", "People's Republic of China", "Beijing"],
        "KOR": ["South Korea", "ROK", "Republic of Korea", "Seoul"],
        "USA": ["US", "U.S.", "United States", "Washington"],
        "RUS": ["Russia", "Russian Federation", "Moscow", "Kremlin"],
        "SUN": ["Soviet Union"],
    }
    for code, expected in names.items():
        state = iris.mint("state", code)
        found = {
            str(name)
            for term in (RDFS.label, SKOS.altLabel, NS.governmentAlias)
            for name in things.objects(state, term)
        }
        assert found >= set(expected)


def test_the_soviet_seat_passed_to_russia_alone(things: Graph) -> None:
    assert set(things.subjects(NS.succeeds, iris.mint("state", "SUN"))) == {RUSSIA}
    for former in things.objects(None, NS.succeeds):
        assert (former, RDF.type, NS.HistoricalState) in things
