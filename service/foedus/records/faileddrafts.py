"""Read a table of failed drafts of the Security Council, with members by option.

Members stand in lists (``in_favour``, ``against``, ``abstaining``, ``vetoed_by``) joined by
semicolons; ``in_favour_basis`` says how those in favour are known, ``sources`` where. A symbol that
the row's note calls unverified is not stated as the draft's: the meeting's record gives the key.

Shape: `RecordSet`.
Used by `forms`.
"""

import re
from collections.abc import Sequence

from foedus.records import symbols
from foedus.records.ballots import add_call, read_date, read_number, repeat
from foedus.records.crosswalk import Crosswalk
from foedus.records.datasets import FAILED_DRAFTS
from foedus.records.rollcalls import Option, RecordSet, RollCall, Totals
from foedus.records.stating import by_code, told
from foedus.records.tables import Table

_LISTS = {
    "in_favour": Option.FOR,
    "against": Option.AGAINST,
    "abstaining": Option.ABSTAINED,
}
_UNVERIFIED = re.compile(r"\bsymbol\b[^.]*\bunverified\b", re.IGNORECASE)


def read(tables: Sequence[Table], crosswalk: Crosswalk) -> list[RecordSet]:
    """Read files of this form."""
    records = RecordSet(FAILED_DRAFTS)
    place = {state: index for index, state in enumerate(crosswalk.states)}
    for table in tables:
        for row in table.rows():
            day = read_date(table, table.cell("date")(row))
            vetoes = _states(table, crosswalk, table.cell("vetoed_by")(row), day)
            call = _describe(table, row, day, vetoes)
            if not add_call(table, records, call, len(crosswalk.states)):
                continue
            ballot = records.ballots[call.key]
            for name, option in _LISTS.items():
                for state in _states(table, crosswalk, table.cell(name)(row), day):
                    if ballot[place[state]]:
                        repeat(table, ballot, place[state], option)
                    else:
                        ballot[place[state]] = option
    return [records]


def _states(table: Table, crosswalk: Crosswalk, codes: str, day: str) -> tuple[str, ...]:
    states = []
    for code in filter(None, codes.split(";")):
        coded = by_code(table, code, crosswalk.iso.get(code, ()))
        state = told(table, crosswalk, code, coded, day) if coded else None
        states += [state] if state else []
    return tuple(sorted(states))


def _describe(table: Table, row: Sequence[str], day: str, vetoes: tuple[str, ...]) -> RollCall:
    symbol, meeting = table.cell("draft_symbol")(row), table.cell("meeting")(row)
    note = table.cell("note")(row)
    unconfirmed = bool(_UNVERIFIED.search(note)) and bool(meeting)
    text_key = symbols.key(meeting if unconfirmed else symbol)
    totals = (read_number(table, table.cell(name)(row)) for name in ("yes", "no", "abstain"))
    return RollCall(
        key=text_key,
        path=table.path,
        line=table.line,
        page="",
        date=day,
        draft="" if unconfirmed else symbol,
        unconfirmed_draft=symbol if unconfirmed else "",
        text_key=text_key,
        outcome="vetoed" if vetoes else "not-adopted",
        heading=table.cell("topic")(row),
        meeting=meeting,
        reported=Totals(*totals),
        vetoed_by=vetoes,
        notes=(note,) if note else (),
        roll_basis=table.cell("in_favour_basis")(row),
        sources=tuple(part.strip() for part in table.cell("sources")(row).split(" | ")),
    )
