"""Dates of roll calls: ISO 8601, as precise as the source, and none before the Charter.

Units: days of the Gregorian calendar, no time zone.
Used by the readers and `quads`.
"""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

CHARTER = date(1945, 10, 24)
"""The day the Charter of the United Nations came into force; no vote is older."""

_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def check(text: str) -> bool:
    """Tell whether ``text`` is a day, month or year that a vote can have.

    >>> check("2022-03-02"), check("2022-03"), check("2022-02-30"), check("1931-09-18")
    (True, True, False, False)
    """
    if not _ISO.fullmatch(text):
        return False
    try:
        return bounds(text)[1] >= CHARTER.isoformat()
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def bounds(text: str) -> tuple[str, str]:
    """Return the first and last day of a day, month or year; `ValueError` for anything else.

    >>> bounds("2022-02")
    ('2022-02-01', '2022-02-28')
    """
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = match.groups()
    if day:
        whole = date(int(year), int(month), int(day)).isoformat()
        return whole, whole
    first, last = (int(month), int(month)) if month else (1, 12)
    return (
        date(int(year), first, 1).isoformat(),
        date(int(year), last, monthrange(int(year), last)[1]).isoformat(),
    )


def datatype(text: str) -> str:
    """Return the local name of the XSD datatype for a date's precision.

    >>> datatype("2022-03"), datatype("2022-03-02")
    ('gYearMonth', 'date')
    """
    return {4: "gYear", 7: "gYearMonth"}.get(len(text), "date")
