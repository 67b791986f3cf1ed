"""Read the General Assembly roll calls compiled by Erik Voeten, as CSV.

A table of votes has ``rcid``, a state and a vote; the state is a Correlates of War number
(``ccode``), an ISO alpha-3 code (``state_id``, ``state``) or a name (``country``). A table of
roll calls describes each ``rcid``; without one, a table of votes may describe them itself. The
tables of the R package unvotes, exported, are of this form too.

The compilation holds votes on amendments and paragraphs besides those on whole texts, and
says which of them are marked so. Its days are wrong for most votes before 2003 while month and year
agree with the United Nations' record, so before 2003 only the month is kept.

Source: Erik Voeten, "Data and Analyses of Voting in the UN General Assembly", 2013,
https://dataverse.harvard.edu/dataset.xhtml?persistentId=hdl:1902.1/12379: 1 yes, 2 abstains, 3
no, 8 absent, 9 no member.
Shape: `RecordSet`.
Used by `forms`.
"""

from collections.abc import Callable, Sequence

from foedus.records import symbols
from foedus.records.ballots import add_call, cast_all, read_date, read_id, read_number
from foedus.records.crosswalk import Crosswalk
from foedus.records.datasets import VOETEN
from foedus.records.rollcalls import Option, RecordSet, RollCall, Totals
from foedus.records.stating import by_code, told
from foedus.records.tables import Table

LETTERS = {
    "1": Option.FOR,
    "2": Option.ABSTAINED,
    "3": Option.AGAINST,
    "8": Option.ABSENT,
    "9": Option.NOT_MEMBER,
    "Y": Option.FOR,
    "N": Option.AGAINST,
    "A": Option.ABSTAINED,
    "yes": Option.FOR,
    "no": Option.AGAINST,
    "abstain": Option.ABSTAINED,
}
ISSUES = {
    "co": "Colonialism",
    "di": "Arms control and disarmament",
    "ec": "Economic development",
    "hr": "Human rights",
    "me": "Palestinian conflict",
    "nu": "Nuclear weapons and nuclear material",
}
"""The six issues of the compilation, which a roll call may have several of."""
CODES = ("ccode", "state_id", "state", "iso3")
NAMES = ("country", "countryname", "member_name")

_DAYS_RIGHT_FROM = "2003"
_EXPECTED = ("session", "date", "unres", "short", "descr", "amend", "para")


def read(calls: Sequence[Table], votes: Sequence[Table], crosswalk: Crosswalk) -> list[RecordSet]:
    """Read tables of roll calls first, then tables of votes."""
    records = RecordSet(VOETEN)
    for table in calls:
        for name in _EXPECTED:
            if name not in table.header:
                table.fault("missing-column", f"{name}, which this form has")
        describe = _describer(table)
        source = table.cell("rcid")
        for row in table.rows():
            if read_id(table, source(row)):
                add_call(table, records, describe(row), len(crosswalk.states))
    if calls and not votes:
        calls[0].fault("missing-table", "roll calls without a table of votes")
    for table in votes:
        _cast(table, crosswalk, records, described=bool(calls))
    return [records]


def _cast(table: Table, crosswalk: Crosswalk, records: RecordSet, *, described: bool) -> None:
    whole = not described and "date" in table.header
    if not described and not whole:
        table.fault("missing-table", "votes without a table of roll calls, so without dates")
    of_state = table.column(*CODES, *NAMES)
    of_call, of_vote = table.header.index("rcid"), table.header.index("vote")
    if of_state is None:
        raise AssertionError("forms gives this reader tables with a state only")
    named = table.header[of_state] in NAMES
    place = {state: index for index, state in enumerate(crosswalk.states)}
    places = crosswalk.places({} if named else {**crosswalk.iso, **crosswalk.cow})
    describe = _describer(table) if whole else None
    # cast_all asks for a ballot before it asks for the state, so the row is at hand.
    ballots = {_source(key): ballot for key, ballot in records.ballots.items()}

    def resolve(row: Sequence[str]) -> int | None:
        text = row[of_state].strip()
        if named:
            states = crosswalk.by_name(text)
        else:
            states = crosswalk.cow.get(text, ()) or crosswalk.iso.get(text, ())
        states = by_code(table, text, states)
        day = records.roll_calls[f"voeten-{row[of_call]}"].date
        state = told(table, crosswalk, text, states, day) if states else None
        if state is None:
            return None
        if len(states) == 1:
            places[row[of_state]] = place[state]
        return place[state]

    def unknown(row: Sequence[str]) -> bytearray | None:
        source = row[of_call]
        if not read_id(table, source):
            return None
        if described:
            table.fault("no-roll-call", f"rcid {source} is in no table of roll calls")
        call = describe(row) if describe else _bare(table, source)
        add_call(table, records, call, len(crosswalk.states))
        return records.ballots[call.key]

    cast_all(
        table,
        columns=(of_call, of_state, of_vote),
        ballots=ballots,
        unknown=unknown,
        places=places,
        letters=LETTERS,
        resolve=resolve,
    )


def _source(key: str) -> str:
    return key.removeprefix("voeten-")


def _bare(table: Table, source: str) -> RollCall:
    return RollCall(f"voeten-{source}", table.path, table.line, VOETEN.source)


def _describer(table: Table) -> Callable[[Sequence[str]], RollCall]:
    """Return a function that reads the roll call of a row."""
    source, day, session = table.cell("rcid"), table.cell("date"), table.cell("session")
    unres, short, descr = table.cell("unres"), table.cell("short"), table.cell("descr")
    amend, para = table.cell("amend"), table.cell("para")
    important, issues = table.cell("importantvote"), table.cell("issues")
    marks = {code: table.cell(code) for code in ISSUES}
    totals = [table.cell(name) for name in ("yes", "no", "abstain")]
    reported = [table.cell(f"{name}_reported") for name in ("yes", "no", "abstain")]
    own_sums = "yes_reported" in table.header

    def describe(row: Sequence[str]) -> RollCall:
        resolution = symbols.from_voeten(unres(row))
        if unres(row) and resolution is None and not symbols.is_page(unres(row)):
            table.fault("symbol", f"{unres(row)!r} is no resolution of that session")
        codes = read_issues(table, issues(row))
        codes += [code for code, mark in marks.items() if mark(row) == "1"]
        stated = Totals(*(read_number(table, total(row)) for total in totals))
        told = Totals(*(read_number(table, total(row)) for total in reported))
        return RollCall(
            key=f"voeten-{source(row)}",
            path=table.path,
            line=table.line,
            page=VOETEN.source,
            date=_date(read_date(table, day(row))),
            session=session(row),
            symbol=unres(row) if unres(row).startswith("A/RES/") else "",
            resolution=resolution or "",
            part="1" in (amend(row), para(row)),
            heading=short(row),
            description=descr(row),
            reference=unres(row),
            issues=tuple(sorted(set(codes))),
            reported=told if own_sums else stated,
            sums=stated if own_sums else Totals(),
            important=important(row) == "1",
        )

    return describe


def read_issues(table: Table, text: str) -> list[str]:
    """Return the issue codes of a field that joins them with semicolons; report unknown ones."""
    codes = [code for code in text.split(";") if code]
    for code in codes:
        if code not in ISSUES:
            table.fault("issue", f"{code!r}, expected some of {' '.join(ISSUES)}")
    return [code for code in codes if code in ISSUES]


def _date(day: str) -> str:
    return day[: len("2003-01")] if day < _DAYS_RIGHT_FROM else day
