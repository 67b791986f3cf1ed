"""Read the references of a footnote or endnote.

Two styles. In one the authors come first, family names in capitals, and a colon ends them:
``ITO, Jun – DAM, Eva: Title. Container, Vol. 2, No. 1, 3 May 2020. [Online, 4 June 2021.]``,
or in the Hungarian order ``NAGY Anna: …``. In the other the authors are initial and name, and
all is parted by commas: ``J. Ito, ‘Title’, Container, 3 May 2020, example.org.``. Semicolons
part several references of one note.

Used by ``references``.
"""

import re
from dataclasses import dataclass, replace

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
from foedus.documents.forms import forms
from foedus.values import date_literal, read_date

_PARTS = re.compile(r"(?<=[\].”’])\s*;\s+(?=\S)")
_ONLINE = re.compile(r"\[\s*(?:Online|Accessed|Letöltve)[:,]?\s*(?P<date>[^\]]*?)\.?\s*\]")
_COLON = re.compile(r"(?P<authors>[^:.;]{2,60}(?:\.[^:;]{0,80})?):\s+(?P<rest>.+)", re.DOTALL)
_CAPITALS = r"[^\W\d_a-zà-öø-ÿ][^\W\d_a-zà-öø-ÿ’'-]+(?:-[^\W\d_a-zà-öø-ÿ]+)*"
_INVERTED = re.compile(rf"(?P<family>{_CAPITALS}),\s(?P<given>.+)")
_HUNGARIAN = re.compile(rf"(?P<family>{_CAPITALS})\s(?P<given>\S.*)")
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.[\s-]?)+[^\W\d_a-z][\w’'-]+(?:\s[^\W\d_a-z][\w’'-]+)?")
_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[^\W\d_a-z‘“])")
_CHAPTER = re.compile(r"In:?\s(?P<editors>.+?)\s\((?:szerk|ed|eds|Hrsg)\.?\):\s(?P<book>.+)")
_PLACE = re.compile(r"(?P<place>[^:,.]{2,40}):\s(?P<publisher>.+)")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry and where it stands in the words of its note."""

    start: int
    end: int
    entry: Entry


def read_entries(words: str) -> tuple[Found, ...]:
    """Return the references of a note, in order; none for a note that gives none."""
    found: list[Found] = []
    start = 0
    for end, following in [
        *((m.start(), m.end()) for m in _PARTS.finditer(words)),
        (len(words),) * 2,
    ]:
        bare = words[start:end]
        signal = forms().signals.match(bare)
        offset = signal.end() if signal else 0
        entry = _read(bare[offset:].strip())
        if entry is not None:
            found.append(Found(start + offset, end, entry))
        start = following
    return tuple(found)


def _read(words: str) -> Entry | None:
    if _INITIALS.match(words):
        return _read_commas(words)
    match = _COLON.match(words)
    if match is None:
        return None
    authors = _authors(match["authors"])
    if not authors:
        return None
    rest, accessed = match["rest"], None
    online = _ONLINE.search(rest)
    if online:
        accessed = read_date(online["date"])
        rest = rest[: online.start()].strip()
    rest, address, doi = split_address(rest)
    entry = Entry(
        authors=authors,
        title=None,
        accessed=accessed,
        address=address,
        doi=doi,
        is_online=online is not None,
    )
    return _with_title(entry, rest)


def _authors(printed: str) -> tuple[Author, ...]:
    """Return authors before a colon; none when they do not look like any."""
    authors: list[Author] = []
    for name in re.split(r"\s[–—-]\s|;\s", printed.strip()):
        if inverted := _INVERTED.fullmatch(name):
            authors.append(inverted_author(inverted["family"], inverted["given"], name))
            continue
        hungarian = _HUNGARIAN.fullmatch(name)
        if hungarian and hungarian["family"] not in forms().acronyms:
            authors.append(inverted_author(hungarian["family"], hungarian["given"], name))
        elif _is_body(name):
            authors.append(body_author(name))
        else:
            return ()
    return tuple(authors)


def _is_body(name: str) -> bool:
    words = name.split()
    return len(words) <= 8 and all(
        word[0].isupper() or word in ("of", "the", "for", "and", "on") for word in words
    )


def _with_title(entry: Entry, rest: str) -> Entry:
    """Part title from container: the last sentence is the container, unless it is the title."""
    sentences = _SENTENCES.split(rest.strip())
    chapter_at = next((n for n, part in enumerate(sentences) if _CHAPTER.match(part)), None)
    if chapter_at is not None and chapter_at > 0:
        chapter = _CHAPTER.match(sentences[chapter_at])
        if chapter is not None:
            entry = replace(entry, container=chapter["book"].strip(" ."))
        title, details = sentences[:chapter_at], sentences[-1]
    elif len(sentences) > 1:
        title, details = sentences[:-1], sentences[-1]
    else:
        title, details = sentences, ""
    words = " ".join(title).strip()
    words = re.sub(r"([?!])\.$", r"\1", words).removesuffix(".").strip()
    words = re.sub(r"^‘([^‘]+)’$|^“([^“]+)”$", lambda m: m[1] or m[2], words)
    return _with_details(replace(entry, title=words or None), details)


def _with_details(entry: Entry, details: str) -> Entry:
    """Add what the comma-parted words after the title say."""
    names: list[str] = []
    is_book = False
    for part in re.split(r",\s(?![^(]*\))", details.strip()):
        bare = part.strip(" .")
        if not bare:
            continue
        date = read_date(bare)
        if match := re.fullmatch(r"[Vv]ol(?:ume|\.)?\s(\S+)", bare):
            entry = replace(entry, volume=match[1])
        elif match := re.fullmatch(r"[Nn]o\.?\s(\S+)|(\d{4}/\d+)", bare):
            entry = replace(entry, number=match[1] or match[2])
        elif match := re.fullmatch(r"pp?\.\s(\S+)", bare):
            entry = replace(entry, pages=match[1])
        elif date is not None:
            is_book = len(str(date)) == 4
            entry = replace(entry, date=date)
        elif match := re.fullmatch(r"[^\W\d_a-z]\w+\s(\d{4})", bare):
            # A place of publication and a year.
            entry = replace(entry, date=date_literal(match[1]))
        else:
            names.append(bare)
    place = _PLACE.fullmatch(names[0]) if names and is_book else None
    if place:
        return replace(entry, publisher=place["publisher"])
    numbers = [split_number(name) for name in names]
    container, publisher = sort_names([name for name, _ in numbers])
    number = entry.number or next((number for _, number in numbers if number), None)
    return replace(
        entry, container=entry.container or container, publisher=publisher, number=number
    )


def _read_commas(words: str) -> Entry | None:
    authors: list[Author] = []
    position = 0
    while match := _INITIALS.match(words, position):
        authors.append(natural_author(match[0]))
        after = re.match(r",\s(?:and\s)?|\sand\s", words[match.end() :])
        if after is None:
            return None
        position = match.end() + after.end()
    rest, address, doi = split_address(words[position:])
    quoted = re.match(r"[‘“](?P<title>.+?)[’”],\s*(?P<rest>.*)", rest)
    plain = quoted or re.match(r"(?P<title>[^,]+),\s*(?P<rest>.*)", rest)
    if plain is None:
        return None
    entry = Entry(
        authors=tuple(authors),
        title=plain["title"].rstrip(".,"),
        address=address,
        doi=doi,
        is_online=address is not None,
    )
    return _with_details(entry, plain["rest"])
