"""Sum up how a state voted: by record and option, and the latest votes.

A state has up to 20,000 votes in the records, so a page counts them and shows the latest only.

Shape: `Voting`.
Used by ``portraits``.
"""

from collections.abc import Mapping
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
_ALL = """PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?record ?vote ?option ?date
WHERE {{
  ?option rdfs:subPropertyOf foedus:voter .
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
    if not set(OPTIONS) & set(found.properties()):
        return None
    rows = [row for row in lookup.ask("votes-of-state", thing=iris([thing])) if "option" in row]
    if not rows:
        return None
    options = sorted({row["option"].value for row in rows}, key=_order)
    ballots = backlinks.latest(lookup, thing, options)
    labels = lookup.labels(
        {row[name].value for row in rows for name in ("graph", "option")}
        | {row[name].value for row in ballots for name in ("graph", "subject")}
    )
    by_record: dict[str, list[Row]] = {}
    for row in rows:
        by_record.setdefault(row["graph"].value, []).append(row)
    tallies = [_tally(graph, found, options, labels) for graph, found in by_record.items()]
    return Voting(
        tuple(_said(option, labels) for option in options),
        tuple(sorted(tallies, key=lambda tally: (-tally.total, tally.record.title))),
        tuple(_ballot(row, labels) for row in ballots),
        sum(tally.total for tally in tallies),
        backlinks.asked(_ALL.format(thing=thing)),
    )


def _order(option: str) -> tuple[int, str]:
    known = list(OPTIONS)
    return (known.index(option) if option in known else len(known), option)


def _said(option: str, labels: Mapping[str, str]) -> str:
    return OPTIONS.get(option) or labels.get(option, option)


def _tally(graph: str, rows: list[Row], options: list[str], labels: Mapping[str, str]) -> Tally:
    votes = {row["option"].value: int(row["votes"].value) for row in rows}
    years = sorted(row[end].value for row in rows for end in ("first", "last") if end in row)
    return Tally(
        iri_cell(graph, labels),
        years[0] if years else "",
        years[-1] if years else "",
        tuple(votes.get(option, 0) for option in options),
        sum(votes.values()),
    )


def _ballot(row: Row, labels: Mapping[str, str]) -> Ballot:
    return Ballot(
        row["date"].value,
        iri_cell(row["subject"].value, labels),
        _said(row["property"].value, labels),
        iri_cell(row["graph"].value, labels),
    )
