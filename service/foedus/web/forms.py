"""Read the parameters of a saved query as people give them, and show the form again.

A thing may be named by its IRI, its key, or by a label or alias, in whatever case; a name that
fits one thing within the parameter's range stands for it, another is a fault with the things that
may be meant. What people wrote stays in the form. The values to choose from are read once where
data never change: names of things that are not only in records, where there are such, else any.

Shape: `Field` for each parameter; `Fault` for each value that cannot be taken.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import pyoxigraph as ox
from flask import current_app

from foedus.errors import ParameterError
from foedus.parameters import Parameter
from foedus.saved import SavedQuery
from foedus.web.links import GRAPH
from foedus.web.lookup import Lookup, Row
from foedus.web.state import service

_MOST_OPTIONS = 300
MOST_HINTS = 1000
"""How many values a form may hint at; with more it takes names without hints."""
_MOST_CHOICES = 8
_CLOSE = 0.6
_LONGEST_NAME = 300
_BY_TOPIC = {
    "analyses": "values-subject-to-votes",
    "claims": "values-spoken-of",
    "events": "values-spoken-of",
    "votes": "values-voted-on",
}
"""What a topic's questions have answers for, where the range takes any thing."""
_DOCUMENT = "https://w3id.org/foedus/id/document/"
STATE_NAME = "https://w3id.org/foedus/id/state-name/"
_ID = "https://w3id.org/foedus/id/"
_KNOWN = "foedus.form-values"

Choice = tuple[str, str]
"""A value with its label."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value cannot be taken, and what may be meant."""

    message: str
    status: HTTPStatus = HTTPStatus.BAD_REQUEST
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A form's field: what it holds, what it may hold, and what is wrong with it."""

    parameter: Parameter
    value: str
    options: Sequence[Choice]
    """The values to choose from, where they are few."""
    hints: Sequence[Choice]
    """The values to be hinted at, where they are many."""
    fault: Fault | None

    @property
    def expected(self) -> str:
        """The expected form, in words."""
        if self.parameter.kind == "iri":
            return "a name, or an IRI"
        return self.parameter.expected


def settle(
    lookup: Lookup, query: SavedQuery, given: Mapping[str, str], *, strict: bool
) -> tuple[dict[str, str], dict[str, Fault]]:
    """Return the values that parameters take, and the faults of those that cannot be taken.

    ``strict`` refuses a well-formed IRI of which nothing is known; a program may ask for one.
    Raises `ParameterError` for a parameter that the query does not have.
    """
    values: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for name, text in given.items():
        parameter = query.params.get(name)
        if parameter is None:
            query.bind({name: text})  # raises the error that names the parameters there are
            continue
        found = _settle(lookup, parameter, text, strict=strict)
        if isinstance(found, Fault):
            faults[name] = found
        else:
            values[name] = found
    return values, faults


def _settle(lookup: Lookup, parameter: Parameter, text: str, *, strict: bool) -> str | Fault:
    try:
        term = parameter.term(text)
    except ParameterError as error:
        if parameter.kind != "iri":
            return Fault(error.message)
        return _by_name(lookup, parameter, text, error.message)
    if not isinstance(term, ox.NamedNode) or parameter.kind != "iri":
        return text
    if lookup.ask("known", thing=[term]):
        return text
    found = _by_name(lookup, parameter, text, f"{parameter.name}: nothing is known of {text!r}")
    return text if isinstance(found, Fault) and not strict else found


def _by_name(lookup: Lookup, parameter: Parameter, text: str, message: str) -> str | Fault:
    """Return the one thing that bears a name, or the fault with the things that may be meant."""
    name = " ".join(text.split()).lower()[:_LONGEST_NAME]
    rows = lookup.ask("named", wanted=[ox.Literal(name)])
    bearing = {
        row["thing"].value for row in rows if row["thing"].value.startswith(parameter.within)
    }
    # A state and the records of its names are called alike; the state is meant.
    bearing = {iri for iri in bearing if not iri.startswith(STATE_NAME)} or bearing
    if len(bearing) == 1:
        return parameter.value_of(ox.NamedNode(bearing.pop()))
    if bearing:
        labels = lookup.labels(bearing)
        choices = [
            (parameter.value_of(ox.NamedNode(iri)), _told(iri, labels)) for iri in sorted(bearing)
        ]
        said = f"{parameter.name}: {text!r} names {len(bearing)} things; choose one"
        return Fault(said, choices=tuple(choices[:_MOST_CHOICES]))
    status = HTTPStatus.NOT_FOUND if "nothing is known" in message else HTTPStatus.BAD_REQUEST
    return Fault(message, status, _close(lookup, parameter, name))


def _told(iri: str, labels: Mapping[str, str]) -> str:
    """Return a thing's label with its kind, which may be all that tells two of a name apart."""
    kind = iri.removeprefix(_ID).partition("/")[0]
    return f"{labels.get(iri, iri)} ({kind})" if iri.startswith(_ID) else labels.get(iri, iri)


def _close(lookup: Lookup, parameter: Parameter, name: str) -> tuple[Choice, ...]:
    """Return the things within a parameter's range whose names are close to one."""
    if not name:
        return ()
    things: dict[str, str] = {}
    texts: dict[str, str] = {}
    # A state comes before the records of its names, which are called alike.
    for row in sorted(
        names(lookup, parameter.within),
        key=lambda row: (row["thing"].value.startswith(STATE_NAME), row["thing"].value),
    ):
        key = row["text"].value.lower()
        things.setdefault(key, row["thing"].value)
        texts.setdefault(key, row["text"].value)
    near = difflib.get_close_matches(name, things, n=_MOST_CHOICES, cutoff=_CLOSE)
    return tuple((parameter.value_of(ox.NamedNode(things[key])), texts[key]) for key in near)


def names(lookup: Lookup, within: Iterable[str]) -> list[Row]:
    """Return things below prefixes with the names they bear, those of records only for want."""
    prefixes = [ox.Literal(prefix) for prefix in within]
    return lookup.ask("names", prefix=prefixes) or lookup.ask("names-anywhere", prefix=prefixes)


def fields(
    lookup: Lookup, query: SavedQuery, given: Mapping[str, str], faults: Mapping[str, Fault]
) -> list[Field]:
    """Return the form's fields, with what was given or else the example."""
    return [
        _field(lookup, query.topic, parameter, given.get(name), faults.get(name))
        for name, parameter in query.params.items()
    ]


def _field(
    lookup: Lookup, topic: str, parameter: Parameter, given: str | None, fault: Fault | None
) -> Field:
    value = parameter.example_value if given is None else given
    if fault is None:
        value = parameter.value_of(parameter.term(value))
    if parameter.kind != "iri":
        return Field(parameter, value, parameter.values, (), fault)
    options = _things(lookup, topic, parameter)
    if fault is None and len(options) <= _MOST_OPTIONS:
        return Field(parameter, value, options, (), None)
    if fault is None:
        value = _name(lookup, parameter, value)
    if len(options) > MOST_HINTS:
        return Field(parameter, value, (), (), fault)
    hints = [(label, "") for label in dict.fromkeys(label for _, label in options)]
    return Field(parameter, value, (), hints, fault)


def _name(lookup: Lookup, parameter: Parameter, value: str) -> str:
    """Return a thing's label if that is enough to name it, else the value."""
    iri = parameter.term(value).value
    label = lookup.labels([iri]).get(iri)
    if label is None:
        return value
    named = _settle(lookup, parameter, label, strict=True)
    return label if not isinstance(named, Fault) and parameter.term(named).value == iri else value


def _things(lookup: Lookup, topic: str, parameter: Parameter) -> list[Choice]:
    """Return each labelled thing that is a value of a parameter, with its label."""
    ask = _BY_TOPIC.get(topic, "values-within") if _ID in parameter.within else "values-within"
    found = [
        (parameter.value_of(ox.NamedNode(thing)), label)
        for thing, label in _labelled(lookup, ask, parameter.within)
    ]
    if topic == "claims" and parameter.within == (_DOCUMENT,):
        claimless = {parameter.value_of(ox.NamedNode(iri)) for iri in without_claims(lookup)}
        found = [
            (value, f"{label} – claims not yet entered" if value in claimless else label)
            for value, label in sorted(found, key=lambda choice: choice[0] in claimless)
        ]
    return found


def _labelled(lookup: Lookup, ask: str, within: tuple[str, ...]) -> Sequence[Choice]:
    """Return things below prefixes with their labels, by label: read once if that never changes."""
    if service().digest is None:
        return _read_labelled(lookup, ask, within)
    known = current_app.extensions.setdefault(_KNOWN, {})
    if (ask, within) not in known:
        known[ask, within] = _read_labelled(lookup, ask, within)
    return cast("Sequence[Choice]", known[ask, within])


def _read_labelled(lookup: Lookup, ask: str, within: tuple[str, ...]) -> Sequence[Choice]:
    prefixes = [ox.Literal(prefix) for prefix in within]
    rows = lookup.ask(ask, prefix=prefixes)
    if not rows and ask == "values-within":
        graphs = all(prefix.startswith(GRAPH) for prefix in within)
        rows = lookup.ask("values-titled" if graphs else "values-anywhere", prefix=prefixes)
    labels: dict[str, str] = {}
    for row in rows:
        if isinstance(thing := row.get("thing"), ox.NamedNode) and "text" in row:
            label = row["text"].value
            labels[thing.value] = min(labels.get(thing.value, label), label)
    return sorted(labels.items(), key=lambda choice: (choice[1], choice[0]))


def without_claims(lookup: Lookup) -> set[str]:
    """Return the documents from which no claim is kept."""
    rows = lookup.ask("documents")
    return {row["document"].value for row in rows if row["claims"].value == "0"}


def why_empty(lookup: Lookup, query: SavedQuery, values: Mapping[str, str]) -> str:
    """Return what it means that a question has no answer."""
    terms = {query.params[name].term(value).value for name, value in values.items()}
    terms |= {p.example.value for p in query.params.values() if p.name not in values}
    documents = [term for term in terms if term.startswith(_DOCUMENT)]
    if query.topic == "claims" and set(documents) & without_claims(lookup):
        return (
            "This document is read into passages; its claims are not yet entered, "
            "so that no answer says nothing about it."
        )
    if query.topic == "claims":
        return "Nothing is stated: no claim kept here answers it. That says nothing of the world."
    return "Nothing is stated: neither a record nor a claim kept here answers it."
