"""Tokens of queries nobody meant well: none takes long, and none hides a call."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus import tokens

HOSTILE = {  # what starts the text, and what is repeated behind it
    "words and dots": ("", "a."),
    "words and hyphens": ("", "a-"),
    "words that end in colons": ("", "a.:"),
    "one word": ("", "a"),
    "colons": ("", ":"),
    "dots behind a name": (":a", "."),
    "names and dots": ("", ":a.."),
    "blank nodes": ("", "_:a."),
    "dots behind a blank node": ("_:a", "."),
    "variables": ("", "?a."),
    "escapes": ('"', "\\"),
    "escaped quotes": ('"', '\\"'),
    "escaped long quotes": ('"""\n', '\\"""\n'),
    "escaped long apostrophes": ("'''\n", "\\'''\n"),
    "quotes and apostrophes": ("", "\"'"),
    "long quotes and apostrophes": ('"""', "'''\n"),
    "a quote a line": ("", '"a\n'),
    "openings": ("", "<"),
    "openings and words": ("", "<a"),
    "languages": ("", "@a-"),
    "digits": ("", "1"),
    "numbers": ("", "1e"),
    "numbers and dots": ("", "1."),
    "escapes of a name": (":", "\\."),
    "half escapes": ("", ":%a"),
    "hashes": ("", "#"),
}
SIZE = 200_000


@contextlib.contextmanager
def processor_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` where a block takes so many seconds of a processor."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(("start", "more"), HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_as_the_text_does(start: str, more: str) -> None:
    """It takes a part of a second; in time that grows as its square, minutes."""
    text = "#service\n" + start + more * (SIZE // len(more))
    with processor_limit(20):
        tokens.calls_service(text)
        tokens.split(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", ["a", ".", "b"]),
        ("a.b:c", ["a.b:c"]),
        ("a.b.:c", ["a", ".", "b", ".", ":c"]),
        ("a-1e+5 a.b", ["a", "-", "1e+5", "a", ".", "b"]),
        ("?s.a:b", ["?s", ".", "a:b"]),
        ("a.b ?c d.e:f.", ["a", ".", "b", "?c", "d.e:f", "."]),
        ("\"a ' b\n?c", ["\"a ' b", "?c"]),
        ('"""a\n" ""\n?c', ['"""a\n" ""\n?c']),
        ('"""a""""', ['"""a"""', '"']),
    ],
)
def test_where_names_and_strings_end(text: str, expected: list[str]) -> None:
    assert [token.text for token in tokens.split(text)] == expected


@pytest.mark.parametrize("quotes", ['"', "'", '"""', "'''"])
def test_string_that_is_not_closed_hides_no_call(quotes: str) -> None:
    """The engine takes three quotation marks for an empty string where no three follow."""
    assert tokens.calls_service(f"ASK {{ VALUES ?a {{ {quotes}a SERVICE <urn:x> {{}} }} }}")


CALL = "SERVICE <http://e.org/> { ?s ?p ?o }"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"ASK {{ FILTER(1<2#>'''\n) {CALL} #'''\n}}", id="less than a number"),
        pytest.param(f'ASK {{ BIND(?x<?y#>"""\n AS ?q) {CALL} #"""\n}}', id="less than a variable"),
        pytest.param("ASK { FILTER(1<2)SERVICE<http://e.org/>#>\n{ ?s ?p ?o } }", id="in between"),
        pytest.param(f"ASK {{ FILTER(f(1)<2#>'''\n) {CALL} #'''\n}}", id="than a function"),
        pytest.param(f"ASK {{ <<(?s:p'x>y')>> ?q ?z . {CALL} #'\n }}", id="a triple as a term"),
        pytest.param(f"ASK {{ ?s ?p e:.{CALL} }}", id="a dot behind a prefix"),
    ],
)
def test_call_is_found_where_the_text_can_be_split_in_two_ways(text: str) -> None:
    assert tokens.calls_service(text)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { FILTER(?p IN (<x:service>, <y:service#a>)) }",
        "ASK { ?s (<x:a>/<x:service>)+ ?o }",
        "ASK { VALUES (?a ?b) { (<x:a> <x:service>) } FILTER(?a != <x:service>) }",
        "SELECT (<x:service>(1) AS ?a) { ?s <x:p> <x:service> }",
    ],
)
def test_names_in_brackets_are_no_calls(text: str) -> None:
    assert not tokens.calls_service(text)


@pytest.mark.parametrize(
    "text",
    [
        "ASK{GRAPH?g{?s ?p ?o}}",
        "ASK { {} gRaPh<a:b>{ ?s ?p ?o } }",
        "ASK { FILTER EXISTS{GRAPHa:b{ ?s ?p ?o }} }",
        "ASKFROM<a:b>{ ?s ?p ?o }",
        "ASK FROM:b { ?s ?p ?o }",
        "ASK # from here\nFROM <a:b> { ?s ?p ?o }",
        "ASK { FILTER(1<2#>'''\n) GRAPH <a:b> { ?s ?p ?o } #'''\n}",
    ],
)
def test_graph_is_found_however_it_is_written(text: str) -> None:
    assert tokens.names_graphs(text)


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s ?p ?o } # GRAPH <a:b>",
        "ASK { ?graph $from 'FROM <a:b>' }",
        "ASK { <http://e.org/#graph> <a:from> ?o }",
        "ASK { ?s prov:wasDerivedFrom/a:graph ?o }",
    ],
)
def test_names_with_the_words_for_graphs_are_none(text: str) -> None:
    assert not tokens.names_graphs(text)


HEADS = st.sampled_from(["", " ", "FROM<a:g>", " FROM NAMED <a:g> ", "#FROM\n", " WHERE"])
PARTS = st.sampled_from(
    [
        "?s ?p ?o.",
        "?s <a:p>/<a:from>*|<a:graph> ?o.",
        "GRAPH?g{?s ?p ?o}",
        "graph<a:g>{?s ?p ?o}",
        "{GRAPHa:g{?s ?p ?o}}UNION{}",
        "OPTIONAL{a:graph ?from ?o}",
        "FILTER EXISTS{GRAPH <a:h>{?s ?p ?o}}",
        "FILTER(1<2)",
        "FILTER(1<2#>'\n)",
        "#GRAPH\n",
        "#'\n",
        "VALUES ?graph{<a:g>}",
        'BIND("GRAPH"AS?from)',
        "BIND('''FROM ''' AS ?x)",
        "{SELECT(COUNT(*)AS?n){?s ?p ?o}}",
    ]
)


@given(HEADS, st.lists(PARTS, max_size=6))
def test_query_that_names_no_graph_needs_none(head: str, parts: list[str]) -> None:
    """The same triples, in graphs and their union, and in their union only."""
    triples = "<a:s> <a:p> <a:o> . <a:s> <a:from> <a:graph>"
    whole, united = ox.Store(), ox.Store()
    whole.update(f"INSERT DATA {{ {triples} . GRAPH <a:g> {{ {triples} }} }}")
    united.update(f"INSERT DATA {{ {triples} }}")
    text = f"PREFIX a:<a:>SELECT *{head}{{{''.join(parts)}}}"
    try:
        expected = whole.query(text).serialize(format=ox.QueryResultsFormat.CSV)
    except SyntaxError:
        return
    if not tokens.names_graphs(text):
        found = united.query(text).serialize(format=ox.QueryResultsFormat.CSV)
        assert sorted((found or b"").splitlines()) == sorted((expected or b"").splitlines())
