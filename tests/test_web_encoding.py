"""Compression, tags of compressed answers, preflights, and prefixes."""

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from foedus.web import replies
from foedus.web.app import Config, create_app

ALL = {"query": "SELECT * WHERE { ?s ?p ?o }"}
SMALL = {"query": "ASK {}"}


@pytest.mark.parametrize(
    ("wanted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("*", "gzip"),
        ("br;q=1, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("identity;q=0.5, gzip;q=0.2", None),
        ("br", None),
        ("", None),
        (None, None),
    ],
)
def test_coding_is_as_asked(client: FlaskClient, wanted: str | None, coding: str | None) -> None:
    headers = {} if wanted is None else {"Accept-Encoding": wanted}
    response = client.get("/sparql", query_string=ALL, headers=headers)
    assert response.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.get_data())


@pytest.mark.parametrize("smallest_file", [0, 1 << 20], ids=["from a file", "from memory"])
def test_compressed_answer_is_the_same_under_another_tag(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, smallest_file: int
) -> None:
    monkeypatch.setattr(replies, "_SMALL", smallest_file)
    plain = client.get("/sparql", query_string=ALL, buffered=True)
    headers = {"Accept-Encoding": "gzip"}
    packed = client.get("/sparql", query_string=ALL, headers=headers, buffered=True)
    head = client.head("/sparql", query_string=ALL, headers=headers)
    assert head.headers["Content-Length"] == packed.headers["Content-Length"]
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert len(packed.get_data()) < len(plain.get_data())
    assert int(packed.headers["Content-Length"]) == len(packed.get_data())
    tags = plain.headers["ETag"], packed.headers["ETag"]
    assert tags[0] != tags[1]
    for tag in tags:
        known = client.get("/sparql", query_string=ALL, headers={"If-None-Match": tag})
        assert (known.status_code, known.get_data(), known.headers["ETag"]) == (304, b"", tag)
        assert {"Accept", "Accept-Encoding"} <= set(known.headers["Vary"].split(", "))


def test_small_answer_is_not_compressed(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string=SMALL, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


def test_page_is_compressed_and_known_again(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}
    page = client.get("/sparql", headers=headers)
    assert b"<h1>SPARQL</h1>" in gzip.decompress(page.get_data())
    known = client.get("/sparql", headers={**headers, "If-None-Match": page.headers["ETag"]})
    assert known.status_code == 304


def test_head_is_the_get_without_its_body(client: FlaskClient) -> None:
    get = client.get("/sparql", query_string=ALL)
    head = client.head("/sparql", query_string=ALL)
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["ETag"] == get.headers["ETag"]
    assert client.head("/sparql", query_string={"query": "ASK {"}).status_code == 400


def test_query_method(client: FlaskClient) -> None:
    direct = "application/sparql-query"
    answer = client.open("/sparql", method="QUERY", data="ASK {}", content_type=direct)
    assert (answer.status_code, answer.get_json()["boolean"]) == (200, True)
    known = client.open(
        "/sparql",
        method="QUERY",
        data="ASK {}",
        headers={"Content-Type": direct, "If-None-Match": answer.headers["ETag"]},
    )
    assert known.status_code == 304
    form = "application/x-www-form-urlencoded"
    refused = client.open("/sparql", method="QUERY", data="query=ASK {}", content_type=form)
    assert refused.status_code == 415
    assert refused.headers["Accept-Query"] == direct
    assert client.open("/sparql", method="QUERY").status_code == 415


def test_coded_body_is_refused(client: FlaskClient) -> None:
    headers = {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}
    response = client.post("/sparql", data=gzip.compress(b"ASK {}"), headers=headers)
    assert (response.status_code, response.headers["Accept-Encoding"]) == (415, "identity")
    headers["Content-Encoding"] = "identity"
    assert client.post("/sparql", data="ASK {}", headers=headers).status_code == 200


def test_post_is_not_answered_with_304(client: FlaskClient) -> None:
    tag = client.post("/sparql", data=SMALL).headers["ETag"]
    again = client.post("/sparql", data=SMALL, headers={"If-None-Match": tag})
    assert again.status_code == 200


@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_preflight_allows_what_the_endpoint_takes(client: FlaskClient, method: str) -> None:
    response = client.options(
        "/sparql",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert response.status_code == 200
    assert method in response.headers["Access-Control-Allow-Methods"].split(", ")
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"].split(", ")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "application/sparql-query" in response.headers["Accept-Post"]


def test_format_field_of_a_form_counts(client: FlaskClient) -> None:
    response = client.post("/sparql", data={**ALL, "format": "csv"})
    assert response.mimetype == "text/csv"


def test_empty_graph_fields_name_nothing(client: FlaskClient) -> None:
    fields = {"default-graph-uri": "", "named-graph-uri": ""}
    answers = [client.get("/sparql", query_string=ask) for ask in (ALL, {**ALL, **fields})]
    assert answers[0].get_data() == answers[1].get_data()


def test_relative_iri_has_a_base(client: FlaskClient) -> None:
    query = "ASK { <id/state/RUR> ?p ?o }"
    assert client.get("/sparql", query_string={"query": query}).get_json()["boolean"] is True


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://example.org/kg/", "/sparql"),
        ("https://example.org/kg", "/kg/sparql"),
    ],
)
def test_path_of_the_base_url_is_the_prefix(small_release: Path, base_url: str, path: str) -> None:
    queries = Path(__file__).parent / "web" / "queries"
    app = create_app(Config(release=small_release, queries=queries, base_url=base_url))
    client = app.test_client()
    turtle = client.get(path).get_data(as_text=True)
    assert "sd:endpoint <https://example.org/kg/sparql>" in turtle
    page = client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'action="/kg/search"' in page
    thing = client.get("/id/state/RUR", headers={"Accept": "text/html"})
    assert thing.headers["Location"].endswith("/kg/page/state/RUR")


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "graph.example",
    "X-Forwarded-Prefix": "/kg",
}


@pytest.mark.parametrize(
    ("proxies", "address"),
    [(0, "http://localhost/sparql"), (1, "https://graph.example/kg/sparql")],
)
def test_forwarded_headers_count_only_where_configured(
    small_release: Path, proxies: int, address: str
) -> None:
    queries = Path(__file__).parent / "web" / "queries"
    app = create_app(Config(release=small_release, queries=queries, proxies=proxies))
    body = app.test_client().get("/sparql", headers=FORWARDED).get_data(as_text=True)
    assert f"sd:endpoint <{address}>" in body
