"""Three ordered answers to one question, given where the answerer stands: the response model.

A roll call has a slope and two thresholds. With eta = slope x position - threshold, the
probability of at least an abstention is logistic in eta of the first threshold, that of a yes in
eta of the second. The thresholds keep their order because the second is the first plus the
exponential of a third number. Slope, first threshold and that number are found by Fisher scoring
over positions on a grid, for all roll calls at once.

Source: F. Samejima, "Estimation of Latent Ability Using a Response Pattern of Graded Scores",
Psychometrika Monograph 17 (1969): the graded response model, logistic. Bailey, Strezhnev and Voeten
use the same model with the normal curve for the logistic one.
Units: positions without unit, standard normal at the outset.
Shape: arrays are roll calls x grid, options in the order no, abstention, yes.
Used by `positions`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PRECISION = np.array([1 / 1.5**2, 1 / 5.0**2, 1 / 2.0**2])
"""Of the normal priors around 0 of slope, first threshold and the threshold's step in logarithm.

Wide, but not flat: a roll call that parts the members without an error, or on which nobody
abstained, has no finite best values.
"""
_LONGEST_STEP = 1.0
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Items:
    """The roll calls of a session: a row of slope, first threshold, logarithm of the step."""

    values: Array

    @classmethod
    def start(cls, number: int) -> "Items":
        """Return items that tell nobody apart."""
        return cls(np.tile(np.array([0.0, 0.0, -1.0]), (number, 1)))

    def rescaled(self, mean: float, spread: float) -> "Items":
        """Return the same items for positions that are less by ``mean``, then over ``spread``."""
        slope, first, step = self.values.T
        return Items(np.stack([slope * spread, first - slope * mean, step], axis=1))

    def cumulative(self, grid: Array) -> tuple[Array, Array]:
        """Return the probabilities of at least an abstention, and of a yes."""
        slope, first, step = (self.values[:, [column]] for column in range(3))
        eta = slope * grid[None, :] - first
        return _logistic(eta), _logistic(eta - np.exp(step))

    def probabilities(self, grid: Array) -> tuple[Array, Array, Array]:
        """Return the probabilities of no, abstention and yes."""
        some, yes = self.cumulative(grid)
        return _clip(1 - some), _clip(some - yes), _clip(yes)


def improve(items: Items, grid: Array, counts: tuple[Array, Array, Array]) -> Items:
    """Return the items after one step of Fisher scoring towards the highest posterior.

    ``counts`` are the expected numbers of no, abstention and yes at each point of the grid.
    """
    some, yes = items.cumulative(grid)
    no_, abstained, for_ = items.probabilities(grid)
    some_slope, yes_slope = some * (1 - some), yes * (1 - yes)
    of_no, of_abstention, of_yes = counts
    number = of_no + of_abstention + of_yes
    score_some = some_slope * (of_abstention / abstained - of_no / no_)
    score_yes = yes_slope * (of_yes / for_ - of_abstention / abstained)
    both = number * some_slope**2 * (1 / abstained + 1 / no_)
    upper = number * yes_slope**2 * (1 / for_ + 1 / abstained)
    cross = -number * some_slope * yes_slope / abstained

    step = -np.exp(items.values[:, 2])
    summed = score_some + score_yes
    gradient = np.stack([summed @ grid, -summed.sum(1), step * score_yes.sum(1)], axis=1)
    gradient -= PRECISION * items.values

    whole = both + 2 * cross + upper
    part = cross + upper
    information = np.empty((len(items.values), 3, 3))
    information[:, 0, 0] = whole @ grid**2
    information[:, 0, 1] = information[:, 1, 0] = -(whole @ grid)
    information[:, 1, 1] = whole.sum(1)
    information[:, 0, 2] = information[:, 2, 0] = step * (part @ grid)
    information[:, 1, 2] = information[:, 2, 1] = -step * part.sum(1)
    information[:, 2, 2] = step**2 * upper.sum(1)
    information += np.diag(PRECISION)

    change = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
    return Items(items.values + np.clip(change, -_LONGEST_STEP, _LONGEST_STEP))


def _logistic(eta: Array) -> Array:
    result: Array = 0.5 * (1 + np.tanh(0.5 * eta))
    return result


def _clip(probability: Array) -> Array:
    result: Array = np.clip(probability, _LEAST, 1.0)
    return result
