"""Write an endpoint's rows into a query, as the ``VALUES`` block that stands for the call.

The rows are read from JSON, term by term, so that only what is a term gets into the query. A blank
node has no place in ``VALUES``; it is written as an IRI of ours and made a blank node again by a
function of ours, `open_blank`. Its label is the call's and the row order's, not the endpoint's.

Source: SPARQL 1.1 Query Results JSON Format, section 3; SPARQL 1.1 Query Language, 10.2.
Errors: `EngineError` for what is not such an answer, or holds triple terms; `LimitError` for more
values than a query can carry.
Used by ``federation`` and ``embedded``.
"""

import json
from collections.abc import Set
from typing import Any

import pyoxigraph as ox

from foedus.errors import EngineError, LimitError

BLANK = ox.NamedNode("urn:x-foedus:blank")
"""The function `open_blank` in a query, and the start of what it opens."""
_HELD = f"{BLANK.value}:"
_MOST_VALUES = 1_000_000
"""Rows times variables; a row without values is short in JSON, and not so in a query."""


def values_of(body: bytes, *, call: int, names: Set[str]) -> str:
    """Return the group that has an answer's rows, of the variables named.

    >>> body = b'{"head": {"vars": ["s"]}, "results": {"bindings": [{}]}}'
    >>> values_of(body, call=0, names={"s"})
    '{ VALUES (?s) { (UNDEF) } }'
    """
    try:
        told = json.loads(body)
        listed = [str(ox.Variable(name)) for name in told["head"]["vars"] if name in names]
        found = told["results"]["bindings"]
        if len(found) * max(len(listed), 1) > _MOST_VALUES:
            raise LimitError(f"its answer has more than {_MOST_VALUES} values")
        blanks: dict[str, str] = {}
        rows = [[_write(row.get(name[1:]), blanks, call) for name in listed] for row in found]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise EngineError(f"its answer is not SPARQL results in JSON: {error}") from error
    if len(set(listed)) < len(listed):
        raise EngineError("its answer is not SPARQL results in JSON: a variable comes twice")
    held = set(blanks.values())
    opened = [place for place in range(len(listed)) if any(row[place] in held for row in rows)]
    columns = [
        f"?foedus_{call}_{place}" if place in opened else name for place, name in enumerate(listed)
    ]
    lines = " ".join(f"({' '.join(row)})" for row in rows)
    block = f"VALUES ({' '.join(columns)}) {{ {lines} }}"
    if not opened:
        return f"{{ {block} }}"
    binds = " ".join(f"BIND({BLANK}({columns[place]}) AS {listed[place]})" for place in opened)
    return f"{{ SELECT {' '.join(listed)} {{ {block} {binds} }} }}"


def open_blank(term: Any) -> Any:
    """Return the blank node that an IRI of ours stands for, and any other term as it is."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(_HELD):
        return ox.BlankNode(f"service{term.value.removeprefix(_HELD)}")
    return term


def _write(cell: dict[str, str] | None, blanks: dict[str, str], call: int) -> str:
    """Return one term as SPARQL; ``blanks`` has those met so far, by the endpoint's label."""
    if cell is None:
        return "UNDEF"
    kind, value = cell["type"], cell["value"]
    if kind == "uri":
        return str(ox.NamedNode(value))
    if kind == "bnode":
        return blanks.setdefault(value, f"<{_HELD}{call}b{len(blanks)}>")
    if kind not in ("literal", "typed-literal") or "its:dir" in cell:
        raise ValueError(f"terms of the type {kind!r} are not taken")
    language, datatype = cell.get("xml:lang"), cell.get("datatype")
    if language is not None:
        return str(ox.Literal(value, language=language))
    return str(ox.Literal(value, datatype=ox.NamedNode(datatype) if datatype else None))
