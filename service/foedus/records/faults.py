"""What is wrong with a file of votes: faults by kind, file and line.

Everything that can be read is read; what cannot is a fault. A log counts every fault and keeps
the first hundred of each kind, so that a file in which each row is wrong costs no memory.

Shape: `Fault`, `FaultReport`.
Errors: `RecordError`, for a file that is of no known form or yields nothing, and for any fault
where the caller asked for strictness.
Used by the readers, `forms`, `importing` and ``cli``.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

KEPT = 100
"""How many faults of a kind are kept with their lines; all are counted."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ambiguous-state": "a name or code of several states, with no date to tell which",
        "conflicting-vote": "a second, different vote of one state; the first is kept",
        "date": "a date that is not in the calendar or before the United Nations",
        "duplicate-roll-call": "a roll call described twice; the first description is kept",
        "duplicate-vote": "the same vote of one state stated twice",
        "encoding": "bytes that are not UTF-8",
        "issue": "an issue that is not one of the source's",
        "missing-column": "a column that the form has and the file has not",
        "missing-table": "votes without their table of roll calls, or the reverse",
        "no-roll-call": "votes on a roll call that the table of roll calls does not have",
        "number": "a total that is not a whole number",
        "row": "a row with more or fewer fields than the header, or a broken quotation",
        "state-mismatch": "a code and a name of two different states; the vote is left out",
        "sums": "sums the table states of itself that differ from its votes",
        "symbol": "a document symbol that names no text of its session",
        "totals": "totals the source reports that differ from its votes",
        "truncated": "a gzip file that ends before its end or is damaged",
        "undated": "a roll call without a date",
        "unknown-name": "a state's name that is not known; its code is, and counts",
        "unknown-state": "a state whose name and code are not known; the vote is left out",
        "vote": "a vote that is none of the form's letters; it is left out",
    }
)
"""Each kind of fault, and what it means."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, the file and line where it stands (None: the whole file)."""

    kind: str
    path: Path
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.path.name if self.line is None else f"{self.path.name}:{self.line}"
        return f"{place}: {self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class FaultReport:
    """All faults of a reading: counts by kind, and the first of each kind in file order."""

    counts: Mapping[str, int]
    faults: tuple[Fault, ...]

    @property
    def total(self) -> int:
        """How many faults there are."""
        return sum(self.counts.values())


@dataclass(slots=True)
class FaultLog:
    """Collects faults while files are read."""

    _counts: Counter[str] = field(default_factory=Counter)
    _kept: list[Fault] = field(default_factory=list)

    def add(self, kind: str, path: Path, line: int | None, message: str) -> None:
        """Count a fault; keep it if it is among the first of its kind."""
        if kind not in KINDS:
            raise ValueError(f"not a kind of fault: {kind!r}")
        self._counts[kind] += 1
        if self._counts[kind] <= KEPT:
            self._kept.append(Fault(kind, path, line, message))

    def report(self) -> FaultReport:
        """Return what was collected, sorted by file and line."""
        faults = sorted(
            self._kept, key=lambda fault: (str(fault.path), fault.line or 0, fault.kind)
        )
        return FaultReport(MappingProxyType(dict(sorted(self._counts.items()))), tuple(faults))
