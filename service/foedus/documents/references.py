"""The references of a text: where they stand, what they say, and which passages cite them.

In a text with notes, each note's references are read from the note, and the passage that bears
its mark cites them. In an author-year text they are read from the list, and a passage cites
those its parentheses name. Addresses that a PDF prints apart from its notes are given to the
references that say they were read online: in order where the page has as many of one as of the
other, and else by the words that address and reference share.

Shape: `Reference`.
Used by ``describe``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from foedus.documents import author_year, note_references
from foedus.documents.bibliography import Entry
from foedus.documents.citations import citation_label, cited
from foedus.documents.passages import Passage, Reading, ascii_slug, key_of, numbered
from foedus.documents.text import Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A bibliographic entry of a document."""

    key: str
    label: str
    """What the document calls it: author and year, or the mark of its note."""
    entry: Entry
    passage: Passage
    span: Span
    words: str


@dataclass(frozen=True, slots=True)
class References:
    """All references of a text, and which of them each passage cites, by passage key."""

    all: tuple[Reference, ...]
    cited_by: dict[str, tuple[str, ...]]


def read_references(reading: Reading) -> References:
    """Return the references of a text."""
    listed = _from_list(reading)
    noted = _from_notes(reading)
    references = (*listed, *noted)
    keys = numbered(reference.key for reference in references)
    references = tuple(
        replace(reference, key=key) for reference, key in zip(references, keys, strict=True)
    )
    by_note: dict[str, list[str]] = {}
    for reference in references:
        if reference.passage.note:
            by_note.setdefault(reference.passage.note, []).append(reference.key)
    entries = [reference.entry for reference in references[: len(listed)]]
    cited_by: dict[str, tuple[str, ...]] = {}
    for passage in reading.passages:
        if passage.role not in ("body", "heading"):
            continue
        keys_cited = [key for mark in passage.bears for key in by_note.get(mark, ())]
        keys_cited += [references[n].key for n in cited(passage.words, entries)]
        if keys_cited:
            cited_by[passage.key] = tuple(keys_cited)
    return References(references, cited_by)


def _from_list(reading: Reading) -> tuple[Reference, ...]:
    passages: list[Passage] = []
    entries: list[Entry] = []
    previous: Entry | None = None
    for passage in reading.passages:
        entry = (
            author_year.read_entry(passage.words, previous) if passage.role == "reference" else None
        )
        if entry is not None:
            passages.append(passage)
            entries.append(entry)
            previous = entry
    references = []
    for passage, entry in zip(passages, entries, strict=True):
        label = citation_label(entry, entries)
        span = passage.span_of(0, len(passage.words))
        references.append(Reference(key_of(label, "r"), label, entry, passage, span, passage.words))
    return tuple(references)


def _from_notes(reading: Reading) -> tuple[Reference, ...]:
    references: list[Reference] = []
    for passage in reading.passages:
        if passage.role != "note" or passage.note is None:
            continue
        for found in note_references.read_entries(passage.words):
            family = found.entry.authors[0].family
            year = str(found.entry.date)[:4] if found.entry.date else ""
            references.append(
                Reference(
                    key_of(f"n{passage.note} {family} {year}", "r"),
                    passage.note,
                    found.entry,
                    passage,
                    passage.span_of(found.start, found.end),
                    passage.words[found.start : found.end],
                )
            )
    return tuple(_with_addresses(references, reading.addresses))


def _with_addresses(
    references: list[Reference], addresses: tuple[tuple[int, str], ...]
) -> list[Reference]:
    """Give each reference the address that its page prints for it."""
    if not addresses:
        return references
    result: list[Reference] = []
    ends = sorted({_page_end(reference, addresses) for reference in references})
    before = -1
    for end in ends:
        on_page = [r for r in references if _page_end(r, addresses) == end]
        online = [r for r in on_page if r.entry.is_online and r.entry.address is None]
        printed = list(
            dict.fromkeys(
                address
                for position, address in addresses
                if before < position
                and position >= on_page[-1].span[1]
                and position < _next(ends, end)
            )
        )
        given = _assign(online, printed)
        for reference in on_page:
            address = given.get(reference.key)
            if address:
                reference = replace(reference, entry=replace(reference.entry, address=address))
            result.append(reference)
        before = end
    return result


def _page_end(reference: Reference, addresses: Iterable[tuple[int, str]]) -> int:
    """Return where the first address after a reference stands: the foot of its page."""
    return next((p for p, _ in addresses if p >= reference.span[1]), -1)


def _next(ends: Sequence[int], end: int) -> float:
    return min((other for other in ends if other > end), default=float("inf"))


def _assign(online: list[Reference], addresses: list[str]) -> dict[str, str]:
    if len(online) == len(addresses):
        return {r.key: address for r, address in zip(online, addresses, strict=True)}
    given: dict[str, str] = {}
    for address in addresses:
        words = set(re.findall(r"[a-z]{3,}", ascii_slug(address)))
        shared = [
            (len(words & set(re.findall(r"[a-z]{3,}", ascii_slug(r.words)))), -n, r.key)
            for n, r in enumerate(online)
            if r.key not in given
        ]
        best = max(shared, default=(0, 0, ""))
        if best[0] >= 2:
            given[best[2]] = address
    return given
