"""Dates: their datatypes, their bounds, and how they are printed."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import XSD, Literal

from foedus.iris import EDTF
from foedus.values import Bounds, bounds, date_literal, find_dates, read_date


@pytest.mark.parametrize(
    ("text", "datatype", "earliest", "latest"),
    [
        ("2024-06-18", XSD.date, "2024-06-18", "2024-06-18"),
        ("2024-02", XSD.gYearMonth, "2024-02-01", "2024-02-29"),
        ("2023", XSD.gYear, "2023-01-01", "2023-12-31"),
        ("2024-06-18/2024-06-19", EDTF, "2024-06-18", "2024-06-19"),
        ("2015/2019", EDTF, "2015-01-01", "2019-12-31"),
        ("2024-06/..", EDTF, "2024-06-01", None),
        ("../2024", EDTF, None, "2024-12-31"),
        ("/2024", EDTF, None, "2024-12-31"),
        ("198X", EDTF, "1980-01-01", "1989-12-31"),
        ("19XX", EDTF, "1900-01-01", "1999-12-31"),
        ("2024-21", EDTF, "2024-03-01", "2024-05-31"),
        ("2024-24", EDTF, "2024-01-01", "2025-02-28"),
        ("2024~", EDTF, "2023-01-01", "2025-12-31"),
        ("XXXX-06-18", EDTF, None, None),
    ],
)
def test_bounds(text: str, datatype: str, earliest: str | None, latest: str | None) -> None:
    literal = date_literal(text)
    assert literal.datatype == datatype
    assert str(literal) == text
    assert bounds(literal) == Bounds(
        date.fromisoformat(earliest) if earliest else None,
        date.fromisoformat(latest) if latest else None,
    )


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2023-02-29", "2024-6-1", "18 June 2024"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|day is out of range|out of range"):
        date_literal(text)


def test_a_literal_that_is_no_date_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="not a date"):
        bounds(Literal("2024"))


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("18 June 2031", "2031-06-18"),
        ("June 18, 2031", "2031-06-18"),
        ("Apr. 3, 2031", "2031-04-03"),
        ("April 08, 2031", "2031-04-08"),
        ("2031.09.24.", "2031-09-24"),
        ("18–19 June 2031", "2031-06-18/2031-06-19"),
        ("June 18-19, 2031", "2031-06-18/2031-06-19"),
        ("June 2031", "2031-06"),
        ("2031", "2031"),
        ("Spring 2031", "2031-21"),
        ("the autumn of 2031", "2031-23"),
        ("second half of the 2030s", "2035/2039"),
        ("first half of 2031", "2031-01/2031-06"),
        ("the 1990s", None),
        ("1990s", "199X"),
        ("between 2031 and 2033", "2031/2033"),
        ("from 2031 to 2033", "2031/2033"),
        ("2031–33", "2031/2033"),
        ("around 2031", "2031~"),
        ("18 June", "XXXX-06-18"),
        ("30 February 2031", None),
        ("in 2031", None),
        ("2033–2031", None),
    ],
)
def test_printed_dates(words: str, value: str | None) -> None:
    found = read_date(words)
    assert (None if found is None else str(found)) == value


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("It may 2031 times. In May, it did.", {"2031": "2031", "May": "XXXX-05"}),
        ("On Monday, June 18, she left.", {"June 18": "XXXX-06-18"}),
        ("No. 12, 2,031 tons, 1.2031, A/2031, 2031a", {}),
        ("a 2031 parade and the late 2030s", {"2031": "2031", "late 2030s": "203X"}),
        ("On February 30, 2031 nothing", {}),
    ],
)
def test_dates_are_found_where_they_are_dates(words: str, expected: dict[str, str]) -> None:
    found = {words[date.start : date.end]: str(date.value) for date in find_dates(words)}
    assert found == expected


@settings(deadline=None)  # the first call loads edtf
@given(st.dates(date(1800, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    months = "January February March April May June July August September October November December"
    printed = f"{day.day} {months.split()[day.month - 1]} {day.year}"
    assert str(read_date(printed)) == day.isoformat()
    assert bounds(date_literal(day.isoformat())) == Bounds(day, day)
