"""Tell from a query which quads its answer can depend on, without running it.

An answer is made of what the triple patterns of a query match; a quad that none of them matches
changes nothing. A pattern is taken with the terms its variables can have: those that ``VALUES``,
``BIND`` or ``FILTER(… IN …)`` give them in the same group. So of millions of votes a query can be
given the few it can see. What cannot be told for certain counts as matched: literals, what other
filters ask for, what a subquery takes from outside.

Source: SPARQL 1.1 Query Language, section 18 (algebra), as rdflib translates to it.
Shape: terms stand as in N-Quads, in bytes.
Errors: `pyparsing.ParseException` for a text that is no query.
Used by ``records``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from rdflib import URIRef, Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import (
    translateGroupGraphPattern,
    translatePath,
    translateQuery,
    traverse,
)
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

Terms = frozenset[bytes] | None
"""Terms that may stand in a place; None for any."""
_Bound = Mapping[str, frozenset[bytes]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The triples that one triple pattern of a query can match."""

    subjects: Terms
    predicates: Terms
    objects: Terms


_ANY = Pattern(None, None, None)


def read(text: str) -> frozenset[Pattern]:
    """Return the patterns of a SELECT, ASK or CONSTRUCT query.

    >>> (one,) = read("SELECT * { VALUES ?p { <urn:p> } ?s ?p <urn:o> }")
    >>> one.subjects, sorted(one.predicates), sorted(one.objects)
    (None, [b'<urn:p>'], [b'<urn:o>'])
    """
    return frozenset(_patterns(translateQuery(parseQuery(text)).algebra, {}))


def matcher(patterns: Iterable[Pattern]) -> Callable[[bytes], bool]:
    """Return what tells of a line of N-Quads whether any of the patterns can match it."""
    given = list(patterns)
    named = {predicate for pattern in given for predicate in pattern.predicates or ()}
    anywhere = _ends(pattern for pattern in given if pattern.predicates is None)
    among = {
        predicate: _ends(
            pattern
            for pattern in given
            if pattern.predicates is None or predicate in pattern.predicates
        )
        for predicate in named
    }

    def matches(line: bytes) -> bool:
        # Millions of lines pass here: by set only, and the value is looked at last.
        subject, predicate, rest = line.split(b" ", 2)
        ends = among.get(predicate, anywhere)
        if ends.any or subject in ends.subjects:
            return True
        if not ends.objects and not ends.pairs:
            return False
        value = rest.rsplit(b" ", 2)[0]
        return value in ends.objects or (subject, value) in ends.pairs

    return matches


@dataclass(frozen=True, slots=True)
class _Ends:
    """Which subjects and objects are wanted of the lines with one predicate."""

    any: bool
    subjects: frozenset[bytes]
    objects: frozenset[bytes]
    pairs: frozenset[tuple[bytes, bytes]]


def _ends(patterns: Iterable[Pattern]) -> _Ends:
    ends = [(pattern.subjects, pattern.objects) for pattern in patterns]
    return _Ends(
        any=(None, None) in ends,
        subjects=frozenset(one for s, o in ends if o is None for one in s or ()),
        objects=frozenset(one for s, o in ends if s is None for one in o or ()),
        pairs=frozenset(pair for s, o in ends if s and o for pair in product(s, o)),
    )


def _patterns(node: object, bound: _Bound) -> Iterator[Pattern]:
    """Give the patterns of a part of a query, where variables can have only these terms."""
    if isinstance(node, list | tuple):
        for part in node:
            yield from _patterns(part, bound)
    if not isinstance(node, CompValue):
        return
    if node.name == "GroupGraphPatternSub":  # of EXISTS, which stays as it was parsed
        parsed = traverse(node, visitPost=translatePath)
        yield from _patterns(translateGroupGraphPattern(parsed), bound)
    elif node.name == "BGP":
        for triple in node.triples:
            yield _pattern(triple, bound)
    elif node.name == "Graph" and not _has_patterns(node.p):
        yield _ANY  # GRAPH ?graph {} asks which graphs there are
    else:
        # A subquery may count or cut what it finds, so nothing from outside narrows it.
        within = {} if node.name == "Project" else bound
        if node.name in {"Join", "LeftJoin", "Minus", "Filter", "Extend"}:
            within = _narrowed(within, _certain(node))
        for key, part in node.items():
            if key != "template":
                yield from _patterns(part, within)


def _has_patterns(node: CompValue) -> bool:
    return not (node.name == "BGP" and not node.triples)


def _certain(node: CompValue) -> _Bound:
    """Return the terms that variables have in every solution of a part of a query."""
    if node.name == "ToMultiSet" and node.p.name == "values":
        rows = node.p.res
        names = {name for row in rows for name in row}
        return {
            str(name): frozenset(_text(row[name]) for row in rows)
            for name in names
            if all(isinstance(row.get(name), URIRef) for row in rows)
        }
    if node.name == "Join":
        return _narrowed(_certain(node.p1), _certain(node.p2))
    if node.name in {"LeftJoin", "Minus"}:
        return _certain(node.p1)
    if node.name == "Extend":
        if isinstance(node.expr, URIRef):
            return {**_certain(node.p), str(node.var): frozenset({_text(node.expr)})}
        return _certain(node.p)
    if node.name == "Project":
        return {
            name: terms for name, terms in _certain(node.p).items() if Variable(name) in node.PV
        }
    if node.name == "Filter":
        return _narrowed(_certain(node.p), _listed(node.expr))
    if node.name in {"Graph", "ToMultiSet", "Distinct", "OrderBy"}:
        return _certain(node.p)
    return {}


def _listed(condition: object) -> _Bound:
    """Return the terms that ``?variable IN (…)`` leaves, alone or joined by ``&&``."""
    if not isinstance(condition, CompValue):
        return {}
    if condition.name == "ConditionalAndExpression":
        found: _Bound = {}
        for part in (condition.expr, *condition.other):
            found = _narrowed(found, _listed(part))
        return found
    if condition.name != "RelationalExpression" or condition.op != "IN":
        return {}
    if not isinstance(condition.expr, Variable) or not isinstance(condition.other, list):
        return {}
    if not all(isinstance(term, URIRef) for term in condition.other):
        return {}
    return {str(condition.expr): frozenset(map(_text, condition.other))}


def _narrowed(one: _Bound, other: _Bound) -> dict[str, frozenset[bytes]]:
    return {
        name: one[name] & other[name] if name in one and name in other else {**one, **other}[name]
        for name in one.keys() | other.keys()
    }


def _pattern(triple: tuple[object, object, object], bound: _Bound) -> Pattern:
    subject, predicate, value = triple
    if not isinstance(predicate, Path):
        return Pattern(_terms(subject, bound), _terms(predicate, bound), _terms(value, bound))
    ends = isinstance(subject, URIRef) or isinstance(value, URIRef)
    along = _along(predicate, ends)
    return _ANY if along is None else Pattern(None, along, None)


def _along(path: object, ends: bool) -> Terms:
    """Return the predicates a path can go along; None where it can be any, or no step at all.

    ``ends`` tells whether the path begins or ends at a given term: a path of no step from anywhere
    would find every term there is.
    """
    if isinstance(path, URIRef):
        return frozenset({_text(path)})
    if isinstance(path, NegatedPath) or (isinstance(path, MulPath) and path.zero and not ends):
        return None
    if isinstance(path, SequencePath | AlternativePath):
        steps = [_along(step, ends) for step in path.args]
    else:
        assert isinstance(path, InvPath | MulPath), f"no path known: {path}"
        steps = [_along(path.arg if isinstance(path, InvPath) else path.path, ends)]
    found: set[bytes] = set()
    for step in steps:
        if step is None:
            return None
        found |= step
    return frozenset(found)


def _terms(term: object, bound: _Bound) -> Terms:
    if isinstance(term, URIRef):
        return frozenset({_text(term)})
    return bound.get(str(term)) if isinstance(term, Variable) else None


def _text(term: URIRef) -> bytes:
    return f"<{term}>".encode()
