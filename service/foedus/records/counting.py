"""Put the ballots of a data set into the sets of bits that statistics are counted from.

The same rolls come from the data set's quads (`foedus.analysis.rolls`), but a million votes just
read need not be written and read again: one state's options on all roll calls are a slice of the
ballots, and a slice becomes a number of as many bits.

Units: votes; what a state did without voting is none.
Shape: `foedus.analysis.rolls.Roll`.
Used by `importing` and ``bench``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from foedus import iris
from foedus.analysis.rolls import Ballots, Roll
from foedus.records.coverage import BODIES, records_graph
from foedus.records.rollcalls import Option, RecordSet

_VOTES = (Option.FOR, Option.AGAINST, Option.ABSTAINED)
_CAST = bytes(value for value in range(256) if value not in _VOTES)
_MARKS = [bytes(ord("1" if value == option else "0") for value in range(256)) for option in _VOTES]
_Key = TypeVar("_Key", int, str)


def rolls(records: RecordSet, states: Sequence[str]) -> list[Roll]:
    """Return the roll of a data set, or none where nobody voted; ``states`` as in the ballots."""
    named = {
        f"{iris.ID}vote/{key}": key
        for key, ballot in records.ballots.items()
        if ballot.translate(None, _CAST)
    }
    if not named:
        return []
    calls = tuple(sorted(named))
    told = [records.roll_calls[named[call]] for call in calls]
    table = b"".join(records.ballots[named[call]] for call in calls)
    bits = [1 << place for place in range(len(calls))]
    return [
        Roll(
            graph=records_graph(records.data_set),
            body=BODIES[records.data_set.body],
            calls=calls,
            ballots=_ballots(table, states),
            years=_masks((int(c.date[:4]), b) for c, b in zip(told, bits, strict=True) if c.date),
            sessions=_masks((c.session, b) for c, b in zip(told, bits, strict=True) if c.session),
        )
    ]


def _ballots(table: bytes, states: Sequence[str]) -> Mapping[str, Ballots]:
    found = {}
    for place, state in sorted(enumerate(states), key=lambda pair: pair[1]):
        options = table[place :: len(states)][::-1]
        ballots = Ballots(*(int(options.translate(marks), 2) for marks in _MARKS))
        if ballots.cast:
            found[state] = ballots
    return found


def _masks(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    masks: dict[_Key, int] = {}
    for key, bit in pairs:
        masks[key] = masks.get(key, 0) | bit
    return dict(sorted(masks.items()))
