"""Find what a passage mentions: known things, dates and quantities.

Author-year citations are passed over: a name or year in them belongs to the reference. Where a
date and a quantity overlap, the date holds. A date whose words give no year is left out, for it
cannot be placed in time without a guess.

Shape: `Mention`, positions in the passage's words.
Used by ``describe``.
"""

from dataclasses import dataclass
from decimal import Decimal

from rdflib import Literal, URIRef

from foedus.documents.citations import citation_spans
from foedus.documents.gazetteer import Matcher
from foedus.documents.passages import Passage
from foedus.documents.quantities import find_quantities
from foedus.values import bounds, find_dates


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing, a date or a quantity that a passage names."""

    start: int
    end: int
    thing: URIRef | None = None
    date: Literal | None = None
    value: Decimal | None = None
    unit: str | None = None


def find_mentions(passage: Passage, matcher: Matcher) -> tuple[Mention, ...]:
    """Return the mentions of a passage of the body, in order; none for other passages."""
    if passage.role not in ("body", "heading"):
        return ()
    words = passage.words
    taken = list(citation_spans(words))

    def is_free(start: int, end: int) -> bool:
        return all(end <= first or last <= start for first, last in taken)

    found: list[Mention] = []
    for printed in find_dates(words):
        if is_free(printed.start, printed.end) and bounds(printed.value).earliest is not None:
            found.append(Mention(printed.start, printed.end, date=printed.value))
    for named in matcher.find(words):
        if is_free(named.start, named.end):
            found.append(Mention(named.start, named.end, thing=named.thing))
    taken += [(mention.start, mention.end) for mention in found]
    for quantity in find_quantities(words):
        if is_free(quantity.start, quantity.end):
            found.append(
                Mention(quantity.start, quantity.end, value=quantity.value, unit=quantity.unit)
            )
    return tuple(sorted(found, key=lambda mention: (mention.start, mention.end)))
