"""Write rows as the CSV that Excel opens rightly: with a byte order mark, and no cell a formula.

Excel takes a file without the mark for the encoding of its own locale, and a cell that starts
with ``=``, ``+``, ``-`` or ``@`` for a formula; such a cell gets an apostrophe before it, unless
it is a number. Programs take the plain CSV, where every value is as it is.
"""

import codecs
import csv as comma_separated
import io
import re

from foedus.engine import Written, unnamed_file
from foedus.results import ROWS, named
from foedus.web.state import service

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def csv(query: str) -> Written:
    """Return the rows of a query for Excel."""
    form = named("csv", ROWS)
    assert form is not None, "CSV is on offer"
    written = service().engine.answer(query, rows=form, triples=None)
    body = unnamed_file()
    body.write(codecs.BOM_UTF8)
    with written.body, io.TextIOWrapper(written.body, encoding="utf-8", newline="") as text:
        for row in comma_separated.reader(text):
            line = io.StringIO()
            comma_separated.writer(line).writerow([harmless(cell) for cell in row])
            body.write(line.getvalue().encode())
    size = body.tell()
    body.seek(0)
    return Written(written.form, body, size)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("-3.5"), harmless("plain")
    ("'=1+1", '-3.5', 'plain')
    """
    dangerous = cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell)
    return "'" + cell if dangerous else cell
