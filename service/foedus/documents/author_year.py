"""Read an entry of a list of references in the author-date style.

``Family, Given, and Given Family. 2024a. “Title.” Container, 12(3): 4-5. Address``, with the
variants the style knows: chapters of books, a month or day after the container, reports with a
number. ``___`` repeats the authors of the entry before.

Source: The Chicago Manual of Style, chapter on author-date references.
Used by ``references``.
"""

import re
from dataclasses import replace

from rdflib import Literal

from foedus.documents.bibliography import (
    Author,
    Entry,
    body_author,
    inverted_author,
    natural_author,
    sort_names,
    split_address,
    split_number,
)
from foedus.values import date_literal, read_date

_HEAD = re.compile(r"(?P<authors>.+?)\.?\s(?P<year>(?:19|20)\d\d[a-z]?)\.\s+(?P<rest>.+)")
_QUOTED = re.compile(r"[“\"](?P<title>.+?)[”\"]\.?\s*(?P<rest>.*)")
_PLAIN = re.compile(r"(?P<title>[^.?!]+[?!]?)\.?\s*(?P<rest>.*)")
_CHAPTER = re.compile(
    r"(?:(?P<pages>\d[\d–-]*)\s)?[Ii]n\s(?:(?P<editors>.+?),\seds?\.,\s)?(?P<book>.+?)"
    r"(?:,\s(?P<later>\d[\d–-]*))?\.\s(?P<place>[^:.]+):\s(?P<publisher>.+?)\.?$"
)
_JOURNAL = re.compile(
    r"(?P<name>.+?),?\s(?P<volume>\d+)\s?(?:\((?P<number>[^)]+)\))?:\s?(?P<pages>\d[\d–-]*)\.?$"
)
_PUBLISHED = re.compile(r"(?P<place>[^:.]+):\s(?P<publisher>[^:]+?)\.?$")
_REPEATED = re.compile(r"[_—–-]{2,}")
_INITIAL = re.compile(r"(?:^|[\s.])[^\W\d_a-z]$")


def read_entry(words: str, previous: Entry | None) -> Entry | None:
    """Return the entry that ``words`` are, or None when they are none of this style.

    ``previous`` is the entry before, for a repeated author.
    """
    head = _HEAD.match(words)
    if head is None:
        return None
    rest, address, doi = split_address(head["rest"])
    title = (_QUOTED.match(rest) or _PLAIN.match(rest)) if rest else None
    entry = Entry(
        authors=_authors(head["authors"], previous),
        title=title["title"].rstrip(".,") if title else None,
        year=head["year"],
        date=date_literal(head["year"][:4]),
        address=address,
        doi=doi,
    )
    return _with_container(entry, title["rest"] if title else rest)


def _authors(printed: str, previous: Entry | None) -> tuple[Author, ...]:
    if _REPEATED.fullmatch(printed.strip(". ")):
        return previous.authors if previous else ()
    if _INITIAL.search(printed):
        printed += "."
    if "(" in printed or "," not in printed:
        return (body_author(printed),)
    first, *others = re.split(r",\sand\s|,?\s&\s|\sand\s", printed)
    family, given, *middle = first.split(", ")
    authors = [inverted_author(family, given, f"{family}, {given}")]
    for name in [*middle, *(part for other in others for part in other.split(", "))]:
        authors.append(natural_author(name))
    return tuple(authors)


def _with_container(entry: Entry, rest: str) -> Entry:
    """Add what stands between title and address: container, number, pages, month and day."""
    if chapter := _CHAPTER.match(rest):
        return replace(
            entry,
            container=chapter["book"],
            publisher=chapter["publisher"],
            pages=chapter["pages"] or chapter["later"],
        )
    if journal := _JOURNAL.match(rest):
        return replace(
            entry,
            container=journal["name"],
            volume=journal["volume"],
            number=journal["number"],
            pages=journal["pages"],
        )
    if published := _PUBLISHED.match(rest):
        return replace(entry, publisher=published["publisher"])
    names: list[str] = []
    for part in re.split(r"(?<=[^\W\d_a-z]{2})\.\s|(?<![^\W\d_a-z])\.\s|\.$", rest):
        date = _date(part, entry)
        if date is not None:
            entry = replace(entry, date=date)
        elif part.strip():
            names.append(part.strip(" ."))
    numbers = [split_number(name) for name in names]
    container, publisher = sort_names([name for name, _ in numbers])
    number = next((number for _, number in numbers if number), None)
    return replace(entry, container=container, publisher=publisher, number=number)


def _date(part: str, entry: Entry) -> Literal | None:
    """Return the date of ``March 11 Editorial`` in the entry's year; None for other words."""
    match = re.match(r"([A-Z][a-z]{2,8}\.?)(?:\s(\d{1,2}))?(?:\s[A-Z][a-z]+)?$", part.strip())
    if match is None or entry.year is None:
        return None
    return read_date(" ".join(word for word in (match[2], match[1], entry.year[:4]) if word))
