"""What a page must never do: run what the data or the address holds, or tell of the code."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

SCRIPT = "<script>alert(1)</script>"
PAGES = [
    "/",
    "/queries",
    "/queries/claims/claims-by-thing",
    "/queries/states/states",
    "/sparql",
    "/sparql?query=SELECT+*+%7B+%3Fs+%3Fp+%3Fo+%7D",
    "/ns",
    "/search?q=Graustark",
    "/page/state/RUR",
    "/page/state/GRA",
    "/page/claim/gazette-1894/allied",
    "/page/claim/gazette-1894/not-allied",
    "/page/passage/gazette-1894/p0000000001",
    "/page/document/gazette-1894",
    "/page/proposition/ruritania-and-graustark-are-allied",
    "/page/proposition/guards-of-ruritania",
    "/page/section/gazette-1894/one",
    "/graph/things/states",
    "/vocabulary/stance/rejected",
]
BROWSER = {"Accept": "text/html"}


class Links(HTMLParser):
    """The tags, links and identifiers of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.handlers.append(name)
            if name in ("href", "src", "action", "formaction") and value is not None:
                self.links.append(value)


def read(client: FlaskClient, path: str) -> Links:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 200
    links = Links()
    links.feed(response.get_data(as_text=True))
    return links


@pytest.mark.parametrize("path", PAGES)
def test_page_holds_no_script_and_no_style(client: FlaskClient, path: str) -> None:
    page = read(client, path)
    assert not {"script", "style", "iframe", "object"} & set(page.tags)
    assert page.handlers == []
    assert all(urlsplit(link).scheme in ("", "http", "https") for link in page.links)


NOT_IN_THE_SMALL_GRAPH = ("/vocabulary/", "/id/text", "/id/section", "/sparql.")
"""Links whose target the small graph leaves out, and buttons that need their form's query."""


@pytest.mark.parametrize("path", PAGES)
def test_every_link_within_leads_somewhere(client: FlaskClient, path: str) -> None:
    for link in sorted(set(read(client, path).links)):
        target = urljoin(path, link)
        if urlsplit(link).netloc or target.startswith(NOT_IN_THE_SMALL_GRAPH):
            continue
        with client.get(target, headers=BROWSER, follow_redirects=True) as response:
            status = response.status_code
        assert status == 200, f"{path} links to {target}: {status}"


def test_markup_in_data_is_text(client: FlaskClient) -> None:
    for path in ("/page/state/GRA", "/search?q=Graustark", "/page/state/RUR"):
        body = client.get(path, headers=BROWSER).get_data(as_text=True)
        assert SCRIPT not in body
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


@pytest.mark.parametrize(
    "path",
    [
        f"/search?q={SCRIPT}",
        f'/search?q="><img src=x onerror=alert(1)>{SCRIPT}',
        f"/sparql?query={SCRIPT}",
        f"/sparql?query=ASK{{}}&default-graph-uri={SCRIPT}",
        f"/queries/states/states?word={SCRIPT}",
        f"/queries/states/states?most={SCRIPT}",
        f"/queries/states/states?{SCRIPT}=1",
        f"/queries/states/{SCRIPT}",
        f"/page/{SCRIPT}",
        f"/graph/{SCRIPT}",
        f"/vocabulary/{SCRIPT}",
        f"/{SCRIPT}",
    ],
)
def test_markup_in_the_address_is_text(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert response.status_code < 500
    assert "<script" not in response.get_data(as_text=True)
    assert "<img" not in response.get_data(as_text=True)


@pytest.mark.parametrize("word", ['"', "\\", '"} ?s ?p ?o {"', "\n", "' OR 1", "} #", "?x", "\x00"])
def test_search_takes_any_text(client: FlaskClient, word: str) -> None:
    response = client.get("/search", query_string={"q": word}, headers=BROWSER)
    assert response.status_code == 200
    assert "The two kingdoms" not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "key", ["a b", "a>b", 'a"b', "a{b}", "a%00b", "../../etc/passwd", "é", "a\\b"]
)
def test_any_key_is_answered(client: FlaskClient, key: str) -> None:
    for place in ("id", "page", "data", "graph", "vocabulary"):
        response = client.get(f"/{place}/{key}", headers=BROWSER)
        assert response.status_code in (200, 303, 404, 406), (place, response.status_code)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/sparql?query=ASK{}", "/data/state/RUR"])
def test_headers_are_strict(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_unforeseen_failure_tells_nothing_of_the_code(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret place /srv/foedus")

    monkeypatch.setattr(type(app.extensions["foedus"].engine), "answer", fail)
    monkeypatch.setattr(app.logger, "disabled", True)
    response = client.get("/sparql?query=ASK{}")
    body = response.get_data(as_text=True)
    assert response.status_code == 500
    assert not re.search(r"secret|Traceback|\.py", body)
