"""Make a table that people can read from the rows of an answer.

A column of IRIs and the column that holds their labels become one: the label, leading to the
thing. Headings are the columns' names in words; what they mean stands in a legend and in the
heading's title.

Of many rows the first `MOST_ROWS` are made into cells; the page says so, and the data hold all.

Shape: `Table`, for the macro ``answer_table``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyoxigraph as ox

from foedus.results import PREFIXES
from foedus.web.links import Cell, cell, iris_in
from foedus.web.lookup import Lookup, Term
from foedus.web.state import service

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_IRI_OF = re.compile(r"IRI of (an? |the )?")
_XSD = PREFIXES["xsd"]
_NUMBERS = frozenset(_XSD + name for name in ("integer", "decimal", "double", "float"))
_BOOLEANS = {"true": "yes", "false": "no", "1": "yes", "0": "no"}
_DATE = re.compile(r"-?[0-9]{4}(-[0-9]{2}){0,2}")
_EMPTY = Cell("–", kind="quiet")

MOST_ROWS = 500
"""How many rows of an answer a page shows."""

Rows = Sequence[Sequence[Term | None]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what it holds."""

    name: str
    meaning: str
    kind: str = ""
    """number, where every cell is one; else empty."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and the rows of their cells."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def in_words(name: str) -> str:
    """Return a column's name as a heading.

    >>> in_words("otherClaim")
    'Other claim'
    """
    return " ".join(_WORD.sub(" ", name).lower().split()).capitalize()


def names(lookup: Lookup, rows: Rows) -> dict[str, str]:
    """Return the labels of the things in rows, saved queries by their questions."""
    found = lookup.labels(iris_in(term for row in rows[:MOST_ROWS] for term in row if term))
    return found | {query.iri: query.summary for query in service().queries.values()}


def make(columns: Mapping[str, str], rows: Rows, labels: Mapping[str, str]) -> Table:
    """Return a table of the first rows; ``columns`` says what each holds, in the rows' order."""
    rows = rows[:MOST_ROWS]
    things = list(columns)
    told_by = _labelled(rows, labels, len(things))
    hidden = set(told_by.values())
    shown = [place for place in range(len(things)) if place not in hidden]
    made = tuple(
        tuple(_cell(row[place], labels, _said(row, told_by.get(place))) for place in shown)
        for row in rows
    )
    heads = []
    for position, place in enumerate(shown):
        meaning = _meaning(columns, things, place, told_by.get(place))
        kinds = {row[position].kind for row in made} - {"quiet"}
        heads.append(
            Column(in_words(things[place]), meaning, "number" if kinds == {"number"} else "")
        )
    return Table(tuple(heads), made)


def _labelled(rows: Rows, labels: Mapping[str, str], width: int) -> dict[int, int]:
    """Return for each column of IRIs the column of literals that holds their labels, if one does.

    A literal stands for an IRI only if it does so in every row.
    """
    pairs: dict[int, int] = {}
    for place in range(width):
        column = [row[place] for row in rows]
        if not any(column) or not all(t is None or isinstance(t, ox.NamedNode) for t in column):
            continue
        for other in range(width):
            if other in pairs.values() or not any(
                isinstance(row[other], ox.Literal) for row in rows
            ):
                continue
            if all(_names(row[other], row[place], labels) for row in rows):
                pairs[place] = other
                break
    return pairs


def _names(text: Term | None, thing: Term | None, labels: Mapping[str, str]) -> bool:
    if not isinstance(thing, ox.NamedNode):
        return text is None
    return isinstance(text, ox.Literal) and labels.get(thing.value) == text.value


def _said(row: Sequence[Term | None], place: int | None) -> str | None:
    term = None if place is None else row[place]
    return None if term is None else term.value


def _meaning(columns: Mapping[str, str], order: list[str], place: int, told: int | None) -> str:
    """Return what a column holds, without speaking of IRIs where a label is shown."""
    meaning = _IRI_OF.sub("", columns[order[place]])
    meaning = meaning[:1].upper() + meaning[1:]
    if told is None or not meaning:
        return meaning
    other = columns[order[told]]
    return f"{meaning}: {other[:1].lower()}{other[1:]}"


def _cell(term: Term | None, labels: Mapping[str, str], said: str | None) -> Cell:
    """Return a term as a table shows it: dates and numbers known as such, yes and no in words."""
    if term is None:
        return _EMPTY
    shown = cell(term, labels)
    if not isinstance(term, ox.Literal):
        return replace(shown, text=said) if said else shown
    datatype = term.datatype.value
    if datatype == _XSD + "boolean":
        return replace(shown, text=_BOOLEANS.get(term.value, term.value), kind="quiet")
    if datatype in _NUMBERS:
        return replace(shown, kind="number")
    return replace(shown, kind="date") if _DATE.fullmatch(term.value) else shown
