"""Derive, from all votes of the records, the statistics that people ask for again and again.

Four kinds, for each record and body: agreement of chosen states with every other by year; the same
by subject; agreement of every pair of states over the whole record; one state's votes by year.
Positions by session are a fifth, derived apart because they need numpy.

Not every pair in every year: 19,000 pairs in 75 years would be more statements than the votes
themselves, while one pair by year takes less than a tenth of a second when asked of the votes.
What takes longer than that is one state with all others over many years; the whole record answers
it for any state, and year by year for the states this project is about and the one they are
measured against. Other states can be chosen.

Units: roll calls; agreement is told where two states have at least ``least`` of them in common.
Shape: quads as `cube` has them.
Errors: `RecordError` as `rolls` and `positions` raise it.
Used by ``cli`` and ``bench``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import pyoxigraph as ox

from foedus.analysis import cube
from foedus.analysis.cube import Kind, Term, decimal, term
from foedus.analysis.measures import Agreement, compare
from foedus.analysis.rolls import Roll

CENTRES = ("CHN", "PRK", "RUS", "SUN", "USA")
"""States whose agreement with all others is told by year and by subject."""
LEAST = 3
"""Fewest roll calls in common for an agreement to be told."""

_AGREEMENT = (
    "Over the roll calls on which both states voted: how many, how many of them alike, the S score "
    "of Signorino and Ritter (1999) over three options, and Cohen's kappa (1960) where it is "
    "defined."
)
BY_YEAR = Kind("agreement-by-year", "Agreement of two states by year", _AGREEMENT)
BY_SUBJECT = Kind("agreement-by-subject", "Agreement of two states by subject", _AGREEMENT)
BY_RECORD = Kind("agreement-by-record", "Agreement of two states over a record", _AGREEMENT)
BY_STATE = Kind("votes-by-year", "Votes of a state by year", "How often a state voted, and how.")
POSITIONS = Kind(
    "positions-by-session",
    "Positions of states by session",
    "One-dimensional ideal points under the graded response model (Samejima 1969), correlated from "
    "session to session, after Bailey, Strezhnev and Voeten (2017). An estimate: it comes with its "
    "standard deviation and the number of votes, in standard deviations of the session's members.",
)


def derive(
    rolls: Iterable[Roll], *, centres: Sequence[str] = CENTRES, least: int = LEAST
) -> Iterator[ox.Quad]:
    """Give the observations on agreement and on votes, with their data sets, record by record."""
    for roll in rolls:
        for kind in (BY_YEAR, BY_SUBJECT, BY_RECORD, BY_STATE):
            yield from cube.describe(kind, roll)
        years = {str(number): mask for number, mask in roll.years.items()}
        yield from _by_part(roll, BY_YEAR, years, centres=centres, least=least)
        yield from _by_part(roll, BY_SUBJECT, roll.issues, centres=centres, least=least)
        for one, other in combinations(roll.ballots, 2):
            agreement = compare(roll.ballots[one], roll.ballots[other])
            if agreement and agreement.votes >= least:
                pair = _pair(one, other)
                yield from cube.observe(
                    BY_RECORD, roll, f"{one}-{other}", pair | _measures(agreement)
                )
        yield from _by_state(roll)


def derive_positions(rolls: Iterable[Roll], *, positive: str = "USA") -> Iterator[ox.Quad]:
    """Give the positions by session of each record with regular sessions and ``positive`` in it.

    Needs numpy (``foedus[analysis]``).
    """
    from foedus.analysis import positions

    for roll in rolls:
        if positive not in roll.ballots or not any(name.isdigit() for name in roll.sessions):
            continue
        yield from cube.describe(POSITIONS, roll)
        for position in positions.estimate(roll, positive=positive):
            values: dict[ox.NamedNode, Term] = {
                term("observesState"): cube.state(position.state),
                term("observedSession"): ox.Literal(position.session),
                term("idealPoint"): decimal(position.mean, 3),
                term("standardDeviation"): decimal(position.deviation, 3),
                term("votesCast"): ox.Literal(position.votes),
            }
            key = f"{position.state}-{position.session}"
            yield from cube.observe(POSITIONS, roll, key, values)


def _by_part(
    roll: Roll, kind: Kind, parts: Mapping[str, int], *, centres: Sequence[str], least: int
) -> Iterator[ox.Quad]:
    for part, calls in parts.items():
        within = {key: ballots.within(calls) for key, ballots in roll.ballots.items()}
        for one in sorted(set(centres) & set(within)):
            for other, ballots in within.items():
                agreement = compare(within[one], ballots) if other != one else None
                if agreement and agreement.votes >= least:
                    key = f"{one}-{other}-{part.rpartition('/')[2]}"
                    values = _pair(one, other) | _part(kind, part) | _measures(agreement)
                    yield from cube.observe(kind, roll, key, values)


def _by_state(roll: Roll) -> Iterator[ox.Quad]:
    for number, calls in roll.years.items():
        for key, ballots in roll.ballots.items():
            within = ballots.within(calls)
            if not within.cast:
                continue
            values: dict[ox.NamedNode, Term] = {
                term("observesState"): cube.state(key),
                term("observedYear"): ox.Literal(number),
                term("votesCast"): ox.Literal(within.cast.bit_count()),
                term("yesVotes"): ox.Literal(within.votes_for.bit_count()),
                term("noVotes"): ox.Literal(within.against.bit_count()),
                term("abstentions"): ox.Literal(within.abstained.bit_count()),
            }
            yield from cube.observe(BY_STATE, roll, f"{key}-{number}", values)


def _pair(one: str, other: str) -> dict[ox.NamedNode, Term]:
    return {term("observesState"): cube.state(one), term("comparesWith"): cube.state(other)}


def _part(kind: Kind, part: str) -> dict[ox.NamedNode, Term]:
    if kind is BY_YEAR:
        return {term("observedYear"): ox.Literal(int(part))}
    return {term("observesSubject"): ox.NamedNode(part)}


def _measures(agreement: Agreement) -> dict[ox.NamedNode, Term]:
    measures: dict[ox.NamedNode, Term] = {
        term("jointVotes"): ox.Literal(agreement.votes),
        term("identicalVotes"): ox.Literal(agreement.identical),
        term("sScore"): decimal(agreement.s),
    }
    if agreement.kappa is not None:
        measures[term("kappa")] = decimal(agreement.kappa)
    return measures
