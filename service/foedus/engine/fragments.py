"""Answer the smallest queries from the index itself: one triple pattern around one thing.

What linked-data clients ask most, all of a thing or what points to it, is read from the index in
less time than another process needs to be told of it. It needs no guard: no more than so many
triples are ever read, and a query that matches more, or is anything else, is not answered here.
The rows are those of the evaluator, in its order and bytes; a test holds the two together.

Source: SPARQL 1.1 Query Language, 19.8 (grammar), 15 (DISTINCT, OFFSET, LIMIT); SPARQL 1.1 Query
Results JSON Format. The idea is that of Triple Pattern Fragments (Verborgh et al., Journal of Web
Semantics 37-38, 2016).
Used by ``guarded``.
"""

import json.encoder
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import pyoxigraph as ox

MOST = 200
"""Triples that are read for one answer, at most."""
_LONGEST = 4096
"""Characters of a query that is looked at: time here is everybody's."""
_LARGEST = 1 << 20
"""Characters of an answer, about."""
_GAP = r"(?:[ \t\r\n]|\#[^\r\n]*+)*+"
_IRI = r"<[^<>\"{}|^`\\\x00-\x20]++>"
_VARIABLE = r"[?$]\w++"
_NAME = r"(?:[A-Za-z][\w-]*+)?:(?:\w[\w-]*+)?(?!\.*[\w.:%\\-])"
"""The names that need no second look: none with a dot, a colon or an escape in it."""
_TERM = f"{_IRI}|{_VARIABLE}|{_NAME}"
_QUERY = re.compile(
    rf"""{_GAP}(?P<prologue>(?:(?i:PREFIX){_GAP}(?:[A-Za-z][\w-]*+)?:{_GAP}{_IRI}{_GAP})*+)
    (?i:SELECT){_GAP}(?P<distinct>(?i:DISTINCT)(?!\w){_GAP})?
    (?P<shown>\*|(?:{_VARIABLE}{_GAP})++){_GAP}
    (?:(?i:WHERE){_GAP})?\{{{_GAP}
    (?P<subject>{_TERM}){_GAP}(?P<predicate>{_TERM}|a(?![\w.:%\\-])){_GAP}(?P<object>{_TERM})
    {_GAP}(?:\.{_GAP})?\}}{_GAP}
    (?:(?i:LIMIT){_GAP}(?P<limit>\d{{1,18}}+){_GAP})?
    (?:(?i:OFFSET){_GAP}(?P<offset>\d{{1,18}}+){_GAP})?""",
    re.VERBOSE | re.ASCII,
)
_PREFIX = re.compile(rf"{_GAP}(?i:PREFIX){_GAP}([\w-]*:){_GAP}<([^>]*)>", re.ASCII)
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_quote: Callable[[str], str] = json.encoder.encode_basestring
_UNION = ox.DefaultGraph()


class Fragment(NamedTuple):
    """What a query of this kind asks for."""

    pattern: tuple[ox.NamedNode | None, ox.NamedNode | None, ox.NamedNode | None]
    """Subject, predicate and object; None where a variable stands."""
    names: dict[str, int]
    """Which of the three a variable is, by its name."""
    shown: list[str]
    is_distinct: bool
    first: int
    last: int | None


def read(query: str) -> Fragment | None:
    """Return what a query asks for; None for one that is not of this kind."""
    if len(query) > _LONGEST or (found := _QUERY.fullmatch(query)) is None:
        return None
    prologue, distinct, columns, *texts, limit, offset = found.groups()
    if (prefixes := _prefixes(prologue)) is None:
        return None
    pattern: list[ox.NamedNode | None] = []
    names: dict[str, int] = {}
    for place, text in enumerate(texts):
        if text[0] in "?$":
            names[text[1:]] = place
            pattern.append(None)
        elif (term := _term(text, prefixes)) is not None:
            pattern.append(term)
        else:
            return None
    shown = sorted(names) if columns == "*" else _shown(columns)
    is_anchored = pattern[0] is not None or pattern[2] is not None
    if not is_anchored or len(names) < pattern.count(None) or not shown:
        return None
    if not names.keys() >= set(shown):
        return None
    first = int(offset or 0)
    last = None if limit is None else first + int(limit)
    subject, predicate, thing = pattern
    return Fragment((subject, predicate, thing), names, shown, distinct is not None, first, last)


class Fragments:
    """Reads what one triple pattern matches in the union of all graphs."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store

    def answer(self, query: str) -> bytes | None:
        """Return the rows as SPARQL results in JSON; None where this is not the place to ask."""
        if (asked := read(query)) is None:
            return None
        (subject, predicate, thing), names, shown, is_distinct, first, last = asked
        found = self._store.quads_for_pattern(subject, predicate, thing, _UNION)
        quads = list(islice(found, MOST + 1))
        if len(quads) > MOST:
            return None
        places = [(f'"{name}":{{"type":', names[name]) for name in shown]
        rows, size = [], 0
        for quad in quads:
            row = _row(quad, places)
            if row is None or size > _LARGEST:
                return None
            rows.append(row)
            size += len(row)
        if is_distinct:
            rows = list(dict.fromkeys(rows))
        head = ",".join(map(_quote, shown))
        body = ",".join(rows[first:last])
        return f'{{"head":{{"vars":[{head}]}},"results":{{"bindings":[{body}]}}}}'.encode()


@lru_cache(maxsize=1024)
def _prefixes(prologue: str) -> dict[str, str] | None:
    """Return the namespaces that a prologue declares; the last of a prefix counts.

    None where one is no absolute IRI, which the evaluator resolves or refuses.
    """
    prefixes, place = {}, 0
    while declared := _PREFIX.match(prologue, place):
        prefix, namespace = declared.groups()
        try:
            prefixes[prefix] = ox.NamedNode(namespace).value
        except ValueError:
            return None
        place = declared.end()
    return prefixes


def _term(text: str, prefixes: dict[str, str]) -> ox.NamedNode | None:
    """Return what a name of the pattern means; None where it may be another than it shows."""
    if text == "a":
        return _TYPE
    if text[0] == "<":
        name = text[1:-1]
    else:
        prefix, _, local = text.partition(":")
        namespace = prefixes.get(prefix + ":")
        if namespace is None:
            return None
        name = namespace + local
    if "/." in name:  # the evaluator takes such steps away
        return None
    try:
        return ox.NamedNode(name)
    except ValueError:  # a relative one, or none
        return None


@lru_cache(maxsize=1024)
def _shown(text: str) -> list[str]:
    """Return the columns, none where one stands twice."""
    shown = [name[1:] for name in re.findall(_VARIABLE, re.sub(r"#[^\r\n]*", " ", text))]
    return shown if len(set(shown)) == len(shown) else []


def _row(quad: ox.Quad, places: list[tuple[str, int]]) -> str | None:
    """Return one row; None where a term has a form that the evaluator should write.

    ``places`` are the columns, each with where its term stands in the quad.
    """
    cells = []
    for start, place in places:
        term = quad[place]
        if type(term) is ox.NamedNode:
            cells.append(f'{start}"uri","value":{_quote(term.value)}}}')
        elif type(term) is ox.Literal and term.direction is None:
            kind = ""
            if term.language is not None:
                kind = f',"xml:lang":"{term.language}"'
            elif (datatype := term.datatype.value) != _STRING:
                kind = f',"datatype":{_quote(datatype)}'
            cells.append(f'{start}"literal","value":{_quote(term.value)}{kind}}}')
        else:
            return None
    return f"{{{','.join(cells)}}}"
