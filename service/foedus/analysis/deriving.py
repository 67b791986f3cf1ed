"""Derive, from all votes of the records, the statistics that people ask for again and again.

Five kinds, for each record and body: agreement of chosen states with every other by year; the same
by subject; agreement of every pair of states over the whole record; one state's votes by year;
positions by session.

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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from foedus.analysis import cube, positions
from foedus.analysis.cube import Kind, Observation, decimal, state, whole
from foedus.analysis.measures import Agreement, compare
from foedus.analysis.rolls import Ballots, Roll

CENTRES = ("CHN", "PRK", "RUS", "SUN", "USA")
"""States whose agreement with all others is told by year and by subject."""
LEAST = 3
"""Fewest roll calls, in common or of one state, for a number to be told."""
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
BY_SUBJECT = Kind(
    "agreement-by-subject", "Agreement of two states by subject", _AGREEMENT, (_PAIR,)
)
BY_RECORD = Kind(
    "agreement-by-record",
    "Agreement of two states over a record",
    _AGREEMENT,
    (("observesState",),),
    both_ways=True,
)
BY_STATE = Kind(
    "votes-by-year",
    "Votes of a state by year",
    "How often a state voted, and how.",
    (("observesState",),),
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
        subjects = _by_part(roll, BY_SUBJECT, roll.issues, centres=centres, least=least)
        yield from cube.lines(BY_SUBJECT, roll, subjects)
        years = _by_part(roll, BY_YEAR, roll.years, centres=centres, least=least)
        yield from cube.lines(BY_YEAR, roll, years)
        yield from cube.lines(POSITIONS, roll, _positions(roll, least))
        yield from cube.lines(BY_STATE, roll, _by_state(roll, least))


def _by_record(roll: Roll, least: int) -> list[Observation]:
    return [
        Observation(f"{one}-{other}", _pair(one, other) | _measures(agreement))
        for one, other in combinations(roll.ballots, 2)
        if (agreement := _compare(roll.ballots[one], roll.ballots[other], least))
    ]


def _by_part(
    roll: Roll,
    kind: Kind,
    parts: Mapping[int, int] | Mapping[str, int],
    *,
    centres: Sequence[str],
    least: int,
) -> list[Observation]:
    found = []
    for part, calls in parts.items():
        name = str(part).rpartition("/")[2]
        place = (
            {"observedYear": whole(part)}
            if isinstance(part, int)
            else {"observesSubject": f"<{part}>"}
        )
        within = {key: ballots.within(calls) for key, ballots in roll.ballots.items()}
        for one in sorted(set(centres) & set(within)):
            for other, ballots in within.items():
                agreement = _compare(within[one], ballots, least) if other != one else None
                if agreement:
                    values = _pair(one, other) | place | _measures(agreement)
                    found.append(Observation(f"{one}-{other}-{name}", values))
    return found


def _by_state(roll: Roll, least: int) -> list[Observation]:
    found = []
    for number, calls in roll.years.items():
        for key, ballots in roll.ballots.items():
            within = ballots.within(calls)
            if within.cast.bit_count() < least:
                continue
            values = {
                "observesState": state(key),
                "observedYear": whole(number),
                "votesCast": whole(within.cast.bit_count()),
                "yesVotes": whole(within.votes_for.bit_count()),
                "noVotes": whole(within.against.bit_count()),
                "abstentions": whole(within.abstained.bit_count()),
            }
            found.append(Observation(f"{key}-{number}", values))
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
