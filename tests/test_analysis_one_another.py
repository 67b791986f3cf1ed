"""Vetoes, and votes of three states on one another, against plain counting.

On an invented record that has each trap once, and on the library's tables, which are no part of the
project and lie at ``../shared/data`` where they are present.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, RDFS, XSD
from test_analysis_queries import ask

from foedus import iris
from foedus.records import crosswalk, forms, quads
from foedus.records.faults import FaultLog

TABLES = Path(__file__).resolve().parents[2] / "shared" / "data"
CALLS = TABLES / "undl_nc" / "un_rollcalls_1946_2025.csv.gz"
VOTES = TABLES / "undl_nc" / "un_votes_1946_2025.csv.gz"
VETOES = TABLES / "unsc" / "unsc_vetoes_1946_2022.csv"

DAY = "2022-02-24"
VOTERS = ("CHN", "PRK", "RUS", "SUN")
COLUMNS = ("texts", "yes", "no", "abstentions", "withoutVote")
PREDICATES = {
    "Y": "votedFor",
    "N": "votedAgainst",
    "A": "abstained",
    "X": "listedWithoutVote",
    "V": "vetoedBy",
}
NAMED = {
    "North Korea": ("democratic people's republic of korea",),
    "Russia": (
        "ukraine",
        "crimea",
        "abkhazia",
        "georgia situation",
        "observer mission in georgia",
        "russian federation",
    ),
    "China": (" china", " tibet", "taiwan", "xinjiang", "hong kong"),
}

Statement = tuple[str, str, ox.NamedNode | ox.Literal, str]
Cast = tuple[str, str, str, str, str]
"""A text, what it says of itself, a date, a state and a letter."""


def concerns(said: str) -> set[str]:
    """Return the states that a title or an agenda item names."""
    words = " " + said.lower().replace("\u2019", "'")
    return {name for name, listed in NAMED.items() if any(word in words for word in listed)}


def tally(votes: Iterable[Cast]) -> dict[tuple[str, str, str], dict[str, int]]:
    """Count texts by state concerned, part of the time, voter and letter, each text once."""
    named: dict[str, set[str]] = defaultdict(set)
    kept = list(votes)
    for text, said, _, _, _ in kept:
        named[text] |= concerns(said)
    found: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for text, _, date, state, letter in kept:
        part = "before" if date < DAY else "on or after"
        for concerned in named[text] if state in VOTERS else ():
            column = {"Y": "yes", "A": "abstentions", "X": "withoutVote"}.get(letter, "no")
            found[concerned, part, state]["texts"].add(text)
            found[concerned, part, state][column].add(text)
    return {key: {name: len(row[name]) for name in COLUMNS} for key, row in found.items()}


def told(store: ox.Store) -> dict[tuple[str, str, str], dict[str, int]]:
    """Return the rows of the saved query by their keys."""
    rows = ask(store, "votes-on-one-another-by-day", {"day": DAY})
    keys = [(row["concerned"], row["part"], row["voter"].rpartition("/")[2]) for row in rows]
    assert keys == sorted(set(keys))
    return {
        key: {name: int(row[name]) for name in COLUMNS} for key, row in zip(keys, rows, strict=True)
    }


def fill(statements: Iterable[Statement]) -> ox.Store:
    store = ox.Store()
    for graph in ("records/one", "records/voeten"):
        layer = ox.NamedNode(iris.VOCABULARY["layer/records"])
        node = ox.NamedNode(iris.GRAPH[graph])
        predicate = ox.NamedNode(iris.NS.onLayer)
        store.add(ox.Quad(node, predicate, layer, ox.NamedNode(iris.GRAPH["graphs"])))
    for subject, relation, value, graph in statements:
        name, predicate = ox.NamedNode(subject), ox.NamedNode(relation)
        store.add(ox.Quad(name, predicate, value, ox.NamedNode(iris.GRAPH[graph])))
    return store


def vote(
    call: str,
    text: str,
    date: str,
    roll: dict[str, str],
    *,
    graph: str = "records/one",
    **said: str,
) -> Iterator[Statement]:
    """Give the statements of a roll call and its text."""
    name, on = iris.mint("vote", call), ox.NamedNode(iris.mint("resolution", text))
    yield name, str(iris.NS[said.get("relation", "isVoteOn")]), on, graph
    day = ox.Literal(date, datatype=ox.NamedNode(XSD.date))
    yield name, str(iris.NS.occursOn), day, graph
    if "title" in said:
        yield on.value, str(DCTERMS.title), ox.Literal(said["title"], language="en"), graph
    if "agenda" in said:
        yield name, str(iris.NS.agendaTitle), ox.Literal(said["agenda"], language="en"), graph
    for state, letter in roll.items():
        voter = ox.NamedNode(iris.mint("state", state))
        yield name, str(iris.NS[PREDICATES[letter]]), voter, graph


def test_each_trap_of_the_votes_on_one_another() -> None:
    both = {"CHN": "A", "RUS": "N", "USA": "Y"}
    korea = "Human rights in the Democratic People\u2019s Republic of Korea"
    store = fill(
        [
            *vote("a1", "a", "2022-03-02", both, title="Aggression against Ukraine"),
            # The same text in a second record, with a vote on a part of it that went otherwise.
            *vote("voeten-1", "a", "2022-03-02", {"RUS": "Y"}, graph="records/voeten"),
            *vote("voeten-2", "b", "2019-12-18", {"PRK": "N"}, graph="records/voeten", title=korea),
            *vote("c1", "c", "2022-02-23", {"CHN": "Y"}, title="A path", agenda="36 UKRAINE--LAW"),
            *vote("d1", "d", "1961-12-20", {"SUN": "N"}, title="Question of Tibet"),
            *vote("e1", "e", "2000-01-01", {"CHN": "N"}, title="Machinations"),
            *vote("f1", "f", "2022-05-26", {"CHN": "V", "RUS": "N"}, title=korea),
            *vote("g1", "a", "2022-03-02", {"CHN": "Y"}, relation="isVoteOnPartOf"),
            *vote("a1", "a", "2022-03-02", {"CHN": "Y"}, graph="derived/attested-facts"),
        ]
    )
    expected = {
        ("China", "before", "SUN"): (1, 0, 1, 0, 0),
        ("North Korea", "before", "PRK"): (1, 0, 1, 0, 0),
        ("North Korea", "on or after", "CHN"): (1, 0, 1, 0, 0),
        ("North Korea", "on or after", "RUS"): (1, 0, 1, 0, 0),
        ("Russia", "before", "CHN"): (1, 1, 0, 0, 0),
        ("Russia", "on or after", "CHN"): (1, 0, 0, 1, 0),
        ("Russia", "on or after", "RUS"): (1, 0, 1, 0, 0),
    }
    assert told(store) == {
        key: dict(zip(COLUMNS, row, strict=True)) for key, row in expected.items()
    }


def test_vetoes_are_counted_by_state_and_subject() -> None:
    """A veto of two states counts for each, a second record of it no more, a plain no never."""
    vetoes = [
        ("s1", "2005", ("CHN", "RUS"), ("hr",), "records/one"),
        ("s2", "2006-03", ("RUS",), ("hr", "nu"), "records/one"),
        ("s2", "2006-03", ("RUS",), ("hr", "nu"), "records/voeten"),
        ("s3", "2007-11-30", ("RUS",), (), "records/one"),
        ("s4", "2008-01-01", ("RUS",), ("hr",), "records/one"),
    ]
    statements: list[Statement] = []
    for call, date, states, subjects, graph in vetoes:
        name = iris.mint("vote", call)
        statements.append((name, str(iris.NS.occursOn), ox.Literal(date), graph))
        for code in subjects:
            concept = ox.NamedNode(iris.VOCABULARY[f"voting-issue/{code}"])
            statements.append((name, str(DCTERMS.subject), concept, graph))
        for state in states:
            member = ox.NamedNode(iris.mint("state", state))
            statements.append((name, str(iris.NS.vetoedBy), member, graph))
    for name in [iris.mint("state", state) for state in ("CHN", "RUS", "USA")] + [
        iris.VOCABULARY[f"voting-issue/{code}"] for code in ("hr", "nu")
    ]:
        label = ox.Literal(str(name).rpartition("/")[2], language="en")
        statements.append((str(name), str(RDFS.label), label, "things/names"))
    statements += vote("s5", "x", "2006-01-01", {"USA": "N"})
    rows = ask(fill(statements), "vetoes-by-period", {"from": "2005", "to": "2007"})
    found = {(row["name"], row["label"]): int(row["vetoes"]) for row in rows}
    single = {(call, date, states, subjects) for call, date, states, subjects, _ in vetoes}
    assert found == Counter(
        (state, subject)
        for _, date, states, subjects in single
        if "2005" <= date[:4] <= "2007"
        for state in states
        for subject in subjects or ("",)
    )


def library() -> Iterator[Cast]:
    """Give each vote of the four, once with the title and once with the agenda item."""
    calls = {}
    with gzip.open(CALLS, "rt", encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["recorded"] == "1":
                calls[row["record_id"]] = (row["symbol"], row["title"], row["agenda"], row["date"])
    with gzip.open(VOTES, "rt", encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["state_id"] in VOTERS:
                symbol, title, agenda, date = calls[row["record_id"]]
                yield symbol, title, date, row["state_id"], row["vote"]
                yield symbol, agenda, date, row["state_id"], row["vote"]
    with VETOES.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            for state in row["vetoed_by"].split(";"):
                yield row["draft"], row["agenda_item"], row["date"], state, "V"


@pytest.mark.shared
@pytest.mark.skipif(not TABLES.is_dir(), reason=f"the tables are not at {TABLES}")
def test_the_whole_library_says_what_counting_says() -> None:
    walk = crosswalk.read()
    store = ox.Store()
    for records in forms.read([CALLS, VOTES, VETOES], walk, FaultLog()):
        # Votes of others are not asked for, and take nine tenths of the time to load.
        for text in quads.write(records, walk.states):
            lines = (
                line
                for line in text.splitlines(keepends=True)
                if "/id/state/" not in line.split(" ", 3)[2]
                or line.split(" ", 3)[2].endswith(tuple(f"/{state}>" for state in VOTERS))
            )
            store.load("".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
    expected = tally(library())
    assert told(store) == expected
    # What the record cannot say: since it has the seat, no text on China was put to a vote.
    assert {key for key in expected if key[0] == "China"} == {("China", "before", "SUN")}
    assert expected["Russia", "on or after", "RUS"]["no"] > 10
