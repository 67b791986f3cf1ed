"""Put a constant where ``VALUES`` says that the name of a graph is one.

``VALUES ?graph { <g> } GRAPH ?graph { ?vote ?p ?o }`` has the engine look into every graph, and
then join; ``GRAPH <g> { ?vote ?p ?o }`` goes to the one. Saved queries name their parameters by
such blocks, and take a half to a fiftieth of the time without them.

A block of one variable and one name goes where all of its group that mentions the variable can
name the constant instead: names of graphs, the graphs' blocks where these are nothing but plain
triple patterns, and filters. Every solution of such a group has that value, so each part joined
with it is the part with the constant. Where something outside uses the variable too, the group
gets it back at its end by ``BIND``. All else is left as it is: groups within that mention the
variable (``OPTIONAL``, ``UNION``), whose solutions may lack it; paths, which match constants of
which the data know nothing; ``BOUND``; literals, which are no subjects; and patterns outside of
a named graph, whose order by its blocks the engine keeps and is often meant.

Source: SPARQL 1.1 Query Language, 10 (BIND, VALUES), 12.1 (scope of subqueries), 18.2.2
(translation of groups), 18.5 (Join, LeftJoin, Extend).
Used by ``embedded``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from foedus import tokens
from foedus.tokens import Token

_TERMS = frozenset({"iri", "name", "variable", "string", "language", "datatype", "number", "blank"})
_NAMES = frozenset({"iri", "name"})
_MARKS = frozenset(".;,")
_WORDS = frozenset({"A", "TRUE", "FALSE"})
_ELEMENTS = frozenset({"FILTER", "BIND", "OPTIONAL", "MINUS", "GRAPH", "SERVICE", "VALUES"})
"""What starts a part of a group other than triple patterns."""
_VALUES = re.compile(r"(?<![?$\w:])values\b", re.IGNORECASE)
_GRAPH = re.compile(r"(?<![?$\w:/])graph\s*[?$<:\w]", re.IGNORECASE)
"""A keyword without which there is nothing to do; a comment may hold it too."""
_NOTHING = "VALUES () { () }"
"""A block that joins with anything: it keeps apart what the other block did."""
_DEEPEST, _MOST = 50, 200
"""Groups within groups, and all groups, beyond which a query is left alone."""
_Edit = tuple[int, int, str]
"""From where to where in the query something else stands."""


class _UnreadError(Exception):
    """The text has no structure that is understood here."""


@dataclass(frozen=True, slots=True)
class _Constant:
    """A block ``VALUES ?name { value }``."""

    first: int
    """Its first token and the one behind it, as places among the tokens."""
    end: int
    text: str


@dataclass(slots=True)
class _Group:
    """What stands between two braces; the outermost is the query."""

    parent: "_Group | None"
    first: int
    """The place of its first token, behind the brace, and of the closing brace."""
    end: int = 0
    constants: dict[str, list[_Constant]] = field(default_factory=dict)
    free: list[Token] = field(default_factory=list)
    """Variables that a constant may replace."""
    graphs: list[Token] = field(default_factory=list)
    """Those of them for which it is of use."""
    fixed: set[str] = field(default_factory=set)
    """Names of variables that stand where a constant may not."""
    blocks: list[tuple[Token, list[Token]]] = field(default_factory=list)
    """The names of graphs that it asks, each with the variables that stand there."""
    groups: "list[_Group]" = field(default_factory=list)
    is_select: bool = False
    shows_all: bool = False

    def own(self) -> set[str]:
        """Return the variables that it mentions itself."""
        return self.fixed | {_name(token) for token in self.free} | set(self.constants)

    def seen(self) -> set[str]:
        """Return the variables that may be seen from outside; of a subquery, those it names."""
        if self.is_select and not self.shows_all:
            return self.fixed
        return self.own().union(*(group.seen() for group in self.groups))


def inline(query: str) -> str:
    """Return a query with the same answers.

    >>> inline("ASK { VALUES ?g { <a:b> } GRAPH ?g { ?s ?p ?g } FILTER(?s = ?g) }")
    'ASK { VALUES () { () } GRAPH  <a:b>  { ?s ?p  <a:b>  } FILTER(?s =  <a:b> ) }'
    >>> inline("SELECT ?g { VALUES ?g { <a:b> } GRAPH ?g { ?s ?p ?o } }")
    'SELECT ?g { VALUES () { () } GRAPH  <a:b>  { ?s ?p ?o }  BIND(<a:b> AS ?g) }'
    """
    if not (_VALUES.search(query) and _GRAPH.search(query)):
        return query
    read = tokens.split(query)
    if tokens.is_ambiguous(read):
        return query
    try:
        outer = _Reader(read).query()
    except _UnreadError:
        return query
    pieces, place = [], 0
    for start, end, text in sorted(_edits(outer, read)):
        pieces += [query[place:start], text]
        place = end
    return "".join([*pieces, query[place:]])


def _edits(group: _Group, read: Sequence[Token]) -> Iterator[_Edit]:
    """Yield what changes in a group and those within."""
    for name, blocks in group.constants.items():
        is_used = any(_name(token) == name for token in group.graphs)
        is_seen_within = any(name in within.seen() for within in group.groups)
        if not is_used or len(blocks) > 1 or name in group.fixed or is_seen_within:
            continue
        [block] = blocks
        yield read[block.first].start, read[block.end - 1].end, _NOTHING
        for token in group.free:
            if _name(token) == name:
                yield token.start, token.end, f" {block.text} "
        if _is_seen_outside(name, group):
            place = read[group.end].start
            yield place, place, f" BIND({block.text} AS ?{name}) "
    for within in group.groups:
        yield from _edits(within, read)


def _is_seen_outside(name: str, group: _Group) -> bool:
    """Whether something outside of a group may mean the same variable by this name."""
    while (parent := group.parent) is not None:
        others = (other.seen() for other in parent.groups if other is not group)
        if name in parent.own().union(*others) or parent.shows_all:
            return True
        if parent.is_select:
            return False
        group = parent
    return False


def _name(variable: Token) -> str:
    return variable.text[1:]


class _Reader:
    """Reads the groups of a query."""

    def __init__(self, read: Sequence[Token]) -> None:
        self._read = read
        self._place = 0
        self._groups = 0

    def query(self) -> _Group:
        """Return the whole query, whose groups are those of no other."""
        outer = _Group(None, 0)
        outer.is_select = True  # nothing is outside of it
        while self._place < len(self._read):
            self._head(outer)
        return outer

    def _head(self, group: _Group) -> None:
        """Read what stands outside of braces: columns, modifiers; or the group that comes next."""
        token = self._read[self._place]
        self._place += 1
        if _is_mark(token, "{"):
            group.groups.append(self._group(group, 1))
        elif _is_mark(token, "}") or token.is_word("EXISTS"):
            raise _UnreadError
        elif token.kind == "variable":
            group.fixed.add(_name(token))
        elif _is_mark(token, "*"):
            group.shows_all = True  # or a count of rows, or a product: rather once too often

    def _group(self, parent: _Group, depth: int) -> _Group:
        """Read a group, whose opening brace is read, to its end."""
        group = _Group(parent, self._place)
        self._groups += 1
        if depth > _DEEPEST or self._groups > _MOST:
            raise _UnreadError
        while not _is_mark(token := self._token(), "}"):
            if _is_mark(token, "{"):
                self._place += 1
                group.groups.append(self._group(group, depth + 1))
            elif token.is_word("SELECT"):
                self._select(group, depth)
            elif token.is_word("VALUES"):
                self._values(group)
            elif token.is_word("FILTER") or token.is_word("BIND"):
                self._expression(group)
            elif token.is_word("GRAPH"):
                self._graph(group)
            elif token.kind == "word" and token.text.upper() in _ELEMENTS:
                self._place += 1
            else:
                self._patterns(group)
        group.end = self._place
        self._place += 1
        for name, found in group.blocks:
            if name.kind != "variable" or _name(name) in group.constants:
                group.free += found
                group.graphs += found
            else:
                group.fixed.update(map(_name, found))
        return group

    def _token(self) -> Token:
        if self._place >= len(self._read):
            raise _UnreadError
        return self._read[self._place]

    def _select(self, group: _Group, depth: int) -> None:
        """Read a subquery, which is all of its group."""
        group.is_select = True
        while not _is_mark(token := self._token(), "}"):
            if _is_mark(token, "{"):
                self._place += 1
                group.groups.append(self._group(group, depth + 1))
            else:
                self._head(group)

    def _values(self, group: _Group) -> None:
        first = self._place
        block = self._read[first + 1 : first + 5]
        if [token.text in "{}" for token in block] == [False, True, False, True]:
            variable, _, value, _ = block
            if variable.kind == "variable" and value.kind in _NAMES:
                self._place += 5
                constant = _Constant(first, self._place, value.text)
                group.constants.setdefault(_name(variable), []).append(constant)
                return
        while not _is_mark(token := self._token(), "}"):
            if token.kind == "variable":
                group.fixed.add(_name(token))
            self._place += 1
        self._place += 1

    def _expression(self, group: _Group) -> None:
        """Read an expression in brackets; one that looks for patterns is left alone."""
        first, depth = self._place, 0
        is_free = self._token().is_word("FILTER")
        while True:
            self._place += 1
            token = self._token()
            if _is_mark(token, "}") and depth == 0:
                raise _UnreadError
            if _is_mark(token, "{") or token.is_word("BOUND") or token.is_word("EXISTS"):
                is_free = False
            depth += (token.kind == "mark") * ((token.text in "({") - (token.text in ")}"))
            if depth == 0 and token.kind == "mark" and token.text in ")}":
                break
        self._place += 1
        found = [t for t in self._read[first : self._place] if t.kind == "variable"]
        if is_free:
            group.free += found
        else:
            group.fixed.update(map(_name, found))

    def _graph(self, group: _Group) -> None:
        self._place += 1
        name = self._token()
        self._place += 1
        end = self._place + 1
        while end < len(self._read) and _is_plain(self._read[end]):
            end += 1
        plain = self._read[self._place + 1 : end]
        if plain and end < len(self._read) and _is_mark(self._read[end], "}"):
            found = [token for token in (name, *plain) if token.kind == "variable"]
            group.blocks.append((name, found))
            self._place = end + 1
        elif name.kind == "variable":
            # An empty block, or a group that needs no match, has solutions in every graph that
            # there is; in a graph that is not there it has one too.
            group.fixed.add(_name(name))

    def _patterns(self, group: _Group) -> None:
        """Read triple patterns, with the paths, lists and whatever else they hold."""
        while not _ends_patterns(token := self._token()):
            if token.kind == "variable":
                group.fixed.add(_name(token))
            self._place += 1


def _is_mark(token: Token, text: str) -> bool:
    return token.kind == "mark" and token.text == text


def _is_plain(token: Token) -> bool:
    """Whether a token may stand in plain triple patterns."""
    return (
        token.kind in _TERMS
        or (token.kind == "mark" and token.text in _MARKS)
        or (token.kind == "word" and token.text.upper() in _WORDS)
    )


def _ends_patterns(token: Token) -> bool:
    is_element = token.kind == "word" and token.text.upper() in _ELEMENTS
    return is_element or (token.kind == "mark" and token.text in "{}")
