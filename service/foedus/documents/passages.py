"""Make passages of blocks: sentences with keys from their words and spans in their file.

A key is ``p`` and the first ten hexadecimal digits of the SHA-256 of the passage's words, so
that an edit elsewhere moves nothing; a later passage with the same words gets ``-2``, and so on.
A paragraph has the key of its first passage, a section the words of its heading.

Shape: `Reading`, the whole structure of one text, in the order of the text.
Used by ``references``, ``mentions``, ``describe`` and ``verification``.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from foedus.documents.forms import Role
from foedus.documents.layout import Block, Layout, Part
from foedus.documents.sentences import split
from foedus.documents.text import Span, Text, clean, sha256
from foedus.iris import slug

_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence, heading, note, reference or line of boilerplate."""

    key: str
    role: Role
    words: str
    spans: tuple[Span, ...]
    positions: tuple[int, ...]
    """For each character of ``words``, where it stands in the file."""
    section: str
    paragraph: str | None
    """Key of its paragraph; None for headings and notes."""
    note: str | None
    """Mark of the note it is."""
    bears: tuple[str, ...]
    """Marks of the notes that stand in it."""
    repeats: bool = False
    """Whether it is a paragraph of its own that repeats a sentence of another."""

    def span_of(self, start: int, end: int) -> Span:
        """Return where the words from ``start`` to ``end`` stand in the file."""
        return self.positions[start], self.positions[end - 1] + 1


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text and the words of its heading, where it has one."""

    key: str
    heading: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read: its sections and passages in the order of the text."""

    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    addresses: tuple[tuple[int, str], ...]


def passage_key(words: str) -> str:
    """Return the key of a passage with these words, if it is the first that has them.

    >>> passage_key("The treaty holds.")
    'pc8b58bb6cd'
    """
    return "p" + sha256(words)[:_DIGITS]


def ascii_slug(text: str) -> str:
    """Return ``text`` as a key, its letters without their marks.

    >>> ascii_slug("Zoë Müller")
    'zoe-muller'
    """
    bare = unicodedata.normalize("NFKD", text)
    return slug("".join(c for c in bare if not unicodedata.combining(c)))


def key_of(words: str, letter: str) -> str:
    """Return ``words`` as a key; ``letter`` opens one that would not begin with a letter.

    >>> key_of("5 May Union", "o")
    'o-5-may-union'
    """
    key = ascii_slug(words)
    return key if key[:1].isalpha() else f"{letter}-{key or sha256(words)[:_DIGITS]}"


def numbered(keys: Iterable[str]) -> tuple[str, ...]:
    """Return ``keys`` with ``-2``, ``-3`` … on those that came before.

    >>> numbered(["a", "b", "a"])
    ('a', 'b', 'a-2')
    """
    counts: Counter[str] = Counter()
    result = []
    for key in keys:
        counts[key] += 1
        result.append(key if counts[key] == 1 else f"{key}-{counts[key]}")
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A passage before it has its key."""

    role: Role
    words: str
    positions: tuple[int, ...]
    spans: tuple[Span, ...]
    section: int
    block: int
    marks: tuple[str, ...]
    note: str | None


def read_passages(text: Text, layout: Layout) -> Reading:
    """Return the passages and sections of a text of the given layout."""
    filled = [
        Part(part.name, [block for block in part.blocks if clean(text, block.spans)[0]])
        for part in layout.parts
    ]
    parts = [part for part in filled if part.blocks]
    drafts = [
        draft
        for section, part in enumerate(parts)
        for number, block in enumerate(part.blocks)
        for draft in _drafts(text, block, section, number)
    ]
    drafts.sort(key=lambda draft: draft.spans[0])
    sizes = Counter((draft.section, draft.block) for draft in drafts)
    keys = numbered(passage_key(draft.words) for draft in drafts)
    order = sorted(range(len(parts)), key=lambda n: parts[n].blocks[0].spans[0])
    names = dict(zip(order, numbered(_section_key(parts[n].name) for n in order), strict=True))
    first: dict[tuple[int, int], str] = {}
    for draft, key in zip(drafts, keys, strict=True):
        first.setdefault((draft.section, draft.block), key)
    said = Counter(draft.words for draft in drafts if draft.role == "body")
    passages = tuple(
        Passage(
            key,
            draft.role,
            draft.words,
            draft.spans,
            draft.positions,
            names[draft.section],
            first[draft.section, draft.block] if draft.role not in ("heading", "note") else None,
            draft.note,
            draft.marks,
            draft.role == "body"
            and said[draft.words] > 1
            and sizes[draft.section, draft.block] == 1,
        )
        for draft, key in zip(drafts, keys, strict=True)
    )
    headings = {
        section: clean(text, block.spans)[0]
        for section, part in enumerate(parts)
        if (block := part.blocks[0]).role == "heading" and part.name != "front"
    }
    sections = tuple(Section(names[n], headings.get(n)) for n in order)
    return Reading(sections, passages, layout.addresses)


def _section_key(name: str) -> str:
    bare = re.sub(r"^(?:\d+(?:\.\d+)*\.?|[IVXLC]+\.)\s+", "", name)
    return key_of(bare, "s")


def _drafts(text: Text, block: Block, section: int, number: int) -> list[_Draft]:
    words, positions = clean(text, block.spans)
    cuts = split(words) if block.role in ("body", "boilerplate") else ((0, len(words)),)
    drafts = []
    for start, end in cuts:
        first, last = positions[start], positions[end - 1] + 1
        spans = tuple(
            (max(first, s), min(last, e)) for s, e in block.spans if s < last and e > first
        )
        drafts.append(
            _Draft(
                block.role,
                words[start:end],
                positions[start:end],
                _trim(text.content, spans),
                section,
                number,
                (),
                block.note,
            )
        )
    return _with_marks(drafts, block)


def _trim(content: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    trimmed = []
    for start, end in spans:
        piece = content[start:end]
        if piece.strip():
            start += len(piece) - len(piece.lstrip())
            trimmed.append((start, start + len(piece.strip())))
    return tuple(trimmed)


def _with_marks(drafts: list[_Draft], block: Block) -> list[_Draft]:
    """Give each draft the marks in it; one after a sentence's end belongs to that sentence."""
    marks: dict[int, list[str]] = {}
    for mark in block.marks:
        before = [n for n, draft in enumerate(drafts) if draft.positions[0] <= mark.position]
        marks.setdefault(before[-1] if before else 0, []).append(mark.note)
    return [
        _Draft(
            draft.role,
            draft.words,
            draft.positions,
            draft.spans,
            draft.section,
            draft.block,
            tuple(marks.get(n, ())),
            draft.note,
        )
        for n, draft in enumerate(drafts)
    ]
