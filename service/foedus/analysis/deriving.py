"""Derive, from all votes of the records, the statistics that people ask for again and again.

Three kinds, for each record and body: agreement of chosen states with every other by year;
agreement of every pair of states over the whole record; positions by session.

Not every pair in every year: 19,000 pairs in 75 years would be more statements than the votes
themselves, while one pair by year takes less than a tenth of a second when asked of the votes.
What takes longer than that is one state with all others over many years; the whole record answers
it for any state, and year by year for the states this project is about and the one they are
measured against. Other states can be chosen.

Units: roll calls; nothing is told of fewer than ``least`` of them.
Shape: lines as `cube` has them.
Errors: `RecordError` as `rolls` raises it.
Used by ``release``, ``records`` and ``bench``.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from foedus.analysis import cube, positions
from foedus.analysis.cube import Kind, Observation, decimal, state, whole
from foedus.analysis.measures import Agreement, compare
from foedus.analysis.rolls import Ballots, Roll

CENTRES = ("CHN", "PRK", "RUS", "SUN", "USA")
"""States whose agreement with all others is told by year."""
LEAST = 3
"""Fewest roll calls, in common, or votes of one state, for a number to be told."""
POSITIVE = "USA"
"""The state on whose side positions are positive."""

_AGREEMENT = (
    "Over the roll calls on which both states voted: how many, how many of them alike, the S score "
    "of Signorino and Ritter (1999) over three options, and Cohen's kappa (1960) where it is "
    "defined."
)
_PAIR = ("observesState", "comparesWith")
BY_YEAR = Kind(
    "agreement-by-year",
    "Agreement of two states by year",
    _AGREEMENT,
    (_PAIR, ("observesState", "observedYear")),
)
BY_RECORD = Kind(
    "agreement-by-record",
    "Agreement of two states over a record",
    _AGREEMENT,
    (("observesState",),),
    both_ways=True,
)
POSITIONS = Kind(
    "positions-by-session",
    "Positions of states by session",
    "One-dimensional ideal points under the graded response model (Samejima 1969), correlated from "
    "session to session, after Bailey, Strezhnev and Voeten (2017). An estimate: it comes with its "
    "standard deviation and the number of votes, in standard deviations of the session's members.",
    (("observesState",), ("observedSession",)),
)


def derive(
    rolls: Iterable[Roll], *, centres: Sequence[str] = CENTRES, least: int = LEAST
) -> Iterator[str]:
    """Give the lines of all statistics, each subject's as one text, in the order of the lines."""
    for roll in sorted(rolls, key=lambda roll: cube.data_set(BY_YEAR, roll)):
        # In the order of their names, which is that of the lines.
        yield from cube.lines(BY_RECORD, roll, _by_record(roll, least))
        yield from cube.lines(BY_YEAR, roll, _by_year(roll, centres, least))
        yield from cube.lines(POSITIONS, roll, _positions(roll, least))


def _by_record(roll: Roll, least: int) -> list[Observation]:
    return [
        Observation(f"{one}-{other}", _pair(one, other) | _measures(agreement))
        for one, other in combinations(roll.ballots, 2)
        if (agreement := _compare(roll.ballots[one], roll.ballots[other], least))
    ]


def _by_year(roll: Roll, centres: Sequence[str], least: int) -> list[Observation]:
    found = []
    for year, calls in roll.years.items():
        within = {key: ballots.within(calls) for key, ballots in roll.ballots.items()}
        for one in sorted(set(centres) & set(within)):
            for other, ballots in within.items():
                agreement = _compare(within[one], ballots, least) if other != one else None
                if agreement:
                    values = _pair(one, other) | {"observedYear": whole(year)}
                    found.append(
                        Observation(f"{one}-{other}-{year}", values | _measures(agreement))
                    )
    return found


def _positions(roll: Roll, least: int) -> list[Observation]:
    if not positions.suffices(roll, POSITIVE):
        return []
    found = []
    for position in positions.estimate(roll, positive=POSITIVE):
        if position.votes < least:
            continue
        values = {
            "observesState": state(position.state),
            "observedSession": whole(position.session),
            "idealPoint": decimal(position.mean, 3),
            "standardDeviation": decimal(position.deviation, 3),
            "votesCast": whole(position.votes),
        }
        found.append(Observation(f"{position.state}-{position.session}", values))
    return found


def _compare(one: Ballots, other: Ballots, least: int) -> Agreement | None:
    agreement = compare(one, other)
    return agreement if agreement and agreement.votes >= least else None


def _pair(one: str, other: str) -> dict[str, str]:
    return {"observesState": state(one), "comparesWith": state(other)}


def _measures(agreement: Agreement) -> dict[str, str]:
    measures = {
        "jointVotes": whole(agreement.votes),
        "identicalVotes": whole(agreement.identical),
        "sScore": decimal(agreement.s),
    }
    if agreement.kappa is not None:
        measures["kappa"] = decimal(agreement.kappa)
    return measures
