"""Dates of known precision: their literals, their bounds, and their printed forms.

A date is as precise as its source: a day, a month or a year as XSD has them, and EDTF
(Extended Date/Time Format) for all else: intervals, decades, seasons, approximate dates.
`find_dates` reads printed English dates by one grammar of patterns, longest first;
`bounds` gives the first and last day a date may mean.

Source: XML Schema 1.1 part 2 (date, gYearMonth, gYear); EDTF, ISO 8601-2:2019 level 2,
through the library `edtf`.
Units: days of the proleptic Gregorian calendar, without time zone. Seasons are those of the
northern hemisphere.
Errors: `ValueError` for a literal that is no date; `FoedusError` where an EDTF date is met and
`edtf` is not installed.
Used by ``documents``.
"""

import re
import warnings
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from time import struct_time
from typing import Any

from rdflib import XSD, Literal

from foedus.errors import FoedusError
from foedus.iris import EDTF

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|"
    r"Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_SEASONS = {"spring": "21", "summer": "22", "autumn": "23", "fall": "23", "winter": "24"}
_TO = r"\s?(?:[-–—]|to|and|until|till|through)\s?"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and the last day a date may mean; None where it is open on that side."""

    earliest: date | None
    latest: date | None


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date found in a text: ``start`` and ``end`` in code points, and what it says."""

    start: int
    end: int
    value: Literal


def date_literal(text: str) -> Literal:
    """Return a written ISO 8601 or EDTF date as a literal of the fitting datatype.

    >>> date_literal("2024-06").datatype.n3()
    '<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    >>> str(date_literal("2015/2019").datatype)
    'http://id.loc.gov/datatypes/edtf/EDTF'

    Raises `ValueError` for what is neither.
    """
    for pattern, datatype in (
        (r"\d{4}-\d\d-\d\d", XSD.date),
        (r"\d{4}-(?:0[1-9]|1[0-2])", XSD.gYearMonth),
        (r"\d{4}", XSD.gYear),
    ):
        if re.fullmatch(pattern, text):
            if datatype == XSD.date:
                date.fromisoformat(text)
            return Literal(text, datatype=datatype, normalize=False)
    _read_edtf(text)
    return Literal(text, datatype=EDTF, normalize=False)


def bounds(value: Literal) -> Bounds:
    """Return the first and last day that ``value`` may mean.

    An approximate or uncertain date is widened as the edtf library does. A date without a year
    is open on both sides. Raises `ValueError` for a literal that is no date.
    """
    text = str(value)
    if value.datatype == XSD.date:
        day = date.fromisoformat(text)
        return Bounds(day, day)
    if value.datatype == XSD.gYearMonth:
        year, month = (int(part) for part in text.split("-"))
        return Bounds(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
    if value.datatype == XSD.gYear:
        return Bounds(date(int(text), 1, 1), date(int(text), 12, 31))
    if value.datatype == EDTF:
        return _edtf_bounds(text)
    raise ValueError(f"not a date: {value.n3()}")


def _edtf_bounds(text: str) -> Bounds:
    if "/" in text:
        # The library stretches an open side by ten years; here it stays open.
        first, last = text.split("/", 1)
        return Bounds(
            None if first in ("", "..") else _edtf_bounds(first).earliest,
            None if last in ("", "..") else _edtf_bounds(last).latest,
        )
    parsed = _read_edtf(text)
    if text.startswith("XXXX"):
        return Bounds(None, None)
    if re.fullmatch(r"\d{4}-24", text):
        # A year's winter may be the one it begins with or the one it ends with; the library
        # knows December only.
        year = int(text[:4])
        return Bounds(date(year, 1, 1), date(year + 1, 2, monthrange(year + 1, 2)[1]))
    return Bounds(_day(parsed.lower_fuzzy()), _day(parsed.upper_fuzzy()))


def _day(moment: struct_time) -> date:
    return date(moment.tm_year, moment.tm_mon, moment.tm_mday)


def _read_edtf(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            # edtf 5.0 sets pyparsing result names in a way pyparsing 3.2 and later warn of.
            warnings.simplefilter("ignore")
            from edtf import EDTFParseException, parse_edtf
    except ImportError as error:
        raise FoedusError(
            f"reading the EDTF date {text!r} needs the library edtf: pip install foedus[documents]"
        ) from error
    try:
        return parse_edtf(text)
    except EDTFParseException as error:
        raise ValueError(f"not a date: {text!r}") from error


def _month(name: str) -> str:
    return f"{_MONTHS.index(name[:3]) + 1:02d}"


def _full(match: re.Match[str]) -> str:
    return f"{match['year']}-{_month(match['month'])}-{int(match['day']):02d}"


def _days(match: re.Match[str]) -> str:
    start = f"{match['year']}-{_month(match['month'])}-"
    return f"{start}{int(match['first']):02d}/{start}{int(match['day']):02d}"


def _months(match: re.Match[str]) -> str:
    year = match["year"]
    return f"{year}-{_month(match['from'])}/{year}-{_month(match['month'])}"


def _half_decade(match: re.Match[str]) -> str:
    first = int(match["decade"]) + (0 if match["half"].lower() == "first" else 5)
    return f"{first}/{first + 4}"


def _half_year(match: re.Match[str]) -> str:
    first, last = ("01", "06") if match["half"].lower() == "first" else ("07", "12")
    return f"{match['year']}-{first}/{match['year']}-{last}"


def _years(match: re.Match[str]) -> str:
    last = match["last"]
    return f"{match['year']}/{match['year'][: 4 - len(last)]}{last}"


_Reading = Callable[[re.Match[str]], str]
_GRAMMAR: tuple[tuple[re.Pattern[str], _Reading], ...] = tuple(
    (re.compile(rf"(?<![\w.,/]){pattern}(?![\w/]|[.,]\d)", re.IGNORECASE if fold else 0), reading)
    for pattern, fold, reading in (
        (rf"(?P<first>\d\d?){_TO}{_DAY}\s{_MONTH},?\s{_YEAR}", False, _days),
        (rf"{_MONTH}\s(?P<first>\d\d?){_TO}{_DAY},?\s{_YEAR}", False, _days),
        (rf"{_DAY}\s(?:of\s)?{_MONTH},?\s{_YEAR}", False, _full),
        (rf"{_MONTH}\s{_DAY},?\s{_YEAR}", False, _full),
        (
            rf"{_YEAR}(?P<mark>[.-])(?P<m>\d\d)(?P=mark)(?P<day>\d\d)",
            False,
            lambda m: f"{m['year']}-{m['m']}-{m['day']}",
        ),
        (
            r"(?P<half>first|second)\shalf\sof\sthe\s(?P<decade>\d\d\d0)s",
            True,
            _half_decade,
        ),
        (rf"(?P<half>first|second)\shalf\sof\s{_YEAR}", True, _half_year),
        (
            r"(?:(?:early|mid|late)[-\s])?(?P<decade>\d\d\d)0s",
            True,
            lambda m: f"{m['decade']}X",
        ),
        (
            rf"{_MONTH.replace('month', 'from')}{_TO}{_MONTH}\s{_YEAR}",
            False,
            _months,
        ),
        (
            rf"{_MONTH},?\s(?:of\s)?{_YEAR}",
            False,
            lambda m: f"{m['year']}-{_month(m['month'])}",
        ),
        (
            rf"(?:the\s)?(?P<season>spring|summer|autumn|fall|winter)(?:\sof)?\s{_YEAR}",
            True,
            lambda m: f"{m['year']}-{_SEASONS[m['season'].lower()]}",
        ),
        (rf"between\s{_YEAR}\sand\s(?P<last>\d{{4}})", True, _years),
        (rf"from\s{_YEAR}\s(?:to|until|till)\s(?P<last>\d{{4}})", True, _years),
        (rf"{_YEAR}[-–—](?P<last>\d{{4}}|\d\d)", False, _years),
        (rf"(?:about|around|circa|c\.|ca\.)\s{_YEAR}", True, lambda m: f"{m['year']}~"),
        (
            rf"{_DAY}\s{_MONTH}",
            False,
            lambda m: f"XXXX-{_month(m['month'])}-{int(m['day']):02d}",
        ),
        (
            rf"{_MONTH}\s{_DAY}",
            False,
            lambda m: f"XXXX-{_month(m['month'])}-{int(m['day']):02d}",
        ),
        (rf"(?<=\b[Ii]n\s){_MONTH}", False, lambda m: f"XXXX-{_month(m['month'])}"),
        (_YEAR, False, lambda m: m["year"]),
    )
)


def find_dates(text: str) -> tuple[PrintedDate, ...]:
    """Return the dates printed in ``text``, in order and without overlap.

    >>> [str(found.value) for found in find_dates("from 3 May 2031 on; the 1990s; 18–19 June 2024")]
    ['2031-05-03', '199X', '2024-06-18/2024-06-19']

    A date without a year has it unspecified (``XXXX-06-18``): the words do not say it.
    A pattern that fits but names no day of the calendar is left out.
    """
    taken: list[tuple[int, int]] = []
    found: list[PrintedDate] = []
    for pattern, reading in _GRAMMAR:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken):
                continue
            taken.append((start, end))
            found += [PrintedDate(start, end, value) for value in _readable(reading(match))]
    return tuple(sorted(found, key=lambda printed: printed.start))


def _readable(text: str) -> Iterator[Literal]:
    try:
        if re.fullmatch(r"XXXX-\d\d-\d\d", text):
            # A leap year, so that 29 February passes and 30 February does not.
            date.fromisoformat(f"2000{text[4:]}")
        value = date_literal(text)
        limits = bounds(value)
    except ValueError:
        return
    if limits.earliest is None or limits.latest is None or limits.earliest <= limits.latest:
        yield value


def read_date(words: str) -> Literal | None:
    """Return the one date that ``words`` are, or None when they are anything more or less.

    >>> str(read_date("April 08, 2025"))
    '2025-04-08'
    """
    words = words.strip().strip(".,;")
    match find_dates(words):
        case (PrintedDate(start=0, end=end, value=value),) if end == len(words):
            return value
    return None
