"""Sum up how a state voted: by record and option, and the latest votes.

A state has up to 20,000 votes in the records, so a page counts them and shows the latest only.

Shape: `Voting`.
Used by ``portraits``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foedus.web import backlinks
from foedus.web.backlinks import Backlinks
from foedus.web.links import NS, Cell, iri_cell
from foedus.web.lookup import Lookup, Row, iris

OPTIONS = {
    NS + "votedFor": "For",
    NS + "votedAgainst": "Against",
    NS + "abstained": "Abstained",
    NS + "presentNotVoting": "Present, not voting",
    NS + "absent": "Absent",
    NS + "listedWithoutVote": "Listed without a vote",
}
"""What a member can do in a vote, in words, in the order of a table."""
_YEAR = 4
"""How many letters of a date are its year."""
_ALL = """PREFIX foedus: <https://w3id.org/foedus/ns#>

SELECT ?record ?vote ?option ?date
WHERE {{
  VALUES ?option {{ {options} }}
  GRAPH ?record {{ ?vote ?option <{thing}> }}
  OPTIONAL {{ ?vote foedus:occursOn ?date }}
}}"""


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes of a state in one record."""

    record: Cell
    first: str
    last: str
    """The years of its first and last vote there; empty where they have no date."""
    votes: tuple[int, ...]
    """How many by option, as in the heading."""
    total: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote of the state."""

    date: str
    vote: Cell
    option: str
    record: Cell


@dataclass(frozen=True, slots=True)
class Voting:
    """How a state voted."""

    options: tuple[str, ...]
    tallies: tuple[Tally, ...]
    latest: tuple[Ballot, ...]
    total: int
    listing: str
    """The address of all of them."""


def read(lookup: Lookup, thing: str, found: Backlinks) -> Voting | None:
    """Return how a state voted; None for what no record has voting."""
    options = [option for option in OPTIONS if found.total(option)]
    if not options:
        return None
    days = {
        row["graph"].value: row
        for row in lookup.ask("vote-days", thing=iris([thing]), option=iris(options))
        if "graph" in row
    }
    ballots = backlinks.latest(lookup, thing, options)
    records = {graph for option, graph in found.counts if option in options}
    labels = lookup.labels(records | {row["subject"].value for row in ballots})
    tallies = [
        _tally(record, [found.counts.get((option, record), 0) for option in options], days, labels)
        for record in records
    ]
    return Voting(
        tuple(OPTIONS[option] for option in options),
        tuple(sorted(tallies, key=lambda tally: (-tally.total, tally.record.title))),
        tuple(_ballot(row, labels) for row in ballots),
        sum(tally.total for tally in tallies),
        backlinks.asked(_ALL.format(thing=thing, options=" ".join(map(str, iris(options))))),
    )


def _tally(
    record: str, votes: Sequence[int], days: Mapping[str, Row], labels: Mapping[str, str]
) -> Tally:
    first, last = (
        days[record][end].value[:_YEAR] if record in days else "" for end in ("first", "last")
    )
    return Tally(iri_cell(record, labels), first, last, tuple(votes), sum(votes))


def _ballot(row: Row, labels: Mapping[str, str]) -> Ballot:
    return Ballot(
        row["date"].value,
        iri_cell(row["subject"].value, labels),
        OPTIONS[row["property"].value],
        iri_cell(row["graph"].value, labels),
    )
