"""Lines of N-Quads, made as text.

Terms of vocabularies are given by their prefixed names; every other IRI is checked where it comes
from a file.

Source: RDF 1.1 N-Quads; escapes as RDF Dataset Canonicalization (RDFC-1.0), section 5, has them.
Used by `quads`.
"""

import re
from dataclasses import dataclass, field
from functools import cache

from rdflib import XSD

from foedus import turtle

_PREFIXES = {**turtle.PREFIXES, "void": "http://rdfs.org/ns/void#"}
_ESCAPES = str.maketrans(
    {chr(code): f"\\u{code:04X}" for code in [*range(0x20), 0x7F]}
    | {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_ADDRESS = re.compile(r"https?://[^\x00-\x20<>\"{}|^`\\]+")
_XSD = str(XSD)


@cache
def term(name: str) -> str:
    """Return the IRI of a prefixed name, in brackets.

    >>> term("foedus:votedFor")
    '<https://w3id.org/foedus/ns#votedFor>'
    """
    prefix, _, local = name.partition(":")
    return f"<{_PREFIXES[prefix]}{local}>"


def iri(address: str) -> str:
    """Return an IRI in brackets."""
    return f"<{address}>"


def is_address(text: str) -> bool:
    """Tell whether a text from a file may stand as an IRI: a web address.

    >>> is_address("https://press.un.org/en/2022/sc14911.doc.htm"), is_address("A/PV.17")
    (True, False)
    """
    return _ADDRESS.fullmatch(text) is not None


def text(value: str, language: str = "") -> str:
    r"""Return a literal without or with a language.

    >>> print(text('the "axis"', "en"))
    "the \"axis\""@en
    """
    return f'"{value.translate(_ESCAPES)}"' + (f"@{language}" if language else "")


def typed(value: object, datatype: str) -> str:
    """Return a literal of an XSD datatype.

    >>> print(typed("2022-03", "gYearMonth"))
    "2022-03"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>
    """
    return f'"{value}"^^<{_XSD}{datatype}>'


@dataclass(slots=True)
class Subject:
    """The lines about one thing, most of them in one graph."""

    name: str
    graph: str
    lines: list[str] = field(default_factory=list)

    def add(self, predicate: str, value: str, graph: str = "") -> None:
        """Add a line; ``predicate`` is a prefixed name, ``value`` a term in N-Quads."""
        self.lines.append(f"<{self.name}> {term(predicate)} {value} <{graph or self.graph}> .\n")
