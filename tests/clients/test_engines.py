"""Other engines that call this endpoint: Comunica, alone and with a file; Oxigraph's SERVICE."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

COMMANDS = Path(__file__).parent / "node_modules" / ".bin"
OXIGRAPH = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
RESULTS = "application/sparql-results+json"
CAPITAL = "http://example.org/capital"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
STATES = (
    f"SELECT ?state ?label {{ ?state a <https://w3id.org/foedus/ns#State> ; <{LABEL}> ?label }}"
)
RUR = "https://w3id.org/foedus/id/state/RUR"

needs_comunica = pytest.mark.skipif(
    not COMMANDS.is_dir() or shutil.which("node") is None,
    reason="Comunica is not installed; make clients does it where npm is present",
)


def comunica(command: str, *arguments: str) -> Any:
    """Return what a command of Comunica prints, as results in JSON."""
    line = [str(COMMANDS / command), *arguments, "-t", RESULTS]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_comunica
def test_comunica_joins_over_the_endpoint(server: str) -> None:
    found = comunica("comunica-sparql", server + "/sparql", STATES)
    rows = found["results"]["bindings"]
    assert {row["label"]["value"] for row in rows} >= {"Ruritania"}
    assert {row["label"]["xml:lang"] for row in rows} == {"en"}
    assert len(rows) == 2


@needs_comunica
def test_comunica_asks_and_constructs(server: str) -> None:
    found = comunica("comunica-sparql", server + "/sparql", f"ASK {{ <{RUR}> ?p ?o }}")
    assert found["boolean"] is True
    line = [str(COMMANDS / "comunica-sparql"), server + "/sparql", "-t", "application/n-triples"]
    query = f"CONSTRUCT WHERE {{ <{RUR}> <{LABEL}> ?label }}"
    done = subprocess.run([*line, query], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == f'<{RUR}> <{LABEL}> "Ruritania"@en .'


@needs_comunica
def test_comunica_joins_the_endpoint_with_a_file(server: str, tmp_path: Path) -> None:
    file = tmp_path / "capitals.ttl"
    file.write_text(f'<{RUR}> <{CAPITAL}> "Strelsau" .\n', encoding="utf-8")
    query = f"SELECT ?label ?capital {{ ?state <{CAPITAL}> ?capital ; <{LABEL}> ?label }}"
    found = comunica("comunica-sparql-file", server + "/sparql", str(file), query)
    [row] = found["results"]["bindings"]
    assert (row["label"]["value"], row["capital"]["value"]) == ("Ruritania", "Strelsau")


@pytest.fixture(scope="module")
def oxigraph() -> Iterator[str]:
    """Run Oxigraph's own server, empty; yield its endpoint."""
    assert OXIGRAPH is not None, "the development dependency oxigraph has a command of this name"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with subprocess.Popen([OXIGRAPH, "serve", "--bind", address], stderr=subprocess.DEVNULL) as run:
        try:
            _wait(f"http://{address}/query?{urlencode({'query': 'ASK {}'})}")
            yield f"http://{address}/query"
        finally:
            run.terminate()
            run.wait(10)


def _wait(address: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, "oxigraph serve does not answer"
            time.sleep(0.05)


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <{ours}> {{ {states} }}",
        "VALUES ?label {{ 'Ruritania'@en }} SERVICE <{ours}> {{ {states} }}",
    ],
    ids=["alone", "joined"],
)
def test_oxigraph_calls_the_endpoint(server: str, oxigraph: str, pattern: str) -> None:
    states = STATES.partition("{")[2].rpartition("}")[0]
    inner = pattern.format(ours=server + "/sparql", states=states)
    query = urlencode({"query": f"SELECT ?label {{ {inner} }}"})
    request = urllib.request.Request(f"{oxigraph}?{query}", headers={"Accept": RESULTS})
    with urllib.request.urlopen(request, timeout=30) as response:
        rows = json.load(response)["results"]["bindings"]
    assert "Ruritania" in {row["label"]["value"] for row in rows}


def test_oxigraph_gets_no_rows_where_the_endpoint_refuses(server: str, oxigraph: str) -> None:
    query = f"SELECT * {{ SERVICE <{server}/sparql> {{ SERVICE <{oxigraph}> {{ ?s ?p ?o }} }} }}"
    ask = f"{oxigraph}?{urlencode({'query': query})}"
    request = urllib.request.Request(ask, headers={"Accept": RESULTS})
    with (
        pytest.raises(json.JSONDecodeError),  # Oxigraph breaks its own answer off
        urllib.request.urlopen(request, timeout=30) as response,
    ):
        json.load(response)


def test_pyoxigraph_calls_the_endpoint(server: str) -> None:
    rows = ox.Store().query(f"SELECT ?label {{ SERVICE <{server}/sparql> {{ {STATES} }} }}")
    assert isinstance(rows, ox.QuerySolutions)
    assert "Ruritania" in {getattr(row["label"], "value", "") for row in rows}
