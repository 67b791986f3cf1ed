"""Sort out the pages of a PDF's text: furniture, footnotes, boxes and body lines.

Bare addresses, page numbers and the page headers beside them are furniture; where it stands, a
page ends, and so at a form feed. On each page the footnotes begin at the expected number, after
a line of blanks or with their mark in the text before, and end where their last one does. A box
with a known heading lasts to the end of its page.

Used by ``pdf``.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from foedus.documents.forms import forms
from foedus.documents.layout import Line, Mark
from foedus.documents.manifest import Source
from foedus.documents.text import Text

_NOTE = re.compile(r"(\d{1,3})\s+(?=\S)")
_NOTE_ENDS = re.compile(r"[.\])’”\d]$")
_REPEATED = 3
"""How often a short line stands in the text to be a page header."""


@dataclass(slots=True)
class Page:
    """The lines of one page, sorted out step by step."""

    lines: list[Line]
    body: list[Line] = field(default_factory=list)
    notes: list[tuple[str, list[Line]]] = field(default_factory=list)
    box: list[Line] = field(default_factory=list)


def find_furniture(text: Text, lines: tuple[Line, ...], source: Source) -> list[Line]:
    """Return bare addresses and page numbers, and the page headers beside them.

    A header is a line that comes back, or one that names the series, its number or an author.
    It stands beside other furniture, or opens a page after a form feed.
    """
    counts = Counter(line.text for line in lines if len(line.text) <= 60)
    names = [source.series, source.number, *source.creators]
    headers = {_letters(name) for name in names if name}
    sure = [bool(forms().furniture.fullmatch(line.text)) for line in lines]
    repeated = [counts[line.text] >= _REPEATED or _letters(line.text) in headers for line in lines]
    ends = (0, *(line.end for line in lines))
    opens = ["\f" in text.content[ends[n] : line.start] for n, line in enumerate(lines)]
    chosen = list(sure)
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        for position in order:
            beside = any(chosen[max(0, position - 1) : position + 2]) or opens[position]
            chosen[position] = chosen[position] or (repeated[position] and beside)
    return [line for line, is_furniture in zip(lines, chosen, strict=True) if is_furniture]


def cut_pages(text: Text, lines: tuple[Line, ...], furniture: list[Line]) -> list[Page]:
    """Return the pages with their lines, the furniture left out."""
    starts = {line.start for line in furniture}
    pages = [Page([])]
    last_end = 0
    for line in lines:
        breaks = line.start in starts or "\f" in text.content[last_end : line.start]
        if breaks and pages[-1].lines:
            pages.append(Page([]))
        if line.start not in starts:
            pages[-1].lines.append(line)
        last_end = line.end
    return [page for page in pages if page.lines]


def sort_out(text: Text, page: Page, expected: int) -> int:
    """Part the page's lines into body, notes and box; return the next note's number."""
    region = ""
    previous: Line | None = None
    for line in page.lines:
        gap = text.content[previous.end : line.start] if previous else ""
        match = _NOTE.match(line.text)
        opens_note = match is not None and match[1] == str(expected)
        if region == "note" and not opens_note and _note_ended(previous, gap):
            region = ""
        if opens_note and (region == "note" or _has_mark(text, page, expected, gap)):
            region = "note"
            page.notes.append((str(expected), [line]))
            expected += 1
        elif region == "note":
            page.notes[-1][1].append(line)
        elif region == "box" or forms().boxes.fullmatch(line.text):
            region = "box"
            page.box.append(line)
        else:
            page.body.append(line)
        previous = line
    return expected


def _note_ended(previous: Line | None, gap: str) -> bool:
    """Tell whether a note is over: its last line ends, and a blank line follows."""
    blank = len(re.findall(r"\n", gap)) > 1
    return previous is None or (blank and _NOTE_ENDS.search(previous.text) is not None)


def _has_mark(text: Text, page: Page, number: int, gap: str) -> bool:
    if re.search(r"[ \t]{20,}|_{10,}", gap):
        return True
    return any(_places_of(text, line, number) for line in page.body)


def _places_of(text: Text, line: Line, number: int) -> list[int]:
    """Return where the mark ``number`` may stand in a line, the likeliest first."""
    written = text.content[line.start : line.end]
    pattern = rf"(?<=[^\s\d\-–—(/]){number}(?![\w%]|[.,]\d|-\w)"
    found = [match.start() for match in re.finditer(pattern, written)]
    # After punctuation before glued to a word, so that "G7" is not taken for a seventh mark.
    found.sort(key=lambda start: (written[start - 1].isalnum(), start))
    return [line.start + start for start in found]


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def find_marks(text: Text, pages: list[Page]) -> list[Mark]:
    """Find the mark of each note on its page, in the order of the notes."""
    marks: list[Mark] = []
    for page in pages:
        after = -1
        for number, _ in page.notes:
            places = [
                (text.content[place - 1].isalnum(), place)
                for line in page.body
                for place in _places_of(text, line, int(number))
                if place > after
            ]
            if places:
                after = min(places)[1]
                marks.append(Mark(number, after))
    return marks
