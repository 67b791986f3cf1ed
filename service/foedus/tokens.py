"""Split a SPARQL query into its tokens, and tell from them what the engine will not say.

The engine parses queries, but its Python interface shows no syntax tree. Three questions need
one: where a parameter's ``VALUES`` block stands, whether the outermost query is ordered, and
whether any part of the query calls another endpoint. Tokens answer them, because a word inside
a string, an IRI or a comment is no token of its own.

Source: SPARQL 1.1 Query Language, section 19.8 (grammar, terminals).
Used by: ``saved`` and ``engine``.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_FIRST = r"""
    (?P<comment>\#[^\r\n]*+)
  | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3}
      | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
      | (?!\"{3}|'{3})(?:"(?:[^"\\\r\n]|\\[^\r\n])*+" | '(?:[^'\\\r\n]|\\[^\r\n])*+'))
  | (?P<unclosed>(?:\"{3}|'{3}).*+ | ["'][^\r\n]*+)
  | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
  | (?P<variable>[?$]\w++)
  | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
"""
_NAME = r"""
  | (?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:(?:(?![.-])(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\.)*
      (?:[\w:-]|%[0-9A-Fa-f]{2}|\\.))?)
"""
_LAST = r"""
  | (?P<blank>_:\w(?:[\w.-]*[\w-])?)
  | (?P<word>[^\W\d_]\w*+)
  | (?P<number>\d++(?:\.\d++)?(?:[eE][+-]?\d++)?)
  | (?P<datatype>\^\^)
  | (?P<mark>\S)
"""
_TOKEN = re.compile(_FIRST + _NAME + _LAST, re.VERBOSE | re.DOTALL)
_NAMELESS = re.compile(_FIRST + _LAST, re.VERBOSE | re.DOTALL)
_PREFIX = re.compile(r"[\w.-]++")
"""What the prefix of a name is made of, as far as it goes."""
_VALUES = frozenset({"iri", "name", "variable", "string", "language", "number", "blank"})
_HIDDEN = frozenset({"comment", "string", "iri", "variable", "language", "blank"})
_GRAPHS = re.compile(r"[?$:/]\w++|(?P<keyword>graph|from)", re.IGNORECASE)


class Token(NamedTuple):
    """One token: its kind (a group of the pattern above), its text, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The code point after the token's last."""
        return self.start + len(self.text)

    def is_word(self, word: str) -> bool:
        """Whether the token is this keyword, in whatever case."""
        return self.kind == "word" and self.text.upper() == word


def _scan(text: str) -> Iterator[Token]:
    """Yield every token, in time that grows as the text does, whatever the text is.

    A word was taken for a prefix first, and no colon came. Up to there no prefix starts, or a
    text of many words and dots would be read to its end at each of them.
    """
    place = nameless = 0
    while match := (_NAMELESS if place < nameless else _TOKEN).search(text, place):
        kind, start = str(match.lastgroup), match.start()
        yield Token(kind, match[0], start)
        place = match.end()
        if kind == "word" and start >= nameless and (prefix := _PREFIX.match(text, start)):
            nameless = prefix.end()


def split(text: str) -> list[Token]:
    """Return the tokens of a query, comments and white space left out.

    >>> [token.text for token in split("ASK { ?a :b 'c d' } # e")]
    ['ASK', '{', '?a', ':b', "'c d'", '}']
    """
    return [token for token in _scan(text) if token.kind != "comment"]


def calls_service(text: str) -> bool:
    r"""Whether a query may call another endpoint; errs on the side of yes.

    The engine reads keywords without a space after them (``SERVICEx:y`` calls ``x:y``), so
    every visible token that holds the word counts, except after the colon of a prefixed name. A
    text that can be split in two ways, of which one may hide the word, counts too.

    >>> calls_service("ASK { SERVICE <http://e.org/> { ?s ?p ?o } }")
    True
    >>> calls_service("ASK { ?service a sd:Service } # SERVICE <http://e.org/>")
    False
    """
    return "service" in text.lower() and _may_say(text, "service")


def names_graphs(text: str) -> bool:
    r"""Whether a query may ask for more than the default graph; errs on the side of yes, as above.

    Directly behind ``?``, ``$``, ``:`` and ``/`` no keyword stands: most texts need no second look.

    >>> names_graphs("ASK { GRAPH ?g { ?s ?p ?o } }"), names_graphs("ASK FROM <a:b> {}")
    (True, True)
    >>> names_graphs("ASK { VALUES ?graph { <http://e.org/graph/1> } ?s ?p ?graph } # from here")
    False
    """
    is_likely = any(found["keyword"] for found in _GRAPHS.finditer(text))
    return is_likely and _may_say(text, "graph", "from")


def _may_say(text: str, *words: str) -> bool:
    """Whether a text may hold one of the words as a keyword."""
    read = split(text)
    shown = (
        (token.text.split(":")[0] if token.kind == "name" else token.text).lower()
        for token in read
        if token.kind not in _HIDDEN
    )
    return is_ambiguous(read) or any(word in text for text in shown for word in words)


def is_ambiguous(read: Sequence[Token]) -> bool:
    """Whether what was taken for an IRI may be something else, and all behind it too.

    Behind a value in brackets ``<`` means "less than", unless they hold a list; and ``<<`` begins
    a triple.

    >>> is_ambiguous(split("ASK { FILTER(1<?a&&?b>2) }")), is_ambiguous(split("ASK { <a:b> ?c 1 }"))
    (True, False)
    """
    brackets: list[str] = []
    is_data = False  # whether the next brace opens what VALUES lists, where nothing is compared
    for before, token in pairwise([Token("mark", "{", 0), *read]):
        if before.text == token.text == "<" or (before.text == "<" and token.kind == "iri"):
            return True
        if token.kind == "iri" and brackets and brackets[-1] == "(":
            is_value = before.kind in _VALUES or before.text == ")"
            if is_value or before.is_word("TRUE") or before.is_word("FALSE"):
                return True
        if token.is_word("VALUES"):
            is_data = True
        elif token.kind == "mark" and token.text in "({[":
            is_listed = (is_data and token.text == "{") or (brackets and brackets[-1] == "VALUES")
            brackets.append("VALUES" if is_listed else token.text)
            is_data = is_data and token.text != "{"
        elif token.kind == "mark" and token.text in ")}]" and brackets:
            brackets.pop()
    return False


def values_blocks(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each ``VALUES ?name { … }``: the name, and where what the braces hold starts and ends.

    >>> list(values_blocks("ASK { VALUES ?a { <b:c> } ?a ?d ?e }"))
    [('a', 17, 24)]
    """
    tokens = split(text)
    for place in range(len(tokens) - 3):
        word, name, opening = tokens[place : place + 3]
        if word.is_word("VALUES") and name.kind == "variable" and opening.text == "{":
            closing = next((token for token in tokens[place + 3 :] if token.text == "}"), None)
            if closing is not None:
                yield name.text[1:], opening.end, closing.start


def prologue_end(text: str) -> int:
    """Return where the body starts, after the last ``PREFIX`` and ``BASE`` line.

    >>> prologue_end("PREFIX a: <b:c> ASK {}")
    15
    """
    tokens = split(text)
    end = place = 0
    while place < len(tokens):
        length = 3 if tokens[place].is_word("PREFIX") else 2 if tokens[place].is_word("BASE") else 0
        last = place + length - 1
        if not length or last >= len(tokens) or tokens[last].kind != "iri":
            break
        end = tokens[last].end
        place += length
    return end


def undeclared(text: str) -> list[Token]:
    """Return the prefixed names whose prefix the query does not declare, in its order.

    >>> [token.text for token in undeclared("PREFIX a: <b:c> ASK { a:x d:e 1 }")]
    ['d:e']
    """
    tokens = split(text)
    declared = {name.text for word, name in pairwise(tokens) if word.is_word("PREFIX")}
    return [
        token
        for token in tokens
        if token.kind == "name" and token.text.split(":")[0] + ":" not in declared
    ]


def is_ordered(text: str) -> bool:
    """Whether the outermost query has an ``ORDER BY``.

    >>> is_ordered("SELECT * { { SELECT * { ?a ?b ?c } ORDER BY ?a } }")
    False
    """
    depth = 0
    tokens = split(text)
    for token, following in pairwise(tokens):
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if depth == 0 and token.is_word("ORDER") and following.is_word("BY"):
            return True
    return False
