"""Fold words, so that a search finds "sanction" for "sanctions".

Folding takes endings of plural and tense off a word; it is rough on purpose, because both sides
are folded alike. Stop words say nothing of what is sought.
"""

import re

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    _WORD.findall(
        "a an and any are as at be by can did do does for from has have how in is it its of on or "
        "that the their there they this to was were what when where which who why will with"
    )
)
_SHORTEST_PREFIX = 3


def split(text: str) -> list[str]:
    """Return the words of a text, in lower case.

    >>> split("S/RES/1718 (2006)")
    ['s', 'res', '1718', '2006']
    """
    return _WORD.findall(text.lower())


def sought(text: str) -> list[str]:
    """Return the words that a search is about: stop words are left out, unless there are no others.

    >>> sought("sanctions on the North"), sought("who")
    (['sanctions', 'north'], ['who'])
    """
    words = list(dict.fromkeys(split(text)))
    return [word for word in words if word not in _STOP] or words


def fold(word: str) -> str:
    """Return a word without the endings of plural and tense.

    >>> [fold(word) for word in ("treaties", "sanctions", "recognised", "votes", "Laos".lower())]
    ['treat', 'sanction', 'recognis', 'vot', 'lao']
    """
    for ending, rest in (("ies", 3), ("ing", 4), ("ed", 3), ("es", 3), ("s", 3)):
        if word.endswith(ending) and not word.endswith(("ss", "us")):
            kept = word.removesuffix(ending)
            if len(kept) >= rest:
                return kept
    return word[:-1] if len(word) > _SHORTEST_PREFIX and word[-1] in "ey" else word


def holds(words: set[str], wanted: str) -> bool:
    """Whether a word is among others: folded alike, or as the start of one.

    >>> holds({"ratification"}, "ratif"), holds({"1718"}, "1")
    (True, False)
    """
    folded = fold(wanted)
    if any(fold(word) == folded for word in words):
        return True
    return len(wanted) >= _SHORTEST_PREFIX and any(word.startswith(wanted) for word in words)
