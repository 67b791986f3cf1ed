"""Check that every passage still stands in its text, and every hedge in its passage.

For each passage the spans are cut out of the text again: their hashes must be those of the
graph, and the words they make must give the passage's key. What a mention quotes must stand
where it says, and each hedge of a claim in one of the claim's passages, white space folded and
case aside. A letter that changed outside of all passages shows in the hash of the file.

Shape: `Mismatch`.
Errors: `ManifestError`, `DocumentError`, `FolderError` for a folder that cannot be read.
Used by the command line, which raises `VerificationError` if there is any mismatch.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, Graph, URIRef

from foedus.documents.describe import document_iri, passage_iri, text_iri
from foedus.documents.manifest import read_manifest
from foedus.documents.passages import passage_key
from foedus.documents.text import Span, Text, clean, load, sha256
from foedus.iris import ID, NS, OA


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something that no longer holds: where, what, and which claims rest on it."""

    document: str
    passage: URIRef | None
    problem: str
    claims: tuple[URIRef, ...]

    def __str__(self) -> str:
        where = str(self.passage or document_iri(self.document)).removeprefix(str(ID))
        claims = ", ".join(str(claim).removeprefix(str(ID)) for claim in self.claims)
        return f"{where}: {self.problem}" + (f"; rests on it: {claims}" if claims else "")


def verify(
    folder: Path, documents_graphs: Mapping[str, Graph], claims_graphs: Iterable[Graph]
) -> list[Mismatch]:
    """Return what does not match between the texts of ``folder`` and the graphs, in order.

    ``documents_graphs`` are by document id. An empty list says that every passage, mention and
    hedge stands where the graphs say. Raises `DocumentError` for a text that cannot be read.
    """
    claims = Graph()
    for graph in claims_graphs:
        for triple in graph:
            claims.add(triple)
    resting: dict[URIRef, list[URIRef]] = defaultdict(list)
    for claim, passage in claims.subject_objects(NS.isCarriedBy):
        resting[URIRef(str(passage))].append(URIRef(str(claim)))
    sources = {source.id: source for source in read_manifest(folder)}
    mismatches: list[Mismatch] = []
    words: dict[URIRef, str] = {}
    for document in sorted(documents_graphs):
        if document not in sources:
            problem = "the manifest of the folder does not name this document"
            mismatches.append(Mismatch(document, None, problem, _of_document(resting, document)))
            continue
        text = load(sources[document], any_version=True)
        graph = documents_graphs[document]
        read = graph.value(text_iri(document), NS.sha256)
        if str(read) != sha256(text.content):
            problem = f"the text is not the file that was read, whose SHA-256 is {read}"
            mismatches.append(Mismatch(document, None, problem, ()))
        found = _check_document(document, graph, text, words)
        mismatches += [
            Mismatch(document, passage, problem, tuple(sorted(resting.get(passage, ()))))
            for passage, problem in found
        ]
    checked = set(documents_graphs) & set(sources)
    mismatches += _dangling(resting, words, checked)
    mismatches += _hedges(claims, words, checked)
    return mismatches


def _of_document(resting: Mapping[URIRef, list[URIRef]], document: str) -> tuple[URIRef, ...]:
    start = str(passage_iri(document, "p")).removesuffix("p")
    return tuple(sorted({c for p, cs in resting.items() if p.startswith(start) for c in cs}))


def spans_of(graph: Graph, node: URIRef) -> tuple[tuple[URIRef, Span], ...]:
    """Return the spans of a node with their positions, in the order of the text."""
    spans = []
    for span in graph.objects(node, NS.hasSpan):
        start, end = graph.value(span, OA.start), graph.value(span, OA.end)
        if start is not None and end is not None:
            spans.append(((int(str(start)), int(str(end))), URIRef(str(span))))
    return tuple((span, positions) for positions, span in sorted(spans))


def passages_of(graph: Graph) -> tuple[URIRef, ...]:
    """Return the passages of a graph in the order of the text."""
    found = {
        URIRef(str(node))
        for kind in (NS.Passage, NS.Heading)
        for node in graph.subjects(RDF.type, kind)
    }
    return tuple(sorted(found, key=lambda node: (_ordinal(graph, node), node)))


def _ordinal(graph: Graph, node: URIRef) -> int:
    ordinal = graph.value(node, NS.ordinal)
    return int(str(ordinal)) if ordinal is not None else 0


def _check_document(
    document: str, graph: Graph, text: Text, words: dict[URIRef, str]
) -> list[tuple[URIRef, str]]:
    """Return the passages that do not match, and fill in the words of all."""
    problems: list[tuple[URIRef, str]] = []
    for passage in passages_of(graph):
        spans = spans_of(graph, passage)
        problem = None if spans else "it has no span"
        for span, (start, end) in spans:
            if end > len(text.content):
                problem = f"the text ends before char={start},{end}"
            elif graph.value(span, NS.sha256) is None:
                problem = f"no SHA-256 is given for char={start},{end}"
            elif str(graph.value(span, NS.sha256)) != sha256(text.content[start:end]):
                problem = f"the letters at char={start},{end} are not those that were read"
        words[passage] = _words(text, spans)
        if problem is None:
            key = re.sub(r"-\d+$", "", passage.rsplit("/", 1)[1])
            if passage_key(words[passage]) != key:
                problem = "its words do not give its key"
        if problem is not None:
            problems.append((passage, problem))
    faulty = {passage for passage, _ in problems}
    for mention, quoted in sorted(graph.subject_objects(NS.surfaceForm)):
        place = URIRef(str(graph.value(mention, NS.isInPassage)))
        spans = spans_of(graph, URIRef(str(mention)))
        found = _words(text, spans)
        if place not in faulty and found != str(quoted):
            problems.append((place, f"a mention quotes {str(quoted)!r}, the text has {found!r}"))
    return problems


def _words(text: Text, spans: tuple[tuple[URIRef, Span], ...]) -> str:
    """Return the words of spans, as far as the text reaches."""
    whole = tuple(span for _, span in spans if span[1] <= len(text.content))
    return clean(text, whole)[0]


def _dangling(
    resting: Mapping[URIRef, list[URIRef]], words: Mapping[URIRef, str], documents: set[str]
) -> list[Mismatch]:
    missing = []
    for passage in sorted(resting):
        document = str(passage).removeprefix(str(ID["passage/"])).split("/")[0]
        if document in documents and passage not in words:
            problem = "no such passage in the text"
            missing.append(Mismatch(document, passage, problem, tuple(sorted(resting[passage]))))
    return missing


def _fold(words: str) -> str:
    return " ".join(words.casefold().split())


def _hedges(claims: Graph, words: Mapping[URIRef, str], documents: set[str]) -> list[Mismatch]:
    missing = []
    for claim, hedge in sorted(claims.subject_objects(NS.hedge)):
        passages = sorted(URIRef(str(p)) for p in claims.objects(claim, NS.isCarriedBy))
        known = [passage for passage in passages if passage in words]
        if known and not any(_fold(str(hedge)) in _fold(words[passage]) for passage in known):
            document = str(known[0]).removeprefix(str(ID["passage/"])).split("/")[0]
            problem = f"the hedge {str(hedge)!r} does not stand in it"
            missing.append(Mismatch(document, known[0], problem, (URIRef(str(claim)),)))
    return [mismatch for mismatch in missing if mismatch.document in documents]
