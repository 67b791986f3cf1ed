"""Ask what pages show: the queries in ``rq/``, with terms set in their ``VALUES`` blocks.

Each file runs as it stands; `Lookup.ask` swaps the term in a block for serialized terms, so a
page asks any engine the same way and no text of a user is ever read as SPARQL.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import islice
from typing import cast

import pyoxigraph as ox

from foedus import tokens
from foedus.engine import Engine

Term = ox.NamedNode | ox.Literal | ox.BlankNode
Row = Mapping[str, Term]
Properties = Mapping[str, Sequence[Term]]


def iris(values: Iterable[str]) -> list[ox.NamedNode]:
    """Return IRIs as terms."""
    return [ox.NamedNode(value) for value in values]


def plain(terms: Iterable[object]) -> Iterator[Term | None]:
    """Yield terms as pages know them; a quoted triple becomes the text of it."""
    for term in terms:
        known = term is None or isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode)
        yield cast("Term | None", term) if known else ox.Literal(str(term))


def rows_of(answer: ox.QuerySolutions) -> tuple[list[str], list[list[Term | None]]]:
    """Return the columns and rows of an answer."""
    columns = [variable.value for variable in answer.variables]
    return columns, [list(plain(solution)) for solution in answer]


class Lookup:
    """The pages' queries over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        folder = resources.files("foedus.web").joinpath("rq")
        self._texts = {
            entry.name.removesuffix(".rq"): entry.read_text(encoding="utf-8")
            for entry in folder.iterdir()
            if entry.name.endswith(".rq")
        }

    def ask(self, query: str, **terms: Iterable[ox.NamedNode | ox.Literal]) -> list[Row]:
        """Return the rows of the query in ``rq/<query>.rq`` with the given blocks set.

        A variable without a value is left out of its row.
        """
        text = self._texts[query]
        blocks = [block for block in tokens.values_blocks(text) if block[0] in terms]
        for name, start, end in reversed(blocks):
            text = f"{text[:start]} {' '.join(map(str, terms[name]))} {text[end:]}"
        answer = self._engine.run(text)
        if not isinstance(answer, ox.QuerySolutions):
            raise TypeError(f"rq/{query}.rq is no SELECT query")
        names, rows = rows_of(answer)
        return [
            {name: term for name, term in zip(names, row, strict=True) if term is not None}
            for row in rows
        ]

    def labels(self, things: Iterable[str]) -> dict[str, str]:
        """Return the English label of each thing that has one."""
        found: dict[str, str] = {}
        ordered = iter(sorted(set(things)))
        while batch := list(islice(ordered, 2000)):
            for row in self.ask("labels", thing=iris(batch)):
                found.setdefault(row["thing"].value, row["text"].value)
        return found

    def properties(self, things: Iterable[str]) -> dict[str, dict[str, list[Term]]]:
        """Return what each thing has, in the order given: property to values, in order."""
        found: dict[str, dict[str, list[Term]]] = {thing: {} for thing in things}
        for row in self.ask("properties", thing=iris(found)):
            values = found[row["thing"].value].setdefault(row["property"].value, [])
            values.append(row["value"])
        for has in found.values():
            for values in has.values():
                values.sort(key=str)
        return found

    def things(self, query: str, thing: str, *, column: str) -> list[str]:
        """Return one column of IRIs from a query about one thing, each once, in its order."""
        rows = self.ask(query, thing=iris([thing]))
        return list(dict.fromkeys(row[column].value for row in rows if column in row))
