"""What all readers of votes share: casting a vote, and comparing totals with the roll.

Errors: none; what does not fit is a fault at its line.
Used by the readers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from foedus.records import dates
from foedus.records.faults import FaultLog
from foedus.records.rollcalls import Option, RecordSet, RollCall, Totals
from foedus.records.tables import Table


def read_date(table: Table, text: str) -> str:
    """Return the date of a roll call, or ``""`` after reporting why there is none."""
    if not text:
        table.fault("undated", "no date")
    elif not dates.check(text):
        table.fault("date", f"{text!r}, expected a date from {dates.CHARTER} as YYYY-MM-DD")
    else:
        return text
    return ""


def read_id(table: Table, text: str) -> str:
    """Return a source's number of a roll call, or ``""`` after reporting that it is none."""
    if text.isascii() and text.isdigit():
        return text
    table.fault("row", f"{text!r}, expected the whole number of a roll call")
    return ""


def read_number(table: Table, text: str) -> int | None:
    """Return a total, None where the field is empty or, with a fault, no whole number.

    The Digital Library writes some totals as ``141.0``.
    """
    digits = text.removesuffix(".0")
    if digits.isascii() and digits.isdigit():
        return int(digits)
    if text:
        table.fault("number", f"{text!r}, expected a whole number")
    return None


def cast_all(
    table: Table,
    *,
    columns: tuple[int, int, int],
    ballots: dict[str, bytearray],
    unknown: Callable[[Sequence[str]], bytearray | None],
    places: Mapping[str, int],
    letters: Mapping[str, Option],
    resolve: Callable[[Sequence[str]], int | None],
) -> None:
    """Cast every vote of a table with a row for each vote.

    ``columns`` are those of the roll call, the state and the letter; ``ballots`` has the ballot
    of each roll call as the source names it, and ``unknown`` gives one for the row of a roll call
    met for the first time, or None where its votes are to be left out; ``places`` has the place
    in a ballot of each code that needs no date, and ``resolve`` reads all others, or reports a
    fault.
    """
    of_call, of_state, of_vote = columns
    left_out: set[str] = set()
    for row in table.rows():
        try:
            ballot = ballots[row[of_call]]
            place = places[row[of_state]]
            option = letters[row[of_vote]]
        except KeyError:
            call = row[of_call]
            if call in left_out:
                table.fault("no-roll-call", f"a vote on {call} is left out")
                continue
            if row[of_vote] not in letters:
                table.fault("vote", f"{row[of_vote]!r}, expected one of {' '.join(letters)}")
                continue
            if call not in ballots:
                made = unknown(row)
                if made is None:
                    left_out.add(call)
                    continue
                ballots[call] = made
            found = resolve(row)
            if found is None:
                continue
            ballot, place, option = ballots[call], found, letters[row[of_vote]]
        if not ballot[place]:
            ballot[place] = option
        else:
            repeat(table, ballot, place, option)


def repeat(table: Table, ballot: bytearray, place: int, option: Option) -> None:
    """Report a second vote of the state at ``place``; the first one stays."""
    if ballot[place] == option:
        table.fault("duplicate-vote", "the state's vote stands in the file before")
    else:
        before = Option(ballot[place]).name.lower()
        table.fault("conflicting-vote", f"{option.name.lower()}, before: {before}")


def add_call(table: Table, records: RecordSet, call: RollCall, states: int) -> bool:
    """Add a roll call with an empty ballot; report it and leave it out where it is there."""
    if call.key in records.roll_calls:
        first = records.roll_calls[call.key].line
        table.fault("duplicate-roll-call", f"{call.key} is described in line {first}")
        return False
    records.roll_calls[call.key] = call
    if call.recorded:
        records.ballots[call.key] = bytearray(states)
    return True


def check_totals(records: RecordSet, faults: FaultLog) -> None:
    """Report each roll call whose reported totals, or the table's own sums, are not its roll's."""
    for key, call in records.roll_calls.items():
        if call.partial:
            continue
        roll = count(records.ballots[key]) if call.recorded else Totals(0, 0, 0, 0, 0)
        for kind, stated in (("totals", call.reported), ("sums", call.sums)):
            told = _stated(stated, roll)
            if told != roll:
                message = f"{key}: {_written(told)}, the roll has {_written(roll)}"
                faults.add(kind, call.path, call.line, message)


def count(ballot: bytearray) -> Totals:
    """Return the totals of a roll; a state that was no member is not listed."""
    for_, against, abstained = (
        ballot.count(option) for option in (Option.FOR, Option.AGAINST, Option.ABSTAINED)
    )
    without = ballot.count(Option.LISTED_WITHOUT_VOTE) + ballot.count(Option.ABSENT)
    return Totals(for_, against, abstained, without, for_ + against + abstained + without)


def _stated(stated: Totals, roll: Totals) -> Totals:
    """Return ``stated`` with the roll's numbers where nothing is stated."""
    fields = Totals.__dataclass_fields__
    silent = {name: getattr(roll, name) for name in fields if getattr(stated, name) is None}
    return replace(stated, **silent)


def _written(totals: Totals) -> str:
    return (
        f"{totals.votes_for}-{totals.against}-{totals.abstentions}"
        f" and {totals.without_vote} of {totals.listed} without a vote"
    )
