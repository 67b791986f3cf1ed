"""What became of a test."""

from dataclasses import dataclass
from typing import Literal

from conformance.manifests import Case

Result = Literal["passed", "failed", "inapplicable"]
"""EARL's outcomes; inapplicable is what the service refuses by design."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A test, its result, and why it is not passed."""

    case: Case
    result: Result
    reason: str = ""


def passed(case: Case) -> Outcome:
    """Return that a test passed."""
    return Outcome(case, "passed")


def failed(case: Case, reason: str) -> Outcome:
    """Return that a test failed."""
    return Outcome(case, "failed", reason)
