"""Votes as triples: the lines are N-Quads, sorted, and say what the records say."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, XSD, Graph, Literal, URIRef

from foedus import files, iris, rules, turtle
from foedus.records import crosswalk, forms, nquads, quads, symbols
from foedus.records.faults import FaultLog
from foedus.records.rollcalls import RecordSet

SAMPLES = Path(__file__).parent / "records"
NS, ID = iris.NS, iris.ID
WALK = crosswalk.read()
ALL = sorted(SAMPLES.glob("undl-*.csv")) + sorted(SAMPLES.glob("v*.csv"))
ALL += sorted(SAMPLES.glob("library-*.csv")) + sorted(SAMPLES.glob("failed-*.csv"))


def read(*paths: Path) -> list[RecordSet]:
    return forms.read(paths, WALK, FaultLog())


def triples(lines: str) -> Graph:
    """Read N-Quads with rdflib, the graphs' names left out: its Dataset warns of itself."""
    text = "".join(f"{line.rpartition(' <')[0]} .\n" for line in lines.splitlines())
    return Graph().parse(data=text, format="nt")


def graph(*paths: Path) -> Graph:
    return triples("".join("".join(quads.write(r, WALK.states)) for r in read(*paths)))


def state(key: str) -> URIRef:
    return ID[f"state/{key}"]


def vote(key: str) -> URIRef:
    return ID[f"vote/{key}"]


@pytest.mark.parametrize("records", read(*ALL), ids=lambda records: records.data_set.name)
def test_lines_are_canonical_sorted_and_distinct(records: RecordSet) -> None:
    text = "".join(quads.write(records, WALK.states))
    lines = text.encode().splitlines(keepends=True)
    parsed = list(ox.parse(input=text, format=ox.RdfFormat.N_QUADS))
    again = ox.serialize(parsed, format=ox.RdfFormat.N_QUADS)
    assert again is not None
    assert lines == sorted(set(lines))
    assert lines == sorted(again.splitlines(keepends=True))


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_is_escaped(value: str) -> None:
    line = f"<urn:s> <urn:p> {nquads.text(value, 'en')} <urn:g> .\n"
    (literal,) = [quad.object for quad in ox.parse(input=line, format=ox.RdfFormat.N_QUADS)]
    assert literal == ox.Literal(value, language="en")
    assert line.count("\n") == 1


def test_a_text_is_escaped_as_rdflib_reads_it() -> None:
    value = 'tab\t, line\n, return\r, "quotation", back\\slash, é, 北京, \x01\x7f'
    (found,) = triples(f"<urn:s> <urn:p> {nquads.text(value, 'en')} <urn:g> .").objects()
    assert found == Literal(value, lang="en")


def test_the_same_triples_as_built_with_rdflib() -> None:
    found = graph(SAMPLES / "undl-sc.csv")
    name, resolution = vote("undl-9900003"), ID["resolution/S-RES-9718-2091"]
    council = ID["organisation/un-security-council"]
    page = URIRef("https://digitallibrary.un.org/record/9900003")
    subject = iris.VOCABULARY["voting-subject/sanctions"]
    dcterms = turtle.DCTERMS
    day = Literal("2091-10-14", datatype=XSD.date)
    expected = {
        (name, RDF.type, NS.RollCall),
        (name, turtle.RDFS.label, Literal("Vote on S/RES/9718 (2091)", lang="en")),
        (name, NS.isDecidedBy, council),
        (name, NS.occursOn, day),
        (name, NS.earliest, day),
        (name, NS.latest, day),
        (name, NS.isVoteOn, resolution),
        (name, NS.hasOutcome, iris.VOCABULARY["vote-outcome/adopted"]),
        (name, NS.reportedYes, Literal(3)),
        (name, NS.reportedNo, Literal(0)),
        (name, NS.reportedAbstentions, Literal(0)),
        (name, NS.reportedWithoutVote, Literal(0)),
        (name, NS.reportedMembers, Literal(3)),
        (name, NS.meetingRecord, Literal("S/PV.95551")),
        (name, NS.agendaTitle, Literal("AGENDA", lang="en")),
        (name, dcterms.subject, subject),
        (name, dcterms.source, page),
        *((name, NS.votedFor, state(key)) for key in ("CHN", "GHA", "RUS")),
    }
    title = "Security Council resolution 9718 (2091) [an invention]"
    expected_text = {
        (resolution, RDF.type, NS.Resolution),
        (resolution, turtle.RDFS.label, Literal("S/RES/9718 (2091)", lang="en")),
        (resolution, NS.isDecidedBy, council),
        (resolution, NS.documentSymbol, Literal("S/RES/9718(2091)")),
        (resolution, NS.draftSymbol, Literal("S/2091/805")),
        (resolution, dcterms.title, Literal(title, lang="en")),
        (resolution, NS.adoptedOn, day),
        (resolution, NS.earliest, day),
        (resolution, NS.latest, day),
        (resolution, dcterms.source, page),
    }
    assert set(found.triples((name, None, None))) == expected
    assert set(found.triples((resolution, None, None))) == expected_text


def test_not_voting_absent_and_not_a_member_differ() -> None:
    found = graph(SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv")
    assert (vote("voeten-1"), NS.absent, state("YUG")) in found
    assert (vote("voeten-1"), NS.notMember, state("CHN")) in found
    library = graph(SAMPLES / "undl-ga.csv")
    assert (vote("undl-9900001"), NS.listedWithoutVote, state("NAM")) in library


def test_two_sources_meet_in_one_resolution() -> None:
    voeten = graph(SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv")
    library = graph(SAMPLES / "undl-ga.csv")
    text = ID["resolution/A-RES-1599-XV-A"]
    assert (vote("voeten-1"), NS.isVoteOn, text) in voeten
    assert (vote("undl-9900002"), NS.isVoteOn, text) in library
    label = (text, turtle.RDFS.label, Literal("A/RES/1599 (XV)A", lang="en"))
    assert label in voeten and label in library


def test_a_vote_on_a_paragraph_is_no_vote_on_the_text() -> None:
    found = graph(SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv")
    text = ID["resolution/A-RES-60-61"]
    assert (vote("voeten-2"), NS.isVoteOnPartOf, text) in found
    assert (vote("voeten-2"), NS.isVoteOn, None) not in found


def test_a_veto_is_stated_where_the_source_states_it() -> None:
    stated = graph(SAMPLES / "vetoes.csv", SAMPLES / "failed-drafts.csv")
    assert (vote("S-PV-49"), NS.vetoedBy, state("SUN")) in stated
    assert (vote("S-PV-49"), NS.votedAgainst, None) not in stated
    assert (vote("S-2091-431"), NS.vetoedBy, state("RUS")) in stated
    inferred = graph(SAMPLES / "undl-sc.csv")
    assert (vote("undl-9900004"), NS.votedAgainst, state("RUS")) in inferred
    assert (None, NS.vetoedBy, None) not in inferred


def test_an_unverified_symbol_is_stated_as_such() -> None:
    found = graph(SAMPLES / "failed-drafts.csv")
    draft = ID["draft/S-PV-99591"]
    assert (draft, NS.unconfirmedSymbol, Literal("S/2091/255")) in found
    assert (draft, NS.documentSymbol, None) not in found


def test_a_text_adopted_without_a_vote_has_no_roll_call() -> None:
    found = graph(SAMPLES / "library-votes.csv", SAMPLES / "library-calls.csv")
    assert (ID["resolution/A-RES-1600-XV"], RDF.type, NS.Resolution) in found
    assert (vote("undl-9900005"), None, None) not in found


def test_a_graph_says_what_it_covers() -> None:
    found = graph(SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv")
    name = URIRef(iris.GRAPH["records/voeten"])
    assert set(found.objects(name, NS.coversTextType)) == {NS.Resolution, NS.Draft}
    assert found.value(name, NS.coversBody) == ID["organisation/un-general-assembly"]
    assert str(found.value(name, NS.coversFrom)) == "1946-02"
    assert str(found.value(name, NS.coversTo)) == "2005-12-08"
    assert found.value(name, NS.rollCallCount) == Literal(3)
    # Eleven rows, one of them of a state that was no member.
    assert found.value(name, NS.voteCount) == Literal(10)
    adopted = graph(SAMPLES / "undl-ga.csv")
    covered = adopted.objects(URIRef(iris.GRAPH["records/undl-ga"]), NS.coversTextType)
    assert list(covered) == [NS.Resolution]


@pytest.mark.parametrize("name", ["failed-drafts.csv", "library-selection.csv"])
def test_a_selection_covers_no_time(name: str) -> None:
    found = graph(SAMPLES / name)
    assert list(found.subjects(NS.onLayer, iris.VOCABULARY["layer/records"]))
    assert (None, NS.coversFrom, None) not in found
    whole = graph(SAMPLES / "library-votes.csv", SAMPLES / "library-calls.csv", SAMPLES / name)
    assert (None, NS.coversFrom, None) in whole


def test_first_and_last_days_are_those_of_the_rule() -> None:
    store = ox.Store()
    for records in read(*ALL):
        text = "".join(quads.write(records, WALK.states))
        store.load(input=text, format=ox.RdfFormat.N_QUADS)
    bounds = {ox.NamedNode(NS.earliest), ox.NamedNode(NS.latest)}
    written = {quad.triple for quad in store if quad.predicate in bounds}
    for quad in [quad for quad in store if quad.predicate in bounds]:
        store.remove(quad)
    (rule,) = (
        rule
        for rule in rules.read_all(files.find("ontology") / "rules")
        if rule.name == "date-bounds"
    )
    drawn = store.query(rule.text, use_default_graph_as_union=True)
    assert isinstance(drawn, ox.QueryTriples)
    assert set(drawn) == written
    assert len(written) > 20


def test_every_term_is_declared() -> None:
    declared = {
        str(term)
        for path in files.find("ontology").glob("*.ttl")
        for term in turtle.read(path).subjects(RDF.type)
    }
    used = {
        quad.predicate.value
        for records in read(*ALL)
        for quad in ox.parse(
            input="".join(quads.write(records, WALK.states)), format=ox.RdfFormat.N_QUADS
        )
    }
    own = {term for term in used if term.startswith(str(NS))}
    assert own <= declared
    assert len(own) > 25


@pytest.mark.parametrize(
    ("symbol", "key"),
    [
        ("A/RES/ES-11/1", "A-RES-ES-11-1"),
        ("A/RES/377(V)[A]", "A-RES-377-V-A"),
        ("A/RES/34/2A", "A-RES-34-2A"),
        ("A/RES/31/6[A]", "A-RES-31-6A"),
        ("A/RES/78/183 B", "A-RES-78-183B"),
        ("S/RES/1718(2006)", "S-RES-1718-2006"),
    ],
)
def test_keys_of_symbols(symbol: str, key: str) -> None:
    assert symbols.key(symbol) == key


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("R/31/6A", "A/RES/31/6A"),
        ("R/36/235/IX", "A/RES/36/235IX"),
        ("R/33/116A/I", "A/RES/33/116A/I"),
        ("R/26/2758", "A/RES/2758(XXVI)"),
        ("R/15/1599", "A/RES/1599(XV)"),
        ("R/15/462", None),
        ("R/14/1471", None),
        ("R/29/3397A", None),
        ("A/RES/ES-10/19", "A/RES/ES-10/19"),
        ("", None),
    ],
)
def test_resolutions_as_voeten_writes_them(text: str, symbol: str | None) -> None:
    assert symbols.from_voeten(text) == symbol
