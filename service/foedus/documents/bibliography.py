"""One bibliographic entry as data, and what its readers share.

Data is kept as the entry prints it; names are also turned to the order given name, family
name. A name in capitals (``ITO, Jun``; in the Hungarian order ``NAGY Anna``) is set in the
usual case.

Shape: `Entry`.
Used by ``author_year``, ``note_references`` and ``references``.
"""

import re
from dataclasses import dataclass

from rdflib import Literal

from foedus.documents.forms import forms
from foedus.documents.passages import ascii_slug, key_of

_ADDRESS = re.compile(r"https?://\S+|(?<![\w@.])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?(?=[.,;\])]*$)")
_KEY_WORDS = 7
"""How many words of a title make a work's key."""
_SERIES = re.compile(r"\b(?:Report|Paper|Brief|Release|Briefing|Memo)$")
_REPORT = re.compile(r"(.+\b(?:Report|Paper|Brief|Release|Briefing|Memo))\s(\S*\d\S*)")


@dataclass(frozen=True, slots=True)
class Author:
    """An author: as printed, in the usual order of names, and the name he or she goes by."""

    printed: str
    name: str
    family: str

    @property
    def given(self) -> str:
        """The given names, or nothing for a body."""
        return self.name.removesuffix(self.family).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an entry says of a work; None for what it does not say."""

    authors: tuple[Author, ...]
    title: str | None
    year: str | None = None
    """The year with its letter, where entries are called by author and year."""
    date: Literal | None = None
    container: str | None = None
    publisher: str | None = None
    volume: str | None = None
    number: str | None = None
    pages: str | None = None
    doi: str | None = None
    address: str | None = None
    accessed: Literal | None = None
    is_online: bool = False
    """Whether it says that the work was read online."""


def natural_author(name: str) -> Author:
    """Return the author that a name in the usual order is.

    >>> natural_author("J. van Dam").family
    'Dam'
    """
    return Author(name, name, name.split(" ")[-1])


def inverted_author(family: str, given: str, printed: str | None = None) -> Author:
    """Return the author of a family name and given names, ``ITO`` set as ``Ito``.

    >>> inverted_author("DE-WITT", "Ann").name
    'Ann De-Witt'
    """
    family = family.strip()
    if family.isupper() and len(family) > 1:
        family = "-".join(part.capitalize() for part in family.split("-"))
    given = given.strip()
    return Author(printed or f"{family}, {given}", f"{given} {family}", family)


def body_author(name: str) -> Author:
    """Return the author that an organisation is, its expansion in parentheses left off."""
    bare = re.sub(r"\s*\(.*\)$", "", name).strip()
    return Author(bare, bare, bare)


def split_address(words: str) -> tuple[str, str | None, str | None]:
    """Return ``words`` without the address they end in, the address, and its DOI if it is one.

    >>> split_address("Some Review. https://doi.org/10.1000/xyz.7.")
    ('Some Review.', 'https://doi.org/10.1000/xyz.7', '10.1000/xyz.7')
    """
    match = _ADDRESS.search(words)
    if match is None:
        return words, None, None
    address = match[0].rstrip(".,;")
    if "://" not in address:
        address = f"https://{address}"
    found = re.search(r"doi\.org/(10\.\d{4,9}/\S+)", address)
    return words[: match.start()].strip(" ,"), address, found[1] if found else None


def split_number(name: str) -> tuple[str, str | None]:
    """Return a container's name and the report number at its end.

    >>> split_number("Harbour Office Report AB-7")
    ('Harbour Office Report', 'AB-7')
    """
    match = _REPORT.fullmatch(name)
    return (match[1], match[2]) if match else (name, None)


def sort_names(names: list[str]) -> tuple[str | None, str | None]:
    """Return container and publisher out of the names an entry gives between title and date.

    An institution is the publisher; what stands after it in parentheses is its series.
    """
    container: str | None = None
    publisher: str | None = None
    for printed in names:
        name = printed
        report = re.fullmatch(r"(.+?)\s\(([A-Z]+)\)\s([A-Z].+)", name)
        if report and forms().institutions.search(report[1]):
            names.append(f"{report[2]} {report[3]}")
            name = report[1]
        series = re.fullmatch(r"(.+?)\s\((.+)\)", name)
        if series and forms().institutions.search(series[1]) and not series[2].isupper():
            names.append(series[2])
            name = series[1]
        said = re.fullmatch(r"published by (.+)", name)
        if said:
            container, publisher = container or publisher, said[1]
        elif publisher is None and _is_institution(name):
            publisher = name
        elif container is None:
            container = name
        else:
            container = f"{container}, {name}"
    return container, publisher


def _is_institution(name: str) -> bool:
    if name.isupper():
        return True
    return forms().institutions.search(name) is not None and _SERIES.search(name) is None


def work_key(entry: Entry) -> str | None:
    """Return the key of the work an entry names: family name, year, title before its colon.

    Two documents print one work in different ways, so the key leaves out what most often
    differs: subtitle, dashes and marks. None where the title is not known.
    """
    if entry.title is None:
        return None
    family = entry.authors[0].family if entry.authors else ""
    year = str(entry.date)[:4] if entry.date else (entry.year or "")[:4]
    words = " ".join(ascii_slug(main_title(entry.title)).split("-")[:_KEY_WORDS])
    return key_of(f"{family} {year} {words}", "w")


def main_title(title: str) -> str:
    """Return a title without its subtitle, dashes as hyphens.

    >>> main_title("Salt–Iron Ties: A Survey of Ports")
    'Salt-Iron Ties'
    """
    return re.split(r":\s", re.sub("[–—]", "-", title), maxsplit=1)[0].strip(" ‘’“”'\"")
