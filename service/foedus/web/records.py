"""Tell what records say in words: a source's statement as a sentence, a roll call by its options.

Shape: sentences by statement; `RollCall`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from foedus.web.links import Cell, cells, iri_cell, iris_in
from foedus.web.lookup import Lookup, Row, Term, iris
from foedus.web.voting import OPTIONS

_STATEMENT = "https://w3id.org/foedus/id/source-statement/"


@dataclass(frozen=True, slots=True)
class RollCall:
    """A vote on a text: when, what came of it, and who did what."""

    link: Cell
    date: str
    outcome: str
    options: tuple[tuple[str, tuple[Cell, ...]], ...]


def sentences(
    lookup: Lookup, things: Iterable[str], labels: Mapping[str, str], on_page: str
) -> dict[str, str]:
    """Return the statements of sources among things as sentences.

    The subject is named only where the page is of something else.
    """
    found = [thing for thing in sorted(set(things)) if thing.startswith(_STATEMENT)]
    rows = lookup.ask("source-statements", thing=iris(found)) if found else []
    named = {row[part].value for row in rows for part in ("subject", "object") if part in row}
    told = {**lookup.labels(named - set(labels)), **labels} if rows else {}
    return {row["thing"].value: _sentence(row, told, on_page) for row in reversed(rows)}


def _sentence(row: Row, labels: Mapping[str, str], on_page: str) -> str:
    """Return one statement as a sentence, its source as the record names it.

    The name of the source is what its label ends with.
    """
    relation = row["relation"].value.removeprefix("is ")
    words = [relation]
    if "object" in row:
        iri = row["object"].value
        words.append(labels.get(iri, iri.rpartition("/")[2]))
    date = row.get("value") or row.get("period")
    if date is not None:
        words.append(_dated(relation, date.value))
    said = " ".join(words).replace(" ,", ",")
    subject = row["subject"].value
    shown = said[:1].upper() + said[1:]
    if subject != on_page:
        shown = f"{labels.get(subject, subject)}: {said}"
    source = row["label"].value.rpartition(", ")[2]
    return f"{shown}, according to {source}"


def _dated(relation: str, date: str) -> str:
    if relation.endswith(" on"):
        return date
    return f", {date.replace('/', ' to ')}" if "/" in date else f"on {date}"


def roll_calls(lookup: Lookup, thing: str) -> list[RollCall]:
    """Return the votes on a resolution or draft."""
    rows = lookup.ask("votes-on", thing=iris([thing]))
    labels = lookup.labels({iri for row in rows for iri in iris_in(row.values())})
    votes: dict[str, list[Row]] = {}
    for row in rows:
        votes.setdefault(row["vote"].value, []).append(row)
    return [_roll_call(vote, found, labels) for vote, found in votes.items()]


def _roll_call(vote: str, rows: list[Row], labels: Mapping[str, str]) -> RollCall:
    voters: dict[str, list[Term]] = {}
    for row in rows:
        if "option" in row and row["state"] not in voters.setdefault(row["option"].value, []):
            voters[row["option"].value].append(row["state"])
    order = sorted(
        voters, key=lambda option: (option not in OPTIONS, [*OPTIONS, option].index(option))
    )
    return RollCall(
        link=iri_cell(vote, labels),
        date=next((row["date"].value for row in rows if "date" in row), ""),
        outcome=next((row["outcome"].value for row in rows if "outcome" in row), ""),
        options=tuple(
            (OPTIONS.get(option, labels.get(option, option)), cells(voters[option], labels))
            for option in order
        ),
    )
