"""Describe a text that was read as triples.

Document and text file; sections, paragraphs, passages and their spans; notes; references and
the works they identify; mentions. No sentence of the text is among them: a passage is known by
its place and by its hash.

Shape: ``shape:Document``, ``TextFile``, ``Section``, ``Paragraph``, ``Passage``, ``Span``,
``Note``, ``Reference``, ``Work``, ``Mention``.
Units: `oa:start` and `oa:end` are code points of the text file, counted from 0; the end is the
position after the last. Ordinals count from 1 in the order of the text.
Used by ``reading``.
"""

from collections.abc import Iterable
from decimal import Decimal

from rdflib import DCTERMS, RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef

from foedus.documents.bibliography import main_title, work_key
from foedus.documents.gazetteer import Gazetteer
from foedus.documents.manifest import Source
from foedus.documents.mentions import Mention
from foedus.documents.passages import Passage, Reading, ascii_slug, key_of, numbered
from foedus.documents.references import Reference, References
from foedus.documents.sources import Known, find_bases
from foedus.documents.text import Span, Text, clean, sha256
from foedus.iris import ID, NS, OA, VOCABULARY, mint
from foedus.values import date_literal

_SCHEMA = Namespace("https://schema.org/")
_NO_CLAIM = {"heading": "heading", "boilerplate": "boilerplate", "reference": "reference"}


def document_iri(document: str) -> URIRef:
    """Return the IRI of a document."""
    return mint("document", document)


def passage_iri(document: str, key: str) -> URIRef:
    """Return the IRI of a passage."""
    return mint("passage", f"{document}/{key}")


def text_iri(document: str) -> URIRef:
    """Return the IRI of a document's text file."""
    return mint("text", document)


def span_iri(document: str, span: Span) -> URIRef:
    """Return the IRI of a span: its file's, with an RFC 5147 fragment.

    >>> span_iri("acme-2030", (4, 19)).rsplit("/", 1)[1]
    'acme-2030#char=4,19'
    """
    return URIRef(f"{text_iri(document)}#char={span[0]},{span[1]}")


def describe(
    source: Source,
    text: Text,
    reading: Reading,
    references: References,
    mentions: Iterable[tuple[Passage, tuple[Mention, ...]]],
    gazetteer: Gazetteer,
) -> Graph:
    """Return the triples of one document.

    Actors and works that ``gazetteer`` knows keep their IRIs; others get one from their names,
    with class and label.
    """
    graph = Graph(bind_namespaces="none")
    graph.bind("metadata-basis", VOCABULARY["metadata-basis/"])
    graph.bind("no-claim", VOCABULARY["no-claim/"])
    graph.bind("state", ID["state/"])
    _describe_document(graph, source, text, reading, gazetteer)
    _describe_structure(graph, source, text, reading, references)
    _describe_notes(graph, source, text, reading)
    for reference in references.all:
        _describe_reference(graph, source, text, reference, gazetteer)
    for passage, found in mentions:
        _describe_mentions(graph, source, text, passage, found)
    return graph


def _describe_document(
    graph: Graph, source: Source, text: Text, reading: Reading, gazetteer: Gazetteer
) -> None:
    document, file = document_iri(source.id), text_iri(source.id)
    title = Literal(source.title, lang=source.language)
    for term, value in (
        (RDF.type, NS.Document),
        (RDFS.label, title),
        (DCTERMS.title, title),
        (DCTERMS.language, Literal(source.language)),
    ):
        graph.add((document, term, value))
    for name in source.creators:
        kind = "organisation" if name == source.publisher else "person"
        creator = gazetteer.actor(name) or _describe_actor(graph, kind, name)
        graph.add((document, DCTERMS.creator, creator))
    if source.publisher:
        publisher = gazetteer.actor(source.publisher) or _describe_actor(
            graph, "organisation", source.publisher
        )
        graph.add((document, DCTERMS.publisher, publisher))
    if source.published:
        graph.add((document, DCTERMS.issued, date_literal(source.published)))
    if source.series:
        graph.add((document, NS.containerTitle, Literal(source.series)))
    if source.number:
        graph.add((document, NS.issueNumber, Literal(source.number)))
    if source.url:
        graph.add((document, _SCHEMA.url, URIRef(source.url)))
    bases = find_bases(source, reading)
    for term, known in (
        (NS.creatorBasis, bases.creators),
        (NS.publisherBasis, bases.publisher),
        (NS.publishedBasis, bases.published),
    ):
        graph.add((document, term, VOCABULARY[f"metadata-basis/{known.basis}"]))
        _add_support(graph, source, known)
    graph.add((file, RDF.type, NS.TextFile))
    graph.add((file, RDFS.label, Literal(f"Text of {source.id}", lang="en")))
    graph.add((file, NS.isTextOf, document))
    graph.add((file, NS.sha256, Literal(source.sha256)))
    graph.add((file, NS.characterCount, Literal(len(text.content))))


def _add_support(graph: Graph, source: Source, known: Known) -> None:
    if known.passage is not None:
        support = passage_iri(source.id, known.passage.key)
        graph.add((document_iri(source.id), NS.isBasedOn, support))
    elif known.basis == "publisher-page" and source.url:
        graph.add((document_iri(source.id), NS.isBasedOn, URIRef(source.url)))


def _describe_actor(graph: Graph, kind: str, name: str) -> URIRef:
    actor = mint(kind, key_of(name, kind[0]))
    graph.add((actor, RDF.type, NS.Organisation if kind == "organisation" else NS.Person))
    graph.add((actor, RDFS.label, Literal(name, lang="en")))
    return actor


def _describe_structure(
    graph: Graph, source: Source, text: Text, reading: Reading, references: References
) -> None:
    document = document_iri(source.id)
    for ordinal, section in enumerate(reading.sections, 1):
        node = mint("section", f"{source.id}/{section.key}")
        graph.add((node, RDF.type, NS.Section))
        graph.add((node, NS.isPartOf, document))
        graph.add((node, NS.ordinal, Literal(ordinal)))
        label = section.heading or section.key.replace("-", " ").capitalize()
        graph.add((node, RDFS.label, Literal(label, lang=source.language)))
    paragraphs: dict[str, int] = {}
    for ordinal, passage in enumerate(reading.passages, 1):
        node = passage_iri(source.id, passage.key)
        graph.add((node, RDF.type, NS.Heading if passage.role == "heading" else NS.Passage))
        graph.add((node, NS.ordinal, Literal(ordinal)))
        _add_spans(graph, source, text, node, passage.spans)
        whole = mint("section", f"{source.id}/{passage.section}")
        if passage.note:
            whole = mint("note", f"{source.id}/n{passage.note}")
        elif passage.paragraph:
            whole = _describe_paragraph(graph, source, passage, whole, paragraphs)
        graph.add((node, NS.isPartOf, whole))
        reason = _reason(passage, references)
        if reason:
            graph.add((node, NS.needsNoClaim, VOCABULARY[f"no-claim/{reason}"]))
        for mark in passage.bears:
            graph.add((node, NS.bearsNote, mint("note", f"{source.id}/n{mark}")))
        for key in references.cited_by.get(passage.key, ()):
            graph.add((node, NS.citesReference, mint("reference", f"{source.id}/{key}")))


def _describe_paragraph(
    graph: Graph, source: Source, passage: Passage, section: URIRef, seen: dict[str, int]
) -> URIRef:
    key = passage.paragraph or passage.key
    node = mint("paragraph", f"{source.id}/{key}")
    if key not in seen:
        seen[key] = len(seen) + 1
        graph.add((node, RDF.type, NS.Paragraph))
        graph.add((node, NS.isPartOf, section))
        graph.add((node, NS.ordinal, Literal(seen[key])))
    return node


def _reason(passage: Passage, references: References) -> str | None:
    """Return why a passage carries no claim, where the reader can tell."""
    if passage.repeats:
        return "repetition"
    if passage.role == "note":
        noted = any(reference.passage.key == passage.key for reference in references.all)
        return "reference" if noted else None
    return _NO_CLAIM.get(passage.role)


def _add_spans(
    graph: Graph, source: Source, text: Text, node: URIRef, spans: Iterable[Span]
) -> None:
    for span in spans:
        stretch = _describe_span(graph, source, span)
        digest = sha256(text.content[span[0] : span[1]])
        graph.add((stretch, NS.sha256, Literal(digest)))
        graph.add((node, NS.hasSpan, stretch))


def _describe_span(graph: Graph, source: Source, span: Span) -> URIRef:
    stretch = span_iri(source.id, span)
    graph.add((stretch, RDF.type, NS.Span))
    graph.add((stretch, NS.isSpanOf, text_iri(source.id)))
    graph.add((stretch, OA.start, Literal(span[0])))
    graph.add((stretch, OA.end, Literal(span[1])))
    return stretch


def _describe_notes(graph: Graph, source: Source, text: Text, reading: Reading) -> None:
    for passage in reading.passages:
        if passage.note:
            node = mint("note", f"{source.id}/n{passage.note}")
            graph.add((node, RDF.type, NS.Note))
            graph.add((node, NS.noteMark, Literal(passage.note)))
            section = mint("section", f"{source.id}/{passage.section}")
            graph.add((node, NS.isPartOf, section))
            _add_spans(graph, source, text, node, passage.spans)


def _describe_reference(
    graph: Graph, source: Source, text: Text, reference: Reference, gazetteer: Gazetteer
) -> None:
    node = mint("reference", f"{source.id}/{reference.key}")
    entry = reference.entry
    graph.add((node, RDF.type, NS.Reference))
    graph.add((node, NS.referenceKey, Literal(reference.label)))
    _add_spans(graph, source, text, node, (reference.span,))
    whole = document_iri(source.id)
    if reference.passage.note:
        whole = mint("note", f"{source.id}/n{reference.passage.note}")
    graph.add((node, NS.isPartOf, whole))
    for author in entry.authors:
        graph.add((node, NS.authorName, Literal(author.printed)))
    names = "; ".join(author.name for author in entry.authors)
    when = f" ({entry.date})" if entry.date else ""
    graph.add((node, RDFS.label, Literal(f"{names}{when}: {entry.title or 'untitled'}")))
    for term, value in (
        (NS.authorList, names or None),
        (DCTERMS.title, entry.title),
        (NS.containerTitle, entry.container),
        (NS.publisherName, entry.publisher),
        (NS.volume, entry.volume),
        (NS.issueNumber, entry.number),
        (NS.pageRange, entry.pages),
        (NS.doi, entry.doi),
        (NS.webAddress, entry.address),
    ):
        if value:
            graph.add((node, term, Literal(value)))
    if entry.date is not None:
        graph.add((node, NS.dateValue, entry.date))
    if entry.accessed is not None:
        graph.add((node, NS.accessDate, entry.accessed))
    known, key = gazetteer.work(entry), work_key(entry)
    if known is not None:
        graph.add((node, NS.identifiesWork, known))
    elif key and entry.title:
        work = mint("work", key)
        graph.add((node, NS.identifiesWork, work))
        graph.add((work, RDF.type, NS.Work))
        graph.add((work, RDFS.label, Literal(main_title(entry.title))))


def _describe_mentions(
    graph: Graph, source: Source, text: Text, passage: Passage, mentions: tuple[Mention, ...]
) -> None:
    stems = [ascii_slug(passage.words[m.start : m.end]) or "name" for m in mentions]
    for mention, stem in zip(mentions, numbered(stems), strict=True):
        node = mint("mention", f"{source.id}/{passage.key}-{stem}")
        spans = tuple(
            (max(span[0], start), min(span[1], end))
            for start, end in (passage.span_of(mention.start, mention.end),)
            for span in passage.spans
            if span[0] < end and start < span[1]
        )
        graph.add((node, NS.isInPassage, passage_iri(source.id, passage.key)))
        graph.add((node, NS.surfaceForm, Literal(clean(text, spans)[0])))
        for span in spans:
            graph.add((node, NS.hasSpan, _describe_span(graph, source, span)))
        _describe_mentioned(graph, node, mention)


def _describe_mentioned(graph: Graph, node: URIRef, mention: Mention) -> None:
    if mention.thing is not None:
        graph.add((node, RDF.type, NS.ThingMention))
        graph.add((node, NS.refersTo, mention.thing))
    elif mention.date is not None:
        graph.add((node, RDF.type, NS.DateMention))
        graph.add((node, NS.dateValue, mention.date))
    elif mention.value is not None:
        graph.add((node, RDF.type, NS.QuantityMention))
        graph.add((node, NS.quantityValue, _number(mention.value)))
        graph.add((node, NS.quantityUnit, Literal(mention.unit)))


def _number(value: Decimal) -> Literal:
    if value == value.to_integral_value():
        return Literal(int(value))
    return Literal(format(value, "f"), datatype=XSD.decimal, normalize=False)
