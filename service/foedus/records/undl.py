"""Read the voting data of the UN Digital Library, of the General Assembly or the Council.

One row is one member's vote, with all that is known of the roll call repeated on it. The first
row describes the roll call; a later row that describes it otherwise is a fault. Member states
are read from the name, which is that of the time, checked against the code.

Source: the data dictionaries of https://digitallibrary.un.org/record/4060887 (Assembly) and
https://digitallibrary.un.org/record/4055387 (Council): X is "not voting", absent or present; only
adopted texts are covered, and where a Council resolution was adopted without a vote all members
have Y.
Shape: `RecordSet`.
Used by `forms`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import itemgetter

from foedus.records import symbols
from foedus.records.ballots import add_call, read_date, read_id, read_number, repeat
from foedus.records.crosswalk import Crosswalk
from foedus.records.datasets import UNDL_GA, UNDL_SC
from foedus.records.rollcalls import Option, RecordSet, RollCall, Totals
from foedus.records.stating import by_code_and_name, told
from foedus.records.tables import Table

LETTERS = {
    "Y": Option.FOR,
    "N": Option.AGAINST,
    "A": Option.ABSTAINED,
    "X": Option.LISTED_WITHOUT_VOTE,
}
_OF_THE_VOTE = ("ms_code", "ms_name", "ms_vote", "permanent_member", "vote_note")
_EXPECTED = (
    "ms_code",
    "ms_name",
    "date",
    "resolution",
    "meeting",
    "total_yes",
    "total_no",
    "total_abstentions",
    "total_non_voting",
    "total_ms",
)
_COUNCIL_ONLY = ("permanent_member", "description", "modality")


def read(tables: Sequence[Table], crosswalk: Crosswalk) -> list[RecordSet]:
    """Read files of this form; the Council's are known by their columns."""
    read: dict[str, RecordSet] = {}
    for table in tables:
        for name in _EXPECTED:
            if name not in table.header:
                table.fault("missing-column", f"{name}, which this form has")
        council = any(name in table.header for name in _COUNCIL_ONLY)
        data_set = UNDL_SC if council else UNDL_GA
        records = read.setdefault(data_set.name, RecordSet(data_set))
        _cast(table, crosswalk, records, _describer(table))
    return list(read.values())


def _cast(
    table: Table,
    crosswalk: Crosswalk,
    records: RecordSet,
    describe: Callable[[Sequence[str]], RollCall],
) -> None:
    of_call, of_vote = table.header.index("undl_id"), table.header.index("ms_vote")
    code, name = table.cell("ms_code"), table.cell("ms_name")
    note = table.cell("vote_note")
    common = itemgetter(*(i for i, n in enumerate(table.header) if n not in _OF_THE_VOTE), of_call)
    resolve = _resolver(table, crosswalk)
    said: dict[str, tuple[str, ...]] = {}
    differing: set[str] = set()
    notes: dict[str, set[str]] = {}
    for row in table.rows():
        source = row[of_call]
        if source not in said:
            if not read_id(table, source):
                continue
            said[source] = common(row)
            add_call(table, records, describe(row), len(crosswalk.states))
        elif said[source] != common(row) and source not in differing:
            differing.add(source)
            table.fault("duplicate-roll-call", f"undl_id {source} is described in two ways")
        option = LETTERS.get(row[of_vote])
        if option is None:
            table.fault("vote", f"{row[of_vote]!r}, expected one of {' '.join(LETTERS)}")
            continue
        key = f"undl-{source}"
        place = resolve(code(row), name(row), records.roll_calls[key].date)
        if place is None:
            continue
        ballot = records.ballots[key]
        if ballot[place]:
            repeat(table, ballot, place, option)
        else:
            ballot[place] = option
        if note(row):
            notes.setdefault(key, set()).add(note(row))
    for key, texts in notes.items():
        records.roll_calls[key] = replace(records.roll_calls[key], notes=tuple(sorted(texts)))


def _resolver(table: Table, crosswalk: Crosswalk) -> Callable[[str, str, str], int | None]:
    """Return a function from code, name and date to a place in the ballot."""
    place = {state: index for index, state in enumerate(crosswalk.states)}
    known: dict[tuple[str, str], int] = {}

    def resolve(code: str, name: str, day: str) -> int | None:
        at = known.get((code, name))
        if at is not None:
            return at
        states = by_code_and_name(table, crosswalk, code=code, name=name)
        state = told(table, crosswalk, name or code, states, day) if states else None
        if state is None:
            return None
        # What stands for one state at all times, and gave no fault, is looked up once.
        if len(states) == 1 and (not name or crosswalk.by_name(name)):
            known[code, name] = place[state]
        return place[state]

    return resolve


def _describer(table: Table) -> Callable[[Sequence[str]], RollCall]:
    """Return a function that reads the roll call of a row."""
    source, day, session = table.cell("undl_id"), table.cell("date"), table.cell("session")
    resolution, draft = table.cell("resolution"), table.cell("draft")
    title, agenda = table.cell("title", "description"), table.cell("agenda_title", "agenda")
    meeting, subjects, link = table.cell("meeting"), table.cell("subjects"), table.cell("undl_link")
    totals = [table.cell(name) for name in _EXPECTED if name.startswith("total_")]

    def describe(row: Sequence[str]) -> RollCall:
        yes, no, abstentions, without, listed = (read_number(table, total(row)) for total in totals)
        return RollCall(
            key=f"undl-{source(row)}",
            path=table.path,
            line=table.line,
            page=link(row) or f"https://digitallibrary.un.org/record/{source(row)}",
            date=read_date(table, day(row)),
            session=session(row),
            symbol=resolution(row),
            resolution=symbols.canonical(resolution(row)),
            draft_symbols=split(draft(row)),
            outcome="adopted",
            title=title(row),
            agenda=agenda(row),
            meeting=meeting(row),
            subjects=split(subjects(row)),
            reported=Totals(yes, no, abstentions, without, listed),
        )

    return describe


def split(text: str) -> tuple[str, ...]:
    """Return the parts of a field that joins several with a bar, each once and in order.

    >>> split("DISARMAMENT | OUTER SPACE|DISARMAMENT")
    ('DISARMAMENT', 'OUTER SPACE')
    """
    return tuple(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))
