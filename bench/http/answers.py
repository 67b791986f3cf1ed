"""Ask a server one query, and compare its rows with another's.

Rows are compared as they are meant: their order does not count where several rows tie, numbers
count by value, and a plain literal is one of ``xsd:string``. So that no server is measured on
another question, each query is compared before it is timed.

Used by `__main__`; `tests/test_bench_http.py`.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Row = tuple[tuple[str, str, str], ...]
JSON = "application/sparql-results+json"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {_XSD + name for name in ("integer", "int", "long", "decimal", "double", "float")}
_DIGITS = Decimal("0.000001")


class AnswerError(Exception):
    """A server did not answer, or not with rows."""


def term(value: Mapping[str, Any]) -> tuple[str, str]:
    """Return a term of results in JSON as kind and text, the same for terms meant the same.

    >>> term({"type": "literal", "value": "1.50", "datatype": _XSD + "decimal"})
    ('number', '1.5')
    >>> term({"type": "typed-literal", "value": "15e-1", "datatype": _XSD + "double"})
    ('number', '1.5')
    >>> term({"type": "literal", "value": "oui", "xml:lang": "FR"})
    ('@fr', 'oui')
    """
    kind, text = value["type"], value["value"]
    if kind in ("uri", "bnode"):
        return kind, text
    datatype = value.get("datatype", _XSD + "string")
    if "xml:lang" in value:
        return "@" + value["xml:lang"].lower(), text
    if datatype in _NUMBERS:
        try:
            number = Decimal(text).quantize(_DIGITS).normalize()
        except InvalidOperation:
            return datatype, text
        return "number", f"{number + 0:f}"
    return datatype, text


def rows(results: Mapping[str, Any]) -> Counter[Row]:
    """Return the rows of results in JSON, with how often each occurs."""
    return Counter(
        tuple(sorted((name, *term(value)) for name, value in row.items()))
        for row in results["results"]["bindings"]
    )


def ask(address: str, seconds: float) -> Counter[Row]:
    """Ask an address for rows, for so many seconds at most."""
    request = urllib.request.Request(address, headers={"Accept": JSON})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return rows(json.load(response))
    except urllib.error.HTTPError as error:
        said = " ".join(error.read(300).decode(errors="replace").split())
        raise AnswerError(f"answered {error.code}: {said}") from error
    except (OSError, http.client.HTTPException) as error:
        raise AnswerError(f"no answer: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise AnswerError(f"no rows in JSON: {error}") from error


def difference(theirs: Counter[Row], expected: Counter[Row]) -> str:
    """Say how rows differ from those expected; nothing where they are the same."""
    if theirs == expected:
        return ""
    said = f"{theirs.total()} rows where {expected.total()} are expected"
    for word, only in (("missing", expected - theirs), ("not expected", theirs - expected)):
        if only:
            said += f"; {word}: " + " ".join(f"{n}={text}" for n, _, text in min(only))
    return said
