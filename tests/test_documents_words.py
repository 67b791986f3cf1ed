"""Words, names, numbers and citations found in a sentence."""

import pytest
from rdflib import RDF, RDFS, SKOS, Graph, Literal, URIRef

from foedus.documents.author_year import read_entry
from foedus.documents.bibliography import Entry, main_title, work_key
from foedus.documents.citations import citation_spans, cited
from foedus.documents.gazetteer import make_matcher, read_gazetteer
from foedus.documents.note_references import read_entries
from foedus.documents.quantities import find_quantities
from foedus.documents.text import clean, prepare
from foedus.iris import NS, mint

ARVENIA, MAREN = mint("state", "ARV"), mint("place", "maren")
COUNCIL, PACT = mint("organisation", "council"), mint("concept", "harbour-pact")


def things() -> Graph:
    graph = Graph()
    for thing, kind, name in (
        (ARVENIA, NS.State, "Arvenia"),
        (MAREN, NS.Place, "Maren"),
        (COUNCIL, NS.Organisation, "People's Council"),
        (PACT, NS.Concept, "Harbour pact"),
        (mint("state-name", "arvenia"), NS.StateName, "Arvenia"),
        (mint("work", "dorn-2030"), NS.Work, "M. Dorn, Salt–Iron Ties: A Survey, 2030"),
        (mint("person", "dorn-a"), NS.Person, "Dorn"),
        (mint("person", "dorn-b"), NS.Person, "Dorn"),
    ):
        graph.add((thing, RDF.type, kind))
        graph.add((thing, RDFS.label, Literal(name, lang="en")))
    graph.add((ARVENIA, NS.governmentAlias, Literal("Maren", lang="en")))
    graph.add((ARVENIA, SKOS.altLabel, Literal("Arvenian U.S.", lang="en")))
    graph.add((ARVENIA, SKOS.altLabel, Literal("Arvénie", lang="fr")))
    return graph


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Arvenia’s north", [("Arvenia", ARVENIA)]),
        ("Maren decided", [("Maren", ARVENIA)]),
        ("they met in Maren", [("Maren", MAREN)]),
        ("her long journey to Maren", [("Maren", MAREN)]),
        ("support given to Maren", [("Maren", ARVENIA)]),
        ("the Maren–Arvenia axis", [("Maren", ARVENIA), ("Arvenia", ARVENIA)]),
        ("the People’s Council", [("People’s Council", COUNCIL)]),
        ("a harbour pact, a Harbour pact", [("harbour pact", PACT), ("Harbour pact", PACT)]),
        ("an Arvenian U.S.-led bloc", [("Arvenian U.S.", ARVENIA)]),
        ("arvenia, Arvénie, Marenside, Dorn", []),
    ],
)
def test_names(words: str, expected: list[tuple[str, URIRef]]) -> None:
    found = make_matcher(read_gazetteer(things())).find(words)
    assert [(words[name.start : name.end], name.thing) for name in found] == expected


def test_a_gazetteer_knows_actors_and_works() -> None:
    gazetteer = read_gazetteer(things())
    assert gazetteer.actor("People's Council (PC), Maren") == COUNCIL
    assert gazetteer.actor("Dorn") is None
    entry = read_entry("Dorn, Max. 2030. “Salt-Iron Ties: Another Survey.” Quay News.", None)
    assert entry is not None
    assert gazetteer.work(entry) == mint("work", "dorn-2030")
    assert work_key(entry) == "dorn-2030-salt-iron-ties"
    assert main_title("Salt–Iron Ties: A Survey") == "Salt-Iron Ties"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("more than 10,000 troops", [("10000", "troops")]),
        ("over 90% of it", [("90", "%")]),
        ("US$3 billion, a sum", [("3000000000", "US dollars")]),
        ("a 152mm shell", [("152", "mm")]),
        ("two thousand years", [("2000", "years")]),
        ("twenty-odd heads of state", [("20", "heads")]),
        ("forty-two black hulls", [("42", "hulls")]),
        ("2.5 million people", [("2500000.0", "people")]),
        ("several thousand soldiers and tens of thousands of tons", []),
        ("the two met; one of them; one side becomes rich; G7; COVID-19; the three of us", []),
    ],
)
def test_quantities(words: str, expected: list[tuple[str, str]]) -> None:
    assert [(str(q.value), q.unit) for q in find_quantities(words)] == expected


def entries() -> list[Entry]:
    found = []
    for line in (
        "Dorn, Max. 2030. “Salt.” Quay News.",
        "Dorn, Eva. 2031. “Tar.” Quay News.",
        "Dorn, Ada. 2031. “Rope.” Quay News.",
        "Lind, Eva, Max Dorn, and Ada Brook. 2029. “Oil.” Quay News.",
        "QN (Quay News). 2031a. “Oil Again.” May 3.",
    ):
        entry = read_entry(line, None)
        assert entry is not None
        found.append(entry)
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("so (Dorn 2030)", (0,)),
        ("so (E. Dorn 2031), not (Dorn 2031)", (1,)),
        ("so (Lind, Dorn, and Brook 2029; see QN 2031a)", (3, 4)),
        ("so (Lind, Dorn, and Brook 2029; QN 2031a)", (3, 4)),
        ("so (Lind et al. 2029) and Dorn (2030)", (3, 0)),
        ("so (Dorn 2030, 2031) in Maren (May 2030)", (0,)),
        ("so (Lind and Dorn 2029)", ()),
    ],
)
def test_citations(words: str, expected: tuple[int, ...]) -> None:
    assert cited(words, entries()) == expected


def test_a_date_in_parentheses_is_no_citation() -> None:
    assert citation_spans("in Maren (May 2030) and since (as of 2031)") == ()


@pytest.mark.parametrize(
    ("words", "authors", "title"),
    [
        ("ITO, Jun – DE-WITT, Ann: Salt. Quay News, 2031.", "Jun Ito; Ann De-Witt", "Salt"),
        ("NAGY Anna: A só. Tengeri Szemle, 2029.04.10.", "Anna Nagy", "A só"),
        ("UN News: Salt Flows? Quay News, 3 May 2031.", "UN News", "Salt Flows?"),
        ("J. Ito, M. Dorn, ‘Salt’, Quay News, 3 May 2031.", "J. Ito; M. Dorn", "Salt"),
    ],
)
def test_references_of_notes(words: str, authors: str, title: str) -> None:
    (found,) = read_entries(words)
    assert "; ".join(author.name for author in found.entry.authors) == authors
    assert found.entry.title == title


@pytest.mark.parametrize(
    "words",
    ["The council did not say: it never does.", "This was long ago.", "Kira Ostrow is a fellow."],
)
def test_a_note_that_only_remarks_gives_no_reference(words: str) -> None:
    assert read_entries(words) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a twenty-\nodd crew", "a twenty-odd crew"),
        ("wind-borne, and wind-\nborne salt", "wind-borne, and wind-borne salt"),
        ("US-\nled, Arvenia-\nBorland", "US-led, Arvenia-Borland"),
        ("Arvenia–\n\nCeldor", "Arvenia–Celdor"),
        ("a neigh-  \n\n  bour –\nnot more", "a neighbour – not more"),
        ("soft\u00adly \ufeffdone\u200b", "softly done"),
    ],
)
def test_broken_words_are_mended(content: str, words: str) -> None:
    text = prepare(content)
    assert clean(text, ((0, len(content)),))[0] == words


def test_a_mark_between_spans_parts_words_but_not_punctuation() -> None:
    text = prepare("war,[2] but peace3 , and salt4\nand tar")
    spans = ((0, 4), (8, 17), (19, 29), (31, 38))
    assert clean(text, spans)[0] == "war, but peace, and salt and tar"
