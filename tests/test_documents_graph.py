"""A small text described as triples, and what verifying and coverage make of it."""

import shutil
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from foedus import turtle
from foedus.documents import coverage, read_folder, verify
from foedus.iris import NS, VOCABULARY, mint

FOLDER = Path(__file__).parent / "documents" / "graph"
PACT = mint("passage", "acme-2031/p79956ea40d")
SIGNED = mint("passage", "acme-2031/p49569f8db8")
CLAIM = mint("claim", "acme-2031/guests-received")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "texts"))


def read(folder: Path) -> dict[str, Graph]:
    return read_folder(folder, turtle.read(FOLDER / "things.ttl"))


def claims(passage: URIRef = PACT, hedge: str | None = None) -> Graph:
    graph = Graph()
    graph.add((CLAIM, RDF.type, NS.Claim))
    graph.add((CLAIM, NS.isCarriedBy, passage))
    if hedge:
        graph.add((CLAIM, NS.hedge, Literal(hedge)))
    return graph


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "pact.txt"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_graph_is_as_expected(folder: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    graphs = read_folder(
        folder, turtle.read(FOLDER / "things.ttl"), lambda *call: calls.append(call)
    )
    assert calls == [(0, 1, "acme-2031"), (1, 1, "")]
    assert isomorphic(graphs["acme-2031"], turtle.read(FOLDER / "expected.ttl"))


def test_the_same_text_gives_the_same_bytes(folder: Path) -> None:
    once, again = (turtle.write(read(folder)["acme-2031"]) for _ in range(2))
    assert once == again == (FOLDER / "expected.ttl").read_text(encoding="utf-8")


def test_an_unchanged_text_verifies(folder: Path) -> None:
    assert verify(folder, read(folder), [claims(hedge="1,200  Guests")]) == []


def test_one_changed_letter_names_passage_and_claim(folder: Path) -> None:
    graphs = read(folder)
    edit(folder, "harbour was closed", "harbour was cloaed")
    whole, mismatch = verify(folder, graphs, [claims()])
    assert (whole.document, whole.passage, whole.claims) == ("acme-2031", None, ())
    assert str(whole).startswith("document/acme-2031: the text is not the file that was read")
    assert (mismatch.document, mismatch.passage, mismatch.claims) == ("acme-2031", PACT, (CLAIM,))
    assert str(mismatch) == (
        "passage/acme-2031/p79956ea40d: the letters at char=107,138 are not those that were read; "
        "rests on it: claim/acme-2031/guests-received"
    )


def test_a_letter_between_passages_shows_too(folder: Path) -> None:
    graphs = read(folder)
    edit(folder, "[1] See", "[1]  See")
    assert verify(folder, graphs, [])[0].passage is None


def test_a_shortened_text_does_not_verify(folder: Path) -> None:
    graphs = read(folder)
    edit(folder, ", harbourwatch.example.", "")
    problems = {mismatch.problem for mismatch in verify(folder, graphs, [])}
    assert any(problem.startswith("the text ends before char=") for problem in problems)


def test_a_key_that_is_not_that_of_the_words_does_not_verify(folder: Path) -> None:
    graphs = read(folder)
    wrong = mint("passage", "acme-2031/p0000000000")
    for triple in list(graphs["acme-2031"].triples((SIGNED, None, None))):
        graphs["acme-2031"].remove(triple)
        graphs["acme-2031"].add((wrong, triple[1], triple[2]))
    found = [m.problem for m in verify(folder, graphs, []) if m.passage == wrong]
    assert found == ["its words do not give its key"]


def test_a_mention_that_quotes_other_words_does_not_verify(folder: Path) -> None:
    graphs = read(folder)
    mention = mint("mention", "acme-2031/p79956ea40d-1-200-guests")
    graphs["acme-2031"].set((mention, NS.surfaceForm, Literal("1,300 guests")))
    (mismatch,) = verify(folder, graphs, [])
    assert mismatch.passage == PACT
    assert mismatch.problem == "a mention quotes '1,300 guests', the text has '1,200 guests'"


def test_a_hedge_must_stand_in_a_passage_of_its_claim(folder: Path) -> None:
    (mismatch,) = verify(folder, read(folder), [claims(hedge="possibly")])
    assert (mismatch.passage, mismatch.claims) == (PACT, (CLAIM,))
    assert mismatch.problem == "the hedge 'possibly' does not stand in it"


def test_a_claim_on_a_passage_that_is_not_there(folder: Path) -> None:
    gone = mint("passage", "acme-2031/p1111111111")
    (mismatch,) = verify(folder, read(folder), [claims(gone)])
    assert (mismatch.passage, mismatch.problem) == (gone, "no such passage in the text")


def test_a_document_that_the_folder_does_not_have(folder: Path) -> None:
    graphs = {"other-2031": Graph(), **read(folder)}
    (mismatch,) = verify(folder, graphs, [claims(mint("passage", "other-2031/p1111111111"))])
    assert (mismatch.document, mismatch.passage, mismatch.claims) == ("other-2031", None, (CLAIM,))


def test_coverage_tells_what_is_open(folder: Path) -> None:
    curated = claims()
    (before,) = coverage(read(folder)["acme-2031"], curated, folder)
    assert [row.text for row in before.open] == ["Maren signed, in Maren."]
    assert [(row.passage, row.claims) for row in before.carrying] == [(PACT, (CLAIM,))]
    assert [(row.ordinal, row.section, row.reason) for row in before.without] == [
        (1, "Front", "heading"),
        (2, "Front", "boilerplate"),
        (5, "Notes", "reference"),
    ]
    assert not before.is_complete
    curated.add((SIGNED, NS.needsNoClaim, VOCABULARY["no-claim/signpost"]))
    (after,) = coverage(read(folder)["acme-2031"], curated)
    assert after.is_complete
    assert {row.text for row in (*after.carrying, *after.without)} == {None}
