"""An invented record: six states, sixty roll calls of three years, votes from a fixed seed.

The members are real codes, because queries look for states, and the votes are not theirs. Beside
the record stand a second one of the same votes, which must not be added to it, and a derived graph
with votes that no record has, which must not be counted.
"""

import random
from dataclasses import dataclass

import pyoxigraph as ox
from analysis.counting import Vote
from rdflib import DCTERMS, RDF, RDFS, XSD

from foedus import iris

STATES = ("BRA", "CHN", "IND", "PRK", "RUS", "USA")
ISSUES = ("hr", "nu")
NAME = "invented"
GRAPH = iris.GRAPH[f"records/{NAME}"]
OPTIONS = ("votedAgainst", "abstained", "votedFor")
_YEARS = (1999, 2000, 2001)


@dataclass(frozen=True)
class Record:
    """The votes as plain tuples, and the same as a store."""

    votes: tuple[Vote, ...]
    years: dict[str, int]
    issues: dict[str, set[str]]
    store: ox.Store


def make(seed: int = 7) -> Record:
    """Return the invented record."""
    chance = random.Random(seed)
    votes, years, issues = [], {}, {}
    for number in range(60):
        call = f"invented-{number}"
        years[call] = _YEARS[number // 20]
        issues[call] = {issue for issue in ISSUES if chance.random() < 0.4}
        for place, state in enumerate(STATES):
            if chance.random() < 0.15:
                continue
            leaning = (place - 2.5) / 2.5 * (1 if number % 3 else -1)
            weights = (1.2 - leaning, 0.8, 1.2 + leaning)
            votes.append(Vote(call, state, chance.choices(range(3), weights)[0]))
    return Record(tuple(votes), years, issues, _store(votes, years, issues))


def _store(votes: list[Vote], years: dict[str, int], issues: dict[str, set[str]]) -> ox.Store:
    store = ox.Store()

    def say(subject: str, predicate: str, value: ox.NamedNode | ox.Literal, graph: str) -> None:
        store.add(
            ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, ox.NamedNode(graph))
        )

    def thing(kind: str, key: str) -> ox.NamedNode:
        return ox.NamedNode(iris.mint(kind, key))

    for graph, prefix in ((GRAPH, ""), (f"{GRAPH}-again", "again-")):
        layer = ox.NamedNode(iris.VOCABULARY["layer/records"])
        say(graph, iris.NS.onLayer, layer, iris.GRAPH["graphs"])
        for number, (call, year) in enumerate(years.items()):
            name = iris.mint("vote", prefix + call)
            # Dates are as precise as records have them: to the year, the month or the day.
            precise = (
                (f"{year}", XSD.gYear),
                (f"{year}-05", XSD.gYearMonth),
                (f"{year}-11-30", XSD.date),
            )
            text, datatype = precise[number % 3]
            date = ox.Literal(text, datatype=ox.NamedNode(datatype))
            say(name, RDF.type, ox.NamedNode(iris.NS.RollCall), graph)
            say(name, RDFS.label, ox.Literal(f"Vote {call}", language="en"), graph)
            say(name, iris.NS.occursOn, date, graph)
            say(name, iris.NS.session, ox.Literal(str(year - 1945)), graph)
            say(name, iris.NS.isDecidedBy, thing("organisation", "un-general-assembly"), graph)
            for issue in sorted(issues[call]):
                concept = ox.NamedNode(iris.VOCABULARY[f"voting-issue/{issue}"])
                say(name, DCTERMS.subject, concept, graph)
        for vote in votes:
            name = iris.mint("vote", prefix + vote.call)
            say(name, iris.NS[OPTIONS[vote.option]], thing("state", vote.state), graph)
    for call in years:
        derived = iris.GRAPH["derived/attested-facts"]
        say(iris.mint("vote", call), iris.NS.votedFor, thing("state", "PRK"), derived)
    for state in STATES:
        things = iris.GRAPH["things/states"]
        say(iris.mint("state", state), RDF.type, ox.NamedNode(iris.NS.State), things)
        say(iris.mint("state", state), RDFS.label, ox.Literal(state.title(), language="en"), things)
    return store
