"""Ideal points from votes whose positions are known, because the test made them."""

import math
import random
from functools import cache
from statistics import correlation

import pytest

from foedus.analysis import positions
from foedus.analysis.positions import Position
from foedus.analysis.rolls import Ballots, Roll
from foedus.errors import RecordError

STATES = [f"S{number:02}" for number in range(40)]
SESSIONS = range(1, 6)
CALLS = 60


def simulate(seed: int) -> tuple[Roll, dict[tuple[str, int], float]]:
    """Return votes by the model, with absences, and the positions they come from."""
    chance = random.Random(seed)
    places: dict[tuple[str, int], float] = {}
    ballots = {state: [0, 0, 0] for state in STATES}
    masks = dict.fromkeys(map(str, SESSIONS), 0)
    standing = {state: chance.gauss(0, 1) for state in STATES}
    call = 0
    for session in SESSIONS:
        for state in STATES:
            standing[state] = 0.9 * standing[state] + chance.gauss(0, math.sqrt(1 - 0.81))
        mean = sum(standing.values()) / len(STATES)
        spread = math.sqrt(sum((x - mean) ** 2 for x in standing.values()) / len(STATES))
        for state in STATES:
            places[state, session] = (standing[state] - mean) / spread
        for _ in range(CALLS):
            slope, first = chance.gauss(0, 2), chance.gauss(0, 1.5)
            for state in STATES:
                if chance.random() < 0.1:
                    continue
                eta = slope * places[state, session] - first + _logistic(chance)
                option = 0 if eta > 0.7 else 2 if eta > 0 else 1
                ballots[state][option] |= 1 << call
            masks[str(session)] |= 1 << call
            call += 1
    roll = Roll(
        graph="https://example.org/simulated",
        body="",
        calls=tuple(f"call-{number:03}" for number in range(call)),
        ballots={state: Ballots(*options) for state, options in ballots.items()},
        years={},
        sessions=masks,
    )
    return roll, places


def _logistic(chance: random.Random) -> float:
    uniform = chance.uniform(1e-9, 1 - 1e-9)
    return math.log(uniform / (1 - uniform))


@cache
def fitted() -> tuple[list[Position], dict[tuple[str, int], float]]:
    roll, places = simulate(3)
    right = max(STATES, key=lambda state: sum(places[state, session] for session in SESSIONS))
    return positions.estimate(roll, positive=right), places


def test_positions_are_found_again() -> None:
    found, places = fitted()
    assert len(found) == len(STATES) * len(SESSIONS)
    for members in positions.by_session(found).values():
        estimated = [position.mean for position in members.values()]
        true = [places[state, position.session] for state, position in members.items()]
        assert correlation(estimated, true) > 0.95


def test_the_uncertainty_is_about_right() -> None:
    """Of 200 positions, some nine in ten lie within two standard deviations of the estimate."""
    found, places = fitted()
    within = [abs(p.mean - places[p.state, p.session]) < 1.96 * p.deviation for p in found]
    assert 0.85 < sum(within) / len(within) <= 1
    assert all(0 < p.deviation < 1 for p in found)


def test_the_direction_is_that_of_the_state_named() -> None:
    found, places = fitted()
    roll, _ = simulate(3)
    left = min(STATES, key=lambda state: sum(places[state, session] for session in SESSIONS))
    turned = positions.estimate(roll, positive=left)
    before = {(p.state, p.session): p.mean for p in found}
    assert all(p.mean == pytest.approx(-before[p.state, p.session], abs=0.05) for p in turned)


def test_a_state_with_fewer_votes_is_less_sure() -> None:
    roll, _ = simulate(3)
    few = roll.ballots["S07"].within((1 << 10) - 1)
    fewer = Roll(
        **{name: getattr(roll, name) for name in roll.__slots__ if name != "ballots"},
        ballots={**roll.ballots, "S07": few},
    )
    found = {(p.state, p.session): p for p in positions.estimate(fewer, positive="S00")}
    whole = {(p.state, p.session): p for p in positions.estimate(roll, positive="S00")}
    assert found["S07", 1].deviation > 1.3 * whole["S07", 1].deviation
    assert found["S07", 1].votes <= 10
    assert ("S07", 2) not in found, "no vote in a session, no position in it"


def test_the_same_votes_give_the_same_positions() -> None:
    roll, _ = simulate(4)
    assert positions.estimate(roll, positive="S01") == positions.estimate(roll, positive="S01")


def test_unanimous_votes_place_nobody() -> None:
    ballots = {state: Ballots(0b11, 0, 0) for state in STATES}
    roll = Roll("g", "", ("a", "b"), ballots, {}, {"1": 0b11})
    with pytest.raises(RecordError, match="no regular session has a roll call that was divided"):
        positions.estimate(roll, positive="S00")


def test_the_state_of_the_direction_must_vote() -> None:
    roll, _ = simulate(3)
    with pytest.raises(RecordError, match="USA did not vote"):
        positions.estimate(roll)
