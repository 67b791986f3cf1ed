"""Nothing is fetched because a file, a query or an answer says so.

A server on this machine stands for everybody else's, and must hear nothing. Calls of other
endpoints, the one way out, are in ``test_engine_federation.py``.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from foedus.engine import embedded, parse
from foedus.errors import DataError, QueryError
from foedus.results import ROWS

FORM = "application/x-www-form-urlencoded"


class Elsewhere(ThreadingHTTPServer):
    """A server that answers everything and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []


class _Answering(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        """Answer with a triple."""
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.send_header("Content-Type", "text/turtle")
        self.end_headers()
        self.wfile.write(b"<a:b> <a:c> <a:d> .")

    def do_POST(self) -> None:
        """Answer with a triple."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Run the server; whatever the test does, nothing was asked of it."""
    with Elsewhere() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
        assert server.asked == []


# LOAD


LOADS = [
    "LOAD <E>",
    "load silent <E>",
    "LOAD <E> INTO GRAPH <a:g>",
    "LOAD SILENT <E> INTO GRAPH <a:g>",
    "PREFIX e: <E> LOAD e:",
    "BASE <E> # SELECT\nPREFIX a: <a:> LOAD <x>",
    "INSERT DATA { <a:b> <a:c> <a:d> } ; LOAD <E>",
    "LOAD <E> ; LOAD <E> INTO GRAPH <a:g> ;",
    ";LOAD <E>",
    "LOAD<E>INTO GRAPH<a:g>",
    "CREATE SILENT GRAPH <a:g> ; LOAD <E>",
    "DROP GRAPH <urn:x-foedus:a> ; LOAD <E>",
]


@pytest.mark.parametrize("text", LOADS)
def test_load_is_refused_by_the_evaluator(
    engine: embedded.EmbeddedEngine, elsewhere: Elsewhere, text: str
) -> None:
    with pytest.raises(QueryError):
        engine.run(text.replace("<E>", f"<{elsewhere.url}/>"))
    assert len(engine) > 0


@pytest.mark.parametrize("text", LOADS)
def test_load_is_refused_however_it_is_sent(
    client: FlaskClient, elsewhere: Elsewhere, text: str
) -> None:
    text = text.replace("<E>", f"<{elsewhere.url}/>")
    query, update = urlencode({"query": text}), urlencode({"update": text})
    answers = [
        (client.get(f"/sparql?{query}"), 400),
        (client.post("/sparql", data=query, content_type=FORM), 400),
        (client.post("/sparql", data=text, content_type="application/sparql-query"), 400),
        (client.get(f"/sparql?{update}"), 403),
        (client.post("/sparql", data=update, content_type=FORM), 403),
        (client.post("/sparql", data=text, content_type="application/sparql-update"), 403),
    ]
    for answer, status in answers:
        assert answer.status_code == status, answer.get_data(as_text=True)
        assert "refused" in answer.get_data(as_text=True) or "syntax error" in answer.text


# Files


def load(folder: Path, name: str, text: str) -> int:
    """Load a file as ``serve --data`` does; return its triples."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    graph = None if embedded.format_of(name).supports_datasets else path.as_uri()
    return len(embedded.load_files([embedded.Source(str(path), graph)]))


@pytest.mark.parametrize(
    "text",
    [
        '{"@context": "<E>", "@id": "a:b", "p": "v"}',
        '{"@context": ["<E>", {"q": "a:q"}], "@id": "a:b", "q": "v"}',
        '{"@context": {"@import": "<E>"}, "@id": "a:b", "p": "v"}',
        '{"@context": {"x": {"@id": "a:x", "@context": "<E>"}}, "@id": "a:b", "x": {"p": "v"}}',
        '{"@id": "a:b", "a:c": {"@context": "<E>", "p": "v"}}',
    ],
)
def test_context_from_elsewhere_is_not_fetched(
    tmp_path: Path, elsewhere: Elsewhere, text: str
) -> None:
    with pytest.raises(DataError, match=r"data\.jsonld.*not valid JSON-LD"):
        load(tmp_path, "data.jsonld", text.replace("<E>", elsewhere.url))


def rdf_xml(declared: str, text: str) -> str:
    return (
        f'<?xml version="1.0"?>{declared}\n<rdf:RDF xmlns:e="a:"\n'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="a:b"><e:p>{text}</e:p></rdf:Description></rdf:RDF>'
    )


LAUGHS = '<!ENTITY a0 "ha">\n' + "\n".join(
    f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10)
)
ENTITIES = [
    ('<!DOCTYPE r [<!ENTITY x "y">]>', "&x;"),
    ('<!DOCTYPE r [\n<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    ('<!DOCTYPE r [<!ENTITY x SYSTEM "<E>">]>', "&x;"),
    ('<!DOCTYPE r [<!ENTITY x PUBLIC "x" "<E>">]>', "&x;"),
    ('<!DOCTYPE r [<!ENTITY % x SYSTEM "<E>"> %x;]>', "none"),
    (f"<!DOCTYPE r [{LAUGHS}]>", "&a9;"),
]


@pytest.mark.parametrize(("declared", "text"), ENTITIES)
def test_entities_in_a_file_are_refused(
    tmp_path: Path, elsewhere: Elsewhere, declared: str, text: str
) -> None:
    with pytest.raises(DataError, match=r"data\.rdf:[12]: declares an XML entity"):
        load(tmp_path, "data.rdf", rdf_xml(declared.replace("<E>", elsewhere.url), text))


@pytest.mark.parametrize(
    "declared", ["", '<!DOCTYPE r SYSTEM "<E>">', '<!DOCTYPE r PUBLIC "x" "<E>">']
)
def test_type_of_a_document_is_not_fetched(
    tmp_path: Path, elsewhere: Elsewhere, declared: str
) -> None:
    text = rdf_xml(declared.replace("<E>", elsewhere.url), "a &lt; b &#38; c")
    assert load(tmp_path, "data.rdf", text) == 2  # in its own graph and in the union


# Answers of an endpoint


@pytest.mark.parametrize(("declared", "text"), [*ENTITIES, ("", "&nbsp;")])
def test_entities_in_results_are_refused(elsewhere: Elsewhere, declared: str, text: str) -> None:
    body = (
        f'<?xml version="1.0"?>{declared.replace("<E>", elsewhere.url)}<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
        '<head><variable name="s"/></head><results><result><binding name="s">'
        f"<literal>{text}</literal></binding></result></results></sparql>"
    )
    answer = parse(body.encode(), ROWS[1])
    assert isinstance(answer, ox.QuerySolutions)
    if text.startswith("&"):
        with pytest.raises(SyntaxError, match="unrecognized entity"):
            list(answer)
    else:
        assert [row["s"] for row in answer] == [ox.Literal(text)]
