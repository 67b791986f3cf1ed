"""Tell, for each document, which passages carry claims, which none and why, and which are open.

A passage is open when no claim rests on it and nothing says that it carries none. The reader
marks headings, boilerplate, references and pull quotes; a curator marks the rest in the file of
claims.

Shape: `Coverage`.
Errors: as `read_text` where a folder is given.
Used by the command line and the release's manifest.
"""

from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, Graph, URIRef

from foedus.documents.manifest import read_manifest
from foedus.documents.text import Text, clean, load
from foedus.documents.verification import passages_of, spans_of
from foedus.iris import ID, NS, VOCABULARY


@dataclass(frozen=True, slots=True)
class Covered:
    """One passage: where it stands, and what is said of it."""

    passage: URIRef
    section: str
    """Words of its section's heading, or the section's name."""
    ordinal: int
    claims: tuple[URIRef, ...]
    reason: str | None
    """Why it carries no claim: a notation of the vocabulary ``no-claim``."""
    text: str | None
    """Its words, where a folder was given."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The passages of one document, sorted by what is said of them, in the text's order."""

    document: str
    carrying: tuple[Covered, ...]
    without: tuple[Covered, ...]
    open: tuple[Covered, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no passage is open."""
        return not self.open


def coverage(
    documents_graph: Graph, claims_graph: Graph, folder: Path | None = None
) -> tuple[Coverage, ...]:
    """Return the coverage of each document of ``documents_graph``, by id.

    With ``folder``, each passage has its words. A passage with claims counts as carrying, even
    if it is marked as carrying none.
    """
    texts = _texts(folder)
    result = []
    for document in sorted(URIRef(str(d)) for d in documents_graph.subjects(RDF.type, NS.Document)):
        name = str(document).removeprefix(str(ID["document/"]))
        prefix = str(ID[f"passage/{name}/"])
        rows = [
            _row(documents_graph, claims_graph, passage, texts.get(name))
            for passage in passages_of(documents_graph)
            if passage.startswith(prefix)
        ]
        result.append(
            Coverage(
                name,
                tuple(row for row in rows if row.claims),
                tuple(row for row in rows if row.reason and not row.claims),
                tuple(row for row in rows if not row.reason and not row.claims),
            )
        )
    return tuple(result)


def _texts(folder: Path | None) -> dict[str, Text]:
    if folder is None:
        return {}
    return {source.id: load(source) for source in read_manifest(folder)}


def _row(documents: Graph, claims: Graph, passage: URIRef, text: Text | None) -> Covered:
    spans = tuple(positions for _, positions in spans_of(documents, passage))
    reasons = sorted(
        str(reason).removeprefix(str(VOCABULARY["no-claim/"]))
        for graph in (documents, claims)
        for reason in graph.objects(passage, NS.needsNoClaim)
    )
    return Covered(
        passage,
        _section(documents, passage),
        int(str(documents.value(passage, NS.ordinal))),
        tuple(sorted(URIRef(str(claim)) for claim in claims.subjects(NS.isCarriedBy, passage))),
        reasons[0] if reasons else None,
        clean(text, spans)[0] if text else None,
    )


def _section(graph: Graph, passage: URIRef) -> str:
    """Return the label of the section that holds a passage, however deep it lies."""
    node = graph.value(passage, NS.isPartOf)
    while node is not None and (node, RDF.type, NS.Section) not in graph:
        node = graph.value(node, NS.isPartOf)
    label = graph.value(node, RDFS.label) if node is not None else None
    return str(label or "")
