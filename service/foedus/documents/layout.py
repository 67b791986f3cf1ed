"""What a layout reader returns: the parts of a text and their blocks, and the lines it reads.

A part is what stands under one heading; a block is a heading, a paragraph, a note, a reference
or a line of boilerplate. A block knows its spans, which leave out note marks and page furniture.

Units: code points, as in ``text``.
Used by ``web``, ``pdf`` and ``passages``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from foedus.documents.forms import Role
from foedus.documents.text import Span


@dataclass(frozen=True, slots=True)
class Line:
    """One line without the white space around it."""

    start: int
    end: int
    text: str
    """Its words, white space folded."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A note mark in a block: which note, and where it stands."""

    note: str
    position: int


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, note, reference or line of boilerplate."""

    role: Role
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...] = ()
    note: str | None = None
    """The mark of the note that this block is."""


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading; ``name`` is that heading, or a name where it has none."""

    name: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a text, and the web addresses it prints apart from its notes."""

    parts: tuple[Part, ...]
    addresses: tuple[tuple[int, str], ...] = ()
    """Position and address, in order of the text."""


def read_lines(content: str) -> tuple[Line, ...]:
    r"""Return the lines of ``content`` that hold more than white space.

    >>> [line.text for line in read_lines("One  line\n\n  another \n")]
    ['One line', 'another']
    """
    found = (
        (match.start() + len(match[0]) - len(match[0].lstrip()), match[0].strip())
        for match in re.finditer(r"[^\n\r\f\v]+", content)
    )
    return tuple(
        Line(start, start + len(bare), " ".join(bare.split())) for start, bare in found if bare
    )


def trimmed(content: str, start: int, end: int) -> Span | None:
    """Return the stretch without white space at its ends, or None when nothing is left."""
    piece = content[start:end]
    bare = piece.strip()
    if not bare:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(bare)


def without(content: str, span: Span, gaps: Iterable[Span]) -> list[Span]:
    """Return what is left of ``span`` when ``gaps`` are cut out of it, trimmed."""
    pieces: list[Span] = []
    start, end = span
    for first, last in sorted(gaps):
        if start <= first < end:
            pieces += [piece] if (piece := trimmed(content, start, first)) else []
            start = last
    pieces += [piece] if (piece := trimmed(content, start, end)) else []
    return pieces


def joined(content: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return ``spans`` with those made one between which only white space stands."""
    result: list[Span] = []
    for start, end in spans:
        if result and not content[result[-1][1] : start].strip():
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return tuple(result)
