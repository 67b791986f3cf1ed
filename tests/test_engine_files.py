"""Serving any files of RDF: each a graph of its own, and no file makes the service reach out."""

import contextlib
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import WEB

from foedus.cli import main
from foedus.errors import DataError
from foedus.web.app import Config, create_app

GRAPHS = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY STR(?g)"


def graphs_of(*paths: Path) -> list[str]:
    app = create_app(Config(data=paths, queries=WEB / "queries"))
    with contextlib.closing(app.extensions["foedus"].workers):
        client = app.test_client()
        assert client.get("/").status_code == 200
        answer = client.get("/sparql", query_string={"query": GRAPHS, "format": "csv"})
        assert answer.headers["ETag"]
        return answer.get_data(as_text=True).splitlines()[1:]


def test_each_file_is_a_graph_unless_it_names_graphs(tmp_path: Path) -> None:
    turtle, triples, trig = (tmp_path / name for name in ("a.ttl", "b 1.nt", "c.trig"))
    turtle.write_text("<#x> a <http://e.org/A> , <B> .")
    triples.write_text('_:x <http://e.org/p> "x" .')
    trig.write_text("<http://e.org/g> { _:x <http://e.org/p> 'x' }")
    assert graphs_of(turtle, triples, trig) == [
        f"{turtle.as_uri()},2",
        f"{triples.as_uri()},1",
        "http://e.org/g,1",
    ]
    rdf = tmp_path / "d.RDF"
    rdf.write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.org/">'
        '<e:A rdf:about="#x" /></rdf:RDF>'
    )
    assert graphs_of(rdf) == [f"{rdf.as_uri()},1"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ttl", "<a:b> <a:c> 1 .\n<a:b> nonsense .", r"a\.ttl:2: not valid Turtle"),
        ("a.xls", "", "unknown ending; known are nt, ttl"),
        ("a.jsonld", '{"@context": "http://127.0.0.1:9/c", "name": "x"}', "not valid JSON-LD"),
        (
            "a.rdf",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><rdf:RDF '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.org/">'
            '<e:A rdf:about="http://e.org/x"><e:p>&e;</e:p></e:A></rdf:RDF>',
            "declares an XML entity",
        ),
    ],
)
def test_file_that_is_not_read(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=words):
        create_app(Config(data=(tmp_path / name,), queries=WEB / "queries"))


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        create_app(Config(data=(tmp_path / "none.ttl",), queries=WEB / "queries"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["a.ttl"], "follow --data"),
        (["--data", "a.ttl", "--endpoint", "http://e.org/"], "exclude one another"),
        (["--data", "a.ttl", "--release", "build"], "exclude one another"),
        (["--data-version", "1"], "belongs to --endpoint"),
        (["--threads", "4"], "must be more than"),
    ],
)
def test_wrong_use_is_said(options: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["serve", *options])
    assert result.exit_code == 2
    assert words in result.stderr
