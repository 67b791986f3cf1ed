"""Each form of voting table, read: the sample in ``tests/records`` and what it says."""

import gzip
from pathlib import Path

import pytest

from foedus.records import crosswalk, forms
from foedus.records.crosswalk import Crosswalk
from foedus.records.faults import FaultLog, FaultReport
from foedus.records.rollcalls import Option, RecordSet, Totals

SAMPLES = Path(__file__).parent / "records"
FOR, AGAINST, ABSTAINED = Option.FOR, Option.AGAINST, Option.ABSTAINED
WITHOUT, ABSENT, NOT_MEMBER = Option.LISTED_WITHOUT_VOTE, Option.ABSENT, Option.NOT_MEMBER
WALK = crosswalk.read()


def read(*names: str) -> tuple[dict[str, RecordSet], FaultReport]:
    log = FaultLog()
    sets = forms.read([SAMPLES / name for name in names], WALK, log)
    return {records.data_set.name: records for records in sets}, log.report()


def roll(records: RecordSet, key: str, walk: Crosswalk = WALK) -> dict[str, Option]:
    ballot = records.ballots[key]
    return {state: Option(ballot[i]) for i, state in enumerate(walk.states) if ballot[i]}


def test_library_file_of_the_assembly() -> None:
    sets, faults = read("undl-ga.csv")
    records = sets["undl-ga"]
    assert faults.faults == ()
    call = records.roll_calls["undl-9900001"]
    assert (call.date, call.session, call.resolution) == ("2091-03-02", "ES-99", "A/RES/ES-99/1")
    assert call.title == "Invented text, first : resolution"
    assert call.agenda == 'Letter "invented"'
    assert call.subjects == ("INVENTED SUBJECT", "SAMPLES--TESTING")
    assert call.draft_symbols == ("A/ES-99/L.1",)
    assert call.notes == ("Asked for a correction",)
    assert call.reported == Totals(2, 1, 1, 1, 5)
    assert call.page == "https://digitallibrary.un.org/record/9900001"
    assert roll(records, "undl-9900001") == {
        "CHN": ABSTAINED, "DEU": FOR, "NAM": WITHOUT, "RUS": AGAINST, "TUR": FOR,
    }  # fmt: skip
    assert roll(records, "undl-9900002") == {
        "BFA": FOR, "EGY": AGAINST, "SUN": FOR, "TWN": AGAINST, "YUG": FOR,
    }  # fmt: skip


def test_library_file_of_the_council() -> None:
    sets, faults = read("undl-sc.csv")
    assert faults.faults == ()
    assert list(sets) == ["undl-sc"]
    call = sets["undl-sc"].roll_calls["undl-9900003"]
    assert call.title == "Security Council resolution 9718 (2091) [an invention]"
    assert call.agenda == "AGENDA"
    assert roll(sets["undl-sc"], "undl-9900003") == {"CHN": FOR, "GHA": FOR, "RUS": FOR}


def test_a_no_of_a_permanent_member_is_no_veto() -> None:
    sets, _ = read("undl-sc.csv")
    assert roll(sets["undl-sc"], "undl-9900004")["RUS"] == AGAINST
    assert sets["undl-sc"].roll_calls["undl-9900004"].vetoed_by == ()


def test_voeten_by_number() -> None:
    sets, faults = read("voeten-votes.csv", "voeten-calls.csv")
    records = sets["voeten"]
    assert faults.faults == ()
    assert roll(records, "voeten-1") == {
        "CHN": NOT_MEMBER, "DEU": ABSTAINED, "SUN": FOR, "TWN": AGAINST, "YUG": ABSENT,
    }  # fmt: skip
    assert roll(records, "voeten-2") == {"ALB": ABSENT, "CHN": FOR, "RUS": AGAINST, "SCG": FOR}
    call = records.roll_calls["voeten-2"]
    assert (call.date, call.resolution, call.part) == ("2005-12-08", "A/RES/60/61", True)
    assert call.important
    assert call.issues == ("hr",)
    assert call.reported == Totals(2, 1, 0)


def test_voeten_before_2003_is_dated_by_the_month() -> None:
    sets, _ = read("voeten-votes.csv", "voeten-calls.csv")
    call = sets["voeten"].roll_calls["voeten-1"]
    assert (call.date, call.resolution) == ("1961-04", "A/RES/1599(XV)A")


def test_a_page_of_the_record_is_no_resolution() -> None:
    sets, _ = read("voeten-votes.csv", "voeten-calls.csv")
    call = sets["voeten"].roll_calls["voeten-3"]
    assert (call.resolution, call.reference) == ("", "R/1/66")


def test_voeten_by_code_and_letter() -> None:
    sets, faults = read("unvotes-votes.csv", "unvotes-calls.csv")
    records = sets["voeten"]
    assert faults.faults == ()
    assert roll(records, "voeten-1") == {"DEU": ABSTAINED, "SUN": FOR, "TWN": AGAINST}
    assert roll(records, "voeten-2") == {"CHN": FOR, "RUS": AGAINST, "SCG": FOR}
    assert records.roll_calls["voeten-1"].issues == ("di", "nu")
    assert records.roll_calls["voeten-3"].reported == Totals()


def test_voeten_by_name_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(
        "vote,country,rcid,date,session,unres\n"
        "yes,Russia,7,1962-10-25,17,\n"
        "abstain,China,7,1962-10-25,17,\n"
        "no,Russia,8,2022-03-02,76,A/RES/76/1\n",
        encoding="utf-8",
    )
    log = FaultLog()
    (records,) = forms.read([path], WALK, log)
    missing = {fault.message.split(",")[0] for fault in log.report().faults}
    assert missing == set()
    assert roll(records, "voeten-7") == {"SUN": FOR, "TWN": ABSTAINED}
    assert roll(records, "voeten-8") == {"RUS": AGAINST}


def test_library_records_of_both_bodies() -> None:
    sets, faults = read("library-votes.csv", "library-calls.csv", "library-selection.csv")
    assert faults.faults == ()
    assert list(sets) == ["undl-records-ga", "undl-records-sc"]
    assembly = sets["undl-records-ga"]
    assert roll(assembly, "undl-9900002") == {"BFA": WITHOUT, "SUN": FOR, "TWN": AGAINST}
    assert assembly.roll_calls["undl-9900002"].same_vote == "voeten-1"
    assert assembly.roll_calls["undl-9900002"].resolution == "A/RES/1599(XV)A"
    assert roll(sets["undl-records-sc"], "undl-9900003") == {"CHN": FOR, "GHA": FOR, "RUS": FOR}


def test_a_text_adopted_without_a_recorded_vote_is_no_roll_call() -> None:
    sets, _ = read("library-votes.csv", "library-calls.csv")
    records = sets["undl-records-ga"]
    assert "undl-9900005" in records.roll_calls
    assert "undl-9900005" not in records.ballots


def test_a_selection_lists_some_members() -> None:
    sets, faults = read("library-selection.csv")
    records = sets["undl-records-sc"]
    assert faults.faults == ()
    assert roll(records, "undl-9900003") == {"CHN": FOR, "RUS": FOR}
    assert records.roll_calls["undl-9900003"].partial


def test_vetoes() -> None:
    sets, faults = read("vetoes.csv")
    records = sets["unsc-vetoes"]
    assert faults.faults == ()
    assert {key: call.vetoed_by for key, call in records.roll_calls.items()} == {
        "S-PV-49": ("SUN",),
        "S-PV-49-2": ("SUN",),
        "S-2091-431": ("CHN", "RUS"),
    }
    assert records.roll_calls["S-2091-431"].draft == "S/2091/431"
    assert records.roll_calls["S-PV-49"].draft == ""
    assert not any(map(any, records.ballots.values()))


def test_failed_drafts() -> None:
    sets, faults = read("failed-drafts.csv")
    records = sets["unsc-failed-drafts"]
    assert faults.faults == ()
    assert roll(records, "S-2091-431") == {
        "CHN": AGAINST, "FRA": FOR, "GHA": FOR, "RUS": AGAINST,
    }  # fmt: skip
    assert records.roll_calls["S-2091-431"].vetoed_by == ("CHN", "RUS")
    assert records.roll_calls["S-2091-300"].outcome == "not-adopted"
    assert records.roll_calls["S-2091-431"].sources == (
        "https://example.org/vote",
        "a printed record",
    )


def test_an_unverified_symbol_is_not_the_drafts() -> None:
    sets, _ = read("failed-drafts.csv")
    call = sets["unsc-failed-drafts"].roll_calls["S-PV-99591"]
    assert (call.draft, call.unconfirmed_draft) == ("", "S/2091/255")


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.csv")))
def test_every_form_is_known_by_its_columns_in_any_order(name: str, tmp_path: Path) -> None:
    header = (SAMPLES / name).read_text(encoding="utf-8").partition("\n")[0]
    turned = tmp_path / name
    turned.write_text(",".join(["unheard_of", *reversed(header.split(","))]), encoding="utf-8")
    log = FaultLog()
    plain = forms.detect(forms.Table(SAMPLES / name, log))
    assert forms.detect(forms.Table(turned, log)) == plain


def test_all_forms_have_a_sample() -> None:
    log = FaultLog()
    found = {forms.detect(forms.Table(path, log)).name for path in SAMPLES.glob("*.csv")}
    assert found == {form.name for form in forms.FORMS}


def test_gzip_is_read_whatever_the_name(tmp_path: Path) -> None:
    packed = tmp_path / "votes.data"
    packed.write_bytes(gzip.compress((SAMPLES / "undl-ga.csv").read_bytes()))
    log = FaultLog()
    (records,) = forms.read([packed], WALK, log)
    plain, _ = read("undl-ga.csv")
    assert records.ballots == plain["undl-ga"].ballots
    assert log.report().total == 0


def test_gzip_of_several_members_is_one_file(tmp_path: Path) -> None:
    text = (SAMPLES / "undl-ga.csv").read_bytes()
    packed = tmp_path / "votes.csv.gz"
    packed.write_bytes(gzip.compress(text[:500]) + gzip.compress(text[500:]))
    log = FaultLog()
    (records,) = forms.read([packed], WALK, log)
    assert sum(records.votes().values()) == 10
    assert log.report().total == 0


def test_rows_in_any_order_give_the_same_votes(tmp_path: Path) -> None:
    header, *rows = (SAMPLES / "unvotes-votes.csv").read_text(encoding="utf-8").splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    log = FaultLog()
    (records,) = forms.read([turned, SAMPLES / "unvotes-calls.csv"], WALK, log)
    plain, _ = read("unvotes-votes.csv", "unvotes-calls.csv")
    assert records.ballots == plain["voeten"].ballots


def test_progress_tells_every_byte() -> None:
    told: dict[str, int] = {}

    def of(path: Path) -> forms.Progress:
        def tell(amount: int) -> None:
            told[path.name] = told.get(path.name, 0) + amount

        return tell

    paths = [SAMPLES / "unvotes-votes.csv", SAMPLES / "unvotes-calls.csv"]
    forms.read(paths, WALK, FaultLog(), of)
    assert told == {path.name: path.stat().st_size for path in paths}
