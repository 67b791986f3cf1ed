"""Write roll calls and votes as N-Quads, subject by subject, in the order of the lines.

A vote is one line: roll call, option, state, graph. The lines are made as text, because a million
term objects cost more than the votes; each line's end, from the option on, is made once for each
option and state. Subjects come in the order their lines have in a sorted file, so that a release is
merged with them in one pass.

Beside the records graph there is a derived one with the first and last day of each date, as the
rule ``date-bounds`` concludes them; `coverage` describes both.

Shape: ``shape:RollCall``, ``shape:Resolution``, ``shape:Draft``.
Used by `importing` and ``bench``.
"""

from collections.abc import Iterator, Sequence
from itertools import compress

from foedus import iris
from foedus.records import coverage, dates, symbols
from foedus.records.coverage import BODIES, bounds_graph, records_graph
from foedus.records.crosswalk import fold
from foedus.records.nquads import Subject, iri, is_address, term, text, typed
from foedus.records.rollcalls import DataSet, Option, RecordSet, RollCall
from foedus.records.voeten import ISSUES

OPTIONS = {
    Option.FOR: "foedus:votedFor",
    Option.AGAINST: "foedus:votedAgainst",
    Option.ABSTAINED: "foedus:abstained",
    Option.LISTED_WITHOUT_VOTE: "foedus:listedWithoutVote",
    Option.ABSENT: "foedus:absent",
    Option.NOT_MEMBER: "foedus:notMember",
}
"""The relation from a roll call to a state for each option."""

_ID = str(iris.ID)
_VOCABULARY = str(iris.VOCABULARY)
_Endings = list[tuple[bytes, list[str]]]


def groups(records: RecordSet, states: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give each subject, as its lines begin, with its sorted lines, in the order of the lines.

    ``states`` are the keys the ballots follow.
    """
    data_set = records.data_set
    others = {subject.name: subject for subject in coverage.describe(records)}
    for call in records.roll_calls.values():
        _add_text(call, data_set, others)
        _add_concepts(call, data_set, others)
    calls = {f"{_ID}vote/{key}": key for key, call in records.roll_calls.items() if call.recorded}
    endings = _endings(data_set, states)
    # ``>`` closes an IRI in the lines, and so decides their order where one IRI begins another.
    for name in sorted([*others, *calls], key=lambda name: f"{name}>"):
        if name in others:
            lines = sorted(set(others[name].lines))
        else:
            key = calls[name]
            lines = [
                *set(_call(name, records.roll_calls[key], data_set).lines),
                *_votes(f"<{name}> ", records.ballots[key], endings),
            ]
            # A text of one option begins as its first line does, so it sorts among the others.
            lines.sort()
        yield f"<{name}> ", "".join(lines)


def write(records: RecordSet, states: Sequence[str]) -> Iterator[str]:
    """Give the N-Quads of a data set, each subject's lines as one text."""
    for _, lines in groups(records, states):
        yield lines


def _votes(start: str, ballot: bytearray, endings: _Endings) -> list[str]:
    """Return a text for each option, of one line for each of its votes."""
    texts = []
    for mask, ends in endings:
        voted = start.join(compress(ends, ballot.translate(mask)))
        if voted:
            texts.append(start + voted)
    return texts


def _endings(data_set: DataSet, states: Sequence[str]) -> _Endings:
    """Return for each option its mark in a ballot and, for each state, the end of a vote's line."""
    graph = records_graph(data_set)
    return [
        (
            bytes(int(value == option) for value in range(256)),
            [f"{term(relation)} <{_ID}state/{state}> <{graph}> .\n" for state in states],
        )
        for option, relation in OPTIONS.items()
    ]


def _call(name: str, call: RollCall, data_set: DataSet) -> Subject:
    subject = Subject(name, records_graph(data_set))
    subject.add("rdf:type", term("foedus:RollCall"))
    subject.add("rdfs:label", text(_label(call), "en"))
    subject.add("foedus:isDecidedBy", iri(BODIES[data_set.body]))
    _add_date(subject, "foedus:occursOn", call.date, data_set)
    if call.resolution:
        relation = "foedus:isVoteOnPartOf" if call.part else "foedus:isVoteOn"
        subject.add(relation, iri(_text_name(call)))
    elif _text_name(call):
        subject.add("foedus:isVoteOn", iri(_text_name(call)))
    if call.outcome:
        subject.add("foedus:hasOutcome", f"<{_VOCABULARY}vote-outcome/{call.outcome}>")
    for state in call.vetoed_by:
        subject.add("foedus:vetoedBy", f"<{_ID}state/{state}>")
    for predicate, number in (
        ("foedus:reportedYes", call.reported.votes_for),
        ("foedus:reportedNo", call.reported.against),
        ("foedus:reportedAbstentions", call.reported.abstentions),
        ("foedus:reportedWithoutVote", call.reported.without_vote),
        ("foedus:reportedMembers", call.reported.listed),
    ):
        if number is not None:
            subject.add(predicate, typed(number, "integer"))
    for predicate, value, language in (
        ("foedus:session", call.session, ""),
        ("foedus:meetingRecord", call.meeting, ""),
        ("foedus:agendaTitle", call.agenda, "en"),
        ("foedus:rollBasis", call.roll_basis, "en"),
        ("dcterms:title", call.heading, "en"),
        ("dcterms:description", call.description, "en"),
        ("dcterms:bibliographicCitation", call.reference, ""),
        *(("skos:note", note, "en") for note in call.notes),
    ):
        if value:
            subject.add(predicate, text(value, language))
    for concept, _ in concepts(call):
        subject.add("dcterms:subject", iri(concept))
    if call.important:
        subject.add("foedus:listedAsImportant", typed("true", "boolean"))
    if call.same_vote:
        subject.add("skos:closeMatch", f"<{_ID}vote/{call.same_vote}>")
    _add_sources(subject, call)
    return subject


def _label(call: RollCall) -> str:
    if call.resolution:
        part = "part of " if call.part else ""
        return f"Vote on {part}{symbols.label(call.resolution)}"
    if call.draft:
        return f"Vote on draft {call.draft}"
    if call.text_key:
        return f"Vote on a draft at {call.meeting}: {call.heading or call.agenda}"
    return f"Vote {call.key}: {call.heading}" if call.heading else f"Vote {call.key}"


def _add_date(subject: Subject, predicate: str, day: str, data_set: DataSet) -> None:
    if day:
        subject.add(predicate, typed(day, dates.datatype(day)))
        first, last = dates.bounds(day)
        subject.add("foedus:earliest", typed(first, "date"), bounds_graph(data_set))
        subject.add("foedus:latest", typed(last, "date"), bounds_graph(data_set))


def _add_sources(subject: Subject, call: RollCall) -> None:
    for source in (call.page, *call.sources):
        if is_address(source):
            subject.add("dcterms:source", iri(source))
        elif source:
            subject.add("dcterms:bibliographicCitation", text(source))


def _text_name(call: RollCall) -> str:
    """Return the IRI of the resolution or draft voted on, or nothing."""
    if call.resolution:
        return f"{_ID}resolution/{symbols.key(call.resolution)}"
    key = call.text_key or symbols.key(call.draft)
    return f"{_ID}draft/{key}" if key else ""


def _add_text(call: RollCall, data_set: DataSet, others: dict[str, Subject]) -> None:
    """Add the resolution or draft that a roll call was on."""
    name = _text_name(call)
    if not name:
        return
    subject = others.setdefault(name, Subject(name, records_graph(data_set)))
    if call.resolution:
        subject.add("rdf:type", term("foedus:Resolution"))
        subject.add("rdfs:label", text(symbols.label(call.resolution), "en"))
    else:
        label = _label(call).removeprefix("Vote on ")
        subject.add("rdf:type", term("foedus:Draft"))
        subject.add("rdfs:label", text(label[:1].upper() + label[1:], "en"))
    subject.add("foedus:isDecidedBy", iri(BODIES[data_set.body]))
    for predicate, value, language in (
        ("foedus:documentSymbol", call.symbol or call.draft, ""),
        ("foedus:unconfirmedSymbol", call.unconfirmed_draft, ""),
        *(("foedus:draftSymbol", draft, "") for draft in call.draft_symbols),
        ("dcterms:title", call.title, "en"),
    ):
        if value:
            subject.add(predicate, text(value, language))
    if call.outcome == "adopted":
        _add_date(subject, "foedus:adoptedOn", call.date, data_set)
    _add_sources(subject, call)


def concepts(call: RollCall) -> list[tuple[str, str]]:
    """Return the IRI and label of each issue and subject of a roll call."""
    named = [(f"{_VOCABULARY}voting-issue/{code}", ISSUES[code]) for code in call.issues]
    for subject in call.subjects:
        named.append((f"{_VOCABULARY}voting-subject/{iris.slug(fold(subject))}", subject))
    return named


def _add_concepts(call: RollCall, data_set: DataSet, others: dict[str, Subject]) -> None:
    for name, label in concepts(call):
        subject = others.setdefault(name, Subject(name, records_graph(data_set)))
        # Two spellings that make one key are one concept, named by the first.
        if not subject.lines:
            subject.add("rdf:type", term("skos:Concept"))
            subject.add("skos:inScheme", iri(name.rpartition("/")[0]))
            subject.add("rdfs:label", text(label, "en"))
