"""Agreement of two states and cohesion of many, from counts of votes.

Sources: identical votes as a share; A. Lijphart, "The Analysis of Bloc Voting in the General
Assembly", American Political Science Review 57 (1963): an abstention half agrees with yes or no;
C. S. Signorino and J. M. Ritter, "Tau-b or Not Tau-b", International Studies Quarterly 43 (1999):
S = 1 - 2 d / d_max, here over three options in a row, so that a yes against a no is the greatest
distance; J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological
Measurement 20 (1960); S. A. Rice, Quantitative Methods in Politics (1928); S. Hix, A. Noury and
G. Roland, "Power to the Parties", British Journal of Political Science 35 (2005).
Units: shares and indices are plain numbers, unrounded.
Used by `cube` and `deriving`.
"""

from dataclasses import dataclass

from foedus.analysis.rolls import Ballots


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike two states voted on the roll calls on which both voted.

    ``distance`` adds 1 for a vote against an abstention and 2 for a yes against a no; ``chance``
    is the number of identical votes that chance gives, times the number of votes.
    """

    votes: int
    identical: int
    distance: int
    chance: int

    @property
    def share(self) -> float:
        """Identical votes as a share of votes, 0 to 1."""
        return self.identical / self.votes

    @property
    def lijphart(self) -> float:
        """Agreement with abstentions as half, 0 to 1."""
        return 1 - self.distance / (2 * self.votes)

    @property
    def s(self) -> float:
        """The S score over three options, -1 to 1."""
        return 1 - self.distance / self.votes

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where both states always voted one and the same way."""
        room = self.votes * self.votes - self.chance
        return (self.identical * self.votes - self.chance) / room if room else None


def compare(one: Ballots, other: Ballots) -> Agreement | None:
    """Return how alike two states voted; None where there is no vote of both.

    >>> compare(Ballots(0b0111, 0b1000, 0), Ballots(0b0011, 0b0100, 0b1000))
    Agreement(votes=4, identical=2, distance=3, chance=7)
    """
    both = one.cast & other.cast
    if not both:
        return None
    one, other = one.within(both), other.within(both)
    votes = both.bit_count()
    pairs = (
        (one.votes_for, other.votes_for),
        (one.against, other.against),
        (one.abstained, other.abstained),
    )
    identical = sum((a & b).bit_count() for a, b in pairs)
    opposite = (one.votes_for & other.against | one.against & other.votes_for).bit_count()
    return Agreement(
        votes=votes,
        identical=identical,
        distance=votes - identical + opposite,
        chance=sum(a.bit_count() * b.bit_count() for a, b in pairs),
    )


def rice(votes_for: int, against: int) -> float | None:
    """Return Rice's index of cohesion; None where there is neither yes nor no.

    >>> rice(9, 3), rice(0, 0)
    (0.5, None)
    """
    cast = votes_for + against
    return abs(votes_for - against) / cast if cast else None


def agreement_index(votes_for: int, against: int, abstentions: int) -> float:
    """Return the agreement index of Hix, Noury and Roland; `ZeroDivisionError` without a vote.

    >>> agreement_index(8, 0, 0), agreement_index(2, 2, 2), agreement_index(141, 5, 35)
    (1.0, 0.0, 0.6685082872928176)
    """
    cast = votes_for + against + abstentions
    largest = max(votes_for, against, abstentions)
    return (largest - (cast - largest) / 2) / cast
