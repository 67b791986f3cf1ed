"""Say where a query is wrong, and what was expected there.

The engine's parser reports the farthest place it looked at, which lies beyond the fault by the
length of whatever keyword it tried last. So the fault is searched: the first token after which
the text can no longer be continued. A text can be continued where the parser, given it with
white space behind, complains of the end; the white space is longer than any keyword.

Units: lines and columns from 1, columns in code points.
Used by: ``saved`` and ``engine``.
"""

import re
from dataclasses import dataclass, replace

import pyoxigraph as ox

from foedus import BASE, tokens

_PLACE = re.compile(r"error at (\d+):(\d+): expected (.*)", re.DOTALL)
_CHARACTERS = re.compile(
    r"\[(?:'(?:[^'\\]|\\u\{\w+\}|\\.)'(?:\s*\.\.=?\s*'[^']*')?[|\s]*)+\]|\[_\]"
)
_DIGIT = "['0'..='9']"
_ANY = "[_]"
_OPERATORS = frozenset(
    f'"{sign}"' for sign in ("!=", "&&", "*", "+", "-", "/", "<", "<=", "=", ">", ">=", "||")
)
_NAMES = {
    "a variable": {'"?"', '"$"'},
    "an IRI": {'"<"', '":"'},
    "a string": {'"\'"', '"\\""', "\"'''\"", '"\\"\\"\\""'},
    "a number": {'"+"', '"-"', _DIGIT},
    "a boolean": {'"true"', '"false"'},
    "a blank node": {'"_:"', '"["'},
}
"""What the parser's first characters stand for."""
_TRIPLE_TERMS = frozenset({'"<<"', '"<<("'})
_PADDING = " " * 40
_LONGEST = 100_000
"""Code points above which the parser's own place has to do."""
_MOST_EXPECTED = 12
_FIRST = "SELECT, CONSTRUCT, DESCRIBE, ASK, PREFIX or BASE"


@dataclass(frozen=True, slots=True)
class Fault:
    """A syntax error: where, and why."""

    line: int
    column: int
    reason: str


def find_fault(text: str) -> Fault | None:
    """Return the first fault of a query, or None where it parses.

    >>> find_fault("SELECT ?s { GRAPH }")
    Fault(line=1, column=19, reason="unexpected '}'; expected a variable or an IRI")
    """
    failure = _parse(text)
    if failure is None:
        return None
    found = tokens.split(text)
    undeclared = tokens.undeclared(text)
    if not found:
        return Fault(1, 1, "the query is empty")
    if undeclared:
        names = ", ".join(sorted({token.text.split(":")[0] + ":" for token in undeclared}))
        reason = f"undeclared prefix {names}"
        if text[: undeclared[0].start].endswith("<"):
            reason += ", or an IRI before it that is not closed with '>'"
        return _at(text, undeclared[0].start, reason)
    if len(text) > _LONGEST:
        return Fault(failure.line, failure.column, "not valid SPARQL")
    good = _count_good(text, found)
    if good == len(found):
        ended = _parse(text + _PADDING)
        reason = "; ".join(failure.reasons) or f"the query ends too early{_listed(ended)}"
        return _at(text, found[-1].end, reason)
    before = _parse(text[: found[good - 1].end if good else 0] + _PADDING)
    bad = found[good]
    fault = _at(text, bad.start, "")
    reasons = failure.reasons or (before.reasons if before else ())
    if good == 0 and not reasons:
        reasons = (f"unexpected {bad.text[:40]!r}; expected {_FIRST}",)
    reason = (
        "; ".join(reasons)
        or f"unexpected {bad.text[:40]!r}{_listed(before, _keyword(failure, fault))}"
    )
    return replace(fault, reason=reason)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What the parser says: the farthest place, reasons in words, and tokens it wanted."""

    line: int
    column: int
    reasons: tuple[str, ...]
    wanted: tuple[str, ...]


def _parse(text: str) -> _Failure | None:
    try:
        ox.Store().query(text, base_iri=BASE)
    except SyntaxError as error:
        found = _PLACE.match(str(error.msg))
        if found is None:
            return _Failure(1, 1, (str(error.msg),), ())
        listed = _CHARACTERS.sub("", found[3]).removeprefix("one of ")
        parts = [part.strip() for part in re.split(r",\s", listed)]
        reasons = tuple(part for part in parts if " " in part and part[0].isalpha())
        wanted = tuple(part for part in parts if part and part not in reasons)
        wanted += tuple(sign for sign in (_DIGIT, _ANY) if sign in found[3])
        return _Failure(int(found[1]), int(found[2]), reasons, wanted)
    return None


def _count_good(text: str, found: list[tokens.Token]) -> int:
    """Return how many of the first tokens make a text that can be continued."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high + 1) // 2
        if _can_go_on(text[: found[middle - 1].end]):
            low = middle
        else:
            high = middle - 1
    return low


def _can_go_on(text: str) -> bool:
    padded = text + _PADDING
    failure = _parse(padded)
    if failure is None:
        return True
    end = _at(padded, len(padded), "")
    return (failure.line, failure.column) == (end.line, end.column)


def _at(text: str, offset: int, reason: str) -> Fault:
    line = text.count("\n", 0, offset) + 1
    return Fault(line, offset - (text.rfind("\n", 0, offset) + 1) + 1, reason)


def _keyword(failure: _Failure, fault: Fault) -> str:
    """Return the keyword that the parser tried last at the fault, or nothing."""
    word = next((word for word in failure.wanted if word.isupper()), "")
    is_here = (failure.line, failure.column - len(word)) == (fault.line, fault.column)
    return word if is_here else ""


def _listed(failure: _Failure | None, keyword: str = "") -> str:
    """Return what the parser wanted, in words, where that is short enough to help."""
    wanted = set(failure.wanted) if failure else set()
    takes_keyword = _ANY in wanted
    wanted -= _TRIPLE_TERMS
    names = []
    if '"&&"' in wanted:
        wanted -= _OPERATORS
        names.append("an operator")
    else:
        for name, signs in _NAMES.items():
            if signs <= wanted or (_DIGIT in signs & wanted):
                wanted -= signs
                names.append(name)
    names += sorted(wanted - {_ANY})
    if takes_keyword and (names or keyword):
        names.append("a keyword" if names else f"a keyword such as {keyword}")
    if not 0 < len(names) <= _MOST_EXPECTED:
        return ""
    return f"; expected {' or '.join(names)}"
