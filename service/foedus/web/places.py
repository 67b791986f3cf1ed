"""Say where passages stand: document, section, paragraph, spans and the publisher's link.

Units: spans count code points of the text file, the end exclusive.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from foedus.results import PREFIXES
from foedus.web.links import NS, cell, iri_cell, iris_in
from foedus.web.lookup import Lookup, Row, Term, iris

_URL = PREFIXES["schema"] + "url"


def places(lookup: Lookup, passages: Sequence[str]) -> list[dict[str, Any]]:
    """Return where each passage stands: document, section, paragraph, spans, publisher's link."""
    wholes = lookup.ask("wholes", thing=iris(passages))
    spans = lookup.ask("spans", thing=iris(passages))
    found = lookup.properties(
        iris_in(row["span"] for row in spans) | iris_in(row["whole"] for row in wholes)
    )
    labels = lookup.labels(
        {iri for row in (*wholes, *spans) for iri in iris_in(row.values())} | set(passages)
    )
    return [
        {
            "passage": iri_cell(passage, labels),
            "wholes": [
                (row["class"].value.removeprefix(NS), cell(row["whole"], labels))
                for row in sorted(wholes, key=_size)
                if row["thing"].value == passage
            ],
            "spans": [
                _span(row["span"].value, found[row["span"].value])
                for row in spans
                if row["thing"].value == passage
            ],
            "addresses": [
                cell(address, {})
                for row in wholes
                if row["thing"].value == passage
                for address in found[row["whole"].value].get(_URL, ())
            ],
        }
        for passage in passages
    ]


def _size(row: Row) -> int:
    """Return where a whole comes among those that hold a passage: the largest first."""
    sizes = ("Document", "Section", "Paragraph")
    name = row["class"].value.removeprefix(NS)
    return sizes.index(name) if name in sizes else len(sizes)


def _span(iri: str, has: Mapping[str, Sequence[Term]]) -> dict[str, str]:
    """Return a span's offsets and digest; the offsets are code points, the end exclusive."""
    values = {name.rpartition("#")[2]: terms[0].value for name, terms in has.items()}
    return {
        "start": values.get("start", ""),
        "end": values.get("end", ""),
        "sha256": values.get("sha256", ""),
        "file": iri.partition("#")[0].rpartition("/")[2],
    }
