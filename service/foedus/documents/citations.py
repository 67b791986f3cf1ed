"""Find author-year citations in a sentence, and the references they name.

A citation is names and a year in parentheses, several parted by semicolons, or a name with the
year in parentheses after it. It names a reference when the family names and the year with its
letter agree, and the initials where it gives any; a citation that fits two names none.

Used by ``references`` and ``mentions``.
"""

import re
from collections.abc import Sequence

from foedus.documents.bibliography import Entry
from foedus.documents.text import Span

_NAME = r"[^\W\d_a-z][\w.’'-]*"
_NAMES = rf"{_NAME}(?:(?:,?\sand\s|,?\s&\s|,\s|\s){_NAME})*(?:\set\sal\.)?"
_YEARS = r"(?:19|20)\d\d[a-z]?(?:,\s(?:(?:19|20)\d\d[a-z]?|[a-z]\b))*"
_MONTHS = r"January|February|March|April|May|June|July|August|September|October|November|December"
_SIGNAL = r"(?:(?:see(?:\salso)?|cf\.|e\.g\.,?)\s)?"
_CITATION = (
    rf"{_SIGNAL}(?!(?:{_MONTHS})\b)(?P<names>{_NAMES}),?\s(?P<years>{_YEARS})(?:[:,]\s\d[\d–-]*)?"
)
_ONE = re.compile(_CITATION)
_SEVERAL = re.sub(r"\?P<\w+>", "?:", _CITATION)
_PARENTHESES = re.compile(rf"\((?P<all>{_SEVERAL}(?:;\s{_SEVERAL})*)\)")
_NARRATIVE = re.compile(
    rf"(?P<names>{_NAME}(?:(?:,?\sand\s|\sand\s){_NAME})?(?:\set\sal\.)?)(?:’s|'s)?"
    rf"\s\((?P<years>{_YEARS})\)"
)


def citation_spans(words: str) -> tuple[Span, ...]:
    """Return where author-year citations stand in ``words``.

    >>> citation_spans("It rained (Ito 2020) in May (2021).")
    ((10, 20),)
    """
    return tuple(match.span() for match in _PARENTHESES.finditer(words))


def cited(words: str, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Return which of ``entries`` the words cite, by position, in the order of the words."""
    found: list[int] = []
    matches = [one for match in _PARENTHESES.finditer(words) for one in _ONE.finditer(match["all"])]
    for match in [*matches, *_NARRATIVE.finditer(words)]:
        for year in _years(match["years"]):
            fitting = [n for n, entry in enumerate(entries) if _fits(match["names"], year, entry)]
            if len(fitting) == 1 and fitting[0] not in found:
                found.append(fitting[0])
    return tuple(found)


def _years(printed: str) -> list[str]:
    years: list[str] = []
    for part in printed.split(", "):
        years.append(part if len(part) > 1 or not years else years[-1][:4] + part)
    return years


def _fits(names: str, year: str, entry: Entry) -> bool:
    if entry.year != year or not entry.authors:
        return False
    first_only = names.endswith(" et al.")
    said = re.split(r",?\sand\s|,?\s&\s|,\s", names.removesuffix(" et al."))
    authors = entry.authors[:1] if first_only else entry.authors
    if len(said) != len(authors):
        return False
    for name, author in zip(said, authors, strict=True):
        initials = re.match(r"((?:[^\W\d_a-z]\.[\s-]?)*)(.+)", name)
        if initials is None or initials[2] != author.family:
            return False
        if initials[1] and not author.given.startswith(initials[1][0]):
            return False
    return True


def citation_label(entry: Entry, entries: Sequence[Entry]) -> str:
    """Return what a document of ``entries`` calls an entry: family names, year and letter.

    Where another entry has the same names and year, the first author's initial goes before.
    """
    label = _label(entry)
    twins = [other for other in entries if _label(other) == label and other is not entry]
    given = entry.authors[0].given if entry.authors else ""
    return f"{given[0]}. {label}" if twins and given else label


def _label(entry: Entry) -> str:
    families = [author.family for author in entry.authors]
    match families:
        case [one]:
            names = one
        case [one, two]:
            names = f"{one} and {two}"
        case [*most, last] if most:
            names = f"{', '.join(most)}, and {last}"
        case _:
            names = "unsigned"
    return f"{names} {entry.year}" if entry.year else names
