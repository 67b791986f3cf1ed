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

from foedus.documents.forms import Role, forms, opens_blurb
from foedus.documents.layout import Block, Layout, Line, Part, joined, read_lines, without
from foedus.documents.manifest import Source
from foedus.documents.pages import Page, cut_pages, find_furniture, find_marks, sort_out
from foedus.documents.text import Span, Text, clean
from foedus.values import read_date

_BULLET = re.compile(r"[•▪·\uf0b7\uf0a7]\s*|[-–]\s+")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.\s+[^\W\d_a-z]")
_ENDS = re.compile(r"[.?!…]['’\"”)\]]*(?:\d{1,3})?$")
_LONGEST_HEADING = 110
_IMPRINT_LINES = 3


def read_layout(text: Text, source: Source) -> Layout:
    """Return the parts of a PDF's text."""
    lines = read_lines(text.content)
    furniture = find_furniture(text, lines, source)
    pages = cut_pages(text, lines, furniture)
    expected = 1
    for page in pages:
        expected = sort_out(text, page, expected)
    back = [pages.pop()] if len(pages) > 1 and _is_imprint(pages[-1]) else []
    front = Part("front", [])
    parts = [front]
    _read_body(text, source, pages, parts)
    for page in pages:
        _read_box(text, page, parts)
    if back:
        blocks = [
            Block("boilerplate", _spans(text, paragraph))
            for paragraph in _paragraphs(text, back[0].lines, frozenset())
        ]
        parts.append(Part("back", blocks))
    notes = [_note(text, source, mark, block) for page in pages for mark, block in page.notes]
    if notes:
        parts.append(Part("notes", notes))
    addresses = tuple((line.start, line.text) for line in furniture if "://" in line.text)
    return Layout(tuple(parts), addresses)


def _is_imprint(page: Page) -> bool:
    lines = page.lines
    return sum(bool(forms().imprint.fullmatch(line.text)) for line in lines) >= _IMPRINT_LINES


def _read_body(text: Text, source: Source, pages: list[Page], parts: list[Part]) -> None:
    marks = find_marks(text, pages)
    lines = [line for page in pages for line in page.body]
    headings = _headings(text, lines)
    part = parts[0]
    title = lines[: _title_lines(text, lines, source)]
    paragraphs = _paragraphs(text, lines[len(title) :], headings)
    for paragraph in [title, *paragraphs] if title else paragraphs:
        first = paragraph[0]
        heading = first in headings and paragraph is not title
        if heading:
            part = Part(re.sub(r"^[\d.]+\s+", "", first.text), [])
            parts.append(part)
        role: Role = "heading" if heading or paragraph is title else "body"
        if role == "body" and part is parts[0] and _is_byline(paragraph, source):
            role = "boilerplate"
        bare = _spans(text, paragraph)
        own = [mark for mark in marks if any(s <= mark.position < e for s, e in bare)]
        gaps = [(mark.position, mark.position + len(mark.note)) for mark in own]
        spans = [piece for span in bare for piece in without(text.content, span, gaps)]
        part.blocks.append(Block(role, tuple(spans), tuple(own)))


def _headings(text: Text, lines: list[Line]) -> frozenset[Line]:
    """Return the headings: short lines with a number, or set off by a larger gap before them."""
    spacing = _spacing(text, lines)
    found = set()
    for position, line in enumerate(lines[:-1]):
        short = len(line.text) <= _LONGEST_HEADING and not re.search(r"[.,;:–—-]$", line.text)
        if short and (_NUMBERED.match(line.text) or _is_set_off(text, lines, position, spacing)):
            found.add(line)
    return frozenset(found)


def _is_set_off(text: Text, lines: list[Line], position: int, spacing: int) -> bool:
    if position == 0:
        return False
    previous, line, following = lines[position - 1 : position + 2]
    return (
        _is_far(text, previous, line, spacing)
        and line.text[0].isupper()
        and not following.text[0].islower()
        and _ENDS.search(previous.text) is not None
        and len(line.text) < 0.7 * _width(lines, position)
    )


def _spacing(text: Text, lines: list[Line]) -> int:
    """Return how many line ends usually stand between two lines."""
    gaps = Counter(_gap(text, lines[n - 1], lines[n]) for n in range(1, len(lines)))
    return gaps.most_common(1)[0][0] if gaps else 1


def _gap(text: Text, previous: Line, line: Line) -> int:
    return text.content.count("\n", previous.end, line.start)


def _is_far(text: Text, previous: Line, line: Line, spacing: int) -> bool:
    between = text.content[previous.end : line.start]
    return not between.strip() and between.count("\n") > spacing


def _width(lines: list[Line], position: int) -> int:
    """Return how wide the column is about here; it may change within a page."""
    return max(len(line.text) for line in lines[max(0, position - 5) : position + 5])


def _paragraphs(text: Text, lines: list[Line], headings: frozenset[Line]) -> list[list[Line]]:
    """Cut a run of lines into paragraphs and headings."""
    spacing = _spacing(text, lines)
    paragraphs: list[list[Line]] = []
    for position, line in enumerate(lines):
        beside_heading = line in headings or lines[position - 1] in headings
        if position == 0 or beside_heading or _breaks(text, lines, position, spacing):
            paragraphs.append([line])
        else:
            paragraphs[-1].append(line)
    return paragraphs


def _breaks(text: Text, lines: list[Line], position: int, spacing: int) -> bool:
    """Tell whether a paragraph begins at a line: after a gap, or after a short last line."""
    previous, line = lines[position - 1], lines[position]
    if line.text[0].islower():
        return False
    if _is_far(text, previous, line, spacing) and not re.search(r"[-–—,]$", previous.text):
        return True
    if not _ENDS.search(previous.text):
        return False
    return len(previous.text) < 0.8 * _width(lines, position)


def _plain(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text.casefold()).strip()


def _title_lines(text: Text, lines: list[Line], source: Source) -> int:
    """Return how many of the first lines are the title, after an author's name or not."""
    title = _plain(source.title)
    for count in range(1, min(4, len(lines)) + 1):
        if _plain(clean(text, _spans(text, lines[:count]))[0]).endswith(title):
            return count
    return 0


def _is_byline(paragraph: list[Line], source: Source) -> bool:
    words = " ".join(line.text for line in paragraph)
    return (
        bool(forms().opening.fullmatch(words))
        or read_date(words) is not None
        or _plain(words) in {_plain(name) for name in source.creators}
    )


def _read_box(text: Text, page: Page, parts: list[Part]) -> None:
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
    return Block("boilerplate" if opens_blurb(words, source.creators) else "note", spans, (), mark)
