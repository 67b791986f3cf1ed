"""Count agreement, cohesion and divisions vote by vote, the slow and plain way.

The tests hold the saved queries, the sets of bits and the observations against this. A vote is a
tuple of roll call, state and option; options are 2 (yes), 1 (abstention) and 0 (no).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Vote(NamedTuple):
    """How one state voted on one roll call."""

    call: str
    state: str
    option: int


class Compared(NamedTuple):
    """What the counting says of two states."""

    votes: int
    identical: int
    share: float
    lijphart: float
    s: float
    kappa: float | None


def compare(votes: Iterable[Vote], one: str, other: str) -> Compared | None:
    """Compare two states over the roll calls on which both voted."""
    rolls: dict[str, dict[str, int]] = defaultdict(dict)
    for vote in votes:
        rolls[vote.call][vote.state] = vote.option
    pairs = [(roll[one], roll[other]) for roll in rolls.values() if one in roll and other in roll]
    if not pairs:
        return None
    number = len(pairs)
    identical = sum(a == b for a, b in pairs)
    nearness = {0: 1.0, 1: 0.5, 2: 0.0}
    lijphart = sum(nearness[abs(a - b)] for a, b in pairs) / number
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(firsts[option] / number * (seconds[option] / number) for option in range(3))
    kappa = None if abs(1 - chance) < 1e-12 else (identical / number - chance) / (1 - chance)
    farthest = 2 * number
    s = 1 - 2 * sum(abs(a - b) for a, b in pairs) / farthest
    return Compared(number, identical, identical / number, lijphart, s, kappa)


class Cohesion(NamedTuple):
    """What the counting says of a bloc."""

    votes: int
    ballots: int
    rice: float | None
    agreement: float


def cohere(votes: Iterable[Vote], members: set[str]) -> Cohesion | None:
    """Return the means of Rice's index and the agreement index over a bloc's roll calls."""
    rolls: dict[str, list[int]] = defaultdict(list)
    for vote in votes:
        if vote.state in members:
            rolls[vote.call].append(vote.option)
    shared = [options for options in rolls.values() if len(options) >= 2]
    if not shared:
        return None
    rices = [
        abs(options.count(2) - options.count(0)) / (options.count(2) + options.count(0))
        for options in shared
        if set(options) != {1}
    ]
    agreements = [agreement(options) for options in shared]
    return Cohesion(
        len(shared),
        sum(map(len, shared)),
        sum(rices) / len(rices) if rices else None,
        sum(agreements) / len(agreements),
    )


def agreement(options: list[int]) -> float:
    """Return the agreement index of one roll call."""
    largest = max(options.count(option) for option in range(3))
    return (largest - 0.5 * (len(options) - largest)) / len(options)


def by_year(votes: Iterable[Vote], years: Mapping[str, int]) -> dict[int, list[Vote]]:
    """Return the votes of each year."""
    found: dict[int, list[Vote]] = defaultdict(list)
    for vote in votes:
        found[years[vote.call]].append(vote)
    return dict(sorted(found.items()))
