"""Write statistics as observations of an RDF Data Cube, in lines of N-Quads.

A data set holds the observations of one kind over one record and body; its structure (dimensions,
measures, attributes) stands in ``ontology/analysis.ttl``. An observation is no fact about a state:
it is a number, computed from a named record by a named method, on so many votes. Observations that
are asked for together (a pair of states, a state in a year) form a group, so that an answer is
found by going from data set to group to observations, never by searching through all of them.

The lines are made as text and in order, as those of the votes are: a million of them cost two
seconds, and a release is merged with them in one pass. What is about one record and body begins
with one IRI (`prefix`), so that it can be taken out again.

Source: The RDF Data Cube Vocabulary, W3C Recommendation of 16 January 2014.
Units: scores have four decimals, positions three.
Shape: ``shape:Observation``, ``shape:ObservationGroup``, ``shape:DataSet``.
Used by `deriving`, ``release`` and ``records``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib import DCTERMS, PROV, RDF, RDFS, XSD

from foedus import iris, rules
from foedus.analysis.rolls import Roll

GRAPH = str(iris.GRAPH["derived/vote-statistics"])
QB = "http://purl.org/linked-data/cube#"

_TYPE = f"<{RDF.type}>"
_INTEGER = f"<{XSD.integer}>"
_DECIMAL = f"<{XSD.decimal}>"
_END = f" <{GRAPH}> .\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statistic: the structure its data sets have, and what they are called."""

    structure: str
    title: str
    description: str
    groups: tuple[tuple[str, ...], ...]
    """The dimensions by which observations are grouped, by their names; the first parts the data
    set, the next what the first has parted."""
    both_ways: bool = False
    """Whether an observation is as much about the state compared with, and in its groups too."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Numbers at one place of a data set."""

    key: str
    """What tells it from the others of its data set."""
    values: Mapping[str, str]
    """Value of each dimension, measure and attribute, by the name of our term."""


def describe(store: ox.Store) -> None:
    """Say in a store what the graph of statistics is."""
    rules.describe(
        store,
        ox.NamedNode(GRAPH),
        None,
        title="Statistics over votes",
        description="Agreement of states and their positions by session, as observations of an RDF "
        "Data Cube. Each data set says from which record it was counted, and how.",
    )


def state(key: str) -> str:
    """Return a state as it stands in a line."""
    return f"<{iris.ID}state/{key}>"


def whole(number: int) -> str:
    """Return a whole number as it stands in a line."""
    return f'"{number}"^^{_INTEGER}'


def decimal(number: float, places: int = 4) -> str:
    """Return a number with so many decimals, those that are 0 at the end left out.

    >>> [decimal(number).partition("^")[0] for number in (0.5, -0.00001, 1)]
    ['"0.5"', '"0.0"', '"1.0"']
    """
    text = f"{number:.{places}f}".rstrip("0")
    text = text + "0" if text.endswith(".") else text
    return f'"{"0.0" if text == "-0.0" else text}"^^{_DECIMAL}'


def prefix(record: str) -> str:
    """Return how the IRI of everything begins that is counted from a record."""
    return str(iris.mint("statistics", record)) + "/"


def data_set(kind: Kind, roll: Roll) -> str:
    """Return the IRI of the data set of a kind over a record and body."""
    body = roll.body.rpartition("/")[2]
    return prefix(roll.name) + (f"{body}/" if body else "") + kind.structure


def lines(kind: Kind, roll: Roll, observations: Sequence[Observation]) -> Iterator[str]:
    """Give the lines of a data set, each subject's as one text, in order; none for no number."""
    if not observations:
        return
    name = data_set(kind, roll)
    said = {f"{name}/{one.key}": one for one in observations}
    groups = _groups(kind, name, observations)
    groups[name] += _described(kind, roll)
    # ``>`` closes an IRI in the lines, and so decides their order where one IRI begins another.
    for subject in sorted([*groups, *said], key=lambda subject: f"{subject}>"):
        pairs = _observed(name, said[subject]) if subject in said else groups[subject]
        yield "".join(sorted(f"<{subject}> {term} {value}{_END}" for term, value in pairs))


def _observed(name: str, one: Observation) -> list[tuple[str, str]]:
    return [
        (_TYPE, f"<{QB}Observation>"),
        (f"<{QB}dataSet>", f"<{name}>"),
        *((f"<{iris.NS}{term}>", value) for term, value in one.values.items()),
    ]


def _groups(
    kind: Kind, name: str, observations: Sequence[Observation]
) -> dict[str, list[tuple[str, str]]]:
    """Return what is said of each group of observations, and which are the data set's own."""
    groups: dict[str, list[tuple[str, str]]] = {name: []}
    for one in observations:
        places = [one.values]
        if kind.both_ways:
            places.append({**one.values, "observesState": one.values["comparesWith"]})
        for place in places:
            for dimensions in kind.groups:
                group = name
                for length in range(1, len(dimensions) + 1):
                    fixed = [(term, place[term]) for term in dimensions[:length]]
                    outer, group = group, f"{name}/by/{'-'.join(_key(v) for _, v in fixed)}"
                    if group not in groups:
                        groups[outer].append((f"<{QB}observationGroup>", f"<{group}>"))
                        groups[group] = [(_TYPE, f"<{QB}ObservationGroup>")]
                        groups[group] += [(f"<{iris.NS}{term}>", value) for term, value in fixed]
                groups[group].append((f"<{QB}observation>", f"<{name}/{one.key}>"))
    return groups


def _key(value: str) -> str:
    """Return the part of an IRI or of a number that stands in a key.

    >>> _key("<https://w3id.org/foedus/id/state/CHN>"), _key('"1971"^^<urn:integer>')
    ('CHN', '1971')
    """
    return value[1:-1].rpartition("/")[2] if value.startswith("<") else value.split('"')[1]


def _described(kind: Kind, roll: Roll) -> Iterator[tuple[str, str]]:
    """Give what a data set is: structure, record, body, method."""
    yield _TYPE, f"<{QB}DataSet>"
    yield f"<{QB}structure>", f"<{iris.VOCABULARY}cube/{kind.structure}>"
    yield f"<{RDFS.label}>", str(ox.Literal(f"{kind.title}: {roll.name}", language="en"))
    yield f"<{DCTERMS.description}>", str(ox.Literal(kind.description, language="en"))
    yield f"<{PROV.wasDerivedFrom}>", f"<{roll.graph}>"
    if roll.body:
        yield f"<{iris.NS.coversBody}>", f"<{roll.body}>"
