"""The same service before other engines: rows, triples, limits, and errors that say why.

Engines: `oxigraph serve` of the same version as the evaluator here, our own server, and a made-up
one that answers badly. Virtuoso is asked where it is installed (Debian's virtuoso-opensource).
"""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import WEB
from flask.testing import FlaskClient

from foedus import saved
from foedus.engine import Dataset, Limits
from foedus.engine.guarded import GuardedEngine
from foedus.engine.remote import RemoteEngine
from foedus.errors import EngineError, LimitError, NotAcceptableError, QueryError
from foedus.results import ROWS, TRIPLES
from foedus.web.app import Config, create_app

COUNT = (
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o . FILTER(STRSTARTS(STR(?s), 'https://w3id.org/')) }"
)
GRAPH = "https://w3id.org/foedus/graph/things/states"
OXIGRAPH = Path(sys.executable).with_name("oxigraph")


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedEngine]:
    """Read queries over no data."""
    with contextlib.closing(GuardedEngine([])) as engine:
        yield engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def oxigraph(small_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `oxigraph serve` over the small graph; yield its endpoint."""
    place = str(tmp_path_factory.mktemp("oxigraph"))
    load = [OXIGRAPH, "load", "--location", place, "--file", small_release / "data.nq"]
    subprocess.run(load, check=True, capture_output=True)
    port = free_port()
    command = [OXIGRAPH, "serve-read-only", "--location", place, "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, "--union-default-graph"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/query"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def virtuoso(small_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Virtuoso over the small graph; yield its endpoint."""
    if shutil.which("virtuoso-t") is None:
        pytest.skip("Virtuoso is not installed (Debian: virtuoso-opensource-7-bin)")
    place = tmp_path_factory.mktemp("virtuoso")
    http, sql = free_port(), free_port()
    (place / "virtuoso.ini").write_text(
        f"[Parameters]\nServerPort = 127.0.0.1:{sql}\nDirsAllowed = {small_release}\n"
        f"[HTTPServer]\nServerPort = 127.0.0.1:{http}\n"
    )
    url = f"http://127.0.0.1:{http}/sparql"
    command = ["virtuoso-t", "-f", "-c", str(place / "virtuoso.ini")]
    with subprocess.Popen(command, cwd=place, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{url}?query=ASK%7B%7D").close()
                    break
                time.sleep(0.2)
            load = f"ld_dir('{small_release}', 'data.nq', ''); rdf_loader_run(); checkpoint;"
            isql = ["isql-vt", str(sql), "dba", "dba", f"exec={load}"]
            subprocess.run(isql, check=True, capture_output=True)
            yield url
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["oxigraph", "foedus", "virtuoso"])
def endpoint(request: pytest.FixtureRequest) -> str:
    """Name each engine's endpoint in turn."""
    if request.param in ("oxigraph", "virtuoso"):
        return str(request.getfixturevalue(request.param))
    return f"{request.getfixturevalue('server')}/sparql"


@pytest.fixture(scope="module")
def remote(endpoint: str, reader: GuardedEngine) -> RemoteEngine:
    """Ask an engine."""
    return RemoteEngine(endpoint, reader=reader, limits=Limits(seconds=5))


@pytest.fixture(scope="module")
def before(endpoint: str) -> Iterator[FlaskClient]:
    """Stand the service before an engine."""
    app = create_app(Config(endpoint=endpoint, queries=WEB / "queries"))
    app.testing = False
    with contextlib.closing(app.extensions["foedus"].workers):
        yield app.test_client()


def test_rows_triples_and_yes(remote: RemoteEngine, client: FlaskClient) -> None:
    for form in ROWS:
        written = remote.answer(COUNT, rows=form, triples=None)
        with written.body:
            ours = client.get("/sparql", query_string={"query": COUNT, "format": form.name})
            assert written.body.read() == ours.get_data()
    assert bool(remote.run("ASK { ?s ?p ?o }"))
    triples = remote.run("CONSTRUCT WHERE { ?s a ?class }")
    assert all(isinstance(triple, ox.Triple) for triple in triples)
    for form in TRIPLES:
        written = remote.answer("CONSTRUCT WHERE { ?s a ?c }", rows=None, triples=form)
        with written.body:
            assert len(list(ox.parse(written.body, format=form.triples))) > 3
    with pytest.raises(NotAcceptableError, match="answers with rows"):
        remote.answer(COUNT, rows=None, triples=TRIPLES[0])


def test_dataset_travels(remote: RemoteEngine) -> None:
    def count(dataset: Dataset | None) -> int:
        [[number]] = [list(row) for row in remote.run(COUNT, dataset=dataset)]  # type: ignore[union-attr,arg-type]
        return int(number.value)  # type: ignore[union-attr]

    assert 0 < count(Dataset(default=(GRAPH,))) < count(None)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * {", "line 1, column 11"),
        ("INSERT DATA { <a:b> <a:b> 1 }", "updates are refused"),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "SERVICE is refused"),
    ],
)
def test_what_is_no_query_goes_no_further(reader: GuardedEngine, query: str, words: str) -> None:
    nowhere = RemoteEngine("http://127.0.0.1:9/", reader=reader, limits=Limits())
    with pytest.raises(QueryError, match=words):
        nowhere.run(query)


def test_saved_queries_give_the_same_rows(before: FlaskClient, client: FlaskClient) -> None:
    for path in saved.read_all(WEB / "queries"):
        address = f"/queries/{path}.csv"
        theirs, ours = before.get(address), client.get(address)
        assert theirs.status_code == 200
        assert theirs.get_data() == ours.get_data(), path


def test_pages_are_the_same(before: FlaskClient, client: FlaskClient) -> None:
    for path in (
        "/page/state/RUR",
        "/search?q=Graustark",
        "/ns",
        "/page/claim/gazette-1894/allied",
    ):
        theirs = before.get(path, headers={"Accept": "text/html"})
        assert theirs.status_code == 200
        ours = client.get(path, headers={"Accept": "text/html"})
        assert (
            theirs.get_data(as_text=True).splitlines() == ours.get_data(as_text=True).splitlines()
        )


def test_data_that_may_change_have_no_tag(endpoint: str, before: FlaskClient) -> None:
    address = {"query_string": {"query": COUNT}}
    assert "ETag" not in before.get("/sparql", **address).headers  # type: ignore[arg-type]
    app = create_app(Config(endpoint=endpoint, version="2026-11", queries=WEB / "queries"))
    with contextlib.closing(app.extensions["foedus"].workers):
        assert "ETag" in app.test_client().get("/sparql", **address).headers  # type: ignore[arg-type]


class Bad(BaseHTTPRequestHandler):
    """An endpoint that answers badly, in the way its path says."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        way = self.path.strip("/")
        status = {"fails": 500, "moved": 302}.get(way, 200)
        media = {"page": "text/html", "xml": "application/rdf+xml"}.get(
            way, "application/sparql-results+json"
        )
        body = b'{"head":{"vars":["n"]},"results":{"bindings":['
        if way in ("fails", "page"):
            body = b"<h1>Out of cheese</h1>" + b"x" * 2000
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(body) + (100 if way == "short" else 0)))
        if way == "endless":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):
            if way == "silent":
                time.sleep(2)
            while way == "large":
                self.wfile.write(b" " * 65536)
            for _ in range(40 if way == "slow" else 0):
                self.wfile.write(b" ")
                time.sleep(0.05)
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def bad() -> Iterator[str]:
    """Run the endpoint that answers badly."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Bad) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("way", "error", "words"),
    [
        ("fails", EngineError, r"answered 500 .*Out of cheese"),
        ("page", EngineError, r"answered 200 OK \(text/html\): <h1>Out of cheese"),
        ("moved", EngineError, r"answered 302 "),
        ("xml", EngineError, r"answered 200 OK \(application/rdf\+xml\)"),
        ("cut", EngineError, "the endpoint's answer is no application/sparql-results"),
        ("short", EngineError, "cannot be asked"),
        ("silent", LimitError, "after 1 seconds"),
        ("slow", LimitError, "after 1 seconds"),
    ],
)
def test_bad_answer_is_told(
    reader: GuardedEngine, bad: str, way: str, error: type[Exception], words: str
) -> None:
    engine = RemoteEngine(f"{bad}/{way}", reader=reader, limits=Limits(seconds=1))
    with pytest.raises(error, match=words) as caught:
        engine.answer(COUNT, rows=ROWS[2], triples=None)
    assert len(str(caught.value)) < 700


def test_answer_is_limited_and_nobody_there_is_told(server: str, reader: GuardedEngine) -> None:
    small = RemoteEngine(f"{server}/sparql", reader=reader, limits=Limits(response=500))
    with pytest.raises(LimitError, match="more than 500 bytes"):
        small.run("SELECT * { ?s ?p ?o }")
    few = RemoteEngine(f"{server}/sparql", reader=reader, limits=Limits(rows=3))
    with pytest.raises(LimitError, match="more than 3 rows"):
        few.run("SELECT * { ?s ?p ?o }")
    with pytest.raises(LimitError, match="more than 3 rows"):
        few.run("CONSTRUCT WHERE { ?s ?p ?o }")
    nobody = RemoteEngine(f"http://127.0.0.1:{free_port()}/", reader=reader, limits=Limits())
    with pytest.raises(EngineError, match="cannot be asked"):
        nobody.run("ASK {}")
