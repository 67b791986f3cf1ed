"""Find numbers in a sentence, with what they count.

A number is written in figures or in words, with a scale (``thousand``, ``million``) or without.
What it counts is a sign or symbol at the number (``%``, ``US$``, ``mm``), or the first plural
noun among the next words. A number that counts nothing recognisable is left out, and so is a
vague one ("several thousand"): it names no number.

Units: the text's own words; values are exact decimals.
Used by ``mentions``.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_ONES)}
_WORDS |= {word: 10 * ten for ten, word in enumerate(_TENS, 2)} | {"dozen": 12}
_SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_CURRENCIES = {"US$": "US dollars", "$": "dollars", "€": "euros", "£": "pounds", "¥": "yuan"}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SCALE = "|".join(_SCALES)
_NUMBER = re.compile(
    rf"(?<![\w.,/$€£¥–—-])(?P<currency>US\$|[$€£¥])?"
    rf"(?:(?P<figures>\d{{1,3}}(?:,\d{{3}})+|\d+)(?P<fraction>\.\d+)?"
    rf"|(?P<tens>{_WORD})(?:-(?P<ones>{_WORD}))?)"
    rf"(?P<odd>-odd)?(?:[\s-](?P<scale>{_SCALE})\b)?"
    r"(?:\s?(?P<unit>%|percent|per\scent|mm|cm|km|kg)(?!\w))?(?![\w/]|[.,]\d)",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:several|many|few|some|of|hundreds|thousands|millions|tens|a)\s$", re.IGNORECASE
)
_NEXT = re.compile(r"\s+((?:[^\W\d_]+[-’'])*[^\W\d_]+)(?=[\s.,;:!?)”’\"]|$)")
_STOPS = re.compile(
    "an?|and|as|at|by|for|from|in|into|is|its|of|on|or|over|than|that|the|their|these|this|those|to"
    "|was|were|which|who|will|with|are|has|have|had|been?|between|since|until|across",
    re.IGNORECASE,
)
_IRREGULAR = frozenset(("people", "men", "women", "children", "personnel", "staff", "aircraft"))
_NOT_PLURAL = re.compile(r"(?:ss|us|is|ous)$|^(?:its|has|was|as|perhaps|united)$", re.IGNORECASE)
_REACH = 4
"""How many words after a number what it counts may stand."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number found in a sentence, by positions in its words."""

    start: int
    end: int
    value: Decimal
    unit: str


def find_quantities(words: str) -> tuple[Quantity, ...]:
    """Return the quantities in ``words``, in order.

    >>> [(str(q.value), q.unit) for q in find_quantities("Some 1,200 naval guards, 45% of them")]
    [('1200', 'guards'), ('45', '%')]
    """
    found = []
    for match in _NUMBER.finditer(words):
        unit, end = _unit(words, match)
        vague = match["tens"] and _VAGUE.search(words[: match.start()])
        # "one" counts no plural: what follows it in -s is another word.
        single = match["tens"] and _value(match) == 1
        if unit and not vague and not single:
            found.append(Quantity(match.start(), end, _value(match), unit))
    return tuple(found)


def _value(match: re.Match[str]) -> Decimal:
    if match["figures"]:
        value = Decimal(match["figures"].replace(",", "") + (match["fraction"] or ""))
    else:
        value = Decimal(_WORDS[match["tens"].lower()])
        value += _WORDS[match["ones"].lower()] if match["ones"] else 0
    return value * _SCALES[match["scale"].lower()] if match["scale"] else value


def _unit(words: str, match: re.Match[str]) -> tuple[str | None, int]:
    """Return what a number counts, and where number and unit end."""
    if match["unit"]:
        unit = match["unit"]
        return ("%" if unit.lower().startswith("per") else unit), match.end()
    if match["currency"]:
        return _CURRENCIES[match["currency"].upper()], match.end()
    position = match.end()
    for _ in range(_REACH):
        following = _NEXT.match(words, position)
        if following is None or _STOPS.fullmatch(following[1]):
            return None, position
        word, position = following[1], following.end(1)
        if word.lower() in _IRREGULAR or (
            word.endswith("s") and word.islower() and not _NOT_PLURAL.search(word)
        ):
            return word, position
    return None, position
