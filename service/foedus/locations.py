"""Find the line on which a Turtle file says something.

A parser gives triples without lines, so this module reads the file's tokens a second
time: it follows subject, predicate and object through each block and notes the line of
each. Only what stands directly in a block is noted; the inside of a list or of square
brackets counts as its opening line.

Source: the terminals of RDF 1.1 Turtle, section 6.5. The file is known to be valid, since
`turtle.read` has read it; of anything else the result is unspecified, never an error.
Units: lines count from 1.
Used by `validate`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from rdflib import RDF, XSD, Literal, URIRef
from rdflib.term import Identifier

_LOCAL = r"(?:[\w:.·-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<iri><[^<>"{{}}|^`\x00-\x20]*>)
  | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
  | (?P<number>[+-]?(?:\d+\.\d*[eE][+-]?\d+|\.?\d+[eE][+-]?\d+|\d*\.\d+|\d+))
  | (?P<blank>_:[\w](?:[\w.-]*[\w-])?)
  | (?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:(?:{_LOCAL}*(?<!\.))?)
  | (?P<word>[a-zA-Z]+)
  | (?P<type>\^\^)
  | (?P<mark>[.;,\[\]()])
    """,
    re.VERBOSE | re.DOTALL,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Locations:
    """Where a file speaks of its terms: the first line of each."""

    subjects: dict[Identifier, int] = field(default_factory=dict)
    predicates: dict[tuple[Identifier, Identifier], int] = field(default_factory=dict)
    objects: dict[tuple[Identifier, Identifier, Identifier], int] = field(default_factory=dict)
    terms: dict[Identifier, int] = field(default_factory=dict)

    def find(
        self, subject: Identifier, path: Identifier | None, value: Identifier | None
    ) -> int | None:
        """Return the line of the value, else of the predicate, else of the subject.

        A value without a path is looked for in the subject's whole block. None when the
        file has no such subject.
        """
        if value is not None:
            for (one, predicate, other), line in self.objects.items():
                if one == subject and other == value and path in (None, predicate):
                    return line
        if path is not None and (subject, path) in self.predicates:
            return self.predicates[subject, path]
        return self.subjects.get(subject)


def read(text: str) -> Locations:
    r"""Return the lines of everything a Turtle text says.

    >>> found = read("PREFIX : <urn:x:>\n:a :b 1 ,\n  2 .")
    >>> found.find(URIRef("urn:x:a"), URIRef("urn:x:b"), Literal(2))
    3
    """
    found = Locations()
    subject: Identifier | None = None
    predicate: Identifier | None = None
    depth = 0
    for term, mark, line in _terms(text):
        if mark in ("[", "("):
            if depth == 0 and subject is not None and predicate is not None:
                found.predicates.setdefault((subject, predicate), line)
            depth += 1
        elif mark in ("]", ")"):
            depth -= 1
        elif term is not None:
            found.terms.setdefault(term, line)
            if depth:
                continue
            if subject is None:
                subject = term
                found.subjects.setdefault(subject, line)
            elif predicate is None:
                predicate = term
                found.predicates.setdefault((subject, predicate), line)
            else:
                found.objects.setdefault((subject, predicate, term), line)
        elif depth == 0 and mark == ";":
            predicate = None
        elif depth == 0 and mark == ".":
            subject = predicate = None
    return found


def _terms(text: str) -> Iterator[tuple[Identifier | None, str, int]]:
    """Yield each term or mark with its line; directives are read and left out."""
    prefixes: dict[str, str] = {}
    base = ""
    tokens = list(_tokens(text))
    at = 0
    while at < len(tokens):
        kind, token, line = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else ("", "", line)
        if kind in ("language", "word") and token.lower().lstrip("@") == "prefix":
            prefixes[following[1]] = _resolve(tokens[at + 2][1], base)
            at += 3 + (kind == "language")
        elif kind in ("language", "word") and token.lower().lstrip("@") == "base":
            base = _resolve(following[1], base)
            at += 2 + (kind == "language")
        elif kind == "text":
            value = _unescape(_inner(token))
            if following[0] == "language":
                yield Literal(value, lang=following[1][1:]), "", line
                at += 2
            elif following[0] == "type":
                datatype = _iri(tokens[at + 2][1], prefixes, base)
                yield Literal(value, datatype=datatype, normalize=False), "", line
                at += 3
            else:
                yield Literal(value), "", line
                at += 1
        else:
            if kind == "mark":
                yield None, token, line
            elif kind != "type":
                yield _term(kind, token, prefixes, base), "", line
            at += 1


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    line, at = 1, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            at += 1
            continue
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match[0], line
        line += match[0].count("\n")
        at = match.end()


def _term(kind: str, token: str, prefixes: dict[str, str], base: str) -> Identifier:
    if kind == "number":
        datatype = XSD.double if "e" in token.lower() else XSD.decimal
        return Literal(
            token, datatype=datatype if re.search("[.eE]", token) else XSD.integer, normalize=False
        )
    if kind == "word":
        return RDF.type if token == "a" else Literal(token, datatype=XSD.boolean, normalize=False)
    return _iri(token, prefixes, base)


def _iri(token: str, prefixes: dict[str, str], base: str) -> URIRef:
    if token.startswith("<"):
        return URIRef(_resolve(token, base))
    prefix, _, local = token.partition(":")
    return URIRef(prefixes.get(prefix + ":", prefix + ":") + re.sub(r"\\(.)", r"\1", local))


def _resolve(token: str, base: str) -> str:
    iri = _unescape(token[1:-1])
    return iri if _SCHEME.match(iri) else urljoin(base, iri)


def _inner(token: str) -> str:
    quotes = 3 if token[:3] in ('"""', "'''") else 1
    return token[quotes:-quotes]


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _PLAIN.get(code, code)

    return _ESCAPE.sub(plain, text)
