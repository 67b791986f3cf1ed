"""Read the layout of plain web text: one line a paragraph, headings as lines of their own.

Lines are taken in order. Known headings open known sections (references, editor's note,
downloads); other short lines that end no sentence are headings; what stands before the body
and looks like a byline, and all from a disclaimer or an author's blurb on, is boilerplate.
Lines ``[1] …`` whose mark stands in the text before are notes.

Used by ``reading``, for the forms `web` and `author-year`.
"""

import re

from foedus.documents.forms import Role, SectionRule, forms, opens_blurb
from foedus.documents.layout import Block, Layout, Line, Mark, Part, read_lines, without
from foedus.documents.manifest import Source
from foedus.documents.text import Span, Text
from foedus.values import read_date

_NOTE = re.compile(r"\[(\d{1,3})\]\s*")
_LONGEST_HEADING = 120
_BULLET = re.compile(r"[•▪·\uf0b7]\s*")


def read_layout(text: Text, source: Source) -> Layout:
    """Return the parts of a web text."""
    lines = read_lines(text.content)
    notes = {
        match[1]
        for line in lines
        if (match := _NOTE.match(line.text)) and f"[{match[1]}]" in text.content[: line.start]
    }
    front = Part("front", [])
    parts, part = [front], front
    read: set[str] = set()
    rule: SectionRule | None = None
    taken = 0
    closing = False
    body_seen = False
    for position, line in enumerate(lines):
        known = _known_section(line.text)
        if (match := _NOTE.match(line.text)) and match[1] in notes - read:
            read.add(match[1])
            part = _enter(parts, part, "notes")
            part.blocks.append(_note(text, line, match))
            continue
        if known is None and rule is not None and not _belongs(rule, line, lines, taken):
            # The section is over: what follows belongs to the part it interrupted.
            rule, part = None, part if body_seen else front
        if _is_title(line.text, source) or (position == 0 and _is_heading(line, lines)):
            part.blocks.append(_block("heading", text, line, frozenset()))
        elif known is not None:
            rule, taken = known, 0
            part = Part(line.text, [_block("heading", text, line, notes)])
            parts.append(part)
        elif closing or (body_seen and _closes(line.text, source)):
            if not closing:
                closing, rule = True, None
                part = _enter(parts, part, "back")
            part.blocks.append(_block("boilerplate", text, line, notes))
        elif rule is not None:
            taken += 1
            part.blocks.append(_block(rule.role, text, line, notes))
        elif not body_seen and _is_opening(line.text, source):
            part.blocks.append(_block("boilerplate", text, line, notes))
        elif _is_heading(line, lines):
            part = Part(line.text, [_block("heading", text, line, notes)])
            parts.append(part)
            body_seen = True
        else:
            body_seen = True
            part.blocks.append(_block("body", text, line, notes))
    return Layout(tuple(parts))


def _enter(parts: list[Part], part: Part, name: str) -> Part:
    if part.name == name:
        return part
    parts.append(Part(name, []))
    return parts[-1]


def _block(role: Role, text: Text, line: Line, notes: frozenset[str] | set[str]) -> Block:
    start, end = line.start, line.end
    if bullet := _BULLET.match(text.content, start, end):
        start = bullet.end()
    marks = [
        match
        for match in re.finditer(r"\[(\d{1,3})\]", text.content[start:end])
        if match[1] in notes
    ]
    gaps: list[Span] = [(start + match.start(), start + match.end()) for match in marks]
    spans = tuple(without(text.content, (start, end), gaps))
    return Block(
        role,
        spans or ((line.start, line.end),),
        tuple(Mark(match[1], start + match.start()) for match in marks),
    )


def _note(text: Text, line: Line, match: re.Match[str]) -> Block:
    start = line.start + len(match[0])
    return Block("note", tuple(without(text.content, (start, line.end), ())), (), match[1])


def _known_section(line: str) -> SectionRule | None:
    return next((rule for rule in forms().sections if rule.heading.fullmatch(line)), None)


def _belongs(rule: SectionRule, line: Line, lines: tuple[Line, ...], taken: int) -> bool:
    if rule.lines is not None and taken >= rule.lines:
        return False
    if rule.only is not None:
        return rule.only.fullmatch(line.text) is not None
    if rule.lines is None and _is_heading(line, lines):
        # An entry or a note has a number somewhere; the next heading has none.
        return any(character.isdigit() for character in line.text)
    return True


def _closes(line: str, source: Source) -> bool:
    return bool(forms().closing.fullmatch(line)) or opens_blurb(line, source.creators)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def _is_title(line: str, source: Source) -> bool:
    return _plain(line) == _plain(source.title)


def _is_opening(line: str, source: Source) -> bool:
    if forms().opening.fullmatch(line) or read_date(line) is not None:
        return True
    return _plain(line) in {_plain(name) for name in source.creators}


def _is_heading(line: Line, lines: tuple[Line, ...]) -> bool:
    """Tell a heading: short, ends no sentence, holds none, and something follows it."""
    return (
        len(line.text) <= _LONGEST_HEADING
        and line is not lines[-1]
        and not re.search(r"[.,;:]['’\"”)\]]*(?:\[\d+\])*$", line.text)
        and not re.search(r"[a-z)][.!?]['’\"”]?\s+[A-Z]", line.text)
        and not _BULLET.match(line.text)
        and any(character.isalpha() for character in line.text)
    )
