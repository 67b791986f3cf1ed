"""Write statistics as observations of an RDF Data Cube.

A data set holds the observations of one kind over one record and body; its structure (dimensions,
measures, attributes) stands in ``ontology/analysis.ttl``. An observation is no fact about a state:
it is a number, computed from a named record by a named method, on so many votes.

Source: The RDF Data Cube Vocabulary, W3C Recommendation of 16 January 2014.
Units: scores have four decimals, positions three.
Shape: quads of the graph ``derived/vote-statistics``.
Used by `deriving`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib import DCTERMS, PROV, RDF, RDFS, XSD

from foedus import iris
from foedus.analysis.rolls import Roll

GRAPH = ox.NamedNode(iris.GRAPH["derived/vote-statistics"])
QB = "http://purl.org/linked-data/cube#"
Term = ox.NamedNode | ox.Literal

_OBSERVATION = ox.NamedNode(QB + "Observation")
_OF_DATA_SET = ox.NamedNode(QB + "dataSet")
_TYPE = ox.NamedNode(RDF.type)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statistic: the structure its data sets have, and what they are called."""

    structure: str
    title: str
    description: str


def term(name: str) -> ox.NamedNode:
    """Return a term of ours."""
    return ox.NamedNode(iris.NS[name])


def state(key: str) -> ox.NamedNode:
    """Return a state."""
    return ox.NamedNode(iris.mint("state", key))


def decimal(number: float, places: int = 4) -> ox.Literal:
    """Return a number with so many decimals, those that are 0 at the end left out.

    >>> decimal(0.5).value, decimal(-0.00001).value, decimal(1).value
    ('0.5', '0.0', '1.0')
    """
    text = f"{number:.{places}f}".rstrip("0")
    text = text + "0" if text.endswith(".") else text
    return ox.Literal("0.0" if text == "-0.0" else text, datatype=ox.NamedNode(XSD.decimal))


def data_set(kind: Kind, roll: Roll) -> ox.NamedNode:
    """Return the data set of a kind over a record and body."""
    return ox.NamedNode(iris.mint("data-set", f"{kind.structure}-{_key(roll)}"))


def describe(kind: Kind, roll: Roll) -> Iterator[ox.Quad]:
    """Give what a data set is: structure, record, body, method."""
    subject = data_set(kind, roll)
    for predicate, value in (
        (str(RDF.type), ox.NamedNode(QB + "DataSet")),
        (f"{QB}structure", ox.NamedNode(iris.VOCABULARY[f"cube/{kind.structure}"])),
        (str(RDFS.label), ox.Literal(f"{kind.title}: {roll.name}", language="en")),
        (str(DCTERMS.description), ox.Literal(kind.description, language="en")),
        (str(PROV.wasDerivedFrom), ox.NamedNode(roll.graph)),
    ):
        yield ox.Quad(subject, ox.NamedNode(predicate), value, GRAPH)
    if roll.body:
        yield ox.Quad(subject, term("coversBody"), ox.NamedNode(roll.body), GRAPH)


def observe(
    kind: Kind, roll: Roll, key: str, values: Mapping[ox.NamedNode, Term]
) -> Iterator[ox.Quad]:
    """Give one observation; ``key`` tells it from the others of its data set."""
    subject = ox.NamedNode(iris.mint("observation", f"{kind.structure}-{_key(roll)}/{key}"))
    yield ox.Quad(subject, _TYPE, _OBSERVATION, GRAPH)
    yield ox.Quad(subject, _OF_DATA_SET, data_set(kind, roll), GRAPH)
    for predicate, value in values.items():
        yield ox.Quad(subject, predicate, value, GRAPH)


def _key(roll: Roll) -> str:
    """Return what tells a record and body apart; the body only where it has a name."""
    return iris.slug(f"{roll.name} {roll.body.rpartition('/')[2]}")
