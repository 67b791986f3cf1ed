"""Say what the records show of the propositions that a saved query tests.

Shape: `Verdict`, with the rows of its query as a table. The rows are those of the build, so that
a page shows what the verdict rests on without asking again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pyoxigraph as ox

from foedus import verdicts
from foedus.web import tables
from foedus.web.links import Cell, iri_cell
from foedus.web.lookup import Lookup, Row, Term, iris
from foedus.web.state import service

_SIDE = "bears"
_ORDER = ("contradicted", "supported", "not-testable")
_SAYS = {
    "contradicted": "The record contradicts this",
    "supported": "The record bears this out",
    "not-testable": "Not testable by the record",
}
_MIRRORED = {"contradicted": "supported", "supported": "contradicted"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the records say of one proposition."""

    proposition: str
    outcome: str
    """contradicted, supported or not-testable."""
    link: Cell
    """To the verdict."""
    query: Cell
    against: int
    count: int
    rows: tuple[dict[str, str], ...]
    rule: Cell | None = None
    version: str = ""
    """Digest of the records it was drawn from."""

    @property
    def says(self) -> str:
        """The outcome as a sentence."""
        return _SAYS.get(self.outcome, self.outcome)

    def for_claim(self, *, denies: bool) -> str:
        """Return the outcome for a claim: to deny what the record contradicts is borne out."""
        return _MIRRORED.get(self.outcome, self.outcome) if denies else self.outcome

    def sentence_for(self, *, denies: bool) -> str:
        """Return the outcome for a claim as a sentence."""
        return sentence(self.for_claim(denies=denies))

    @property
    def tally(self) -> str:
        """How many rows speak on the side that decided; empty without rows."""
        if not self.count:
            return ""
        side, number = ("against", self.against) if self.against else ("for", self.count)
        verb = "speaks" if number == 1 else "speak"
        rows = "row" if self.count == 1 else "rows"
        return f"{number} of {self.count} {rows} {verb} {side} the proposition"


def read(lookup: Lookup, propositions: Iterable[str]) -> dict[str, list[Verdict]]:
    """Return the verdicts on each proposition that has any, contradictions first."""
    wanted = iris(sorted(set(propositions)))
    found = [_verdict(row) for row in lookup.ask("verdicts", proposition=wanted)] if wanted else []
    by_proposition: dict[str, list[Verdict]] = {}
    for verdict in sorted(found, key=_place):
        by_proposition.setdefault(verdict.proposition, []).append(verdict)
    return by_proposition


def _place(verdict: Verdict) -> tuple[int, str]:
    known = verdict.outcome in _ORDER
    return (_ORDER.index(verdict.outcome) if known else len(_ORDER), verdict.link.title)


def _verdict(row: Row) -> Verdict:
    rows = tuple(json.loads(row["rows"].value)) if "rows" in row else ()
    return Verdict(
        proposition=row["proposition"].value,
        outcome=row["outcome"].value.rpartition("/")[2],
        link=iri_cell(row["verdict"].value, {row["verdict"].value: "the verdict"}),
        query=_query(row),
        against=sum(line.get(_SIDE) == "against" for line in rows),
        count=len(rows),
        rows=rows,
        rule=iri_cell(row["rule"].value, {}) if "rule" in row else None,
        version=row["version"].value if "version" in row else "",
    )


def _query(row: Row) -> Cell:
    """Return the testing query, asked what it was asked of the proposition."""
    iri = row["query"].value
    known = next((query for query in service().queries.values() if query.iri == iri), None)
    if known is None:
        return iri_cell(iri, {})
    roles = [role for role in verdicts.ROLES if role in known.params and role in row]
    asked = {role: known.params[role].value_of(ox.NamedNode(row[role].value)) for role in roles}
    cell = iri_cell(iri, {iri: known.summary})
    return replace(cell, href=f"{cell.href}?{urlencode(asked)}") if asked else cell


def table(lookup: Lookup, verdict: Verdict) -> tables.Table | None:
    """Return the rows a verdict rests on, None where there is none."""
    if not verdict.rows:
        return None
    known = next((q for q in service().queries.values() if q.iri == verdict.query.title), None)
    present = sorted({name for line in verdict.rows for name in line})
    columns = dict(known.columns) if known else dict.fromkeys(present, "")
    rows = [[_term(line.get(name)) for name in columns] for line in verdict.rows]
    return tables.make(columns, rows, tables.names(lookup, rows))


def _term(text: str | None) -> Term | None:
    """Return what an evidence cell was before it was written as text."""
    if text is None:
        return None
    if text.startswith(("https://", "http://")) and " " not in text:
        return ox.NamedNode(text)
    return ox.Literal(text)


def badge(verdicts: Sequence[Verdict], *, denies: bool) -> str:
    """Return the outcome for a claim in one word for its style; a denial turns it round.

    ``verdicts`` are those on what the claim asserts or denies. Where they differ, the one that
    speaks against the claim decides.
    """
    outcomes = {verdict.for_claim(denies=denies) for verdict in verdicts}
    return next((name for name in _ORDER if name in outcomes), "")


def sentence(outcome: str) -> str:
    """Return an outcome as a sentence."""
    return _SAYS.get(outcome, "")
