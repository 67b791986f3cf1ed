"""Small texts of each form, each with one difficulty, read into the passages expected of them.

A folder ``documents/<form>/<case>`` holds ``source.txt``, the expected ``passages.tsv`` and, where
the text gives references, ``references.tsv``; ``source.yaml`` gives what the manifest would.
States and authors are invented.
"""

import csv
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from foedus.documents import pdf, web
from foedus.documents.forms import form_of
from foedus.documents.layout import Block, Layout, Part
from foedus.documents.manifest import Source
from foedus.documents.passages import Passage, Reading, passage_key, read_passages
from foedus.documents.references import read_references
from foedus.documents.sentences import split
from foedus.documents.text import Text, clean, prepare

FOLDER = Path(__file__).parent / "documents"
CASES = sorted(path.parent for path in FOLDER.glob("*/*/source.txt"))
FORMS = {"web": "web page", "author-year": "author-year", "pdf": "text of a PDF"}


def read_case(folder: Path) -> tuple[Text, Reading]:
    given_values = folder / "source.yaml"
    values = yaml.safe_load(given_values.read_text("utf-8")) if given_values.exists() else {}
    path = folder / "source.txt"
    text = prepare(path.read_text(encoding="utf-8"))
    title = values.get("title") or text.content.strip().split("\n")[0]
    source = Source(
        id=folder.name,
        path=path,
        sha256="",
        title=title,
        creators=tuple(values.get("creators", ())),
        series=values.get("series"),
        form=FORMS[folder.parent.name],
    )
    reader = pdf if form_of(source, text) == "pdf" else web
    return text, read_passages(text, reader.read_layout(text, source))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def passage_row(passage: Passage) -> list[str]:
    role = "repetition" if passage.repeats else passage.role
    spans = str(len(passage.spans))
    return [
        role,
        passage.section,
        passage.note or "",
        " ".join(passage.bears),
        spans,
        passage.words,
    ]


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_passages_are_as_expected(folder: Path) -> None:
    _, reading = read_case(folder)
    assert [passage_row(p) for p in reading.passages] == rows_of(folder / "passages.tsv")[1:]


def reference_rows(reading: Reading) -> list[list[str]]:
    references = read_references(reading)
    opening = {p.key: p.words.split(" ")[0] for p in reading.passages}
    rows = []
    for reference in references.all:
        entry = reference.entry
        citing = [opening[k] for k, keys in references.cited_by.items() if reference.key in keys]
        values = (
            reference.key,
            reference.label,
            "; ".join(author.name for author in entry.authors),
            entry.title,
            entry.container,
            entry.publisher,
            entry.date,
            entry.volume,
            entry.number,
            entry.pages,
            entry.doi,
            entry.address,
            entry.accessed,
            " ".join(citing),
        )
        rows.append([str(value) if value is not None else "" for value in values])
    return rows


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_references_are_as_expected(folder: Path) -> None:
    _, reading = read_case(folder)
    expected = folder / "references.tsv"
    rows = rows_of(expected)[1:] if expected.exists() else []
    assert reference_rows(reading) == rows


@pytest.mark.parametrize("folder", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_spans_never_overlap_and_give_the_words(folder: Path) -> None:
    text, reading = read_case(folder)
    check_spans(text, reading)


def check_spans(text: Text, reading: Reading) -> None:
    taken: set[int] = set()
    for passage in reading.passages:
        places = {place for start, end in passage.spans for place in range(start, end)}
        assert places and not places & taken
        taken |= places
        assert clean(text, passage.spans)[0] == passage.words
        assert passage.key.split("-")[0] == passage_key(passage.words)
    assert len({passage.key for passage in reading.passages}) == len(reading.passages)


WORDS = st.sampled_from(
    ["Salt", "salt", "tar", "U.S.", "K.", "twenty", "sold", "3,000", "“So", "it”"]
)
JOINTS = st.sampled_from([" ", ". ", ", ", "-\n", "\n", "\n\n", "? ", "–\n", " – ", ".” ", "… "])


@settings(deadline=None)  # the first call loads spaCy
@given(st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=40), st.sets(st.integers(1, 200)))
def test_any_text_is_cut_without_overlap_or_loss(
    pieces: list[tuple[str, str]], cuts: set[int]
) -> None:
    content = "".join(word + joint for word, joint in pieces).strip()
    edges = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    gaps = {(first, first + 1) for first in edges[1:-1] if content[first].isspace()}
    spans = []
    start = 0
    for first, last in sorted(gaps):
        if content[start:first].strip():
            spans.append((start, first))
        start = last
    if content[start:].strip():
        spans.append((start, len(content)))
    text = prepare(content)
    reading = read_passages(text, Layout((Part("front", [Block("body", tuple(spans))]),)))
    check_spans(text, reading)
    whole = clean(text, tuple(spans))[0]
    assert " ".join(p.words for p in reading.passages).split() == whole.split()


def test_a_sentence_may_not_begin_inside_a_number_or_a_name() -> None:
    words = "It paid 2.5 million. J. R. Dorn of St. Maren wept. The U.S. The U.S. fleet left."
    assert [words[start:end] for start, end in split(words)] == [
        "It paid 2.5 million.",
        "J. R. Dorn of St. Maren wept.",
        "The U.S.",
        "The U.S. fleet left.",
    ]


def test_a_form_is_told_by_its_signs() -> None:
    said = {
        path: read_form(path) for path in CASES if len((path / "source.txt").read_bytes()) > 400
    }
    assert {form for _, form in said.values()} == {"pdf", "author-year", "web"}
    wrong = {path.name: form for path, (expected, form) in said.items() if expected != form}
    assert not wrong


def read_form(folder: Path) -> tuple[str, str]:
    text = prepare((folder / "source.txt").read_text(encoding="utf-8"))
    source = Source(id="x", path=folder, sha256="", title="x")
    return folder.parent.name, form_of(source, text)


LINES = st.sampled_from(
    [
        "Salt in Arvenia",
        "1. The trade",
        "Arvenia sells salt.1 It does not say why,2 and the coun-",
        "cil keeps silent. Is that wise? “It is.”",
        "References",
        "Editor’s Note",
        "Keywords",
        "Executive Summary",
        "\uf0b7 Salt is dear",
        "\uf0b7",
        "•",
        "[1] See K. Ostrow, ‘Salt’, Quay News, 4 May 2031.",
        "[1]",
        "So it is (Dorn 2031).[1]",
        "Dorn, Max. 2031. “Salt.” Quay News.",
        "___. 2032. “Tar.” Quay News.",
        " " * 40,
        "1 OSTROW, Kira: Salt. Quay News, 2 June 2030. [Online, 3 May 2031.]",
        "2",
        "https://salt.example/one",
        "Maren Papers",
        "\f",
        "5 May 2031",
        "Publisher:",
        "Tel: 12",
        "© Author",
        "Kira Ostrow is a fellow.",
        "…",
        "-",
        "",
    ]
)


@settings(deadline=None)  # the first call loads spaCy
@given(st.lists(LINES, min_size=1, max_size=30), st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_whatever_stands_in_a_text_it_is_read(lines: list[str], end: str) -> None:
    text = prepare(end.join(lines))
    source = Source(
        id="x", path=Path("x"), sha256="", title="Salt in Arvenia", creators=("Kira Ostrow",)
    )
    for reader in (web, pdf):
        reading = read_passages(text, reader.read_layout(text, source))
        check_spans(text, reading)
        read_references(reading)
