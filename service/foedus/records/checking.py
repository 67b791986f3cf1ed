"""Check a data set just read against the shapes, before it goes into a release.

A million votes are too many for a SHACL engine, and need none: a ballot has one option for each
state of the crosswalk, so that no vote can break a shape. What can is how a roll call, a text or a
graph is described. Descriptions differ by which fields a source filled and how it wrote symbol and
date; of each such form the first few are written as they will stand in the release and checked by
the shapes of the curated records. What is true of a source and not of a curated record is set out
in `TRUE_OF_SOURCES`, and is no fault. Totals are compared on every roll call.

Source: SHACL, W3C Recommendation of 2017-07-20.
Units: roll calls; members by option.
Shape: those of ``votes``, ``graphs`` and ``derived``. A finding's ``file`` is the records' graph.
Used by `importing`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace

import pyoxigraph as ox
from rdflib import RDF, SH, XSD, Graph, Literal, URIRef

from foedus import files, iris, turtle, validate
from foedus.findings import Finding
from foedus.records import quads
from foedus.records.ballots import count
from foedus.records.coverage import BODIES, records_graph
from foedus.records.rollcalls import RecordSet, RollCall, Totals

SHAPES = ("derived", "graphs", "votes")
"""The files of shapes that imported records are checked by."""
TRUE_OF_SOURCES: Mapping[str, str] = {
    "Draft-source": "a source may be cited in words, without an address",
    "GraphWithCounts": "an imported graph is as large as its source, not as expected",
    "Resolution-adoptedOn": "a source may lack a date, or know its month only",
    "Resolution-documentSymbol": "Voeten's data have references of their own for symbols",
    "RollCall-hasOutcome": "Voeten's data do not say what became of a text",
    "RollCall-isVoteOn": "a vote on a part, or on a text that the source does not identify",
    "RollCall-occursOn": "a source may lack a date, or know its month only",
    "RollCall-source": "a source may be cited in words, without an address",
}
"""Shapes that imported records need not keep where a value is missing or a date is less than a
day, and why; a value that is there and wrong is a fault as anywhere."""

_EACH = 3
"""How many roll calls of each form are checked."""
_LESS_THAN_A_DAY = (XSD.gYearMonth, XSD.gYear)
_COMPARED = (
    ("reportedYes", "votes_for"),
    ("reportedNo", "against"),
    ("reportedAbstentions", "abstentions"),
)


def check(records: RecordSet, states: Sequence[str]) -> list[Finding]:
    """Return what the shapes find in a data set; ``states`` as in the ballots."""
    sample = _sample(records, len(states))
    text = "".join(quads.write(sample, states))
    graph = Graph(bind_namespaces="none")
    for quad in ox.parse(input=text, format=ox.RdfFormat.N_QUADS):
        graph.add(tuple(turtle.to_rdflib(term) for term in quad.triple))
    # The crosswalk has only states of the triples, and the bodies are two of theirs.
    for state in states:
        graph.add((iris.mint("state", state), RDF.type, iris.NS.State))
    for body in BODIES.values():
        graph.add((URIRef(body), RDF.type, iris.NS.Body))
    found = {one for one in validate.conform(graph, SHAPES) if not _is_true_of_source(one)}
    place = records_graph(records.data_set)
    return sorted(
        (replace(one, file=place) for one in found.union(_totals(records))), key=Finding.order
    )


def _sample(records: RecordSet, states: int) -> RecordSet:
    """Return the first roll calls of each form; all but the first form's without their votes."""
    met: Counter[tuple[object, ...]] = Counter()
    sample = RecordSet(records.data_set)
    for key, call in records.roll_calls.items():
        form = _form(call)
        met[form] += 1
        if met[form] > _EACH:
            continue
        sample.roll_calls[key] = call
        if call.recorded:
            has_votes = len(sample.ballots) < _EACH
            sample.ballots[key] = records.ballots[key] if has_votes else bytearray(states)
    return sample


def _form(call: RollCall) -> tuple[object, ...]:
    """Return which fields are filled, how the symbol is made and how precise the date is."""
    form: list[object] = [re.sub("[0-9]+", "9", re.sub("[A-Za-z]+", "A", call.symbol))]
    form += [len(call.date), call.outcome]
    for name in (field.name for field in fields(call)):
        value = getattr(call, name)
        stated = astuple(value) if isinstance(value, Totals) else (value,)
        form += [one not in ("", (), None, False) for one in stated]
    return tuple(form)


def _is_true_of_source(finding: Finding) -> bool:
    if finding.shape.removeprefix(str(iris.SHAPE)) not in TRUE_OF_SOURCES:
        return False
    if finding.value is None:
        return True
    return any(finding.value.endswith(f"^^<{datatype}>") for datatype in _LESS_THAN_A_DAY)


def _totals(records: RecordSet) -> Iterator[Finding]:
    """Give each total that a source reports and the roll does not have."""
    shapes = validate.read_shapes(files.find("ontology") / "shapes", ["votes"])
    for key, call in records.roll_calls.items():
        if call.partial or not call.recorded:
            continue
        roll = count(records.ballots[key])
        for term, option in _COMPARED:
            reported = getattr(call.reported, option)
            if reported is None or reported == getattr(roll, option):
                continue
            shape = iris.SHAPE[f"RollCall-{term}-roll"]
            yield Finding(
                severity="warning",
                message=str(shapes.value(shape, SH.message)),
                focus=str(iris.mint("vote", key)),
                shape=str(shape),
                path=str(iris.NS[term]),
                value=Literal(reported).n3(),
            )
