"""The large tables of voting data, read whole: every row is a vote, or its fault is known.

The tables are no part of the project; they lie at ``../shared/data`` where they are present.
"""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from foedus.records import crosswalk, forms, quads, symbols
from foedus.records.faults import FaultLog, FaultReport
from foedus.records.rollcalls import Option, RecordSet, Totals

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WALK = crosswalk.read()
LETTERS = {
    Option.FOR: "Y",
    Option.AGAINST: "N",
    Option.ABSTAINED: "A",
    Option.LISTED_WITHOUT_VOTE: "X",
}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the tables are not at {DATA}"),
]

Read = tuple[dict[str, RecordSet], FaultReport]


def read(*names: str) -> Read:
    log = FaultLog()
    sets = forms.read([DATA / name for name in names], WALK, log)
    return {records.data_set.name: records for records in sets}, log.report()


@pytest.fixture(scope="module")
def voeten() -> Read:
    return read(
        "cc0/unga_votes_1946_2019.csv.gz",
        "cc0/unga_rollcalls_1946_2019.csv.gz",
        "cc0/issue_codes.csv",
    )


@pytest.fixture(scope="module")
def library() -> Read:
    return read(
        "undl_nc/un_votes_1946_2025.csv.gz",
        "undl_nc/un_rollcalls_1946_2025.csv.gz",
        "undl_nc/unsc_dprk_sanctions_resolutions.csv",
    )


def counted(name: str) -> Counter[tuple[str, str]]:
    """Return how often each state has each letter in a table of votes."""
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        assert next(table)[1:] == ["state_id", "vote"]
        return Counter((state, letter) for _, state, letter in table)


def roll(records: RecordSet, key: str) -> dict[str, str]:
    ballot = records.ballots[key]
    return {s: LETTERS[Option(ballot[i])] for i, s in enumerate(WALK.states) if ballot[i]}


def test_every_vote_of_voetens_table_is_read(voeten: Read) -> None:
    records = voeten[0]["voeten"]
    assert len(records.roll_calls) == 6203
    assert sum(records.votes().values()) == 870_109
    found: Counter[tuple[str, str]] = Counter()
    for key in records.ballots:
        found.update(roll(records, key).items())
    assert found == counted("cc0/unga_votes_1946_2019.csv.gz")


def test_every_fault_of_voetens_table_is_known(voeten: Read) -> None:
    report = voeten[1]
    assert dict(report.counts) == {"symbol": 6, "totals": 20}
    named = {fault.message.split("'")[1] for fault in report.faults if fault.kind == "symbol"}
    assert named == {"R/6444A", "R/19/595", "R/29/3396", "R/29/3397A", "R/29/3397B", "R/30/3586"}


def test_every_vote_of_the_library_is_read(library: Read) -> None:
    sets, _ = library
    assert {name: len(s.roll_calls) for name, s in sets.items()} == {
        "undl-records-ga": 7200,
        "undl-records-sc": 2797,
    }
    assert len(sets["undl-records-ga"].ballots) == 5539
    assert len(sets["undl-records-sc"].ballots) == 2797
    assert sum(sum(s.votes().values()) for s in sets.values()) == 958_459
    found: Counter[tuple[str, str]] = Counter()
    for records in sets.values():
        for key in records.ballots:
            found.update(roll(records, key).items())
    assert found == counted("undl_nc/un_votes_1946_2025.csv.gz")


def test_every_fault_of_the_library_is_known(library: Read) -> None:
    assert [(fault.kind, fault.line) for fault in library[1].faults] == [("undated", 2)]


def test_the_vote_of_2_march_2022(library: Read) -> None:
    records = library[0]["undl-records-ga"]
    (key,) = (k for k, call in records.roll_calls.items() if call.resolution == "A/RES/ES-11/1")
    votes = roll(records, key)
    counts = Counter(votes.values())
    assert (counts["Y"], counts["N"], counts["A"]) == (141, 5, 35)
    against = sorted(state for state, letter in votes.items() if letter == "N")
    assert against == ["BLR", "ERI", "PRK", "RUS", "SYR"]
    assert votes["CHN"] == "A"
    assert records.roll_calls[key].date == "2022-03-02"


def test_the_sanctions_on_north_korea_were_unanimous(library: Read) -> None:
    records = library[0]["undl-records-sc"]
    with (DATA / "undl_nc/unsc_dprk_sanctions_resolutions.csv").open(encoding="utf-8") as file:
        keys = [f"undl-{row['record_id']}" for row in csv.DictReader(file)]
    assert len(keys) == 11
    assert all(Counter(roll(records, key).values()) == {"Y": 15} for key in keys)


def test_the_seat_of_china_passes_on_between_two_votes(library: Read, voeten: Read) -> None:
    for records in (*library[0].values(), voeten[0]["voeten"]):
        dated = [
            (call.date, roll(records, key))
            for key, call in records.roll_calls.items()
            if key in records.ballots and call.date
        ]
        assert max(date for date, votes in dated if "TWN" in votes)[:7] <= "1971-10"
        assert min(date for date, votes in dated if "CHN" in votes)[:7] >= "1971-10"
        assert not any("CHN" in votes and "TWN" in votes for _, votes in dated)


def test_linked_roll_calls_are_votes_on_one_resolution(library: Read, voeten: Read) -> None:
    calls = voeten[0]["voeten"].roll_calls
    linked = [c for c in library[0]["undl-records-ga"].roll_calls.values() if c.same_vote]
    assert len(linked) == 4309
    differing = {
        (call.symbol, calls[call.same_vote].reference)
        for call in linked
        if symbols.key(call.resolution) != symbols.key(calls[call.same_vote].resolution)
    }
    # The library has one record for two parts, and one with a part's section.
    assert differing == {("A/RES/61/128A-B", "R/61/128A"), ("A/RES/37/235C-II", "R/37/235C")}


def test_resolutions_have_keys_of_their_own(library: Read) -> None:
    for records in library[0].values():
        keys = [symbols.key(c.resolution) for c in records.roll_calls.values() if c.resolution]
        assert len(keys) == len(set(keys))


def test_vetoes_and_failed_drafts() -> None:
    sets, report = read("unsc/unsc_vetoes_1946_2022.csv", "unsc/unsc_key_drafts.csv")
    assert report.total == 0
    assert len(sets["unsc-vetoes"].roll_calls) == 214
    drafts = sets["unsc-failed-drafts"]
    assert {call.draft for call in drafts.roll_calls.values()} == {
        "S/2022/155", "S/2022/431", "S/2022/538", "S/2022/720", "",
    }  # fmt: skip
    (unconfirmed,) = (c for c in drafts.roll_calls.values() if not c.draft)
    assert unconfirmed.unconfirmed_draft == "S/2024/255"
    assert drafts.roll_calls["S-2022-431"].reported == Totals(13, 2, 0)
    assert drafts.roll_calls["S-2022-431"].vetoed_by == ("CHN", "RUS")


def test_a_vote_is_one_line(library: Read) -> None:
    records = library[0]["undl-records-sc"]
    lines = 0
    for text in quads.write(records, WALK.states):
        lines += sum(
            f"/ns#{relation}> " in line
            for line in text.splitlines()
            for relation in ("votedFor", "votedAgainst", "abstained", "listedWithoutVote")
        )
    assert lines == sum(records.votes().values()) == 41_079


def test_linked_roll_calls_have_the_same_votes(library: Read, voeten: Read) -> None:
    sets, other = library[0]["undl-records-ga"], voeten[0]["voeten"]
    shared = same = 0
    for key, call in sets.roll_calls.items():
        if not call.same_vote:
            continue
        votes, theirs = roll(sets, key), roll(other, call.same_vote)
        both = [state for state in theirs if votes.get(state, "X") != "X"]
        shared += len(both)
        same += sum(votes[state] == theirs[state] for state in both)
    assert (same, shared) == (665_875, 666_545)


def test_counts_of_the_tables_by_kind(library: Read, voeten: Read) -> None:
    """What the tables' own check counts, besides rows."""
    calls = voeten[0]["voeten"].roll_calls.values()
    assert sum(bool(call.issues) for call in calls) == 4099
    assert sum(call.reported.votes_for is not None for call in calls) == 5429
    assert min(call.date for call in calls) == "1946-01"
    assert max(call.date for call in calls) == "2020-01-14"
    council = library[0]["undl-records-sc"]
    rolls = {key: roll(council, key) for key in council.ballots}
    assert sum(set(votes.values()) == {"X"} for votes in rolls.values()) == 42
    assert {len(votes) for votes in rolls.values()} == {11, 15}
    permanent = {"CHN", "TWN", "FRA", "GBR", "RUS", "SUN", "USA"}
    opposed = [
        key for key, votes in rolls.items() if any(votes.get(state) == "N" for state in permanent)
    ]
    # A no of a permanent member on procedure or a review is no veto, and none is inferred.
    assert len(opposed) == 10
    assert not any(council.roll_calls[key].vetoed_by for key in opposed)
    assembly = library[0]["undl-records-ga"]
    unlisted = [set(roll(assembly, key).values()) == {"X"} for key in assembly.ballots]
    assert sum(unlisted) == 3
