"""Bad input: what is read all the same, what is reported, at which line, and what is refused."""

import gzip
from pathlib import Path

import pytest

from foedus.errors import RecordError
from foedus.records import coverage, crosswalk, forms
from foedus.records.faults import KEPT, KINDS, FaultLog, FaultReport
from foedus.records.rollcalls import RecordSet

SAMPLES = Path(__file__).parent / "records"
WALK = crosswalk.read()
CALLS = "rcid,session,date,unres,short,descr,amend,para\n"
VOTES = "rcid,state_id,vote\n"
UNDL = "undl_id,ms_code,ms_name,ms_vote,date,resolution,meeting"
UNDL += ",total_yes,total_no,total_abstentions,total_non_voting,total_ms\n"


def read(folder: Path, **tables: str) -> tuple[list[RecordSet], FaultReport]:
    paths = []
    for name, text in tables.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    log = FaultLog()
    sets = forms.read(paths, WALK, log)
    return sets, log.report()


def votes(sets: list[RecordSet]) -> int:
    return sum(sum(records.votes().values()) for records in sets)


@pytest.mark.parametrize(
    ("kind", "line", "calls", "ballots", "cast"),
    [
        ("vote", 3, "1,76,2022-03-02,,,,,\n", "1,FRA,Y\n1,USA,Q\n1,CHN,A\n", 2),
        ("vote", 2, "1,76,2022-03-02,,,,,\n", "1,FRA,\n1,USA,Y\n", 1),
        ("unknown-state", 2, "1,76,2022-03-02,,,,,\n", "1,XXX,Y\n1,USA,N\n", 1),
        ("duplicate-vote", 3, "1,76,2022-03-02,,,,,\n", "1,USA,Y\n1,USA,Y\n", 1),
        ("conflicting-vote", 3, "1,76,2022-03-02,,,,,\n", "1,USA,Y\n1,USA,N\n", 1),
        ("no-roll-call", 3, "1,76,2022-03-02,,,,,\n", "1,USA,Y\n2,USA,N\n", 2),
        ("row", 3, "1,76,2022-03-02,,,,,\n", "1,USA,Y\n1,FRA\n1,GBR,Y\n", 2),
        ("row", 2, "1,76,2022-03-02,,,,,\n", "one,USA,Y\n1,GBR,Y\n", 1),
        ("date", 2, "1,76,2022-02-30,,,,,\n", "1,USA,Y\n", 1),
        ("date", 2, "1,76,1931-09-18,,,,,\n", "1,USA,Y\n", 1),
        ("date", 2, "1,76,2 March 2022,,,,,\n", "1,USA,Y\n", 1),
        ("undated", 2, "1,76,,,,,,\n", "1,USA,Y\n", 1),
        ("ambiguous-state", 2, "1,76,,,,,,\n", "1,RUS,Y\n1,USA,Y\n", 1),
        ("duplicate-roll-call", 3, "1,76,2022-03-02,,,,,\n" * 2, "1,USA,Y\n", 1),
        ("symbol", 2, "1,29,1974-12-06,R/29/3397A,,,,\n", "1,USA,Y\n", 1),
    ],
)
def test_a_fault_is_listed_with_its_line_and_the_rest_is_read(
    kind: str, line: int, calls: str, ballots: str, cast: int, tmp_path: Path
) -> None:
    sets, report = read(tmp_path, calls=CALLS + calls, votes=VOTES + ballots)
    found = [(fault.kind, fault.line) for fault in report.faults]
    assert (kind, line) in found
    assert report.counts[kind] == 1
    assert votes(sets) == cast


def test_the_same_tables_without_a_fault_have_none(tmp_path: Path) -> None:
    sets, report = read(
        tmp_path,
        calls=CALLS + "1,76,2022-03-02,,,,,\n",
        votes=VOTES + "1,FRA,Y\n1,USA,N\n1,CHN,A\n",
    )
    assert (votes(sets), report.total) == (3, 0)


@pytest.mark.parametrize(
    ("row", "kind", "cast"),
    [
        ("1,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,1,0,0,0,1\n", None, 1),
        ("1,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,1.0,0,0,0,1.0\n", None, 1),
        ("1,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,2,0,0,0,2\n", "totals", 1),
        ("1,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,many,0,0,0,1\n", "number", 1),
        ("1,FRA,GALLIA,Y,2022-03-02,A/RES/76/1,,1,0,0,0,1\n", "unknown-name", 1),
        ("1,FRA,GERMANY,Y,2022-03-02,A/RES/76/1,,0,0,0,0,0\n", "state-mismatch", 0),
        ("1,QQQ,GALLIA,Y,2022-03-02,A/RES/76/1,,0,0,0,0,0\n", "unknown-state", 0),
        ("1,FRA,,Y,2022-03-02,A/RES/76/1,,1,0,0,0,1\n", None, 1),
        ("1,CHN,CHINA,Y,1950-01-13,S/RES/1(1950),,1,0,0,0,1\n", None, 1),
        ("1,FRA,FRANCE,y,2022-03-02,A/RES/76/1,,0,0,0,0,0\n", "vote", 0),
        ("1/2,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,1,0,0,0,1\n", "row", 0),
    ],
)
def test_a_row_of_the_library(row: str, kind: str | None, cast: int, tmp_path: Path) -> None:
    whole = "2,USA,UNITED STATES,N,2022-03-03,A/RES/76/2,,0,1,0,0,1\n"
    sets, report = read(tmp_path, votes=UNDL + row + whole)
    assert list(report.counts) == ([kind] if kind else [])
    assert votes(sets) == cast + 1
    if kind:
        assert [fault.line for fault in report.faults] == [2]


def test_a_roll_call_described_in_two_ways_is_reported_once(tmp_path: Path) -> None:
    rows = "".join(
        f"1,{state},,Y,2022-03-0{day},A/RES/76/1,,3,0,0,0,3\n"
        for state, day in (("FRA", 2), ("USA", 3), ("GBR", 3))
    )
    sets, report = read(tmp_path, votes=UNDL + rows)
    assert [(fault.kind, fault.line) for fault in report.faults] == [("duplicate-roll-call", 3)]
    assert sets[0].roll_calls["undl-1"].date == "2022-03-02"
    assert votes(sets) == 3


def test_a_missing_column_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    sets, report = read(tmp_path, votes="undl_id,ms_code,ms_vote,date\n1,FRA,Y,2022-03-02\n")
    missing = [fault.message.partition(",")[0] for fault in report.faults]
    assert set(report.counts) == {"missing-column"}
    assert {"ms_name", "resolution", "total_yes"} <= set(missing)
    assert votes(sets) == 1


def test_sums_of_the_table_itself_are_checked(tmp_path: Path) -> None:
    calls = (SAMPLES / "library-calls.csv").read_text(encoding="utf-8")
    ballots = (SAMPLES / "library-votes.csv").read_text(encoding="utf-8")
    _, report = read(tmp_path, calls=calls, votes=ballots.replace("9900002,SUN,Y", "9900002,SUN,A"))
    assert [(fault.kind, fault.line) for fault in report.faults] == [("sums", 2)]


def test_votes_without_a_body_are_left_out_and_counted(tmp_path: Path) -> None:
    calls = (SAMPLES / "library-calls.csv").read_text(encoding="utf-8")
    ballots = (SAMPLES / "library-votes.csv").read_text(encoding="utf-8")
    sets, report = read(tmp_path, calls=calls, votes=ballots + "1,FRA,Y\n1,USA,Y\n9900005,USA,Y\n")
    assert dict(report.counts) == {"no-roll-call": 3}
    assert votes(sets) == 6


def test_votes_without_their_roll_calls_are_undated(tmp_path: Path) -> None:
    sets, report = read(tmp_path, votes="rcid,ccode,vote\n1,2,1\n1,365,3\n")
    assert dict(report.counts) == {"ambiguous-state": 1, "missing-table": 1}
    assert votes(sets) == 1


def test_a_truncated_gzip_gives_its_whole_rows(tmp_path: Path) -> None:
    header = VOTES
    rows = [f"{call},{state},Y\n" for call in range(1, 400) for state in ("FRA", "GBR", "USA")]
    packed = gzip.compress((header + "".join(rows)).encode())
    path = tmp_path / "votes.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    log = FaultLog()
    sets = forms.read([path], WALK, log)
    assert log.report().counts["truncated"] == 1
    assert 0 < votes(sets) < len(rows)
    assert "vote" not in log.report().counts, "half a row was read as a whole one"
    assert not any(map(coverage.is_complete, sets)), "what is missing would be taken for none"
    path.write_bytes(packed)
    log = FaultLog()
    sets = forms.read([path], WALK, log)
    assert votes(sets) == len(rows)
    assert all(map(coverage.is_complete, sets))
    assert "truncated" not in log.report().counts


def test_a_table_of_which_no_vote_can_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(UNDL + "1,FRA,FRANCE,?,2022-03-02,A/RES/76/1,,1,0,0,0,1\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"votes\.csv: no vote could be read; .*vote: 1"):
        forms.read([path], WALK, FaultLog())


def test_a_damaged_gzip_is_reported(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress((VOTES + "1,FRA,Y\n" * 2).encode()))
    packed[-6] ^= 0xFF
    path = tmp_path / "votes.csv.gz"
    path.write_bytes(packed)
    log = FaultLog()
    forms.read([path], WALK, log)
    assert log.report().counts["truncated"] == 1


def test_bytes_that_are_not_utf_8_are_reported_by_line(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    text = UNDL + "1,FRA,FRANCE,Y,2022-03-02,A/RES/76/1,,1,0,0,0,2\n"
    row = "1,CIV,CÔTE D'IVOIRE,Y,2022-03-02,A/RES/76/1,,1,0,0,0,2\n"
    path.write_bytes(text.encode() + row.encode("latin-1"))
    log = FaultLog()
    sets = forms.read([path], WALK, log)
    assert ("encoding", 3) in [(fault.kind, fault.line) for fault in log.report().faults]
    assert votes(sets) == 2


def test_an_open_quotation_costs_its_own_rows_only(tmp_path: Path) -> None:
    rows = "".join(f"{call},FRA,Y\n" for call in range(2, 30_000))
    sets, report = read(tmp_path, votes=VOTES + '1,"FRA,Y\n' + rows)
    assert report.counts["row"] >= 1
    assert votes(sets) > 10_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,age\nx,1\n", "its columns are name, age"),
        ("undl_id,ms_code,date\n1,FRA,2022-03-02\n", "Nearest is undl, which lacks ms_vote"),
        ("", "no header"),
    ],
)
def test_a_file_of_no_known_form_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=words) as error:
        read(tmp_path, table=text)
    assert error.value.place is not None
    assert error.value.place.endswith("table.csv")


def test_the_refusal_names_every_known_form(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as error:
        read(tmp_path, table="name,age\nx,1\n")
    assert all(form.name in error.value.message for form in forms.FORMS)


def test_a_file_that_yields_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no roll call could be read"):
        read(tmp_path, votes=UNDL)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        forms.read([tmp_path / "none.csv"], WALK, FaultLog())


def test_all_faults_are_counted_and_the_first_are_kept(tmp_path: Path) -> None:
    rows = "".join(f"1,FRA,{letter}\n" for letter in "Q" * (KEPT + 50))
    _, report = read(
        tmp_path, calls=CALLS + "1,76,2022-03-02,,,,,\n", votes=VOTES + rows + "1,USA,Y\n"
    )
    assert report.counts["vote"] == KEPT + 50
    assert len(report.faults) == KEPT


def test_a_kind_that_is_not_listed_cannot_be_reported() -> None:
    with pytest.raises(ValueError, match="not a kind"):
        FaultLog().add("strange", Path("x.csv"), 1, "")
    assert list(KINDS) == sorted(KINDS)
