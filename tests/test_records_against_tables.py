"""The records that ship against the tables they were read from, row by row.

The tables are no part of the project; they lie at ``../shared/data`` where they are present.
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, RDFS, SKOS, XSD, Graph, Literal, URIRef

from foedus import files, iris, turtle

NS = iris.NS
TRIPLES = files.find("triples")
TABLES = Path(__file__).resolve().parents[2] / "shared" / "data"
OPTIONS = {
    "Y": NS.votedFor,
    "N": NS.votedAgainst,
    "A": NS.abstained,
    "X": NS.listedWithoutVote,
}
DATED = {
    "signed": NS.signedOn,
    "in_force": NS.enteredIntoForceOn,
    "renewed": NS.renewedOn,
    "registered": NS.registeredOn,
    "ended": NS.endedOn,
    "nonrenewal_confirmed": NS.lapseConfirmedOn,
}
DRAFTS = {"S/2022/431": "S-2022-431", "S/2024/255": "S-PV-9591-panel-of-experts"}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not TABLES.is_dir(), reason=f"the tables are not at {TABLES}"),
]


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, gzipped or not; an empty cell is an empty text."""
    path = TABLES / name
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as table:
            yield from csv.DictReader(table)
    else:
        with path.open(encoding="utf-8", newline="") as table:
            yield from csv.DictReader(table)


def graph(path: str) -> Graph:
    return turtle.read(TRIPLES / f"{path}.ttl")


@pytest.fixture(scope="module")
def adopted() -> Graph:
    return graph("records/unsc-dprk-sanctions") + graph("records/unga-es-11-1")


@pytest.fixture(scope="module")
def by_record(adopted: Graph) -> dict[str, URIRef]:
    """Return the roll call of each Digital Library record."""
    votes = adopted.subjects(RDF.type, NS.RollCall)
    return {
        str(adopted.value(vote, DCTERMS.source, any=False)).rpartition("/")[2]: vote
        for vote in votes
    }


def test_every_vote_is_the_table_s(adopted: Graph, by_record: dict[str, URIRef]) -> None:
    expected = {
        (by_record[row["record_id"]], OPTIONS[row["vote"]], iris.mint("state", row["state_id"]))
        for row in rows("undl_nc/un_votes_1946_2025.csv.gz")
        if row["record_id"] in by_record
    }
    shipped = {
        (vote, option, state)
        for option in OPTIONS.values()
        for vote, state in adopted.subject_objects(option)
    }
    assert len(expected) == 11 * 15 + 193
    assert shipped == expected


def test_every_text_has_the_table_s_symbol_date_meeting_and_title(
    adopted: Graph, by_record: dict[str, URIRef]
) -> None:
    found = {
        row["record_id"]: row
        for row in rows("undl_nc/un_rollcalls_1946_2025.csv.gz")
        if row["record_id"] in by_record
    }
    assert set(found) == set(by_record)
    for record, vote in by_record.items():
        text, row = adopted.value(vote, NS.isVoteOn, any=False), found[record]
        assert adopted.value(text, NS.documentSymbol) == Literal(row["symbol"])
        assert adopted.value(text, NS.adoptedOn) == Literal(row["date"], datatype=XSD.date)
        assert adopted.value(vote, NS.occursOn) == Literal(row["date"], datatype=XSD.date)
        assert adopted.value(vote, NS.meetingRecord) == Literal(row["meeting"])
        assert adopted.value(text, DCTERMS.title) == Literal(row["title"].strip(), lang="en")


def test_the_eleven_are_the_table_s_list(by_record: dict[str, URIRef]) -> None:
    listed = {row["record_id"] for row in rows("undl_nc/unsc_dprk_sanctions_resolutions.csv")}
    assert listed == {record for record, vote in by_record.items() if "S-RES-" in vote}


def test_drafts_have_the_table_s_tally_members_and_vetoes() -> None:
    records = graph("records/unsc-drafts")
    found = {row["draft_symbol"]: row for row in rows("unsc/unsc_key_drafts.csv")}
    for symbol, key in DRAFTS.items():
        vote, row = iris.mint("vote", key), found[symbol]
        for column, term in {
            "in_favour": NS.votedFor,
            "against": NS.votedAgainst,
            "abstaining": NS.abstained,
            "vetoed_by": NS.vetoedBy,
        }.items():
            expected = {iris.mint("state", code) for code in row[column].split(";") if code}
            assert set(records.objects(vote, term)) == expected, (key, column)
        for column, term in {
            "yes": NS.reportedYes,
            "no": NS.reportedNo,
            "abstain": NS.reportedAbstentions,
        }.items():
            assert records.value(vote, term) == Literal(int(row[column]))
        assert records.value(vote, NS.meetingRecord) == Literal(row["meeting"])
        for source in records.objects(vote, DCTERMS.source):
            assert str(source) in row["sources"] or "vetoes-un-security-council" in source


def test_every_voter_was_a_member_on_the_day(adopted: Graph) -> None:
    members = {row["state_id"]: row for row in rows("states/states.csv")}
    records = adopted + graph("records/unsc-drafts")
    for vote in set(records.subjects(RDF.type, NS.RollCall)):
        year = str(records.value(vote, NS.occursOn))[:4]
        for option in OPTIONS.values():
            for state in records.objects(vote, option):
                row = members[str(state).rpartition("/")[2]]
                assert row["un_status"] == "member"
                assert row["un_member_start_year"] < year


def test_each_row_on_a_treaty_is_one_statement() -> None:
    records = graph("records/treaties")
    shipped = []
    for statement in records.subjects(RDF.type, NS.SourceStatement):
        treaty = str(records.value(statement, NS.hasSubject)).rpartition("/")[2].upper()
        relation = records.value(statement, NS.hasRelation)
        value = records.value(statement, NS.objectValue) or records.value(statement, NS.period)
        target = records.value(statement, NS.hasObject)
        source = records.value(statement, DCTERMS.source, any=False)
        shipped.append((treaty, relation, target, str(value), isinstance(source, URIRef)))
    expected = []
    addresses = set()
    for row in rows("treaties/treaty_claims.csv"):
        attribute, target = row["attribute"], None
        if attribute in DATED:
            relation = DATED[attribute]
        elif attribute == "alliance_years":
            relation, target = NS.hasObligation, iris.VOCABULARY["obligation/defence"]
        else:
            relation, target = NS.isRatifiedBy, iris.mint("state", attribute[-3:])
        named = row["source"].startswith(("http", "ATOP"))
        value = row["value"].removesuffix("+")
        expected.append((row["treaty_id"], relation, target, value, named))
        if row["source"].startswith("http"):
            addresses.add(row["source"].split(" ")[0])
    assert sorted(shipped, key=str) == sorted(expected, key=str)
    assert addresses <= {str(source) for source in records.objects(None, DCTERMS.source)}


def test_parties_are_the_table_s() -> None:
    records = graph("records/treaties")
    expected = {
        (iris.mint("treaty", row["treaty_id"].lower()), iris.mint("state", row[party]))
        for row in rows("treaties/treaties_key.csv")
        for party in ("party_a", "party_b")
    }
    assert set(records.subject_objects(NS.hasParty)) == expected


def test_states_have_the_table_s_names_codes_and_links() -> None:
    things = graph("things/states")
    table = {iris.mint("state", row["state_id"]): row for row in rows("states/states.csv")}
    assert set(things.subjects(RDF.type)) == set(table)
    for state, row in table.items():
        historical = (state, RDF.type, NS.HistoricalState) in things
        assert historical == (row["kind"] == "former")
        assert things.value(state, RDFS.label, any=False) == Literal(row["name_en"], lang="en")
        for column, term in {"m49": NS.m49Code, "cow_ccode": NS.cowCode}.items():
            assert str(things.value(state, term) or "") == row[column]
        pairs = (pair.split(":") for pair in row["qid_sources"].split(";"))
        named = {item for _, item in pairs if item != "-"}
        links = {str(link).rpartition("/")[2] for link in things.objects(state, SKOS.exactMatch)}
        assert links == (named if len(named) == 1 else set())
