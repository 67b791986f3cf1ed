"""Search: what bears the words first, then each kind of thing by itself, then what may be meant.

The engine finds every text that holds one of the folded words; here whole words are compared.
What holds all of them comes, else what holds most of them. A label or alias that is just what was
sought comes first ("Moscow" is Russia's government as well as a place).

Shape: `Found`, for the search page.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from foedus.saved import SavedQuery
from foedus.web import words
from foedus.web.claims import ClaimView, read_claims
from foedus.web.forms import STATE_NAME
from foedus.web.forms import names as named
from foedus.web.links import BASE, GRAPH, ID, Cell, cells, iri_cell, iris_in
from foedus.web.lookup import Lookup, Row

_NAMES = ("label", "prefLabel", "title", "governmentAlias", "altLabel")
_RANKS = (*_NAMES, "statement", "definition")
_SHOWN = 30
_MOST_WORDS = 12
_CLOSE = 0.72
_CLAIM = ID + "claim/"
_HEADINGS = {
    "state": "States",
    "person": "People",
    "organisation": "Organisations",
    "place": "Places",
    "grouping": "Groupings",
    "collective": "Groups of people",
    "treaty": "Treaties",
    "resolution": "Resolutions",
    "draft": "Drafts",
    "vote": "Votes",
    "event": "Events",
    "situation": "Situations",
    "concept": "Ideas",
    "claim": "Claims",
    "proposition": "Propositions",
    "document": "Documents",
    "section": "Sections",
    "work": "Works cited",
    "reference": "References",
}
_LAST = ("Other things", "Terms", "Graphs")
_ORDER = [*_HEADINGS.values(), *_LAST]


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that a search found, with the text that matched."""

    link: Cell
    classes: tuple[Cell, ...]
    text: str
    claim: ClaimView | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind, as many as are shown, and how many there are."""

    heading: str
    hits: tuple[Hit, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    groups: tuple[Group, ...] = ()
    questions: tuple[SavedQuery, ...] = ()
    meant: tuple[str, ...] = ()
    """Other words, where these find nothing."""
    every_word: bool = True
    """Whether all words are found; else most of them."""

    @property
    def count(self) -> int:
        """How many things were found."""
        return sum(group.count for group in self.groups)


@dataclass(slots=True)
class _Match:
    """A thing with its texts that hold a word."""

    texts: list[tuple[str, str]]
    classes: set[str]

    def held(self, wanted: Sequence[str]) -> int:
        """Return how many of the words its texts hold."""
        own = {word for _, text in self.texts for word in words.split(text)}
        return sum(words.holds(own, word) for word in wanted)

    def is_named(self, wanted: str) -> bool:
        """Whether it is called just so."""
        return any(
            prop in _NAMES and " ".join(words.split(text)) == wanted for prop, text in self.texts
        )

    def best(self, wanted: Sequence[str]) -> tuple[int, int, int, str]:
        """Return the text that matches best, with what orders it: names first, then the short."""
        return min(
            (
                -sum(words.holds(set(words.split(text)), word) for word in wanted),
                _RANKS.index(prop),
                len(text),
                text,
            )
            for prop, text in self.texts
        )


def find(lookup: Lookup, queries: Mapping[str, SavedQuery], text: str) -> Found:
    """Return what a search finds; nothing for a text without a word."""
    wanted = words.sought(text)[:_MOST_WORDS]
    if not wanted:
        return Found()
    folded = sorted({words.fold(word) for word in wanted})
    matches = _matches(lookup.ask("search", word=[ox.Literal(word) for word in folded]))
    held = {thing: match.held(wanted) for thing, match in matches.items()}
    most = max(held.values(), default=0)
    every_word = most == len(wanted)
    kept = {
        thing: matches[thing]
        for thing, number in held.items()
        if number == most and 2 * most >= len(wanted)
    }
    questions = tuple(query for query in queries.values() if _asks(query, wanted))
    meant = () if kept or questions else _meant(lookup, text)
    return Found(_groups(lookup, kept, wanted, text), questions, meant, every_word)


def _matches(rows: Iterable[Row]) -> dict[str, _Match]:
    matches: dict[str, _Match] = {}
    for row in rows:
        match = matches.setdefault(row["thing"].value, _Match([], set()))
        name = row["property"].value.rpartition("/")[2].rpartition("#")[2]
        match.texts.append((name, row["text"].value))
        match.classes |= iris_in([row["class"]] if "class" in row else [])
    return matches


def _asks(query: SavedQuery, wanted: Sequence[str]) -> bool:
    own = set(words.split(" ".join((query.summary, query.description, *query.tags))))
    return all(words.holds(own, word) for word in wanted)


def _heading(thing: str) -> str:
    if thing.startswith(ID):
        return _HEADINGS.get(thing.removeprefix(ID).partition("/")[0], _LAST[0])
    return _LAST[2] if thing.startswith(GRAPH) else _LAST[1]


def _groups(
    lookup: Lookup, kept: Mapping[str, _Match], wanted: Sequence[str], name: str
) -> tuple[Group, ...]:
    """Return the hits by kind, those called just so before all others."""
    grouped: dict[str, list[str]] = {}
    for thing, match in kept.items():
        place = _heading(thing)
        if (
            place not in _LAST[1:]
            and not thing.startswith(STATE_NAME)
            and match.is_named(" ".join(words.split(name)))
        ):
            place = f"Called “{name}”"
        grouped.setdefault(place, []).append(thing)
    order = sorted(grouped, key=lambda place: _ORDER.index(place) if place in _ORDER else -1)
    shown = {
        place: sorted(
            grouped[place],
            key=lambda thing: (_ORDER.index(_heading(thing)), kept[thing].best(wanted), thing),
        )[:_SHOWN]
        for place in order
    }
    things = [thing for place in order for thing in shown[place]]
    labels = lookup.labels({*things, *(name for thing in things for name in kept[thing].classes)})
    claims = [thing for thing in things if thing.startswith(_CLAIM)]
    views = {view.iri: view for view in read_claims(lookup, claims)} if claims else {}
    return tuple(
        Group(
            place,
            tuple(
                Hit(
                    iri_cell(thing, labels),
                    cells((ox.NamedNode(name) for name in kept[thing].classes), labels),
                    kept[thing].best(wanted)[-1],
                    views.get(thing),
                )
                for thing in shown[place]
            ),
            len(grouped[place]),
        )
        for place in order
    )


def _meant(lookup: Lookup, text: str) -> tuple[str, ...]:
    """Return names like a text, else the text with each word as the nearest that occurs in one."""
    rows = sorted(named(lookup, [BASE]), key=lambda row: (row["thing"].value, row["text"].value))
    names = {row["text"].value.lower(): row["text"].value for row in rows}
    whole = " ".join(text.lower().split())
    close = difflib.get_close_matches(whole, sorted(names), n=5, cutoff=_CLOSE)
    if close:
        return tuple(names[name] for name in close)
    known = sorted({word for name in names for word in words.split(name)})
    told = [
        next(iter(difflib.get_close_matches(word, known, n=1, cutoff=_CLOSE)), word)
        for word in words.split(text)
    ]
    return () if told == words.split(text) else (" ".join(told),)
