"""Gather what the page of a thing says, by the layers that never mix.

`portrait` reads what every page has: label, classes, and each statement with the graph it stands
in, sorted by ``facts``. What is said in claims comes apart from it, through ``claims``. The four
kinds of thing with a page of their own (claim, passage, document, proposition) add what only they
have.

Shape: a mapping of names to views, as the templates use them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from foedus.results import PREFIXES
from foedus.web import backlinks, evidence, facts, invitations, records, tables, voting
from foedus.web.claims import ClaimView, read_claims, read_propositions
from foedus.web.facts import DCTERMS, Fact
from foedus.web.links import NS, RDF_TYPE, Cell, cell, cells, iri_cell, iris_in
from foedus.web.lookup import Lookup, Row, iris
from foedus.web.places import places
from foedus.web.state import service

_BY_DOCUMENT = "claims/claims-by-document"
_URL = PREFIXES["schema"] + "url"
_METADATA = (
    ("By", DCTERMS + "creator", "creatorBasis"),
    ("Published by", DCTERMS + "publisher", "publisherBasis"),
    ("Published on", DCTERMS + "issued", "publishedBasis"),
    ("In", NS + "containerTitle", ""),
    ("Language", DCTERMS + "language", ""),
    ("Read it at", _URL, ""),
)
"""A document's data on its page: name, property, and the property of its basis."""
KINDS = {"Claim": "claim", "Passage": "passage", "Document": "document"}


def portrait(lookup: Lookup, thing: str) -> dict[str, Any] | None:
    """Return what every page says of a thing, or None where the graph does not know it."""
    outward = lookup.ask("statements", thing=iris([thing]))
    counted = backlinks.count(lookup, thing)
    if not outward and not counted.counts:
        return None
    votes = voting.read(lookup, thing, counted)
    shown = facts.shown(counted, without=voting.OPTIONS if votes else ())
    inward = backlinks.read(lookup, thing, shown)
    pointing = {term.value for terms in inward.values() for term in terms}
    named = _iris(outward) | pointing | {name for place in shown.counts for name in place} | {thing}
    labels = lookup.labels(named)
    labels |= records.sentences(lookup, named, labels, thing)
    classes = sorted(iris_in(row["value"] for row in outward if row["property"].value == RDF_TYPE))
    return {
        "iri": thing,
        "link": iri_cell(thing, labels),
        "kind": _kind(classes),
        "classes": [iri_cell(name, labels) for name in classes],
        **facts.by_layer(thing, outward, shown, inward, labels),
        "votes": votes,
        "mentions": [
            (cell(row["document"], labels), int(row["mentions"].value))
            for row in lookup.ask("mentions-by-document", thing=iris([thing]))
        ],
    }


def _kind(classes: Iterable[str]) -> str:
    names = {name.removeprefix(NS) for name in classes}
    if names & {"Proposition", "Estimate"}:
        return "proposition"
    if "Heading" in names:
        return "passage"
    return next((kind for name, kind in KINDS.items() if name in names), "thing")


def _iris(rows: Iterable[Row]) -> set[str]:
    return {iri for row in rows for iri in iris_in(row.values())}


def add_thing(lookup: Lookup, page: dict[str, Any]) -> None:
    """Add what claims say about a thing, what it says itself, and its propositions."""
    thing = page["iri"]
    about = lookup.things("claims-about-thing", thing, column="claim")
    page["claims"] = by_document(read_claims(lookup, about))
    held = lookup.things("claims-held-by", thing, column="claim")
    page["held"] = by_document(read_claims(lookup, held))
    page["held_count"] = len(held)
    page["questions"] = invitations.questions(service().queries, thing)
    page["roll_calls"] = records.roll_calls(lookup, thing)
    page["tabled"] = _BY_DOCUMENT in service().queries
    found = lookup.things("propositions-of-thing", thing, column="proposition")
    page["propositions"] = read_propositions(lookup, found)
    judged = lookup.things("judged", thing, column="proposition")
    page["verdicts"] = _verdicts(
        lookup,
        (v for vs in evidence.read(lookup, judged).values() for v in vs if v.link.title == thing),
    )


def by_document(claims: Iterable[ClaimView]) -> list[tuple[Cell | None, list[ClaimView]]]:
    """Return claims by the document that makes them, so that voices do not run together.

    Within a document they come in the order of its text.
    """
    grouped: dict[str, tuple[Cell | None, list[ClaimView]]] = {}
    for claim in claims:
        key = claim.document.title if claim.document else ""
        grouped.setdefault(key, (claim.document, []))[1].append(claim)
    for _, found in grouped.values():
        found.sort(key=lambda claim: claim.place)
    return [grouped[key] for key in sorted(grouped)]


def add_claim(lookup: Lookup, page: dict[str, Any]) -> None:
    """Add a claim's parts, its passages with their place, and what conflicts with it."""
    [claim] = read_claims(lookup, [page["iri"]])
    page["claim"] = claim
    page["propositions"] = read_propositions(lookup, claim.propositions)
    page["verdicts"] = _verdicts(lookup, claim.verdicts)
    page["places"] = places(lookup, [passage.title for passage in claim.passages])
    page["conflicts"] = conflicts(lookup, [claim.iri])


def add_passage(lookup: Lookup, page: dict[str, Any]) -> None:
    """Add where a passage stands, the claims resting on it, and its document."""
    thing = page["iri"]
    page["places"] = places(lookup, [thing])
    found = lookup.things("claims-on-passage", thing, column="claim")
    page["claims"] = by_document(read_claims(lookup, found))


def add_document(lookup: Lookup, page: dict[str, Any]) -> None:
    """Add a document's data with their basis, its sections, and its claims section by section."""
    thing = page["iri"]
    has = lookup.properties([thing])[thing]
    rows = lookup.ask("claims-in-document", thing=iris([thing]))
    counted = lookup.ask("sections-of-document", thing=iris([thing]))
    terms = [value for values in has.values() for value in values]
    labels = lookup.labels(iris_in(terms) | _iris(rows) | _iris(counted))
    page["metadata"] = [
        (name, cells(has.get(prop, ()), labels), cells(has.get(NS + basis, ()), labels))
        for name, prop, basis in _METADATA
    ]
    page["sections"] = [
        (cell(row["section"], labels), int(row["passages"].value), int(row["claims"].value))
        for row in counted
        if "section" in row
    ]
    grouped: dict[str, list[str]] = {}
    for row in rows:
        section = row["section"].value if "section" in row else ""
        grouped.setdefault(section, []).append(row["claim"].value)
    views = {view.iri: view for view in read_claims(lookup, [row["claim"].value for row in rows])}
    page["claims"] = [
        (iri_cell(section, labels) if section else None, [views[claim] for claim in claims])
        for section, claims in grouped.items()
    ]
    page["claim_count"] = len(views)


def add_proposition(lookup: Lookup, page: dict[str, Any]) -> None:
    """Add a proposition's parts, who asserts and who denies it, and what rules conclude."""
    thing = page["iri"]
    [page["proposition"]] = read_propositions(lookup, [thing])
    page["verdicts"] = _verdicts(lookup, evidence.read(lookup, [thing]).get(thing, []))
    claims = read_claims(lookup, lookup.things("claims-asserting", thing, column="claim"))
    page["asserted"] = by_document(c for c in claims if not c.denies)
    page["denied"] = by_document(c for c in claims if c.denies)
    page["conflicts"] = conflicts(lookup, [claim.iri for claim in claims])
    page["conclusions"] = _conclusions(lookup, thing)
    page["derived"] = facts.without(page["derived"], NS + "concernsProposition")


def _verdicts(
    lookup: Lookup, verdicts: Iterable[evidence.Verdict]
) -> list[tuple[evidence.Verdict, tables.Table | None]]:
    return [(verdict, evidence.table(lookup, verdict)) for verdict in verdicts]


def _conclusions(lookup: Lookup, proposition: str) -> list[tuple[Cell, Cell, list[Fact]]]:
    """Return corroborations with what they say; conflicts and verdicts are shown by themselves."""
    found = lookup.properties(lookup.things("conclusions", proposition, column="conclusion"))
    terms = [value for has in found.values() for values in has.values() for value in values]
    labels = lookup.labels(iris_in(terms) | set(found) | {p for has in found.values() for p in has})
    return [
        (
            iri_cell(iri, labels),
            cells(has.get(RDF_TYPE, ()), labels)[0],
            [
                facts.fact(prop, cells(values, labels), labels, is_inward=False)
                for prop, values in sorted(has.items())
                if prop not in (*facts.SHOWN_ABOVE, *facts.FOR_MACHINES, NS + "concernsProposition")
            ],
        )
        for iri, has in found.items()
        if has.get(RDF_TYPE) and not {NS + "involves", NS + "hasVerdictOutcome"} & set(has)
    ]


def conflicts(lookup: Lookup, claims: Sequence[str]) -> list[dict[str, Any]]:
    """Return the conflicts the claims stand in, each once, with both sides in full."""
    rows = lookup.ask("conflicts", claim=iris(claims))
    labels = lookup.labels(_iris(rows))
    sides = {row[side].value for row in rows for side in ("claim", "other")}
    views = {view.iri: view for view in read_claims(lookup, sorted(sides))}
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        conflict = found.setdefault(
            row["conflict"].value,
            {
                "link": cell(row["conflict"], labels),
                "type": cell(row["type"], labels) if "type" in row else None,
                "rule": cell(row["rule"], labels) if "rule" in row else None,
                "claims": {},
            },
        )
        for side in (row["claim"].value, row["other"].value):
            conflict["claims"][side] = views[side]
    return [found[key] for key in sorted(found)]
