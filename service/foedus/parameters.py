"""What values a saved query's parameter takes, and the term each becomes.

Five types: ``iri`` (a thing below one or more prefixes, given whole or by its key), ``date``
(a day), ``integer`` (with bounds and unit), ``choice`` (a list of values) and ``text``. A value
that is not of its type is refused; one that is becomes a term serialized by the engine's own
library, so that no character of it can be read as SPARQL.

Errors: `ParameterError` with parameter, value and expected form; `ValueError` from `declare` for
a header's fault, which ``saved`` reports with its line.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from foedus import tokens
from foedus.errors import ParameterError

Term = ox.NamedNode | ox.Literal
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATE = ox.NamedNode(_XSD + "date")
_KEY = re.compile(r"[A-Za-z0-9][\w.,=/-]{0,300}", re.ASCII)
_LONGEST_TEXT = 1000
_KEYS = {
    "iri": {"within"},
    "date": set(),
    "integer": {"min", "max", "unit"},
    "choice": {"values", "within"},
    "text": set(),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type with the type's limits, and its example."""

    name: str
    kind: str
    label: str
    example: Term
    within: tuple[str, ...] = ()
    """Of an IRI: the prefixes its values start with."""
    minimum: int | None = None
    maximum: int | None = None
    unit: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    """Of a choice: each value with its label."""

    @property
    def expected(self) -> str:
        """The expected form, in words."""
        if self.kind == "iri":
            return f"an IRI under {' or '.join(self.within)}, or its last part"
        if self.kind == "date":
            return "a day as YYYY-MM-DD"
        if self.kind == "integer":
            low = "" if self.minimum is None else f" from {self.minimum}"
            high = "" if self.maximum is None else f" to {self.maximum}"
            return f"a whole number{low}{high}"
        if self.kind == "choice":
            return "one of " + ", ".join(value for value, _ in self.values)
        return f"a text of 1 to {_LONGEST_TEXT} characters"

    @property
    def example_value(self) -> str:
        """The example as a caller would give it."""
        return self.value_of(self.example)

    def value_of(self, term: Term) -> str:
        """Return a term as a caller would give it: an IRI by its key where that is enough."""
        if isinstance(term, ox.NamedNode) and len(self.within) == 1:
            return term.value.removeprefix(self.within[0])
        return term.value

    def term(self, value: str) -> Term:
        """Return the term a value stands for; raise `ParameterError` if it is not of the type."""
        term = self._read(value)
        if term is None:
            raise ParameterError(f"{self.name}: {value!r} is not {self.expected}")
        return term

    def _read(self, value: str) -> Term | None:
        if self.kind == "iri":
            return _read_iri(value, self.within)
        if self.kind == "date":
            return _read_date(value)
        if self.kind == "integer":
            return self._read_integer(value)
        if self.kind == "choice" and value not in dict(self.values):
            return None
        if isinstance(self.example, ox.NamedNode):
            return ox.NamedNode(self.within[0] + value)
        if not 0 < len(value) <= _LONGEST_TEXT or not value.isprintable():
            return None
        return ox.Literal(value, language=self.example.language)

    def _read_integer(self, value: str) -> Term | None:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            return None
        number = int(value)
        low = number if self.minimum is None else self.minimum
        high = number if self.maximum is None else self.maximum
        return ox.Literal(number) if low <= number <= high else None


def _read_iri(value: str, within: tuple[str, ...]) -> Term | None:
    for prefix in within:
        if value.startswith(prefix) and _KEY.fullmatch(value.removeprefix(prefix)):
            return ox.NamedNode(value)
    if len(within) == 1 and _KEY.fullmatch(value):
        return ox.NamedNode(within[0] + value)
    return None


def _read_date(value: str) -> Term | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return None
    return ox.Literal(value, datatype=_DATE)


def terms(text: str) -> list[str]:
    """Return the terms that stand in a piece of SPARQL, a literal as one.

    >>> terms('"a"@en <b:c> d:e 5')
    ['"a"@en', '<b:c>', 'd:e', '5']
    """
    found: list[str] = []
    for token in tokens.split(text):
        before = found[-1] if found else ""
        joins = token.kind in ("language", "datatype") or before.endswith("^^")
        if before and (joins or before in "+-"):
            found[-1] += token.text
        else:
            found.append(token.text)
    return found


def evaluate(prologue: str, text: str) -> Term:
    """Return the term a piece of SPARQL writes; `ValueError` if it is no IRI or literal."""
    try:
        answer = ox.Store().query(f"{prologue} SELECT ?term {{ VALUES ?term {{ {text} }} }}")
    except SyntaxError as error:
        raise ValueError(f"its example {text} is no term: {error.msg}") from error
    rows = list(answer) if isinstance(answer, ox.QuerySolutions) else []
    term = rows[0]["term"] if rows else None
    if not isinstance(term, ox.NamedNode | ox.Literal):
        raise ValueError(f"its example {text} is no IRI or literal")
    return term


def declare(name: str, said: object, example: Term) -> Parameter:
    """Return the parameter a header declares; `ValueError` says what is wrong with it."""
    if not isinstance(said, Mapping) or said.get("type") not in _KEYS:
        raise ValueError(f"needs a type: one of {', '.join(_KEYS)}")
    kind = str(said["type"])
    unknown = sorted(set(said) - _KEYS[kind] - {"type", "label"})
    if unknown:
        raise ValueError(f"type {kind} has no {', '.join(map(str, unknown))}")
    within = said.get("within", ())
    parameter = Parameter(
        name=name,
        kind=kind,
        label=str(said.get("label", name)),
        example=example,
        within=(within,) if isinstance(within, str) else tuple(within),
        minimum=int(said["min"]) if "min" in said else None,
        maximum=int(said["max"]) if "max" in said else None,
        unit=said.get("unit"),
        values=_labelled(said.get("values", ())),
    )
    _require(parameter)
    if parameter._read(parameter.value_of(example)) != example:
        raise ValueError(f"its example {example} is not {parameter.expected}")
    return parameter


def _require(parameter: Parameter) -> None:
    if parameter.kind == "iri" and not parameter.within:
        raise ValueError("type iri needs within: the start of its values")
    if parameter.kind == "choice" and not parameter.values:
        raise ValueError("type choice needs values")
    if isinstance(parameter.example, ox.NamedNode) and not parameter.within:
        raise ValueError("an IRI as example needs within: the start of its values")


def _labelled(values: Any) -> tuple[tuple[str, str], ...]:
    pairs = values.items() if isinstance(values, Mapping) else ((value, value) for value in values)
    return tuple((str(value), str(label)) for value, label in pairs)
