"""What a query can see, told from its text: by small queries, and by all saved queries at once."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from analysis.invented import make

from foedus import files, patterns, saved
from foedus.patterns import Pattern

CATALOGUE = saved.read_all(files.find("queries"))
RULES = sorted((files.find("ontology") / "rules").glob("*.rq"))


def terms(*names: str) -> frozenset[bytes]:
    return frozenset(f"<urn:{name}>".encode() for name in names)


ANY = Pattern(None, None, None)
P = Pattern(None, terms("p"), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s <urn:p> ?o }", {P}),
        ("ASK { <urn:s> ?p 1 }", {Pattern(terms("s"), None, None)}),
        ("SELECT * { VALUES ?s { <urn:a> <urn:b> } ?s <urn:p> ?o }", {"ab"}),
        ("SELECT * { ?s <urn:p> ?o VALUES ?s { <urn:a> <urn:b> } }", {"ab"}),
        ("SELECT * { { ?s <urn:p> ?o } VALUES ?s { <urn:a> <urn:b> } }", {"ab"}),
        ("SELECT * { VALUES ?s { <urn:a> <urn:b> } FILTER EXISTS { ?s <urn:p> ?o } }", {"ab"}),
        ("SELECT * { VALUES (?s ?t) { (<urn:a> 1) (<urn:b> 2) } ?s <urn:p> ?o }", {"ab"}),
        ("SELECT * { VALUES (?s ?t) { (<urn:a> 1) (UNDEF 2) } ?s <urn:p> ?o }", {P}),
        ("SELECT * { VALUES ?s { <urn:a> 2 } ?s <urn:p> ?o }", {P}),
        ("SELECT * { ?s <urn:p> ?o FILTER(?o = 1 && ?s IN (<urn:a>, <urn:b>)) }", {"ab"}),
        ("SELECT * { ?s <urn:p> ?o FILTER(?o = 1 || ?s IN (<urn:a>, <urn:b>)) }", {P}),
        ("SELECT * { ?s <urn:p> ?o FILTER(?s NOT IN (<urn:a>, <urn:b>)) }", {P}),
        ("SELECT * { ?s <urn:p> ?o FILTER(?s IN (<urn:a>, ?o)) }", {P}),
        ("SELECT * { ?s <urn:p> ?o OPTIONAL { ?o ?q ?r FILTER(?s IN (<urn:a>)) } }", {P, ANY}),
        ("SELECT * { BIND(<urn:a> AS ?s) ?s <urn:p> ?o }", {Pattern(terms("a"), terms("p"), None)}),
        ("SELECT * { ?s <urn:p> ?o OPTIONAL { VALUES ?s { <urn:a> } } }", {P}),
        ("SELECT * { { VALUES ?s { <urn:a> } } UNION { ?s <urn:p> ?o } }", {P}),
        ("SELECT * { VALUES ?s { <urn:a> } { SELECT ?s { ?s <urn:p> ?o } LIMIT 1 } }", {P}),
        ("SELECT * { ?s <urn:p> ?o { SELECT ?o { VALUES ?s { <urn:a> } } } }", {P}),
        (
            "SELECT * { ?s <urn:p>/^<urn:q>|<urn:r>+ ?o }",
            {Pattern(None, terms("p", "q", "r"), None)},
        ),
        ("SELECT * { ?s <urn:p>* <urn:o> }", {P}),
        ("SELECT * { ?s <urn:p>* ?o }", {ANY}),
        ("SELECT * { ?s !<urn:p> ?o }", {ANY}),
        ("SELECT * { GRAPH ?graph {} }", {ANY}),
        ("SELECT * { GRAPH ?graph { ?s <urn:p> ?o } }", {P}),
        ("CONSTRUCT { ?s <urn:q> ?o } WHERE { ?s <urn:p> ?o }", {P}),
        ("SELECT (EXISTS { ?s <urn:p> ?o } AS ?found) {}", {P}),
    ],
)
def test_patterns_of_small_queries(text: str, expected: set[Pattern | str]) -> None:
    both = Pattern(terms("a", "b"), terms("p"), None)
    assert patterns.read(text) == {both if one == "ab" else one for one in expected}


def test_a_line_matches_by_all_three_terms() -> None:
    matches = patterns.matcher([Pattern(terms("s"), terms("p"), terms("o"))])
    assert matches(b"<urn:s> <urn:p> <urn:o> <urn:g> .\n")
    for line in (b"<urn:s> <urn:p> <urn:x> <urn:g> .\n", b"<urn:x> <urn:p> <urn:o> <urn:g> .\n"):
        assert not matches(line)
    assert not matches(b"<urn:s> <urn:x> <urn:o> <urn:g> .\n")
    literal = b'<urn:s> <urn:x> "a <urn:o> b" <urn:g> .\n'
    assert not matches(literal)
    assert patterns.matcher([Pattern(terms("s"), None, None)])(literal)
    either = patterns.matcher(
        [Pattern(None, terms("p"), terms("o")), Pattern(terms("s"), None, None)]
    )
    assert either(b"<urn:s> <urn:p> <urn:x> <urn:g> .\n")


@pytest.fixture(scope="module")
def whole(full_release: Path) -> list[bytes]:
    """Return the lines of the release, and of two records that are invented."""
    invented = ox.serialize(make().store, format=ox.RdfFormat.N_QUADS) or b""
    lines = (full_release / "data.nq").read_bytes() + invented
    return sorted(set(lines.splitlines(keepends=True)))


@pytest.fixture(scope="module")
def full(whole: list[bytes]) -> ox.Store:
    """Load them all."""
    return load(whole)


def load(lines: list[bytes]) -> ox.Store:
    store = ox.Store()
    store.bulk_load(b"".join(lines), format=ox.RdfFormat.N_QUADS)
    return store


def answer(store: ox.Store, text: str) -> list[str]:
    return sorted(map(str, store.query(text, use_default_graph_as_union=True)))


@pytest.mark.parametrize("path", sorted(CATALOGUE))
def test_what_matches_answers_as_the_whole_does(
    whole: list[bytes], full: ox.Store, path: str
) -> None:
    text = CATALOGUE[path].text
    matches = patterns.matcher(patterns.read(text))
    seen = [line for line in whole if matches(line)]
    assert len(seen) < len(whole) / 5 or "verdict" not in CATALOGUE[path].tags
    assert answer(load(seen), text) == answer(full, text)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_what_matches_concludes_as_the_whole_does(
    whole: list[bytes], full: ox.Store, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    matches = patterns.matcher(patterns.read(text))
    assert answer(load([line for line in whole if matches(line)]), text) == answer(full, text)
