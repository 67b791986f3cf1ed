"""Estimate where states stand on one dimension, session by session, with the uncertainty.

Each state has a position in each session; each roll call tells positions apart by the model of
`ordinal`. Positions are a priori standard normal in every session, and a state's positions in
sessions that follow each other are correlated by ``persistence``, so that a session with few votes
borrows from its neighbours. Roll calls are estimated by expectation and maximisation, positions by
their whole distribution on a grid, forward and backward through the sessions.

Source: M. A. Bailey, A. Strezhnev and E. Voeten, "Estimating Dynamic State Preferences from United
Nations Voting Data", Journal of Conflict Resolution 61 (2017), for ordered votes and positions that
move; K. Imai, J. Lo and J. Olmsted, "Fast Estimation of Ideal Points with Massive Data", American
Political Science Review 110 (2016), for doing without simulation. Unlike the first, votes on the
same text in several sessions are not held to be the same question: a change between sessions may
be one of the agenda.
Units: a position is in standard deviations of the session's members from their mean; the
uncertainty is the standard deviation given the roll calls' values, which themselves are estimated,
so it is somewhat too small.
Shape: `Position`.
Errors: `RecordError` where no session can be estimated or the state that fixes the direction is
missing.
Used by `deriving` and ``bench``.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt

from foedus.analysis.ordinal import Array, Items, improve
from foedus.analysis.rolls import Roll
from foedus.errors import RecordError

PERSISTENCE = 0.8
"""Correlation of a state's positions in two sessions that follow each other, a priori."""
LEAST_STATES = 10
LEAST_CALLS = 20
"""Fewest states, and divided roll calls in regular sessions, for positions to be estimated."""
GRID = np.linspace(-6.0, 6.0, 121)
_TOLERANCE = 0.0015
_MOST_ROUNDS = 200
_STEPS = 2


@dataclass(frozen=True, slots=True)
class Position:
    """Where a state stood in a session, and how sure that is."""

    state: str
    session: int
    mean: float
    deviation: float
    """Standard deviation of the position given the votes."""
    votes: int
    """Votes of the state in the session on roll calls that were not unanimous."""


@dataclass(frozen=True, slots=True)
class Session:
    """The votes of one session: states x roll calls, 0 no, 1 abstention, 2 yes, -1 none."""

    number: int
    votes: npt.NDArray[np.int8]
    rows: npt.NDArray[np.intp]
    """The states that voted in it."""
    chosen: tuple[Array, Array, Array]
    """For no, abstention and yes: 1 where one of these states chose it, else 0."""


def suffices(roll: Roll, positive: str) -> bool:
    """Tell whether a record has votes enough to place its states, and the state of the sign."""
    regular = reduce(or_, (calls for name, calls in roll.sessions.items() if name.isdigit()), 0)
    cast = [
        reduce(or_, (getattr(ballots, option) for ballots in roll.ballots.values()), 0)
        for option in ("votes_for", "against", "abstained")
    ]
    divided = reduce(or_, (one & other for one, other in itertools.combinations(cast, 2)))
    return (
        positive in roll.ballots
        and len(roll.ballots) >= LEAST_STATES
        and (divided & regular).bit_count() >= LEAST_CALLS
    )


def sessions(roll: Roll, states: Sequence[str]) -> list[Session]:
    """Return the regular sessions of a record in order, unanimous roll calls left out.

    Special and emergency sessions have no number of their own in the series and are left out.
    """
    size = len(roll.calls) // 8 + 1
    table = np.full((len(states), len(roll.calls)), -1, dtype=np.int8)
    for row, state in enumerate(states):
        ballots = roll.ballots[state]
        for code, bits in enumerate((ballots.against, ballots.abstained, ballots.votes_for)):
            table[row, _bits(bits, size, len(roll.calls))] = code
    found = []
    for name, mask in roll.sessions.items():
        if not name.isdigit():
            continue
        votes = table[:, _bits(mask, size, len(roll.calls))]
        options = sum(((votes == code).any(axis=0)).astype(int) for code in range(3))
        if (options > 1).any():
            found.append(_session(int(name), votes[:, options > 1]))
    return sorted(found, key=lambda session: session.number)


def _session(number: int, votes: npt.NDArray[np.int8]) -> Session:
    (rows,) = np.nonzero((votes >= 0).any(axis=1))
    no_, abstained, for_ = ((votes[rows] == code).astype(float) for code in range(3))
    return Session(number, votes, rows, (no_, abstained, for_))


def estimate(
    roll: Roll, *, positive: str = "USA", persistence: float = PERSISTENCE
) -> list[Position]:
    """Return the positions of all states in all regular sessions, by session and state.

    ``positive`` is the state on whose side positions are positive. A state has a position in each
    session in which it voted. With ``persistence`` 0 each session stands by itself.
    """
    states = sorted(roll.ballots)
    periods = sessions(roll, states)
    if not periods:
        raise RecordError(f"{roll.graph}: no regular session has a roll call that was divided")
    if positive not in states:
        raise RecordError(f"{roll.graph}: {positive} did not vote; it fixes the direction")
    weights = _start(periods, states.index(positive))
    items = [Items.start(period.votes.shape[1]) for period in periods]
    chain = _transitions([period.number for period in periods], persistence)
    before = _means(weights)
    for _ in range(_MOST_ROUNDS):
        items = [_fit(*trio) for trio in zip(items, periods, weights, strict=True)]
        weights = _smooth(periods, items, chain)
        means = _means(weights)
        if np.abs(means - before).mean() < _TOLERANCE:
            break
        before = means
    return _positions(periods, states, weights, states.index(positive))


def _bits(number: int, size: int, length: int) -> npt.NDArray[np.bool_]:
    packed = np.frombuffer(number.to_bytes(size, "little"), dtype=np.uint8)
    return np.unpackbits(packed, bitorder="little")[:length].astype(bool)


def _start(periods: Sequence[Session], positive: int) -> list[Array]:
    """Return narrow distributions around the first principal component of each session."""
    starts = []
    for period in periods:
        cast = period.votes >= 0
        values = np.where(cast, period.votes, 0).astype(float)
        mean = values.sum(0) / np.maximum(cast.sum(0), 1)
        centred = np.where(cast, values - mean, 0.0)
        left, size, _ = np.linalg.svd(centred, full_matrices=False)
        score = left[:, 0] * size[0] / np.sqrt(np.maximum(cast.sum(1), 1))
        score = score / (score.std() or 1.0) * (1 if score[positive] >= 0 else -1)
        density = np.exp(-0.5 * ((GRID[None, :] - score[:, None]) / 0.3) ** 2)
        starts.append(density / density.sum(1, keepdims=True))
    return starts


def _fit(items: Items, period: Session, weights: Array) -> Items:
    """Return better items, on the scale on which the session's members have mean 0 and spread 1.

    The scale is free but for the prior; setting it at once instead of letting it creep there is
    what makes the rounds few (parameter expansion: Liu, Rubin and Wu, Biometrika 85, 1998).
    """
    weights = weights[period.rows]
    no_, abstained, for_ = (chosen.T @ weights for chosen in period.chosen)
    for _ in range(_STEPS):
        items = improve(items, GRID, (no_, abstained, for_))
    voted = weights.mean(axis=0)
    mean = float(voted @ GRID)
    return items.rescaled(mean, float(np.sqrt(voted @ (GRID - mean) ** 2)))


def _prior() -> Array:
    density = np.exp(-0.5 * GRID**2)
    result: Array = density / density.sum()
    return result


def _transitions(numbers: Sequence[int], persistence: float) -> list[Array]:
    """Return how positions move from each session to the next, one grid by another."""
    moves = []
    for one, other in itertools.pairwise(numbers):
        kept = persistence ** (other - one)
        spread = max(1 - kept**2, 1e-4)
        move = np.exp(-0.5 * (GRID[None, :] - kept * GRID[:, None]) ** 2 / spread)
        moves.append(move / move.sum(1, keepdims=True))
    return moves


def _smooth(
    periods: Sequence[Session], items: Sequence[Items], chain: Sequence[Array]
) -> list[Array]:
    """Return the distribution of every position given all votes."""
    likelihoods = [_likelihood(period, item) for period, item in zip(periods, items, strict=True)]
    prior = _prior()
    forward = [_normal(likelihoods[0] * prior)]
    for likelihood, move in zip(likelihoods[1:], chain, strict=True):
        forward.append(_normal(likelihood * (forward[-1] @ move)))
    backward = np.ones_like(forward[-1])
    smoothed = [forward[-1]]
    for place in range(len(periods) - 2, -1, -1):
        backward = _normal((likelihoods[place + 1] * backward) @ chain[place].T)
        smoothed.append(_normal(forward[place] * backward))
    return smoothed[::-1]


def _likelihood(period: Session, items: Items) -> Array:
    logs = [np.log(probability) for probability in items.probabilities(GRID)]
    total = np.zeros((len(period.votes), len(GRID)))
    for chosen, log in zip(period.chosen, logs, strict=True):
        total[period.rows] += chosen @ log
    result: Array = np.exp(total - total.max(1, keepdims=True))
    return result


def _normal(density: Array) -> Array:
    result: Array = density / density.sum(1, keepdims=True)
    return result


def _means(weights: Sequence[Array]) -> Array:
    return np.stack([weight @ GRID for weight in weights])


def _positions(
    periods: Sequence[Session], states: Sequence[str], weights: Sequence[Array], positive: int
) -> list[Position]:
    direction = 1.0 if _means(weights)[:, positive].mean() >= 0 else -1.0
    found = []
    for period, weight in zip(periods, weights, strict=True):
        mean = weight @ GRID
        deviation = np.sqrt(np.maximum(weight @ GRID**2 - mean**2, 0.0))
        cast = (period.votes >= 0).sum(1)
        for row, state in enumerate(states):
            if cast[row]:
                place = direction * float(mean[row])
                found.append(
                    Position(state, period.number, place, float(deviation[row]), int(cast[row]))
                )
    return found


def by_session(positions: Sequence[Position]) -> Mapping[int, Mapping[str, Position]]:
    """Return positions by session and state."""
    found: dict[int, dict[str, Position]] = {}
    for position in positions:
        found.setdefault(position.session, {})[position.state] = position
    return found
