"""United Nations document symbols: one canonical form, so that two sources meet in one text.

A resolution is written in many ways: ``A/RES/31/6[A]``, ``A/RES/49(I)[A]``, ``A/RES/78/183 B``,
``R/31/6A``, ``S/RES/1718(2006)``. `canonical` brings brackets, blanks and slashes into one form,
`key` makes the IRI's key of it, and `from_voeten` reads the ``R/session/number`` of Voeten's
data. Until its 30th session (1976) the Assembly numbered its resolutions through, and the symbol
has the session in Roman numerals; since then each session starts at 1.

In Voeten's data the number after ``R/session/`` is a resolution's from the 15th session on, and
there only where it lies within the numbers of that session. Elsewhere it names a page of the
record. Measured on the table in ``docs/votes.md``: before session 15 no number agrees with the
resolution of that number, in sessions 15 to 17 only those within the session's numbers do.

Source: the numbering of the Assembly's resolutions, as the symbols of the UN Digital Library have
it: https://digitallibrary.un.org
Used by the readers and `quads`.
"""

import re

FIRST_LINKED_SESSION = 15
LAST_SESSION_WITH_PAGES = 17
LAST_ROMAN_SESSION = 30

_NUMBERS = {
    15: (1476, 1621), 16: (1623, 1747), 17: (1748, 1871), 18: (1881, 1994),
    19: (1995, 2009), 20: (2010, 2133), 21: (2134, 2247), 22: (2258, 2373),
    23: (2374, 2493), 24: (2494, 2619), 25: (2620, 2750), 26: (2751, 2901),
    27: (2902, 3049), 28: (3050, 3199), 29: (3203, 3361), 30: (3363, 3541),
}  # fmt: skip
"""First and last resolution of each regular session; special sessions have the numbers between."""

_BRACKETED = re.compile(r"\[(?:Section\s*)?([^\]]+)\]", re.IGNORECASE)
_VOETEN = re.compile(r"R/(\d+)/(\d+)([A-Z]*)(?:/([A-Z]+))?", re.ASCII)
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def roman(number: int) -> str:
    """Return a whole number from 1 in Roman numerals.

    >>> roman(29)
    'XXIX'
    """
    text = ""
    for value, letters in _ROMAN:
        while number >= value:
            text += letters
            number -= value
    return text


def canonical(symbol: str) -> str:
    """Return a symbol without blanks, brackets and doubled slashes.

    >>> canonical("A/RES/31/6[A]"), canonical("A/RES/78/183 B")
    ('A/RES/31/6A', 'A/RES/78/183B')
    >>> canonical("A/RES/39/236[SectionII]"), canonical("A/RES/36//235IX")
    ('A/RES/39/236II', 'A/RES/36/235IX')
    """
    symbol = _BRACKETED.sub(r"\1", symbol)
    return re.sub(r"/{2,}", "/", re.sub(r"\s+", "", symbol))


def label(symbol: str) -> str:
    """Return a canonical symbol as people write it, with a blank before the parenthesis.

    >>> label("S/RES/1718(2006)")
    'S/RES/1718 (2006)'
    """
    return symbol.replace("(", " (")


def key(symbol: str) -> str:
    """Return the key of a symbol: hyphens for all that is no letter or digit.

    >>> key("A/RES/ES-11/1"), key("S/RES/1718(2006)")
    ('A-RES-ES-11-1', 'S-RES-1718-2006')
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", canonical(symbol)).strip("-")


def from_voeten(text: str) -> str | None:
    """Return the canonical symbol for a resolution as Voeten's data write it, or None.

    >>> from_voeten("R/31/6A"), from_voeten("R/21/2200A"), from_voeten("A/RES/71/5")
    ('A/RES/31/6A', 'A/RES/2200(XXI)A', 'A/RES/71/5')
    >>> from_voeten("R/1/66") is None
    True
    """
    if text.startswith("A/RES/"):
        return canonical(text)
    match = _VOETEN.fullmatch(text)
    if not match:
        return None
    session, number = int(match[1]), int(match[2])
    part = match[3] + (f"/{match[4]}" if match[3] and match[4] else match[4] or "")
    if session > LAST_ROMAN_SESSION:
        return f"A/RES/{session}/{number}{part}"
    if session < FIRST_LINKED_SESSION:
        return None
    first, last = _NUMBERS[session]
    if not first <= number <= last:
        return None
    return f"A/RES/{number}({roman(session)}){part}"


def is_page(text: str) -> bool:
    """Tell whether a reference of Voeten's data names a page of the record, not a resolution.

    >>> is_page("R/1/66"), is_page("ESS/1/34"), is_page("R/29/3397A")
    (True, True, False)
    """
    if text.startswith(("ESS/", "SS/", "GOAR/")):
        return True
    match = re.match(r"R/(\d+)[ /]", text)
    return match is not None and int(match[1]) <= LAST_SESSION_WITH_PAGES
