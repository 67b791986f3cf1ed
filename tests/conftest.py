"""Fixtures that more than one test file uses.

Strategy: the smallest data that has what a test needs. A test of the service uses the small graph
in ``web/data.trig`` (two invented states, one document, a thing of every kind that has a page) and
the saved queries in ``web/queries/``, made into a release in a temporary folder once a session;
neither changes, so one application serves all tests that speak to it without a socket, and one
server process, on a free port of 127.0.0.1, those that need one. What is particular to one test
stands in that test.
"""

import hashlib
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from rdflib import Dataset

from foedus.engine import embedded
from foedus.release import building
from foedus.web import journal
from foedus.web.app import Config, create_app

WEB = Path(__file__).parent / "web"
_SERVE = "from foedus.cli.asking import serve; serve()"


settings.register_profile("long", max_examples=5_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--approve``, which writes the expected rows of saved queries anew."""
    parser.addoption("--approve", action="store_true", help="write expected rows anew; read them")


def write_release(folder: Path, quads: list[ox.Quad]) -> Path:
    """Write quads as a release: N-Quads in order, and the manifest that the service reads."""
    lines = sorted((ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").splitlines(True))
    data = b"".join(lines)
    digest = hashlib.sha256(data).hexdigest()
    triples = Counter(str(getattr(quad.graph_name, "value", "")) for quad in quads)
    layer_of = {
        quad.subject.value: quad.object.value.rpartition("/")[2]
        for quad in quads
        if quad.predicate.value.endswith("#onLayer")
    }
    graphs = [
        {"graph": name, "layer": layer_of.get(name, "unstated"), "triples": count}
        for name, count in sorted(triples.items())
    ]
    layers: Counter[str] = Counter()
    for graph in graphs:
        layers[str(graph["layer"])] += int(graph["triples"])
    manifest = {"digest": digest, "files": {"data.nq": digest}, "graphs": graphs, "layers": layers}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.nq").write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a release of the small graph."""
    quads = list(ox.parse(path=str(WEB / "data.trig"), format=ox.RdfFormat.TRIG))
    return write_release(tmp_path_factory.mktemp("small") / "release", quads)


@pytest.fixture(scope="session")
def engine(small_release: Path) -> embedded.EmbeddedEngine:
    """Load an engine with the small graph."""
    return embedded.load(small_release / "data.nq")


@pytest.fixture(scope="session")
def app(small_release: Path) -> Flask:
    """Make the service over the small graph."""
    app = create_app(Config(release=small_release, queries=WEB / "queries"))
    app.testing = False  # an unforeseen failure must become a response, as it does when served
    return app


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect the lines of the log."""
    written = io.StringIO()
    journal.write_to(written)
    yield written
    journal.write_to(None)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client of the service, without a socket."""
    return app.test_client()


@pytest.fixture(scope="session")
def server(small_release: Path) -> Iterator[str]:
    """Run a server over the small graph; yield its address."""
    with subprocess.Popen(
        [
            *(sys.executable, "-c", _SERVE, "--port", "0"),
            *("--release", str(small_release), "--queries", str(WEB / "queries")),
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        try:
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def full_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the release of the committed triples."""
    out = tmp_path_factory.mktemp("full")
    building.build(out)
    return out / "release"


@pytest.fixture(scope="session")
def release_store(full_release: Path) -> ox.Store:
    """Load the full release into pyoxigraph."""
    store = ox.Store()
    store.bulk_load(path=str(full_release / "data.nq"), format=ox.RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="session")
def release_dataset(full_release: Path) -> Dataset:
    """Load the full release into rdflib, its default graph the union of all."""
    dataset = Dataset(default_union=True)
    dataset.parse(data=(full_release / "data.nq").read_text(encoding="utf-8"), format="nquads")
    return dataset
