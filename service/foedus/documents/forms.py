"""The forms of text, as ``forms.yaml`` has them, and which form a text has.

A form says how paragraphs, headings, notes and references stand in a text. What differs from
publisher to publisher (names of sections, bylines, imprints) is data, so that a new text needs
a line in the table and no code.

Used by ``web``, ``pdf`` and ``sentences``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from foedus.documents.manifest import Source
from foedus.documents.text import Text
from foedus.errors import DocumentError

Form = Literal["pdf", "author-year", "web"]
Role = Literal["heading", "body", "boilerplate", "note", "reference"]

AUTHOR_YEAR = re.compile(r"\([^()]*\b[^\W\d_][^()\d]*\s(?:19|20)\d\d[a-z]?\)")
"""An author-year citation in parentheses."""
_TERMINAL = re.compile(r"[.?!…:;]['’\"”)\]]*\d{0,3}$")


@dataclass(frozen=True, slots=True)
class SectionRule:
    """What follows a known heading: the role of its lines, how many, and of what look."""

    heading: re.Pattern[str]
    role: Role
    lines: int | None
    only: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Forms:
    """The table of forms, compiled."""

    named: tuple[tuple[Form, tuple[str, ...]], ...]
    sections: tuple[SectionRule, ...]
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    furniture: re.Pattern[str]
    boxes: re.Pattern[str]
    imprint: re.Pattern[str]
    blurb_verbs: tuple[str, ...]
    abbreviations: frozenset[str]
    may_end: frozenset[str]
    starters: frozenset[str]
    institutions: re.Pattern[str]
    acronyms: frozenset[str]
    signals: re.Pattern[str]


def _either(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _flat(rows: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(str(word) for row in rows for word in row)


@cache
def forms() -> Forms:
    """Return the table of forms."""
    text = files("foedus.documents").joinpath("forms.yaml").read_text(encoding="utf-8")
    # BaseLoader, so that `no` stays a word.
    table: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return Forms(
        named=tuple((name, tuple(form["named"])) for name, form in table["forms"].items()),
        sections=tuple(
            SectionRule(
                _either([rule["heading"]]),
                rule["role"],
                int(rule["lines"]) if "lines" in rule else None,
                _either([rule["only"]]) if "only" in rule else None,
            )
            for rule in table["sections"]
        ),
        opening=_either(table["opening"]),
        closing=_either(table["closing"]),
        furniture=_either(table["furniture"]),
        boxes=_either(table["boxes"]),
        imprint=_either(table["imprint"]),
        blurb_verbs=tuple(table["blurb_verbs"]),
        abbreviations=_flat(table["abbreviations"]),
        may_end=frozenset(table["may_end"]),
        starters=_flat(table["starters"]),
        institutions=re.compile(rf"\b(?:{'|'.join(table['institutions'])})\b", re.IGNORECASE),
        acronyms=frozenset(table["acronyms"]),
        signals=_either([table["signals"]]),
    )


def form_of(source: Source, text: Text) -> Form:
    """Return the form of a text: the one its manifest names, else the one its signs tell.

    Lines that mostly break off inside a sentence are a PDF's; citations by author and year
    over a list of references make author-year; all else is plain web text.
    Raises `DocumentError` for a ``form`` that names none.
    """
    if source.form:
        said = source.form.lower()
        for name, words in forms().named:
            if any(word in said for word in words):
                return name
        known = ", ".join(word for _, words in forms().named for word in words)
        raise DocumentError(
            f"the form of {source.id} names none of: {known}; it says {source.form!r}",
            path=source.path,
        )
    lines = [line.strip() for line in text.content.splitlines() if line.strip()]
    broken = sum(not _TERMINAL.search(line) for line in lines)
    if len(lines) > 10 and broken > 0.6 * len(lines):
        return "pdf"
    has_list = any(
        rule.role == "reference" and rule.heading.fullmatch(line)
        for rule in forms().sections
        for line in lines
    )
    return "author-year" if has_list and AUTHOR_YEAR.search(text.content) else "web"


def opens_blurb(line: str, creators: tuple[str, ...]) -> bool:
    """Tell whether a line begins as an author's blurb does: name, then what he or she is."""
    verbs = "|".join(forms().blurb_verbs)
    return any(
        re.match(rf"{re.escape(name)}\s*(?:\([^)]*\)\s*)?,?\s*(?:{verbs})\b", line, re.IGNORECASE)
        for name in creators
    )
