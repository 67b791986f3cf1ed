"""Find the saved queries that can be asked of a thing, and lead to them with it filled in.

A query suits a thing where it has a parameter that takes things of this kind: those below the
parameter's range or, where that is as wide as all things, those of the example's kind.

Shape: cells, in the order of the queries' paths.
Used by ``portraits``.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import pyoxigraph as ox

from foedus.parameters import Parameter
from foedus.saved import SavedQuery
from foedus.web.links import ID, NS, Cell, iri_cell

_ANY = (ID, NS)


def questions(queries: Mapping[str, SavedQuery], thing: str) -> list[Cell]:
    """Return the questions that can be asked of a thing, each leading to its answer."""
    found = []
    for path in sorted(queries):
        query = queries[path]
        taking = [p for p in query.params.values() if _takes(p, thing)]
        if taking:
            # Of a pair, not the thing with itself: where it is an example, it stays in its place.
            parameter = next((p for p in taking if p.example.value == thing), taking[0])
            shown = iri_cell(query.iri, {})
            asked = urlencode({parameter.name: parameter.value_of(ox.NamedNode(thing))})
            # The page of a saved query stands at its path, which its IRI would only send to.
            href = (shown.href or "").replace("/id/query/", "/queries/", 1)
            found.append(Cell(query.summary, href=f"{href}?{asked}", title=query.description))
    return found


def _takes(parameter: Parameter, thing: str) -> bool:
    if parameter.kind != "iri":
        return False
    if any(thing.startswith(start) for start in parameter.within if start not in _ANY):
        return True
    kind = thing.rpartition("/")[0]
    return kind == parameter.example.value.rpartition("/")[0] and bool(
        set(parameter.within) & set(_ANY)
    )
