"""Formats: which one a request gets, and what is written."""

from contextlib import suppress

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus import results
from foedus.engine import embedded
from foedus.results import HTML, ROWS, TRIPLES, NotAcceptableError, negotiate

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted", "name"),
    [
        (None, None, "json"),
        ("", None, "json"),
        ("*/*", None, "json"),
        ("*", None, "json"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", None, "html"),
        ("application/sparql-results+xml", None, "xml"),
        ("application/xml", None, "xml"),
        ("application/json;charset=utf-8", None, "json"),
        ("text/csv;q=0.5, text/tab-separated-values;q=0.6", None, "tsv"),
        ("text/*", None, "csv"),
        ("text/csv;q=0, text/*", None, "tsv"),
        ("application/sparql-results+json;q=0, */*;q=0.1", None, "xml"),
        ("image/png, */*;q=0.1", None, "json"),
        (BROWSER, None, "html"),
        (None, "csv", "csv"),
        ("*/*", "TSV", "tsv"),
        ("*/*", "application/sparql-results+xml", "xml"),
        ("text/csv", "xml", "csv"),
        (BROWSER, "csv", "html"),
    ],
)
def test_format_of_rows(accept: str | None, wanted: str | None, name: str) -> None:
    assert negotiate(accept, (*ROWS, HTML), wanted=wanted).name == name


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "ttl"),
        ("application/rdf+xml", "rdf"),
        ("application/n-triples", "nt"),
        ("application/ld+json, text/turtle;q=0.5", "jsonld"),
        ("application/n-quads", "nq"),
        ("application/trig", "trig"),
        ("application/json", "jsonld"),
        ("text/plain", "nt"),
    ],
)
def test_format_of_triples(accept: str | None, name: str) -> None:
    assert negotiate(accept, TRIPLES).name == name


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [("image/png", None), ("text/csv;q=0", None), ("nonsense", None), (None, "pdf")],
)
def test_refusal_lists_what_is_offered(accept: str | None, wanted: str | None) -> None:
    with pytest.raises(NotAcceptableError) as caught:
        negotiate(accept, ROWS, wanted=wanted)
    for form in ROWS:
        assert form.media in caught.value.message


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200))
def test_no_accept_header_breaks_negotiation(accept: str) -> None:
    with suppress(NotAcceptableError):
        assert negotiate(accept, (*ROWS, HTML)) in (*ROWS, HTML)


@pytest.mark.parametrize("form", ROWS, ids=lambda f: f.name)
def test_rows_are_written_in_every_format(
    engine: embedded.EmbeddedEngine, form: results.Format
) -> None:
    query = (
        "SELECT ?s ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?s"
    )
    written = results.write(engine.run(query), form).decode()
    assert "Ruritania" in written
    assert "https://w3id.org/foedus/id/state/RUR" in written


@pytest.mark.parametrize(
    ("name", "written"),
    [("json", b'{"head":{},"boolean":true}'), ("csv", b"true"), ("tsv", b"true")],
)
def test_ask_is_written(engine: embedded.EmbeddedEngine, name: str, written: bytes) -> None:
    form = results.named(name, ROWS)
    assert form is not None
    assert results.write(engine.run("ASK {}"), form) == written


@pytest.mark.parametrize("form", TRIPLES, ids=lambda f: f.name)
def test_triples_are_written_in_every_format(
    engine: embedded.EmbeddedEngine, form: results.Format
) -> None:
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s a <https://w3id.org/foedus/ns#State> ; ?p ?o }"
    answer = engine.run(query)
    assert results.offers_for(answer) is TRIPLES
    written = results.write(answer, form)
    assert form.triples is not None
    read = {quad.triple for quad in ox.parse(input=written, format=form.triples)}
    again = engine.run(query)
    assert isinstance(again, ox.QueryTriples)
    assert read == set(again)
    assert results.write(engine.run(query), form) == written


def test_formats_with_graphs_keep_them() -> None:
    quad = ox.Quad(*(ox.NamedNode(f"a:{name}") for name in "spog"))
    nquads, turtle = results.named("nq", TRIPLES), results.named("ttl", TRIPLES)
    assert nquads is not None
    assert turtle is not None
    assert results.write_triples([quad], nquads) == b"<a:s> <a:p> <a:o> <a:g> .\n"
    assert results.write_triples([quad], turtle) == b"<a:s> <a:p> <a:o> .\n"


def test_tag_depends_on_every_part_and_on_where_parts_end() -> None:
    tags = {
        results.etag(*parts)
        for parts in [("a", "b"), ("ab",), ("a", "c"), ("", "ab"), ("a", "b", "")]
    }
    assert len(tags) == 5
