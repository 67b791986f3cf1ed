"""The SPARQL protocol over HTTP: methods, media types, datasets, caches, and a running server."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from foedus.web import protocol
from foedus.web.app import Config, create_app

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
GRAPH = "https://w3id.org/foedus/graph/"
STATES, VOTES = GRAPH + "things/states", GRAPH + "records/votes"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
LABEL = """SELECT ?label WHERE {
  <https://w3id.org/foedus/id/state/RUR> <http://www.w3.org/2000/01/rdf-schema#label> ?label }"""


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("%5Cu0041", "\\u0041"),
        ("\\x41", "\\x41"),
        ("100%", "100%"),
        ("%4", "%4"),
        ("%zz", "%zz"),
        ("%u0041", "%u0041"),
        ("a%2Bb+c", "a+b c"),
        ("%E2%82%AC", "\u20ac"),
        ("%F0%9F%92%A1", "\U0001f4a1"),
        ("a%0Ab", "a\nb"),
    ],
)
def test_escapes_in_addresses_are_decoded_once(written: str, text: str) -> None:
    address = f"query=ASK%20%7B%7D%20%23{written}".encode()
    question = protocol.read(protocol.Sent("GET", address, "", "", b""))
    assert question is not None
    assert question.query == "ASK {} #" + text


def number(data: bytes | None) -> int:
    [row] = json.loads(data or b"")["results"]["bindings"]
    return int(row["n"]["value"])


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_three_ways_to_ask(client: FlaskClient, path: str) -> None:
    answers = [
        client.get(path, query_string={"query": LABEL}),
        client.post(path, data={"query": LABEL}),
        client.post(path, data=LABEL, content_type=DIRECT),
        client.post(path, data=LABEL, content_type=DIRECT + "; charset=UTF-8"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.get_data() for answer in answers}) == 1
    assert b"Ruritania" in answers[0].get_data()


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", "ASK {}", 415),
        ("application/json", '{"query": "ASK {}"}', 415),
        ("", "ASK {}", 415),
        (FORM + "; charset=iso-8859-1", "query=ASK+%7B%7D", 415),
        (DIRECT + "; charset=utf-16", "ASK {}", 415),
        (DIRECT, b"ASK {} # \xff", 400),
        (FORM, b"query=ASK+%7B%7D+%FF", 400),
        (FORM, "other=1", 400),
        (FORM, "query=ASK+%7B%7D&query=ASK+%7B%7D", 400),
        (FORM, "update=CLEAR+ALL", 403),
        ("application/sparql-update", "CLEAR ALL", 403),
        (DIRECT, "CLEAR ALL", 400),
        (DIRECT, "", 400),
        (DIRECT, "#" * (1 << 20) + "#", 413),
    ],
)
def test_bad_post(client: FlaskClient, content_type: str, body: str | bytes, status: int) -> None:
    response = client.post("/sparql", data=body, headers={"Content-Type": content_type})
    assert response.status_code == status
    assert b"Traceback" not in response.get_data()


def test_query_in_address_and_body_is_two(client: FlaskClient) -> None:
    response = client.post("/sparql?query=ASK+%7B%7D", data="ASK {}", content_type=DIRECT)
    assert response.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql", method=method)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert method in response.get_data(as_text=True)


def test_options_tells_other_sites_what_they_may(client: FlaskClient) -> None:
    response = client.options("/sparql", headers={"Origin": "https://example.org"})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("way", ["address", "form", "direct"])
def test_dataset_of_the_request_overrides_the_query(client: FlaskClient, way: str) -> None:
    query = COUNT.replace("WHERE", f"FROM <{STATES}> WHERE")
    graphs = {"default-graph-uri": VOTES}
    if way == "address":
        response = client.get("/sparql", query_string={"query": query, **graphs})
    elif way == "form":
        response = client.post("/sparql", data={"query": query, **graphs})
    else:
        response = client.post("/sparql", query_string=graphs, data=query, content_type=DIRECT)
    assert number(response.get_data()) == 4


def test_two_default_graphs_are_merged(client: FlaskClient) -> None:
    counts = [
        number(client.get("/sparql", query_string={"query": COUNT, **graphs}).get_data())
        for graphs in (
            {"default-graph-uri": VOTES},
            {"default-graph-uri": STATES},
            {"default-graph-uri": [VOTES, STATES]},
        )
    ]
    assert 0 < counts[0] < counts[1] < counts[2] == counts[0] + counts[1]


def test_unknown_graph_is_empty(client: FlaskClient) -> None:
    graphs = {"default-graph-uri": "http://example.org/none"}
    response = client.get("/sparql", query_string={"query": COUNT, **graphs})
    assert number(response.get_data()) == 0


def test_text_is_decoded_once(client: FlaskClient) -> None:
    query = 'SELECT ("%41%2B+é" AS ?x) {}'
    for response in (
        client.get("/sparql", query_string={"query": query}),
        client.post("/sparql", data={"query": query}),
    ):
        [row] = json.loads(response.get_data())["results"]["bindings"]
        assert row["x"]["value"] == "%41%2B+é"


def test_known_answer_is_304(client: FlaskClient) -> None:
    ask = {"query": LABEL}
    first = client.get("/sparql", query_string=ask)
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    assert "Accept" in first.headers["Vary"]
    again = client.get("/sparql", query_string=ask, headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    others = [
        client.get("/sparql", query_string=ask, headers={"Accept": "text/csv"}),
        client.get("/sparql", query_string={"query": LABEL + " "}),
        client.get("/sparql", query_string={**ask, "default-graph-uri": STATES}),
        client.get("/sparql", query_string={**ask, "named-graph-uri": STATES}),
    ]
    assert len({tag, *(other.headers["ETag"] for other in others)}) == 5


@pytest.mark.parametrize("path", ["/", "/page/state/RUR", "/data/state/RUR", "/ns.ttl"])
def test_pages_and_data_are_tagged_too(client: FlaskClient, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_base_url_shows_in_the_description(small_release: Path) -> None:
    queries = Path(__file__).parent / "web" / "queries"
    app = create_app(
        Config(release=small_release, queries=queries, base_url="https://example.org/kg/")
    )
    body = app.test_client().get("/sparql").get_data(as_text=True)
    assert "sd:endpoint <https://example.org/kg/sparql>" in body


def test_running_server_serves_pages(server: str) -> None:
    with urllib.request.urlopen(server + "/page/state/RUR", timeout=10) as response:
        assert b"<h1>Ruritania</h1>" in response.read()


def serve(*arguments: str) -> subprocess.Popen[str]:
    code = "from foedus.cli import main; from foedus.cli.asking import serve; "
    code += "main.add_command(serve); main()"
    command = [sys.executable, "-c", code, "serve", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_term_signal_ends_the_server_cleanly(small_release: Path) -> None:
    with serve(
        "--release", str(small_release), "--port", "0", "--queries", "tests/web/queries"
    ) as process:
        assert process.stderr is not None
        assert "is served at http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_port_taken_is_said(small_release: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = ("--release", str(small_release), "--port", port)
        with serve(*arguments, "--queries", "tests/web/queries") as process:
            _, message = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in message
    assert "Traceback" not in message


def test_release_missing_is_said(tmp_path: Path) -> None:
    with serve("--release", str(tmp_path / "none")) as process:
        _, message = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "no release here" in message
