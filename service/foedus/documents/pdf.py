"""Read the layout of the text of a PDF: pages, with headers, footnotes and broken lines.

Page furniture (bare addresses, page numbers, lines that come back on other pages) is taken
out first; where it stands, a page ends. On each page the footnotes come next: they begin at
the expected number, after a line of blanks or with their mark in the text before, and end
where their last one does. A box with a known heading (an executive summary) lasts to the end
of its page. What remains of all pages is one run of lines, cut into headings and paragraphs,
so that a sentence goes on over a page. A last page with an imprint is the publisher's.

Used by ``reading``, for the form `pdf`.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from foedus.documents.forms import forms, opens_blurb
from foedus.documents.layout import Block, Layout, Line, Mark, Part, joined, read_lines, without
from foedus.documents.manifest import Source
from foedus.documents.text import Span, Text
from foedus.values import read_date

_NOTE = re.compile(r"(\d{1,3})\s+(?=\S)")
_BULLET = re.compile(r"[•▪·\uf0b7\uf0a7]\s*|[-–]\s+")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+[^\W\d_]")
_ENDS = re.compile(r"[.?!…]['’\"”)\]]*(?:\d{1,3})?$")
_NOTE_ENDS = re.compile(r"[.\])’”\d]$")
_LONGEST_HEADING = 110
_IMPRINT_LINES = 3
_REPEATED = 3
"""How often a short line stands in the text to be a page header."""


@dataclass(slots=True)
class _Page:
    """The lines of one page, sorted out step by step."""

    lines: list[Line]
    body: list[Line] = field(default_factory=list)
    notes: list[tuple[str, list[Line]]] = field(default_factory=list)
    box: list[Line] = field(default_factory=list)


def read_layout(text: Text, source: Source) -> Layout:
    """Return the parts of a PDF's text."""
    lines = read_lines(text.content)
    furniture = _furniture(lines)
    pages = _pages(text, lines, furniture)
    expected = 1
    for page in pages:
        expected = _sort_out(text, page, expected)
    back = [pages.pop()] if len(pages) > 1 and _is_imprint(pages[-1]) else []
    front = Part("front", [])
    parts = [front]
    _read_body(text, source, pages, parts)
    for page in pages:
        _read_box(text, page, parts)
    if back:
        blocks = [
            Block("boilerplate", _spans(text, paragraph))
            for paragraph in _paragraphs(text, back[0].lines)
        ]
        parts.append(Part("back", blocks))
    notes = [_note(text, source, mark, block) for page in pages for mark, block in page.notes]
    if notes:
        parts.append(Part("notes", notes))
    addresses = tuple((line.start, line.text) for line in furniture if "://" in line.text)
    return Layout(tuple(parts), addresses)


def _furniture(lines: tuple[Line, ...]) -> list[Line]:
    """Return bare addresses and page numbers, and lines that come back beside them."""
    counts = Counter(line.text for line in lines if len(line.text) <= 60)
    sure = [bool(forms().furniture.fullmatch(line.text)) for line in lines]
    repeated = [counts[line.text] >= _REPEATED for line in lines]
    chosen = list(sure)
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        for position in order:
            beside = chosen[max(0, position - 1) : position + 2]
            chosen[position] = chosen[position] or (repeated[position] and any(beside))
    return [line for line, is_furniture in zip(lines, chosen, strict=True) if is_furniture]


def _pages(text: Text, lines: tuple[Line, ...], furniture: list[Line]) -> list[_Page]:
    starts = {line.start for line in furniture}
    pages = [_Page([])]
    last_end = 0
    for line in lines:
        breaks = line.start in starts or "\f" in text.content[last_end : line.start]
        if breaks and pages[-1].lines:
            pages.append(_Page([]))
        if line.start not in starts:
            pages[-1].lines.append(line)
        last_end = line.end
    return [page for page in pages if page.lines]


def _sort_out(text: Text, page: _Page, expected: int) -> int:
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


def _has_mark(text: Text, page: _Page, number: int, gap: str) -> bool:
    if re.search(r"[ \t]{20,}|_{10,}", gap):
        return True
    return any(_find_marks(text, line, number) for line in page.body)


def _find_marks(text: Text, line: Line, number: int) -> list[int]:
    """Return where the mark ``number`` may stand in a line, the likeliest first."""
    written = text.content[line.start : line.end]
    pattern = rf"(?<=[^\s\d\-–—(/]){number}(?![\w%]|[.,]\d|-\w)"
    found = [match.start() for match in re.finditer(pattern, written)]
    # After punctuation before glued to a word, so that "G7" is not taken for a seventh mark.
    found.sort(key=lambda start: (written[start - 1].isalnum(), start))
    return [line.start + start for start in found]


def _is_imprint(page: _Page) -> bool:
    lines = page.lines
    return sum(bool(forms().imprint.fullmatch(line.text)) for line in lines) >= _IMPRINT_LINES


def _read_body(text: Text, source: Source, pages: list[_Page], parts: list[Part]) -> None:
    marks = _marks(text, pages)
    lines = [line for page in pages for line in page.body]
    part = parts[0]
    for paragraph in _paragraphs(text, lines):
        first = paragraph[0]
        title = len(paragraph) <= 2 and _holds_title(paragraph, source)
        heading = len(paragraph) == 1 and not title and _is_heading(first, lines)
        if heading:
            part = Part(re.sub(r"^[\d.]+\s+", "", first.text), [])
            parts.append(part)
        role = "heading" if heading or title else "body"
        if role == "body" and part is parts[0] and _is_byline(paragraph, source):
            role = "boilerplate"
        bare = _spans(text, paragraph)
        own = [mark for mark in marks if any(s <= mark.position < e for s, e in bare)]
        gaps = [(mark.position, mark.position + len(mark.note)) for mark in own]
        spans = [piece for span in bare for piece in without(text.content, span, gaps)]
        part.blocks.append(
            Block("boilerplate" if role == "boilerplate" else "heading", tuple(spans), tuple(own))
            if role != "body"
            else Block("body", tuple(spans), tuple(own))
        )


def _marks(text: Text, pages: list[_Page]) -> list[Mark]:
    """Find the mark of each note on its page, in the order of the notes."""
    marks: list[Mark] = []
    for page in pages:
        after = -1
        for number, _ in page.notes:
            places = [
                (text.content[place - 1].isalnum(), place)
                for line in page.body
                for place in _find_marks(text, line, int(number))
                if place > after
            ]
            if places:
                after = min(places)[1]
                marks.append(Mark(number, after))
    return marks


def _paragraphs(text: Text, lines: list[Line]) -> list[list[Line]]:
    """Cut a run of lines into paragraphs and headings."""
    usual = Counter(_gap(text, lines[n - 1], lines[n]) for n in range(1, len(lines))).most_common(1)
    spacing = usual[0][0] if usual else 1
    paragraphs: list[list[Line]] = []
    for position, line in enumerate(lines):
        previous = lines[position - 1] if position else None
        if previous is None or _breaks(text, lines, position, spacing):
            paragraphs.append([line])
        else:
            paragraphs[-1].append(line)
    return paragraphs


def _gap(text: Text, previous: Line, line: Line) -> int:
    return text.content.count("\n", previous.end, line.start)


def _breaks(text: Text, lines: list[Line], position: int, spacing: int) -> bool:
    """Tell whether a paragraph begins at a line."""
    previous, line = lines[position - 1], lines[position]
    if _is_heading(line, lines) or _is_heading(previous, lines):
        return True
    between = text.content[previous.end : line.start]
    far = not between.strip() and between.count("\n") > spacing
    if far and not line.text[0].islower() and not re.search(r"[-–—,]$", previous.text):
        return True
    if not _ENDS.search(previous.text) or line.text[0].islower():
        return False
    near = lines[max(0, position - 5) : position + 5]
    return len(previous.text) < 0.8 * max(len(other.text) for other in near)


def _is_heading(line: Line, lines: list[Line]) -> bool:
    return (
        _NUMBERED.match(line.text) is not None
        and len(line.text) <= _LONGEST_HEADING
        and not re.search(r"[.,;:-]$", line.text)
        and line is not lines[-1]
        and re.match(r"\d{4}", line.text) is None
        and (re.match(r"\d+(?:\.\d+)*\.?\s+[^\W\d_]", line.text) or [""])[0][-1].isupper()
        and re.match(r"\d{1,2}(?:\.\d{1,2})*\s", line.text) is None
    )


def _plain(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text.casefold()).strip()


def _holds_title(paragraph: list[Line], source: Source) -> bool:
    words = _plain(" ".join(line.text for line in paragraph))
    return _plain(source.title) in words


def _is_byline(paragraph: list[Line], source: Source) -> bool:
    words = " ".join(line.text for line in paragraph)
    return (
        bool(forms().opening.fullmatch(words))
        or read_date(words) is not None
        or _plain(words) in {_plain(name) for name in source.creators}
    )


def _read_box(text: Text, page: _Page, parts: list[Part]) -> None:
    if not page.box:
        return
    heading, *lines = page.box
    part = Part(heading.text, [Block("heading", ((heading.start, heading.end),))])
    run: list[Line] = []
    for line in lines:
        bullet = _BULLET.match(line.text + " ")
        if (bullet or read_date(line.text)) and run:
            part.blocks.append(Block("body", _spans(text, run)))
            run = []
        if read_date(line.text):
            parts[0].blocks.append(Block("boilerplate", ((line.start, line.end),)))
        elif bullet and bullet.end() >= len(line.text):
            continue
        elif bullet:
            run = [Line(line.start + bullet.end(), line.end, line.text[bullet.end() :])]
        else:
            run.append(line)
    if run:
        part.blocks.append(Block("body", _spans(text, run)))
    parts.append(part)


def _spans(text: Text, lines: list[Line]) -> tuple[Span, ...]:
    return joined(text.content, [(line.start, line.end) for line in lines])


def _note(text: Text, source: Source, mark: str, lines: list[Line]) -> Block:
    first = lines[0]
    words = " ".join(line.text for line in lines)[len(mark) :].strip()
    spans = joined(
        text.content,
        [
            *without(text.content, (first.start + len(mark), first.end), ()),
            *((line.start, line.end) for line in lines[1:]),
        ],
    )
    role = "boilerplate" if opens_blurb(words, source.creators) else "note"
    return Block("boilerplate" if role == "boilerplate" else "note", spans, (), mark)
