"""What a request may send, how often, and what is told and written of it."""

import io
import json
import re
from pathlib import Path

import pytest
from conftest import WEB
from flask import Flask
from flask.testing import FlaskClient

from foedus.errors import BusyError, ParameterError
from foedus.web.app import Config, create_app
from foedus.web.bounds import LONGEST_ADDRESS, LONGEST_BODY


def test_address_that_is_too_long(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "ASK {} #" + "x" * LONGEST_ADDRESS})
    assert response.status_code == 414
    assert "post a longer query" in response.get_data(as_text=True)
    posted = client.post("/sparql", data={"query": "ASK {} #" + "x" * LONGEST_ADDRESS})
    assert posted.status_code == 200


def test_body_that_is_too_long(client: FlaskClient) -> None:
    response = client.post("/sparql", data={"query": "ASK {} #" + "x" * LONGEST_BODY})
    assert response.status_code == 413
    assert f"a body may have {LONGEST_BODY} bytes at most" in response.get_data(as_text=True)


def test_rate_is_off_unless_it_is_set(client: FlaskClient) -> None:
    assert {client.get("/queries").status_code for _ in range(300)} == {200}


def test_rate_counts_clients_apart(small_release: Path) -> None:
    app = create_app(Config(release=small_release, queries=WEB / "queries", rate="3/minute"))
    client = app.test_client()

    def get(path: str, address: str) -> tuple[int, str | None]:
        response = client.get(path, environ_base={"REMOTE_ADDR": address})
        return response.status_code, response.headers.get("Retry-After")

    assert [get("/queries", "192.0.2.1")[0] for _ in range(3)] == [200] * 3
    status, later = get("/queries", "192.0.2.1")
    assert status == 429
    assert 1 <= int(later or 0) <= 60
    assert get("/healthz", "192.0.2.1")[0] == 200
    assert get("/queries", "192.0.2.2")[0] == 200
    six = [get("/queries", f"2001:db8:0:1::{n}")[0] for n in range(4)]
    assert six == [200, 200, 200, 429]
    app.extensions["foedus"].workers.close()


def test_rate_that_is_none(small_release: Path) -> None:
    with pytest.raises(ParameterError, match="120/minute, not 'often'"):
        create_app(Config(release=small_release, queries=WEB / "queries", rate="often"))


def test_every_answer_has_an_identifier(client: FlaskClient) -> None:
    ours = client.get("/healthz").headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", ours)
    given = client.get("/healthz", headers={"X-Request-Id": "proxy-0001"})
    assert given.headers["X-Request-Id"] == "proxy-0001"
    hostile = client.get("/healthz", headers={"X-Request-Id": 'x","admin":"1'})
    assert re.fullmatch("[0-9a-f]{32}", hostile.headers["X-Request-Id"])
    assert client.get("/none").headers["X-Request-Id"]


def test_line_of_a_request(client: FlaskClient, lines: io.StringIO) -> None:
    secret = "SELECT * { ?s ?p 'what nobody should read' }"
    tagged = client.get("/sparql", query_string={"query": secret})
    client.post("/sparql", data={"query": secret})
    client.get("/queries")
    first, second, third = map(json.loads, lines.getvalue().splitlines())
    assert first["query"] == second["query"]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/sparql", 200)
    assert first["request"] == tagged.headers["X-Request-Id"]
    assert first["bytes"] == len(tagged.get_data())
    assert 0 <= first["query_ms"] <= first["ms"]
    assert "query" not in third
    assert "nobody" not in lines.getvalue()


def test_line_of_a_failure_keeps_the_trace_here(
    app: Flask, client: FlaskClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret place")

    monkeypatch.setattr(type(app.extensions["foedus"].engine), "answer", fail)
    monkeypatch.setattr(app.logger, "handlers", [])
    response = client.get("/sparql?query=ASK{}")
    assert "secret" not in response.get_data(as_text=True)
    failure = json.loads(lines.getvalue().splitlines()[0])
    assert "secret place" in failure["trace"]
    assert failure["request"] == response.headers["X-Request-Id"]


def test_alive_and_ready(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = app.extensions["foedus"].digest
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert (response.status_code, response.get_json()["release"]) == (200, digest)

    def refuse(*_: object, **__: object) -> None:
        raise BusyError("busy")

    monkeypatch.setattr(type(app.extensions["foedus"].engine), "run", refuse)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_figures(client: FlaskClient) -> None:
    def read() -> dict[str, float]:
        text = client.get("/metrics").get_data(as_text=True)
        pairs = [line.rpartition(" ") for line in text.splitlines() if line[0] != "#"]
        return {name: float(value) for name, _, value in pairs}

    before = read()
    client.get("/sparql?query=ASK%20{%20?a%20?b%20'figures'%20}")
    client.get("/nowhere")
    after = read()
    asked = 'foedus_requests_total{method="GET",route="/sparql",status="200"}'
    lost = 'foedus_requests_total{method="any",route="none",status="404"}'
    assert after[asked] - before.get(asked, 0) == 1
    assert after[lost] - before.get(lost, 0) == 1
    assert after["foedus_queries_total"] - before["foedus_queries_total"] == 1
    assert after['foedus_stopped_queries_total{limit="time"}'] >= 0
    assert after["foedus_idle_workers"] >= 1
    assert "process_resident_memory_bytes" in after
