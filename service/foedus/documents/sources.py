"""What is known of a document itself, and how: creators, publisher, date of publication.

The manifest gives the values; the text decides their basis. A value that the text's own front
or back matter shows is *stated in the text*; one that it does not show is from the
*publisher's page* where there is one, and else *inferred from the text*; one that is empty is
*not stated*.

Used by ``describe``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from foedus.documents.manifest import Source
from foedus.documents.passages import Passage, Reading
from foedus.values import find_dates

Basis = Literal["stated-in-text", "publisher-page", "inferred-from-text", "not-stated"]


@dataclass(frozen=True, slots=True)
class Known:
    """How something about a document is known, and the passage that shows it, if one does."""

    basis: Basis
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class Bases:
    """How creators, publisher and date of publication are known."""

    creators: Known
    publisher: Known
    published: Known


def find_bases(source: Source, reading: Reading) -> Bases:
    """Return how the manifest's values are known, given the text they should stand in."""
    matter = [p for p in reading.passages if p.role in ("boilerplate", "heading")]
    return Bases(
        _known(source, source.creators, matter),
        _known(source, _parts(source.publisher), matter),
        _dated(source, matter),
    )


def _parts(publisher: str | None) -> tuple[str, ...]:
    """Return the names a publisher's name consists of, without an abbreviation."""
    if publisher is None:
        return ()
    return tuple(re.sub(r"\s*\([^)]*\)", "", publisher).split(", "))


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def _known(source: Source, names: Iterable[str], matter: list[Passage]) -> Known:
    names = tuple(names)
    if not names:
        return Known("not-stated")
    showing = [_first(_plain(name), matter) for name in names]
    if all(showing):
        return Known("stated-in-text", showing[0])
    return Known("publisher-page" if source.url else "inferred-from-text")


def _first(name: str, matter: list[Passage]) -> Passage | None:
    return next((p for p in matter if re.search(rf"\b{re.escape(name)}", _plain(p.words))), None)


def _dated(source: Source, matter: list[Passage]) -> Known:
    if source.published is None:
        return Known("not-stated")
    for passage in matter:
        if any(str(found.value) == source.published for found in find_dates(passage.words)):
            return Known("stated-in-text", passage)
    return Known("publisher-page" if source.url else "inferred-from-text")
