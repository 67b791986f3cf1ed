"""The names of known things: where they stand in a sentence, and which thing a name is.

Names are the labels, alternative labels and government aliases of the things the graph knows.
They match letter for letter, on spaCy's tokens, the longest first; only a name that is no
proper name (its later words are lower case) also matches with a small first letter, and
straight and curly apostrophes, hyphens and dashes count as the same. A name of two things is
no guess: a capital that is also a government's alias is the place after words of motion or
location and the government elsewhere; any other ambiguous name is left out.

Used by ``mentions`` and ``describe``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rdflib import RDF, RDFS, SKOS, Graph, URIRef

from foedus.documents.bibliography import Entry, main_title
from foedus.documents.passages import ascii_slug
from foedus.documents.sentences import tokenizer
from foedus.iris import NS

_AT = frozenset(("in", "at", "near", "outside", "around", "via", "visited", "visit", "visiting"))
_GOING = re.compile(
    "visit(?:s|ed|ing)?|trips?|travel(?:s|led|ed|ling|ing)?|go(?:es|ing)?|went|come|came|flew"
    "|journey(?:s|ed)?|return(?:s|ed|ing)?|train"
)
_REACH = 5
"""How many words before "to" a word of motion may stand."""


_UNNAMED = (NS.StateName, NS.SeatTenure, NS.Tenure)
"""Classes whose labels tell what a thing is, but are no names a text would call it by."""

Names = tuple[tuple[str, tuple[URIRef, ...]], ...]
"""Names in order, each with the things that bear it."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names and the things they may name: by label, by government alias, and works by title."""

    labels: Names
    aliases: Names
    works: Names = ()

    def actor(self, name: str) -> URIRef | None:
        """Return the one thing with this name, its abbreviation or seat left off, or None."""
        known = dict(self.labels)
        bare = re.sub(r"\s*\([^)]*\)", "", name)
        for form in (name, bare, bare.split(", ")[0]):
            if len(things := known.get(form, ())) == 1:
                return things[0]
        return None

    def work(self, entry: Entry) -> URIRef | None:
        """Return the one known work whose label holds an entry's family name, title and year."""
        if entry.title is None or not entry.authors or entry.date is None:
            return None
        words = (entry.authors[0].family, main_title(entry.title), str(entry.date)[:4])
        needed = [f" {ascii_slug(part).replace('-', ' ')} " for part in words]
        fitting = {
            thing
            for label, things in self.works
            for thing in things
            if all(part in f" {ascii_slug(label).replace('-', ' ')} " for part in needed)
        }
        return fitting.pop() if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Named:
    """A name found in a sentence, by positions in its words."""

    start: int
    end: int
    thing: URIRef


def read_gazetteer(things: Graph) -> Gazetteer:
    """Return the names of ``things``: English ones, and those without a language."""
    works = {work for work in things.subjects(RDF.type, NS.Work) if isinstance(work, URIRef)}
    apart = works | {URIRef(str(t)) for c in _UNNAMED for t in things.subjects(RDF.type, c)}
    labels = (RDFS.label, SKOS.prefLabel, SKOS.altLabel)
    named = _names(things, labels)
    return Gazetteer(
        tuple((name, rest) for name, all_of in named if (rest := _without(all_of, apart))),
        _names(things, (NS.governmentAlias,)),
        tuple((name, own) for name, all_of in named if (own := tuple(set(all_of) & works))),
    )


def _without(things: tuple[URIRef, ...], others: set[URIRef]) -> tuple[URIRef, ...]:
    return tuple(thing for thing in things if thing not in others)


def _names(things: Graph, properties: tuple[URIRef, ...]) -> Names:
    found: dict[str, set[URIRef]] = defaultdict(set)
    for name_property in properties:
        for thing, name in things.subject_objects(name_property):
            language = getattr(name, "language", None)
            if isinstance(thing, URIRef) and language in (None, "en") and len(str(name)) > 1:
                found[" ".join(str(name).split())].add(thing)
    return tuple((name, tuple(sorted(found[name]))) for name in sorted(found))


@dataclass(frozen=True, slots=True)
class Matcher:
    """A gazetteer made ready for matching."""

    phrases: Any
    labels: dict[str, tuple[URIRef, ...]]
    aliases: dict[str, tuple[URIRef, ...]]

    def find(self, words: str) -> tuple[Named, ...]:
        """Return the names in ``words``, in order and without overlap."""
        from spacy.util import filter_spans

        sentence = tokenizer()(words)
        named = []
        for span in filter_spans(self.phrases(sentence, as_spans=True)):
            thing = self._choose(sentence, span)
            if thing is not None:
                named.append(Named(span.start_char, span.end_char, thing))
        return tuple(named)

    def _choose(self, sentence: Any, span: Any) -> URIRef | None:
        name = _plain(span.text)
        labels, aliases = self.labels.get(name, ()), self.aliases.get(name, ())
        candidates = tuple(sorted({*labels, *aliases}))
        if len(candidates) == 1:
            return candidates[0]
        places = tuple(thing for thing in labels if thing not in aliases)
        if len(aliases) != 1 or len(places) != 1:
            return None
        return places[0] if _is_location(sentence, span.start) else aliases[0]


def make_matcher(gazetteer: Gazetteer) -> Matcher:
    """Return ``gazetteer`` made ready for matching."""
    from spacy.matcher import PhraseMatcher

    pipeline = tokenizer()
    phrases = PhraseMatcher(pipeline.vocab, attr="ORTH")
    tables: list[dict[str, tuple[URIRef, ...]]] = []
    spellings: set[str] = set()
    for names in (gazetteer.labels, gazetteer.aliases):
        table: dict[str, set[URIRef]] = defaultdict(set)
        for name, things in names:
            for written in _spellings(name):
                spellings.add(written)
                table[_plain(written)].update(things)
        tables.append({name: tuple(sorted(things)) for name, things in table.items()})
    if spellings:
        phrases.add("NAME", [pipeline.make_doc(written) for written in sorted(spellings)])
    return Matcher(phrases, tables[0], tables[1])


def _plain(name: str) -> str:
    return name.replace("’", "'").replace("–", "-").replace("—", "-")


def _spellings(name: str) -> Iterator[str]:
    """Yield the ways a name may be written."""
    first, *rest = name.split(" ")
    written = {name}
    if (
        first[:1].isupper()
        and first[1:].islower()
        and (all(word.islower() for word in rest) if rest else False)
    ):
        written.add(name[0].lower() + name[1:])
    for spelling in written:
        for apostrophe in "'’":
            for dash in "-–":
                yield _plain(spelling).replace("'", apostrophe).replace("-", dash)


def _is_location(sentence: Any, start: int) -> bool:
    if start == 0:
        return False
    before = sentence[start - 1].lower_
    if before in _AT:
        return True
    reach = sentence[max(0, start - 1 - _REACH) : start - 1]
    return before in ("to", "from") and any(_GOING.fullmatch(token.lower_) for token in reach)
