"""Read tables of votes and roll calls taken from the records of the UN Digital Library.

Three tables: votes (``record_id, state_id, vote``), roll calls of both bodies (``record_id,
body, symbol, …``) with sums of the votes and, where known, Voeten's roll call of the same vote,
and selections in which each member has a column (``vote_CHN, vote_RUS, …``). A record without
listed votes is a resolution adopted without a recorded vote: it gives a resolution and no roll
call.

Source: records of https://digitallibrary.un.org, X is "listed, not voting"; only adopted texts.
The link to Voeten's roll call is the table's, by resolution number where 90% of votes agree.
Shape: `RecordSet`, one for each body.
Used by `forms`.
"""

from collections.abc import Callable, Sequence

from foedus.records import symbols
from foedus.records.ballots import add_call, cast_all, read_date, read_id, read_number, repeat
from foedus.records.crosswalk import Crosswalk
from foedus.records.datasets import UNDL_RECORDS_GA, UNDL_RECORDS_SC
from foedus.records.rollcalls import RecordSet, RollCall, Totals
from foedus.records.stating import by_code, told
from foedus.records.tables import Table
from foedus.records.undl import LETTERS, split
from foedus.records.voeten import read_issues

_EXPECTED = ("session", "date", "title", "meeting", "recorded", "yes", "no", "abstain", "nonvoting")
_MEMBER = "vote_"


def read(
    calls: Sequence[Table],
    votes: Sequence[Table],
    selections: Sequence[Table],
    crosswalk: Crosswalk,
) -> list[RecordSet]:
    """Read tables of roll calls first, then tables of votes and selections."""
    sets = {"GA": RecordSet(UNDL_RECORDS_GA), "SC": RecordSet(UNDL_RECORDS_SC)}
    for table in calls:
        for name in _EXPECTED:
            if name not in table.header:
                table.fault("missing-column", f"{name}, which this form has")
        body, source, describe = table.cell("body"), table.cell("record_id"), _describer(table)
        for row in table.rows():
            if not read_id(table, source(row)):
                continue
            if body(row) not in sets:
                table.fault("row", f"body {body(row)!r}, expected GA or SC")
                continue
            add_call(table, sets[body(row)], describe(row), len(crosswalk.states))
    if calls and not votes:
        calls[0].fault("missing-table", "roll calls without a table of votes")
    if votes and not calls:
        votes[0].fault("missing-table", "votes without a table of roll calls, so without a body")
    for table in votes:
        _cast(table, crosswalk, list(sets.values()))
    for table in selections:
        _read_selection(table, sets, crosswalk)
    return list(sets.values())


def _cast(table: Table, crosswalk: Crosswalk, sets: Sequence[RecordSet]) -> None:
    of_call, of_state, of_vote = (
        table.header.index(name) for name in ("record_id", "state_id", "vote")
    )
    ballots = {
        key.removeprefix("undl-"): ballot
        for records in sets
        for key, ballot in records.ballots.items()
    }
    days = {key: call.date for records in sets for key, call in records.roll_calls.items()}
    place = {state: index for index, state in enumerate(crosswalk.states)}

    def resolve(row: Sequence[str]) -> int | None:
        code = row[of_state]
        states = by_code(table, code, crosswalk.iso.get(code, ()))
        state = (
            told(table, crosswalk, code, states, days[f"undl-{row[of_call]}"]) if states else None
        )
        return None if state is None else place[state]

    def unknown(row: Sequence[str]) -> bytearray | None:
        table.fault("no-roll-call", f"record {row[of_call]} has no roll call with recorded votes")
        return None

    cast_all(
        table,
        columns=(of_call, of_state, of_vote),
        ballots=ballots,
        unknown=unknown,
        places=crosswalk.places(crosswalk.iso),
        letters=LETTERS,
        resolve=resolve,
    )


def _read_selection(table: Table, sets: dict[str, RecordSet], crosswalk: Crosswalk) -> None:
    """Read a table with a column for each member; it may repeat roll calls of the full table."""
    describe, symbol, source = _describer(table), table.cell("symbol"), table.cell("record_id")
    members = [
        (index, name.removeprefix(_MEMBER).upper())
        for index, name in enumerate(table.header)
        if name.startswith(_MEMBER)
    ]
    place = {state: index for index, state in enumerate(crosswalk.states)}
    for row in table.rows():
        if not read_id(table, source(row)):
            continue
        call = describe(row)
        records = sets["SC" if symbol(row).startswith("S/") else "GA"]
        if call.key not in records.ballots and not add_call(
            table, records, call, len(crosswalk.states)
        ):
            continue
        ballot = records.ballots[call.key]
        for index, code in members:
            option = LETTERS.get(row[index])
            states = by_code(table, code, crosswalk.iso.get(code, ()))
            state = told(table, crosswalk, code, states, call.date) if states else None
            if option is None:
                table.fault("vote", f"{row[index]!r}, expected one of {' '.join(LETTERS)}")
            elif state is not None and not ballot[place[state]]:
                ballot[place[state]] = option
            elif state is not None and ballot[place[state]] != option:
                repeat(table, ballot, place[state], option)


def _describer(table: Table) -> Callable[[Sequence[str]], RollCall]:
    """Return a function that reads the roll call of a row."""
    source, day, session = table.cell("record_id"), table.cell("date"), table.cell("session")
    symbol, title, agenda = table.cell("symbol"), table.cell("title"), table.cell("agenda")
    meeting, recorded = table.cell("meeting"), table.cell("recorded")
    voeten, issues = table.cell("voeten_rcid"), table.cell("issues")
    sums = [table.cell(name) for name in ("yes", "no", "abstain", "nonvoting", "listed")]
    selection = any(name.startswith(_MEMBER) for name in table.header)

    def describe(row: Sequence[str]) -> RollCall:
        totals = Totals(*(read_number(table, total(row)) for total in sums))
        return RollCall(
            key=f"undl-{source(row)}",
            path=table.path,
            line=table.line,
            page=f"https://digitallibrary.un.org/record/{source(row)}",
            date=read_date(table, day(row)),
            session=session(row),
            symbol=symbol(row),
            resolution=symbols.canonical(symbol(row)),
            outcome="adopted",
            title=title(row),
            agenda=" | ".join(split(agenda(row))),
            meeting=meeting(row),
            issues=tuple(sorted(set(read_issues(table, issues(row))))),
            # A selection states the totals of the whole roll and lists some of its members.
            reported=totals if selection else Totals(),
            sums=Totals() if selection else totals,
            same_vote=_link(table, voeten(row)),
            partial=selection,
            roll_basis="The table lists the votes of some members only." if selection else "",
            recorded=recorded(row) != "0",
        )

    return describe


def _link(table: Table, rcid: str) -> str:
    return f"voeten-{rcid}" if rcid and read_id(table, rcid) else ""
