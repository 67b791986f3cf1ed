"""Names and codes of states, as voting records write them, to the states of the graph.

States come from ``triples/things/states.ttl`` (labels, other names, ISO and Correlates of War
codes), former and source-specific names from ``triples/things/state-names.ttl``. A name is
compared without case, accents and punctuation. Most names and codes stand for one state, whatever
the date: a library goes on writing *Byelorussian SSR* for a while. Some stand for whoever held a
seat at the time: *China*, *Russia*, *Yugoslavia*, and the codes 345 and 365. For these the seats'
tenures decide, and without a date they are ambiguous.

Errors: `RecordError` where the two files do not fit each other.
Used by the readers.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, SKOS, Graph, URIRef

from foedus import files, turtle
from foedus.errors import RecordError
from foedus.iris import ID, NS
from foedus.records import dates

_STATE = str(ID["state/"])


@dataclass(frozen=True, slots=True)
class Tenure:
    """One state's time in a seat; an empty date is an open end."""

    state: str
    since: str
    until: str

    def covers(self, day: str) -> bool:
        """Tell whether the tenure covers the first day of a date."""
        first = dates.bounds(day)[0]
        return self.since <= first and (not self.until or first <= self.until)


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """What names and codes stand for: each a tuple of the keys of one state or more."""

    states: tuple[str, ...]
    """Keys of all states in order; a ballot has one byte for each."""
    names: Mapping[str, tuple[str, ...]]
    iso: Mapping[str, tuple[str, ...]]
    cow: Mapping[str, tuple[str, ...]]
    tenures: Mapping[str, Tenure]

    def by_name(self, name: str) -> tuple[str, ...]:
        """Return the states a name stands for; none where it is unknown."""
        return self.names.get(fold(name), ())

    def at(self, states: tuple[str, ...], day: str) -> str | None:
        """Return the one state that ``states`` stand for on ``day``; None where none is told.

        ``day`` is a day, month or year; of a month or year the first day counts.
        """
        if len(states) == 1:
            return states[0]
        if not day:
            return None
        held = [state for state in states if self.tenures[state].covers(day)]
        return held[0] if len(held) == 1 else None

    def places(self, codes: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
        """Return the place in a ballot of each code that stands for one state at all times."""
        place = {state: index for index, state in enumerate(self.states)}
        return {code: place[states[0]] for code, states in codes.items() if len(states) == 1}


def fold(name: str) -> str:
    """Return a name without case, accents and punctuation.

    >>> fold("CÔTE D'IVOIRE"), fold("Antigua & Barbuda")
    ('cote d ivoire', 'antigua and barbuda')
    """
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ").replace("ı", "i"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", plain.casefold()).strip()


def read(things: Path | None = None) -> Crosswalk:
    """Read the crosswalk from ``triples/things``."""
    folder = things or files.find("triples") / "things"
    states = turtle.read(folder / "states.ttl")
    names = turtle.read(folder / "state-names.ttl")
    keys = sorted({_key(state) for state in states.subjects(NS.cowCode | NS.isoCode)})
    known = set(keys)
    by_name: dict[str, set[str]] = defaultdict(set)
    iso = {key: {key} for key in keys}
    cow: dict[str, set[str]] = defaultdict(set)
    for label in (RDFS.label, SKOS.altLabel):
        for state, name in states.subject_objects(label):
            by_name[fold(str(name))].add(_key(state))
    for state, code in states.subject_objects(NS.cowCode):
        cow[str(code)].add(_key(state))
    for name in names.subjects(RDF.type, NS.StateName):
        named = {_key(state) for state in names.objects(name, NS.names)}
        if not named or not named <= known:
            raise RecordError(f"{name} names {sorted(named)}, expected states of states.ttl")
        # A name that has several holders of a seat replaces the one state that bears it today.
        for text in names.objects(name, RDFS.label):
            by_name[fold(str(text))] = named
        for code in names.objects(name, NS.isoCode):
            iso[str(code)] = named
        for code in names.objects(name, NS.cowCode):
            cow[str(code)] = named
    return Crosswalk(
        states=tuple(keys),
        names=_sorted(by_name.items()),
        iso=_sorted(iso.items()),
        cow=_sorted(cow.items()),
        tenures=_tenures(names, (by_name, iso, cow)),
    )


def _tenures(names: Graph, readings: Iterable[Mapping[str, set[str]]]) -> dict[str, Tenure]:
    tenures = {}
    for tenure in names.subjects(RDF.type, NS.SeatTenure):
        state = _key(names.value(tenure, NS.isHeldByState))
        since, until = names.value(tenure, NS.heldFrom), names.value(tenure, NS.heldUntil)
        tenures[state] = Tenure(state, str(since or ""), str(until or ""))
    for reading in readings:
        for text, states in reading.items():
            if len(states) > 1 and not states <= set(tenures):
                raise RecordError(
                    f"{text!r} stands for {sorted(states)}, expected a seat's tenures"
                )
    return tenures


def _key(state: object) -> str:
    if not isinstance(state, URIRef) or not state.startswith(_STATE):
        raise RecordError(f"{state!r}, expected a state")
    return str(state)[len(_STATE) :]


def _sorted(named: Iterable[tuple[str, set[str]]]) -> dict[str, tuple[str, ...]]:
    return {text: tuple(sorted(states)) for text, states in sorted(named)}
