"""Roll calls and votes as the readers give them, before they become triples.

A roll call is a record; the votes on it are its ballot: one byte for each state of the
crosswalk, in the crosswalk's order, holding the option. So a million votes take three
megabytes, the order of the rows in a file does not matter, a second vote of a state is seen at
once, and counting an option is one pass over two hundred bytes.

Shape: `RollCall`, `Totals`, `DataSet`, `RecordSet`.
Used by the readers, `quads` and `importing`.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Literal

BodyCode = Literal["GA", "SC"]


class Option(IntEnum):
    """How a state stands on a roll call; the values are the bytes of a ballot."""

    FOR = 1
    AGAINST = 2
    ABSTAINED = 3
    LISTED_WITHOUT_VOTE = 4
    ABSENT = 5
    NOT_MEMBER = 6


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of members by option, as a source states them; None where it does not."""

    votes_for: int | None = None
    against: int | None = None
    abstentions: int | None = None
    without_vote: int | None = None
    listed: int | None = None


@dataclass(frozen=True, slots=True)
class DataSet:
    """A published collection of roll calls of one body; it becomes one named graph."""

    name: str
    """Last part of the graph's IRI."""
    title: str
    body: BodyCode
    source: str
    """Address of the publication; empty where each roll call names its own."""
    license: str
    """Address of the licence or of the terms of use."""
    rights: str
    """What may be done with the votes, in a sentence."""
    failed_texts: bool
    """Whether texts that were not adopted are covered, besides those that were."""
    adopted_texts: bool = True
    complete: bool = True
    """Whether it holds all that the body decided in its time, and not a selection of it."""
    limits: str = ""
    """What is known to be missing from it or unchecked, in a sentence."""


@dataclass(frozen=True, slots=True)
class RollCall:
    """One vote of a body, or one text adopted without a recorded vote (``recorded`` False).

    ``key`` is that of the IRI; ``date`` is a day, month or year, or empty where the source has
    none; ``symbol`` is the resolution's as the source writes it, ``resolution`` its canonical
    form. ``path`` and ``line`` are where the source describes it.
    """

    key: str
    path: Path
    line: int
    page: str
    """Address of the record, or of the data set where a record has none of its own."""
    date: str = ""
    session: str = ""
    symbol: str = ""
    resolution: str = ""
    draft: str = ""
    """Symbol of the draft voted on, where it was not adopted."""
    draft_symbols: tuple[str, ...] = ()
    """Symbols of the drafts that became the resolution."""
    unconfirmed_draft: str = ""
    text_key: str = ""
    """Key of a draft without a symbol of its own."""
    part: bool = False
    """Whether the vote was on an amendment or a paragraph of the text."""
    outcome: str = ""
    title: str = ""
    heading: str = ""
    description: str = ""
    reference: str = ""
    """A reference to the text that is no symbol, as the source writes it."""
    agenda: str = ""
    meeting: str = ""
    subjects: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    reported: Totals = Totals()
    """Totals the source reports beside the roll."""
    sums: Totals = Totals()
    """Sums of the table's own votes, which must agree with them."""
    vetoed_by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    roll_basis: str = ""
    sources: tuple[str, ...] = ()
    same_vote: str = ""
    """Key of the roll call of another data set that records the same vote."""
    important: bool = False
    partial: bool = False
    """Whether the source lists the votes of some members only."""
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class RecordSet:
    """A data set as read: roll calls by key, and a ballot by the same key."""

    data_set: DataSet
    roll_calls: dict[str, RollCall] = field(default_factory=dict)
    ballots: dict[str, bytearray] = field(default_factory=dict)

    def votes(self) -> dict[Option, int]:
        """Return how many votes there are of each option."""
        return {
            option: sum(ballot.count(option) for ballot in self.ballots.values())
            for option in Option
        }
