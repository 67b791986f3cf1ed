"""Know the form of a file by its columns, and read all files given together.

A form is known by the columns it cannot be read without; their order and further columns do not
matter. Tables that belong together (votes and their roll calls) are read as one, whatever the order
of the files.

Errors: `RecordError` for a file of no known form, which names the columns found and the forms
there are; for files that yield nothing.
Used by `importing` and ``bench``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foedus.errors import RecordError
from foedus.records import faileddrafts, undl, undlrecords, vetoes, voeten
from foedus.records.ballots import check_totals
from foedus.records.crosswalk import Crosswalk
from foedus.records.faults import FaultLog
from foedus.records.rollcalls import RecordSet
from foedus.records.tables import Progress, Table


@dataclass(frozen=True, slots=True)
class Form:
    """A form of table: each group needs one of its columns; ``without`` must be absent."""

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()

    def lacks(self, header: Sequence[str]) -> list[str]:
        """Return what a header lacks to be of this form."""
        return [
            " or ".join(group) for group in self.needs if not any(name in header for name in group)
        ]

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a header is of this form."""
        return not self.lacks(header) and not any(name in header for name in self.without)


FORMS = (
    Form(
        "undl",
        "voting data of the UN Digital Library",
        (("undl_id",), ("ms_vote",), ("ms_code", "ms_name")),
    ),
    Form(
        "voeten-votes",
        "Voeten's votes",
        (("rcid",), ("vote",), (*voeten.CODES, *voeten.NAMES)),
    ),
    Form(
        "voeten-calls", "Voeten's roll calls", (("rcid",), ("date", "unres", "session")), ("vote",)
    ),
    Form("voeten-issues", "names of Voeten's issues", (("short_name",), ("issue",)), ("rcid",)),
    Form(
        "undlrecords-votes", "votes of library records", (("record_id",), ("state_id",), ("vote",))
    ),
    Form(
        "undlrecords-calls",
        "roll calls of library records",
        (("record_id",), ("body",), ("symbol",)),
    ),
    Form(
        "undlrecords-selection",
        "library records with a column for each member",
        (
            ("record_id",),
            ("symbol",),
            tuple(f"vote_{s}" for s in ("chn", "fra", "gbr", "rus", "usa")),
        ),
    ),
    Form(
        "vetoes",
        "vetoes in the Security Council",
        (("draft", "meeting_record"), ("vetoed_by",)),
        ("in_favour",),
    ),
    Form(
        "failed-drafts",
        "failed drafts of the Security Council",
        (("draft_symbol",), ("in_favour",), ("against",), ("abstaining",)),
    ),
)


def detect(table: Table) -> Form:
    """Return the form of a table; raise `RecordError` where it is of none."""
    for form in FORMS:
        if form.fits(table.header):
            return form
    nearest = min(FORMS, key=lambda form: len(form.lacks(table.header)) / len(form.needs))
    known = "; ".join(
        f"{form.name} ({', '.join(' or '.join(group) for group in form.needs)})" for form in FORMS
    )
    near = ""
    if len(nearest.lacks(table.header)) < len(nearest.needs):
        near = f" Nearest is {nearest.name}, which lacks {', '.join(nearest.lacks(table.header))}."
    raise RecordError(
        f"of no known form; its columns are {', '.join(table.header)}.{near} Known forms: {known}",
        path=table.path,
    )


def read(
    paths: Sequence[Path],
    crosswalk: Crosswalk,
    faults: FaultLog,
    progress: Callable[[Path], Progress] | None = None,
) -> list[RecordSet]:
    """Read files of votes and compare their totals; the sets come in order of their names.

    Raises `RecordError` for a file of no known form, and where no roll call or no vote was read.
    """
    given: dict[str, list[Table]] = {form.name: [] for form in FORMS}
    for path in sorted(set(paths)):
        table = Table(path, faults, progress(path) if progress else None)
        given[detect(table).name].append(table)
    calls, votes, selections = (
        given[f"undlrecords-{part}"] for part in ("calls", "votes", "selection")
    )
    sets: list[RecordSet] = []
    if given["undl"]:
        found = undl.read(given["undl"], crosswalk)
        sets += _judged(found, given["undl"], given["undl"], faults)
    if given["voeten-calls"] or given["voeten-votes"]:
        found = voeten.read(given["voeten-calls"], given["voeten-votes"], crosswalk)
        tables = given["voeten-calls"] + given["voeten-votes"]
        sets += _judged(found, tables, given["voeten-votes"], faults)
    for table in given["voeten-issues"]:
        _check_issues(table)
    if calls or votes or selections:
        found = undlrecords.read(calls, votes, selections, crosswalk)
        sets += _judged(found, calls + votes + selections, votes, faults)
    if given["vetoes"]:
        found = vetoes.read(given["vetoes"], crosswalk)
        sets += _judged(found, given["vetoes"], [], faults)
    if given["failed-drafts"]:
        found = faileddrafts.read(given["failed-drafts"], crosswalk)
        sets += _judged(found, given["failed-drafts"], [], faults)
    if not sets:
        names = ", ".join(path.name for path in paths)
        raise RecordError(f"{names}: no roll call could be read; {_summary(faults)}")
    for records in sets:
        if any(map(any, records.ballots.values())):
            check_totals(records, faults)
    return sorted(sets, key=lambda records: records.data_set.name)


def _judged(
    found: Sequence[RecordSet],
    tables: Sequence[Table],
    of_votes: Sequence[Table],
    faults: FaultLog,
) -> list[RecordSet]:
    """Return the sets read that have roll calls; of files that end early, none covers a time.

    Raises `RecordError` where tables of votes gave no vote.
    """
    sets = [records for records in found if records.roll_calls]
    if sets and of_votes and not any(any(map(any, one.ballots.values())) for one in sets):
        names = ", ".join(table.path.name for table in of_votes)
        raise RecordError(f"{names}: no vote could be read; {_summary(faults)}")
    cut = {fault.path for fault in faults.report().faults if fault.kind == "truncated"}
    if cut & {table.path for table in tables}:
        return [
            replace(records, data_set=replace(records.data_set, complete=False)) for records in sets
        ]
    return sets


def _check_issues(table: Table) -> None:
    """Compare a table of issue names with those the reader knows; it adds nothing."""
    code, name = table.cell("short_name"), table.cell("issue")
    for row in table.rows():
        if voeten.ISSUES.get(code(row)) != name(row):
            table.fault("issue", f" {code(row)!r} {name(row)!r} is not known")


def _summary(faults: FaultLog) -> str:
    counts = faults.report().counts
    return ", ".join(f"{kind}: {number}" for kind, number in counts.items()) or "no faults"
