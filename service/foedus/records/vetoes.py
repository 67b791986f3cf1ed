"""Read a table of vetoes in the Security Council: a row for each text vetoed.

The table states who vetoed, and nobody's vote, so a roll call gets ``vetoedBy`` and no votes.
Where a draft has no symbol the table gives the record of the meeting in its place; several such
rows of one meeting are told apart by their order in the table, which has nothing else to tell
them by.

Source: https://github.com/world-politics-datalab/vetoes-un-security-council; up to September 2022,
without vetoes of the Republic of China.
Shape: `RecordSet`.
Used by `forms`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from foedus.records import symbols
from foedus.records.ballots import add_call, read_date
from foedus.records.crosswalk import Crosswalk
from foedus.records.datasets import VETOES
from foedus.records.rollcalls import RecordSet, RollCall
from foedus.records.stating import by_code, told
from foedus.records.tables import Table

_MEETING = "S/PV."


def read(tables: Sequence[Table], crosswalk: Crosswalk) -> list[RecordSet]:
    """Read files of this form."""
    records = RecordSet(VETOES)
    met: Counter[str] = Counter()
    for table in tables:
        vetoed_by = table.cell("vetoed_by")
        for row in table.rows():
            call = _describe(table, row)
            if not call.draft:
                met[call.text_key] += 1
                if met[call.text_key] > 1:
                    numbered = f"{call.text_key}-{met[call.text_key]}"
                    call = replace(call, key=numbered, text_key=numbered)
            states = []
            for code in vetoed_by(row).split(";"):
                coded = by_code(table, code, crosswalk.iso.get(code, ()))
                state = told(table, crosswalk, code, coded, call.date) if coded else None
                states += [state] if state else []
            call = replace(call, vetoed_by=tuple(sorted(states)))
            add_call(table, records, call, len(crosswalk.states))
    return [records]


def _describe(table: Table, row: Sequence[str]) -> RollCall:
    draft, meeting = table.cell("draft")(row), table.cell("meeting_record")(row)
    topics = (table.cell("crisis_topic")(row), table.cell("region")(row))
    text_key = symbols.key(draft or meeting)
    return RollCall(
        key=text_key,
        path=table.path,
        line=table.line,
        page=VETOES.source,
        date=read_date(table, table.cell("date")(row)),
        draft="" if draft.startswith(_MEETING) else draft,
        text_key=text_key,
        outcome="vetoed",
        agenda=table.cell("agenda_item")(row),
        meeting=meeting,
        subjects=tuple(topic for topic in topics if topic),
    )
