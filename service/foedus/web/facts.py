"""Sort what is stated of a thing by the layers that never mix, under names people know.

Each statement stands with its graph: what identifies the thing, its codes, records, what rules
conclude, and what else points to it. Where more point to it than a page lists, the fact says how
many there are and leads to all of them.

Shape: `Source`, a graph with its `Fact`s.
Used by ``portraits``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from foedus.results import PREFIXES
from foedus.web import backlinks
from foedus.web.backlinks import Backlinks, Place
from foedus.web.links import LABEL, NS, RDF_TYPE, Cell, cells, iri_cell
from foedus.web.lookup import Row, Term

DCTERMS = PREFIXES["dcterms"]
SHOWN_ABOVE = frozenset({RDF_TYPE, LABEL})
FOR_MACHINES = frozenset({NS + "evidenceRows", PREFIXES["owl"] + "versionInfo"})
"""Digests, and rows as JSON: in the data, and shown on no page."""
_MENTION = NS + "refersTo"
_SPOKEN = ("claims", "propositions")
_SAID = {
    PREFIXES["skos"] + "altLabel": "Also called",
    PREFIXES["skos"] + "exactMatch": "Same as",
    PREFIXES["skos"] + "closeMatch": "Much the same as",
    PREFIXES["skos"] + "definition": "Definition",
    PREFIXES["rdfs"] + "seeAlso": "See also",
    NS + "governmentAlias": "Its government is called",
    NS + "hasPart": "Parts",
    NS + "hasParty": "Parties",
    NS + "isDecidedBy": "Decided by",
    NS + "isResolutionAbout": "About",
    NS + "occursOn": "On",
    NS + "hasOutcome": "Outcome",
    NS + "earliest": "Not before",
    NS + "latest": "Not after",
    DCTERMS + "source": "Source",
    DCTERMS + "title": "Title",
}
"""What a page calls a property of the thing, where its label is not for people."""
_SAID_INWARD = {
    NS + "hasParty": "Party to",
    NS + "hasSubject": "What sources state",
    NS + "hasObject": "What sources state",
    NS + "isResolutionAbout": "Resolutions and drafts about it",
    NS + "isVoteOn": "Votes on it",
    NS + "isDecidedBy": "Has decided",
    NS + "vetoedBy": "Vetoed in",
    NS + "isMemberOf": "Members",
    NS + "succeeds": "Succeeded by",
    NS + "observesState": "Statistics on it",
    NS + "comparesWith": "Statistics that compare with it",
    DCTERMS + "subject": "Votes and texts on it",
}
"""What a page calls a property by which others point to the thing."""
_CODES = frozenset({NS + "isoCode", NS + "cowCode", NS + "m49Code"})
"""Codes: folded, because few come for them."""
_LONG = 40


@dataclass(frozen=True, slots=True)
class Fact:
    """One property with its values."""

    property: Cell
    values: tuple[Cell, ...]
    inward: bool
    """Whether the values point here and only the property's own label tells of it."""

    in_lines: bool
    """Whether each value takes a line of its own."""

    count: int
    """How many values there are, however many are shown."""

    listing: str = ""
    """The address of all of them, where not all are shown."""


@dataclass(frozen=True, slots=True)
class Source:
    """A graph with the facts that stand in it."""

    graph: Cell
    facts: list[Fact]


def shown(found: Backlinks, *, without: Collection[str] = ()) -> Backlinks:
    """Return what a page shows of what points to its thing, leaving out some properties.

    Claims and propositions vouch for nothing by standing there, so what points here from their
    graphs is left to the claims; a machine's mentions are counted apart.
    """
    counts = {
        (prop, graph): count
        for (prop, graph), count in found.counts.items()
        if found.layers[graph] not in _SPOKEN and prop != _MENTION and prop not in without
    }
    return replace(found, counts=counts)


def by_layer(
    thing: str,
    outward: Sequence[Row],
    found: Backlinks,
    inward: Mapping[Place, Sequence[Term]],
    labels: Mapping[str, str],
) -> dict[str, list[Source]]:
    """Return the facts of each layer that vouches for statements about a thing, by graph.

    ``found`` counts what points to it and is shown; ``inward`` is what is listed of that.
    """
    grouped: dict[tuple[str, str, bool, str], list[Term]] = {}
    for row in outward:
        if row["property"].value not in SHOWN_ABOVE | FOR_MACHINES:
            layer = backlinks.layer_of(row)
            place = (layer, row["graph"].value, False, row["property"].value)
            grouped.setdefault(place, []).append(row["value"])
    for prop, graph in found.counts:
        place = (found.layers[graph], graph, True, prop)
        grouped[place] = list(inward.get((prop, graph), ()))
    sources: dict[str, dict[str, Source]] = {}
    for (layer, graph, is_inward, prop), terms in sorted(grouped.items(), key=lambda g: g[0]):
        own = layer in ("records", "derived")
        section = layer if own else "referrers" if is_inward else "identity"
        section = "codes" if prop in _CODES and section == "identity" else section
        source = sources.setdefault(section, {}).setdefault(
            graph, Source(iri_cell(graph, labels), [])
        )
        told = fact(prop, cells(terms, labels), labels, is_inward=is_inward)
        count = found.counts[prop, graph] if is_inward else len(terms)
        if count > len(terms):
            # The latest come first, so their order stays.
            values = tuple(iri_cell(term.value, labels) for term in terms)
            listing = backlinks.listing(thing, prop, graph)
            told = replace(told, values=values, in_lines=True, count=count, listing=listing)
        source.facts.append(told)
    names = ("identity", "codes", "records", "derived", "referrers")
    return {name: list(sources.get(name, {}).values()) for name in names}


def fact(
    prop: str, values: tuple[Cell, ...], labels: Mapping[str, str], *, is_inward: bool
) -> Fact:
    """Return a fact under the name that people know the property by."""
    said = (_SAID_INWARD if is_inward else _SAID).get(prop)
    shown = iri_cell(prop, labels)
    name = said or shown.text[:1].upper() + shown.text[1:]
    in_lines = len(values) > 1 and any(len(cell.text) > _LONG for cell in values)
    return Fact(
        replace(shown, text=name), values, is_inward and said is None, in_lines, len(values)
    )


def without(sources: Iterable[Source], prop: str) -> list[Source]:
    """Return sources without the facts of a property."""
    kept = (
        Source(s.graph, [fact for fact in s.facts if fact.property.title != prop]) for s in sources
    )
    return [source for source in kept if source.facts]
