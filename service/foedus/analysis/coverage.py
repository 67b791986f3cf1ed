"""Warn where a question reaches beyond what the records cover.

A graph of records says the first and last day it covers. Outside of them no row means *not recorded
here*, and a count of none would be a false zero; so an answer about such years goes out with a
warning. It does so too where a year is covered in part, where a record is limited to a subject or
is a selection, and where the question names no period and so asks for all time.

A saved query asks the voting records if it has parameters and a tag of `TAGS`, or a parameter
``graph`` for a record. It names its period by its parameters: ``year`` (one calendar year),
``from`` and ``to`` (first and last year), ``day`` (a day that parts all time; its year is looked at
besides). It names its record by ``graph``; without that it asks all of them, body by body. One with
the tag ``veto`` asks the drafts of the Security Council only, since no other text is vetoed. A
parameter not given has its example, for that is what is asked.

Shape: `Coverage`, `CoverageWarning`.
Errors: those of the engine that is asked.
Used by ``web`` and ``cli``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from foedus import BASE
from foedus.saved import SavedQuery

TAGS = frozenset({"vote", "veto"})
"""Tags of saved queries that ask the voting records."""
VETO = "veto"
PERIOD = ("year", "from", "to", "day")
"""Names of parameters that say a period."""
GRAPH = "graph"
"""Name of the parameter that says which record."""

_RECORDS = BASE + "graph/records/"
_COUNCIL = BASE + "id/organisation/un-security-council"
_DRAFT = BASE + "ns#Draft"
_TEXTS = {_DRAFT: "failed drafts", BASE + "ns#Resolution": "adopted texts"}
_LISTED = 8
"""Records that one warning names; a header has room for so many."""
_YEAR = re.compile(r"[0-9]{4}(?![0-9])")
_COVERED = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX layer: <https://w3id.org/foedus/vocabulary/layer/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?graph ?title ?from ?to ?body ?bodyName ?text ?subject ?subjectName
WHERE {
  ?graph foedus:onLayer layer:records ;
    foedus:coversBody ?body .
  OPTIONAL { ?body rdfs:label ?bodyName FILTER(LANG(?bodyName) = "en") }
  OPTIONAL { ?graph dcterms:title ?title }
  OPTIONAL { ?graph foedus:coversFrom ?from ; foedus:coversTo ?to }
  OPTIONAL { ?graph foedus:coversTextType ?text }
  OPTIONAL {
    ?graph foedus:coversSubject ?subject
    OPTIONAL { ?subject rdfs:label ?subjectName FILTER(LANG(?subjectName) = "en") }
  }
}
ORDER BY ?graph ?body ?subject ?text
"""
_COLUMNS = (
    *("graph", "title", "from", "to", "body", "bodyName", "text", "subject"),
    "subjectName",
)
_NOT_NONE = "not recorded, which is not none"
_OUTSIDE = f"only what these records hold is told; the rest is {_NOT_NONE}"


class Answering(Protocol):
    """Whatever answers a SELECT query; every `foedus.engine.Engine` does."""

    def run(self, query: str) -> object:
        """Return the solutions of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one graph of voting records covers."""

    graph: str
    title: str
    since: str
    """First date, as precise as the graph states it; empty, as ``until``, for a selection."""
    until: str
    bodies: Mapping[str, str]
    """Bodies that voted: IRI to name."""
    texts: frozenset[str]
    """IRIs of the classes of text it covers, of those in `_TEXTS`; none where it does not say."""
    subjects: tuple[str, ...]
    """Names of the subjects it is limited to; none where it is not limited."""

    @property
    def touched(self) -> range:
        """The calendar years it covers, wholly or in part."""
        return range(int(self.since[:4]), int(self.until[:4]) + 1) if self.since else range(0)

    @property
    def whole(self) -> range:
        """The calendar years of which it covers every day."""
        years = self.touched
        late = bool(years) and self.since[4:] not in ("", "-01", "-01-01")
        early = bool(years) and self.until[4:] not in ("", "-12", "-12-31")
        return range(years.start + late, years.stop - early)

    def may_tell(self, year: int) -> bool:
        """Tell whether anything of a year may be in it; a selection can hold any."""
        return not self.since or year in self.touched

    @property
    def reach(self) -> str:
        """Its title with what it covers, in words."""
        span = " to ".join(dict.fromkeys((self.since, self.until)))
        limits = [span or "a selection of any time"]
        limits += [f"{_TEXTS[text]} only" for text in self.texts if self.texts == {text}]
        limits += [f"only what concerns {subject}" for subject in self.subjects]
        return f"{self.title or self.graph} ({', '.join(limits)})"


@dataclass(frozen=True, slots=True)
class CoverageWarning:
    """What an answer does not tell, because no record asked covers it."""

    graph: str
    """The record, or empty for all of them together."""
    years: tuple[int, ...]
    """Years asked about of which nothing is recorded."""
    message: str


def read(engine: Answering) -> list[Coverage]:
    """Return what each graph of voting records covers, by graph."""
    answer = engine.run(_COVERED)
    if not isinstance(answer, ox.QuerySolutions):
        raise AssertionError("a SELECT query gives solutions")
    rows: dict[str, list[dict[str, str]]] = {}
    for solution in answer:
        row = {name: _line(getattr(solution[name], "value", "")) for name in _COLUMNS}
        rows.setdefault(row["graph"], []).append(row)
    return [_coverage(graph, rows[graph]) for graph in sorted(rows)]


def _coverage(graph: str, rows: Sequence[Mapping[str, str]]) -> Coverage:
    first = rows[0]
    dated = _YEAR.match(first["from"]) and _YEAR.match(first["to"])
    return Coverage(
        graph=graph,
        title=first["title"],
        since=first["from"] if dated else "",
        until=first["to"] if dated else "",
        bodies={row["body"]: row["bodyName"] or row["body"] for row in rows},
        texts=frozenset(row["text"] for row in rows) & _TEXTS.keys(),
        subjects=tuple(sorted({r["subjectName"] or r["subject"] for r in rows if r["subject"]})),
    )


def _line(text: str) -> str:
    """Return a text as one line without control characters, which data may hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def asks_votes(query: SavedQuery) -> bool:
    """Tell whether a saved query asks the voting records for what its parameters say."""
    return _names_record(query) or bool(query.params and TAGS.intersection(query.tags))


def warnings_for(
    covered: Sequence[Coverage], query: SavedQuery, values: Mapping[str, str]
) -> list[CoverageWarning]:
    """Return the warnings for a saved query with the given parameters, examples for the others.

    ``covered`` is what `read` returns.
    """
    if not asks_votes(query):
        return []
    named = _named(query, values)
    years = period_asked(query, values)
    if years is not None and not years:
        message = f"the period from {named['from']} to {named['to']} holds no year"
        return [CoverageWarning("", (), message)]
    ever = not named.keys() - {"day"}
    asked = years or range(0)
    if _names_record(query):
        record = query.params[GRAPH]
        graph = record.term(values.get(GRAPH, record.example_value)).value
        return _of_record(covered, graph, asked, ever=ever)
    if VETO in query.tags:
        covered = [
            c for c in covered if _COUNCIL in c.bodies and (_DRAFT in c.texts or not c.texts)
        ]
    return _of_all(covered, asked, ever=ever, bodies=[_COUNCIL] if VETO in query.tags else None)


def period_asked(query: SavedQuery, values: Mapping[str, str]) -> range | None:
    """Return the calendar years a saved query asks about; None where it names no period."""
    named = _named(query, values)
    if "year" in named:
        return range(named["year"], named["year"] + 1)
    if "from" in named or "to" in named:
        first = named.get("from", named.get("to", 0))
        return range(first, named.get("to", first) + 1)
    if "day" in named:
        return range(named["day"], named["day"] + 1)
    return None


def _names_record(query: SavedQuery) -> bool:
    record = query.params.get(GRAPH)
    return record is not None and any(start.startswith(_RECORDS) for start in record.within)


def _named(query: SavedQuery, values: Mapping[str, str]) -> dict[str, int]:
    """Return the years that parameters name, given or as examples."""
    return {
        name: _year(values.get(name, param.example_value))
        for name in PERIOD
        if (param := query.params.get(name)) and param.kind in ("date", "integer")
    }


def _year(value: str) -> int:
    """Return the year of a day or of a whole number; no further than a day can lie.

    >>> _year("2022-02-24"), _year("1950"), _year("10000000000")
    (2022, 1950, 9999)
    """
    return int(value[:4]) if "-" in value[1:] else min(max(int(value), 0), 9999)


def _of_record(
    covered: Sequence[Coverage], graph: str, asked: Sequence[int], *, ever: bool
) -> list[CoverageWarning]:
    """Return the warning for one record, if it needs one."""
    records = [coverage for coverage in covered if coverage.graph == graph]
    if not records:
        message = f"{graph} is no graph of voting records here: what it is asked is {_NOT_NONE}"
        return [CoverageWarning(graph, tuple(asked), message)]
    missing, partly = _lacking(records, asked)
    said = [_OUTSIDE] if ever else _said(missing, partly)
    if not said:
        return []
    return [CoverageWarning(graph, missing, f"{'; '.join(said)}. Record: {_listed(records)}")]


def _of_all(
    covered: Sequence[Coverage],
    asked: Sequence[int],
    *,
    ever: bool,
    bodies: Iterable[str] | None,
) -> list[CoverageWarning]:
    """Return the warnings for all records together: a body's years, and what they reach to."""
    names = {body: name for coverage in covered for body, name in coverage.bodies.items()}
    if not names:
        message = f"no record here covers such votes: what is asked of them is {_NOT_NONE}"
        return [CoverageWarning("", tuple(asked), message)]
    warnings = []
    for body in sorted(names if bodies is None else bodies, key=lambda body: names[body]):
        records = [coverage for coverage in covered if body in coverage.bodies]
        missing, partly = _lacking(records, asked)
        message = f"{names[body]}: {'; '.join(_said(missing, () if ever else partly))}"
        if partly and not ever:
            message += f". Records: {_listed(c for c in records if any(map(c.may_tell, partly)))}"
        if missing or (partly and not ever):
            warnings.append(CoverageWarning("", missing, message))
    if ever:
        warnings.append(CoverageWarning("", (), f"{_OUTSIDE}. Records: {_listed(covered)}"))
    return warnings


def _lacking(
    records: Sequence[Coverage], asked: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the years of which records tell nothing, and those of which they tell a part."""
    known = [coverage.whole for coverage in records if not coverage.subjects]
    missing = [year for year in asked if not any(c.may_tell(year) for c in records)]
    partly = [y for y in asked if y not in missing and not any(y in years for years in known)]
    return tuple(missing), tuple(partly)


def _said(missing: Sequence[int], partly: Sequence[int]) -> list[str]:
    parts = [f"{_written(missing)} {_NOT_NONE}"] if missing else []
    return [*parts, f"{_written(partly)} recorded in part only"] if partly else parts


def _listed(records: Iterable[Coverage]) -> str:
    reaches = [coverage.reach for coverage in records]
    more = len(reaches) - _LISTED
    return "; ".join(reaches[:_LISTED]) + (f"; and {more} more records" if more > 0 else "")


def _written(years: Sequence[int]) -> str:
    """Return years as spans.

    >>> _written([1946, 1947, 1948, 2020])
    '1946 to 1948, 2020'
    """
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], year]
        else:
            spans.append([year])
    return ", ".join(" to ".join(map(str, span)) for span in spans)
