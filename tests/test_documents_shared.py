"""The five texts: they verify, what is committed is what the reader gives, and nothing leaks in.

The texts are no part of the project; they lie at ``../shared/documents`` where they are present.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, Graph

from foedus import files, turtle
from foedus.documents import read_folder, verify
from foedus.documents.manifest import read_manifest
from foedus.documents.passages import Reading
from foedus.documents.reading import read_text
from foedus.documents.references import read_references
from foedus.documents.text import Text
from foedus.iris import NS

TEXTS = Path(__file__).resolve().parents[2] / "shared" / "documents"
TRIPLES = files.find("triples")
FURNITURE = re.compile(r"\[?\d{1,3}\]?|[•\uf0b7]|(?:https?://|mailto:)\S+")
IDS = ("boc-2025", "easley-2025", "osw-2024", "salat-2025", "vonessen-2024")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not TEXTS.is_dir(), reason=f"the texts are not at {TEXTS}"),
]


@cache
def reading_of(document: str) -> tuple[Text, Reading]:
    return read_text(next(source for source in read_manifest(TEXTS) if source.id == document))


@cache
def committed() -> dict[str, Graph]:
    return {path.stem: turtle.read(path) for path in (TRIPLES / "documents").glob("*.ttl")}


def test_what_is_committed_is_what_the_reader_gives() -> None:
    things = Graph()
    for path in sorted((TRIPLES / "things").glob("*.ttl")):
        for triple in turtle.read(path):
            things.add(triple)
    read = read_folder(TEXTS, things)
    assert set(read) == set(committed()) == set(IDS)
    for document, graph in read.items():
        path = TRIPLES / "documents" / f"{document}.ttl"
        stale = turtle.write(graph) != path.read_text(encoding="utf-8")
        assert not stale, f"{path.name} is not what the reader gives; build it again"


def test_all_texts_verify() -> None:
    claims = [turtle.read(path) for path in (TRIPLES / "claims").glob("*.ttl")]
    assert [str(mismatch) for mismatch in verify(TEXTS, committed(), claims)] == []


@pytest.mark.parametrize(
    ("document", "body", "headings", "notes", "references"),
    [
        ("boc-2025", 39, 5, 0, 0),
        ("easley-2025", 75, 10, 0, 33),
        ("osw-2024", 93, 6, 2, 2),
        ("salat-2025", 179, 11, 44, 48),
        ("vonessen-2024", 36, 2, 0, 0),
    ],
)
def test_counts(document: str, body: int, headings: int, notes: int, references: int) -> None:
    _, reading = reading_of(document)
    roles = [passage.role for passage in reading.passages]
    counted = (roles.count("body"), roles.count("heading"), roles.count("note"))
    assert counted == (body, headings, notes)
    assert len(read_references(reading).all) == references


@pytest.mark.parametrize("document", IDS)
def test_every_body_passage_is_one_whole_sentence(document: str) -> None:
    _, reading = reading_of(document)
    for passage in reading.passages:
        if passage.role == "body":
            assert re.match(r"[“‘\"]?[A-Z]", passage.words)
            assert re.search(r"[.?!…][”’\")]*$", passage.words)
            assert not re.search(r"\s{2}|\n|\w-\s(?!and |or )", passage.words)


def test_nothing_of_the_page_is_in_a_sentence_of_the_pdf() -> None:
    _, reading = reading_of("salat-2025")
    headers = ("John Lukacs Analyses", "2025/14", "© GERGELY", "http", "mailto", "[Online")
    body = [passage for passage in reading.passages if passage.role in ("body", "heading")]
    for passage in body:
        assert not any(header in passage.words for header in headers)
        assert not re.search(r"[a-z”.,]\d{1,2}(?:\s|$)", passage.words)
    across = [passage for passage in body if len(passage.spans) > 1]
    assert len(across) == 7
    noted = {mark for passage in reading.passages for mark in passage.bears}
    assert noted == {str(number) for number in range(1, 46)}


def test_all_text_is_in_passages_or_between_them_for_a_reason() -> None:
    for document in IDS:
        text, reading = reading_of(document)
        taken = {p for x in reading.passages for start, end in x.spans for p in range(start, end)}
        left = "".join(
            character if place not in taken else "\n"
            for place, character in enumerate(text.content)
        )
        lines = [line.strip() for line in left.splitlines() if line.strip()]
        odd = Counter(line for line in lines if not FURNITURE.fullmatch(line))
        # What is left are page headers, which stand on as many pages of the PDF.
        assert set(odd.values()) <= {3}
        assert len(odd) == (4 if document == "salat-2025" else 0)


def test_every_reference_of_the_list_is_cited_and_every_citation_has_its_reference() -> None:
    _, reading = reading_of("easley-2025")
    references = read_references(reading)
    cited = {key for keys in references.cited_by.values() for key in keys}
    assert cited == {reference.key for reference in references.all}
    printed = [
        year
        for passage in reading.passages
        if passage.role == "body"
        for year in re.findall(r"(?<=\w )(?:19|20)\d\d[a-z]?(?=[;)])", passage.words)
    ]
    assert len(printed) == sum(len(keys) for keys in references.cited_by.values())


def test_two_documents_meet_in_four_works() -> None:
    works = {
        document: set(graph.objects(None, NS.identifiesWork))
        for document, graph in committed().items()
    }
    assert len(works["easley-2025"] & works["salat-2025"]) == 4


def test_the_pull_quote_is_a_repetition() -> None:
    _, reading = reading_of("boc-2025")
    quotes = [passage for passage in reading.passages if passage.repeats]
    assert len(quotes) == 1
    assert sum(passage.words == quotes[0].words for passage in reading.passages) == 2


def test_how_documents_are_known() -> None:
    basis = {
        document: tuple(
            str(value).rsplit("/", 1)[1]
            for term in (NS.creatorBasis, NS.publisherBasis, NS.publishedBasis)
            for value in graph.objects(next(graph.subjects(RDF.type, NS.Document)), term)
        )
        for document, graph in committed().items()
    }
    stated = "stated-in-text"
    assert basis == {
        "boc-2025": (stated, stated, stated),
        "easley-2025": (stated, "publisher-page", stated),
        "osw-2024": ("not-stated", "publisher-page", "publisher-page"),
        "salat-2025": (stated, stated, stated),
        "vonessen-2024": (stated, "not-stated", "inferred-from-text"),
    }
