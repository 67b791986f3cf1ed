"""Gather claims and propositions as pages show them: always with speaker, certainty and passage.

Shape: `ClaimView` and `PropositionView`, read for many at once so that a page asks a handful of
queries however many it shows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foedus.web import evidence
from foedus.web.evidence import Verdict
from foedus.web.links import LABEL, NS, Cell, cell, cells, iri_cell, iris_in
from foedus.web.lookup import Lookup, Properties, Term

_ASSERTS = NS + "asserts"
_LAST = 1 << 30
_CITES = "http://purl.org/spar/cito/citesAsEvidence"


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim: what it says, on whose word, how firmly, and where it stands."""

    iri: str
    link: Cell
    statement: str
    document: Cell | None
    passages: tuple[Cell, ...]
    voices: tuple[Cell, ...]
    reporters: tuple[Cell, ...]
    holders: tuple[Cell, ...]
    stance: Cell | None
    types: tuple[Cell, ...]
    factuality: Cell | None
    certainty: str
    """certain, probable, possible, underspecified, or empty."""
    denies: bool
    """Whether it takes the negative side."""
    hedges: tuple[str, ...]
    conditions: tuple[Cell, ...]
    horizons: tuple[Cell, ...]
    valid_at: tuple[Cell, ...]
    cites: tuple[Cell, ...]
    about: tuple[Cell, ...]
    theories: tuple[Cell, ...]
    propositions: tuple[str, ...]
    place: int
    """Where its first passage stands among those of the document."""
    verdicts: tuple[Verdict, ...]
    """What the records say of its propositions, contradictions first."""
    outcome: str
    """What follows for the claim itself: contradicted, supported, not-testable, or empty."""

    @property
    def side(self) -> str:
        """What it does to its propositions: asserts, denies or leaves open."""
        if self.certainty == "underspecified":
            return "leaves open"
        return "denies" if self.denies else "asserts"

    @property
    def outcome_sentence(self) -> str:
        """The outcome as a sentence."""
        return evidence.sentence(self.outcome)


@dataclass(frozen=True, slots=True)
class PropositionView:
    """One proposition: its parts, and its number where it is an estimate."""

    iri: str
    link: Cell
    subject: Cell | None
    relation: Cell | None
    objects: tuple[Cell, ...]
    amount: str
    period: tuple[Cell, ...]


def read_claims(lookup: Lookup, claims: Sequence[str]) -> list[ClaimView]:
    """Return the claims in the order given."""
    found = lookup.properties(claims)
    labels = lookup.labels(_iris(found.values()) | set(claims))
    asserted = {claim: sorted(iris_in(has.get(_ASSERTS, ()))) for claim, has in found.items()}
    known = evidence.read(lookup, (name for names in asserted.values() for name in names))
    return [
        _claim(claim, has, labels, [v for name in asserted[claim] for v in known.get(name, ())])
        for claim, has in found.items()
    ]


def read_propositions(lookup: Lookup, propositions: Iterable[str]) -> list[PropositionView]:
    """Return the propositions in the order given."""
    found = lookup.properties(propositions)
    labels = lookup.labels(_iris(found.values()) | set(found))
    return [_proposition(iri, has, labels) for iri, has in found.items()]


def _iris(found: Iterable[Properties]) -> set[str]:
    return {iri for has in found for values in has.values() for iri in iris_in(values)}


def _claim(
    iri: str, has: Properties, labels: Mapping[str, str], verdicts: Sequence[Verdict]
) -> ClaimView:
    def shown(*names: str) -> tuple[Cell, ...]:
        return cells((value for name in names for value in has.get(NS + name, ())), labels)

    def one(name: str) -> Cell | None:
        return next(iter(shown(name)), None)

    factuality = next(iter(iris_in(has.get(NS + "hasFactuality", ()))), "").rpartition("/")[2]
    certainty, _, side = factuality.partition("-")
    statement = one("statement")
    return ClaimView(
        iri=iri,
        link=iri_cell(iri, labels),
        statement=statement.text if statement else labels.get(iri, iri),
        document=one("isStatedIn"),
        passages=shown("isCarriedBy"),
        voices=shown("isVoicedBy"),
        reporters=shown("isReportedBy"),
        holders=shown("isHeldBy"),
        stance=one("hasStance"),
        types=shown("hasClaimType"),
        factuality=one("hasFactuality"),
        certainty=certainty,
        denies=side == "negative",
        hedges=tuple(c.text for c in shown("hedge")),
        conditions=shown("condition", "restsOnCondition"),
        horizons=shown("horizon", "horizonDate"),
        valid_at=shown("validAt"),
        cites=cells(has.get(_CITES, ()), labels),
        about=shown("isAbout"),
        theories=shown("belongsToTheory"),
        propositions=tuple(sorted(iris_in(has.get(_ASSERTS, ())))),
        place=min((_ordinal(cell.text) for cell in shown("isCarriedBy")), default=_LAST),
        verdicts=tuple(verdicts),
        outcome=evidence.badge(verdicts, denies=side == "negative"),
    )


def _ordinal(label: str) -> int:
    """Return the number in a passage's label, "passage 25"."""
    number = label.rpartition(" ")[2]
    return int(number) if number.isdecimal() else _LAST


def _proposition(iri: str, has: Properties, labels: Mapping[str, str]) -> PropositionView:
    def values(*names: str) -> list[Term]:
        return [value for name in names for value in has.get(NS + name, ())]

    def one(*names: str) -> Cell | None:
        return next((cell(value, labels) for value in values(*names)), None)

    parts = [one("hasSubject"), one("hasRelation", "hasMeasure"), one("hasObject", "objectValue")]
    said = " – ".join(part.text for part in parts if part)
    label = next((value.value for value in has.get(LABEL, ())), "") or said
    return PropositionView(
        iri=iri,
        link=iri_cell(iri, {iri: label} if label else labels),
        subject=parts[0],
        relation=parts[1],
        objects=cells(values("hasObject", "objectValue"), labels),
        amount=_amount(has, labels),
        period=cells(values("period"), labels),
    )


def _amount(has: Properties, labels: Mapping[str, str]) -> str:
    """Return an estimate's number as the text gives it; empty for another proposition."""

    def text(name: str) -> str:
        return next((cell(value, labels).text for value in has.get(NS + name, ())), "")

    def is_true(name: str) -> bool:
        # Virtuoso writes the same boolean as 1.
        return any(value.value in ("true", "1") for value in has.get(NS + name, ()))

    parts = [text("exactValue")]
    if text("lowerBound"):
        word = "more than" if is_true("lowerBoundIsExclusive") else "at least"
        parts.append(f"{word} {text('lowerBound')}")
    if text("upperBound"):
        word = "less than" if is_true("upperBoundIsExclusive") else "at most"
        parts.append(f"{word} {text('upperBound')}")
    parts += [text("hasUnit"), f"“{text('qualifier')}”" if text("qualifier") else ""]
    return " ".join(part for part in parts if part)
