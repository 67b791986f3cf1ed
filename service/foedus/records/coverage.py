"""What a graph of records covers, said in the data: body, time, kinds of text, counts.

Each data set makes two graphs: the records, and a derived one with the first and last day of each
date. Their descriptions stand where those of all graphs do. A selection covers no time: whoever
asks about a year in it must not take what is missing for what was not.

Units: roll calls and votes; a state marked as no member casts no vote.
Shape: ``shape:GraphDescription``.
Used by `quads` and `importing`.
"""

from collections.abc import Iterator

from foedus import iris
from foedus.iris import ID
from foedus.records import dates
from foedus.records.nquads import Subject, iri, is_address, term, text, typed
from foedus.records.rollcalls import BodyCode, DataSet, Option, RecordSet

BODIES: dict[BodyCode, str] = {
    "GA": str(ID["organisation/un-general-assembly"]),
    "SC": str(ID["organisation/un-security-council"]),
}
DESCRIPTIONS = str(iris.GRAPH["graphs"])
DERIVED_DESCRIPTIONS = str(iris.GRAPH["derived/graphs"])
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
"""Of what we derive."""

_RULE = iris.BASE + "rule/date-bounds"


def records_graph(data_set: DataSet) -> str:
    """Return the IRI of the named graph of a data set's records."""
    return f"{iris.GRAPH}records/{data_set.name}"


def bounds_graph(data_set: DataSet) -> str:
    """Return the IRI of the named graph of the first and last days of a data set's dates."""
    return f"{iris.GRAPH}derived/date-bounds-{data_set.name}"


def is_complete(records: RecordSet) -> bool:
    """Tell whether a data set holds all that its body decided between its first and last day."""
    return records.data_set.complete and not any(
        call.partial for call in records.roll_calls.values()
    )


def covered(records: RecordSet) -> tuple[str, str] | None:
    """Return the first and last date, as precise as they are; None where there is no date."""
    found = [call.date for call in records.roll_calls.values() if call.date]
    if not found:
        return None
    first = min(found, key=lambda day: (dates.bounds(day)[0], day))
    return first, max(found, key=lambda day: (dates.bounds(day)[1], day))


def cast(records: RecordSet) -> int:
    """Return the number of votes: all but the marks of states that were no members."""
    votes = records.votes()
    return sum(number for option, number in votes.items() if option != Option.NOT_MEMBER)


def sources(records: RecordSet) -> list[str]:
    """Return the addresses a data set rests on."""
    if records.data_set.source:
        return [records.data_set.source]
    named = {source for call in records.roll_calls.values() for source in call.sources}
    return sorted(filter(is_address, named))


def describe(records: RecordSet) -> Iterator[Subject]:
    """Give the descriptions of a data set's two graphs."""
    data_set = records.data_set
    graph = Subject(records_graph(data_set), DESCRIPTIONS)
    graph.add("rdf:type", term("void:Dataset"))
    graph.add("dcterms:title", text(data_set.title, "en"))
    graph.add("foedus:onLayer", iri(f"{iris.VOCABULARY}layer/records"))
    graph.add("dcterms:license", iri(data_set.license))
    graph.add("dcterms:rights", text(data_set.rights, "en"))
    for source in sources(records):
        graph.add("dcterms:source", iri(source))
    graph.add("foedus:coversBody", iri(BODIES[data_set.body]))
    if data_set.adopted_texts:
        graph.add("foedus:coversTextType", term("foedus:Resolution"))
    if data_set.failed_texts:
        graph.add("foedus:coversTextType", term("foedus:Draft"))
    graph.add("foedus:rollCallCount", typed(len(records.ballots), "integer"))
    graph.add("foedus:voteCount", typed(cast(records), "integer"))
    if data_set.limits:
        graph.add("dcterms:description", text(data_set.limits, "en"))
    times = covered(records)
    if not is_complete(records):
        graph.add("dcterms:description", text("A selection, which covers no time.", "en"))
    elif times:
        first, last = times
        graph.add("foedus:coversFrom", typed(first, dates.datatype(first)))
        graph.add("foedus:coversTo", typed(last, dates.datatype(last)))
        bounds = bounds_graph(data_set)
        graph.add("foedus:earliest", typed(dates.bounds(first)[0], "date"), bounds)
        graph.add("foedus:latest", typed(dates.bounds(last)[1], "date"), bounds)
    yield graph
    derived = Subject(bounds_graph(data_set), DERIVED_DESCRIPTIONS)
    derived.add("rdf:type", term("void:Dataset"))
    derived.add("dcterms:title", text(f"Days that the dates can mean in: {data_set.title}", "en"))
    derived.add("foedus:onLayer", iri(f"{iris.VOCABULARY}layer/derived"))
    derived.add("dcterms:license", iri(LICENCE))
    derived.add("foedus:isConcludedBy", iri(_RULE))
    yield derived
