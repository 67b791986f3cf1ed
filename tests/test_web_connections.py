"""What stands before the application: ready answers, shared work, hang-ups, and bounds of time.

Each test speaks to a server of its own in a thread of this process, so that it can look inside.
"""

import asyncio
import contextlib
import gzip
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
import uvicorn
from conftest import WEB
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from foedus.engine import Dataset, Limits, Written
from foedus.engine.embedded import EmbeddedEngine
from foedus.results import Format
from foedus.web import connections, gateway, journal, replies, server, serving, shortcut
from foedus.web.app import Config, create_app
from foedus.web.bounds import LONGEST_BODY
from foedus.web.cache import Cache, ready
from foedus.web.front import Front

LABEL = """SELECT ?label { <https://w3id.org/foedus/id/state/RUR>
  <http://www.w3.org/2000/01/rdf-schema#label> ?label }"""
ALL = "SELECT * { ?s ?p ?o }"
PRODUCT = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(6))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
OF_ONE_REQUEST = {"date", "x-request-id", "connection"}


@dataclass(frozen=True)
class Live:
    """A server in a thread."""

    port: int
    app: Flask
    front: Front
    server: uvicorn.Server
    thread: threading.Thread

    def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, {"Accept-Encoding": "", **named})
        response = connection.getresponse()
        try:
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read()
        finally:
            response.close()
            connection.close()

    def send(self, raw: bytes, *, answers: int = 1) -> bytes:
        """Send bytes; return what comes until so many answers, or the end, are there."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
            client.sendall(raw)
            found = b""
            while not _is_whole(found, answers):
                piece = client.recv(1 << 16)
                if not piece:
                    break
                found += piece
            return found

    def counts(self) -> tuple[int, int, int]:
        """Return how many queries were asked, answers were ready, and clients hung up."""
        workers = self.app.extensions["foedus"].workers
        counts, looked_up = workers.counts, self.front.figures.tally.read().looked_up
        return (
            counts.queries + counts.at_once + looked_up,
            self.front.desk.cache.hits,
            counts.stopped["client"],
        )


def _is_whole(found: bytes, answers: int) -> bool:
    """Whether so many answers have come, the last one with its body."""
    texts = found.split(b"HTTP/1.1 ")[1:]
    head, _, body = texts[-1].partition(b"\r\n\r\n") if texts else (b"", b"", b"")
    length = next(
        (line for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b""
    )
    return len(texts) >= answers and len(body) >= int(length.partition(b":")[2] or 0) > 0


Serve = Callable[..., Live]


@pytest.fixture
def serve(small_release: Path) -> Iterator[Serve]:
    """Start servers over the small graph."""
    with starting(small_release) as start:
        yield start


@pytest.fixture(scope="module")
def live(small_release: Path) -> Iterator[Live]:
    """Run one server for tests that do not look inside."""
    with starting(small_release) as start:
        yield start()


@contextlib.contextmanager
def starting(small_release: Path) -> Iterator[Serve]:
    """Yield what starts servers, which end with the block."""
    with contextlib.ExitStack() as stack:

        def start(
            *,
            room: int = 1 << 20,
            proxies: int = 0,
            threads: int = 4,
            doors: int = 0,
            **config: object,
        ) -> Live:
            loop = server.new_loop()
            made = Config(
                **{"release": small_release, "queries": WEB / "queries", **config},  # type: ignore[arg-type]
                proxies=proxies,
            )
            app = create_app(made, loop)
            front = Front(app, room=room, threads=threads, proxies=proxies)
            made_server = serving.make_server(front, longest=5, doors=doors)
            listener = serving.listen("127.0.0.1", 0)
            port = listener.getsockname()[1]
            thread = threading.Thread(target=server.run, args=(made_server, listener, loop))
            thread.start()

            def end() -> None:
                made_server.should_exit = True
                thread.join(20)

            stack.callback(end)
            return Live(port, app, front, made_server, thread)

        yield start


def get(query: str, **fields: str) -> str:
    return "/sparql?" + urlencode({"query": query, **fields})


def of_all(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_ONE_REQUEST}


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize(
    ("method", "target", "body", "headers"),
    [
        ("GET", get(LABEL), None, {}),
        ("GET", get(LABEL), None, {"Accept": "text/csv"}),
        ("GET", get(ALL, format="tsv"), None, {}),
        ("GET", get("ASK {}"), None, {"Accept": "application/sparql-results+xml"}),
        ("GET", get("CONSTRUCT WHERE { ?s ?p ?o }"), None, {"Accept": "text/turtle"}),
        ("GET", get(ALL, **{"default-graph-uri": "x:none"}), None, {"Accept": "text/csv"}),
        ("POST", "/sparql", urlencode({"query": ALL}).encode(), {"Content-Type": FORM}),
        ("POST", "/sparql", ALL.encode(), {"Content-Type": DIRECT}),
        ("QUERY", "/sparql", ALL.encode(), {"Content-Type": DIRECT}),
        ("HEAD", get(LABEL), None, {}),
        ("GET", "/queries", None, {"Accept": "text/html"}),
        ("GET", "/data/state/RUR.ttl", None, {}),
        ("GET", get("SELECT"), None, {}),
        ("GET", get(LABEL), None, {"Accept": "image/png"}),
        ("GET", "/none", None, {}),
        ("POST", "/sparql", b"query=%FF", {"Content-Type": FORM}),
        ("DELETE", "/sparql", None, {}),
    ],
)
def test_what_goes_out_is_what_the_application_says(
    live: Live,
    client: FlaskClient,
    method: str,
    target: str,
    body: bytes | None,
    headers: dict[str, str],
    coding: str,
) -> None:
    headers = {**headers, "Accept-Encoding": coding, "Host": "localhost"}
    said = client.open(target, method=method, data=body, headers=headers)
    expected = of_all({name.lower(): value for name, value in said.headers})
    if said.headers.get("Content-Encoding") == "gzip" and method != "HEAD":
        plain = gzip.decompress(said.get_data())
    else:
        plain = said.get_data()
    for _ in range(2):  # the second time it may be ready
        status, found, sent = live.ask(method, target, body, **headers)
        assert (status, of_all(found)) == (said.status_code, expected)
        is_packed = found.get("content-encoding") == "gzip" and method != "HEAD"
        assert (gzip.decompress(sent) if is_packed else sent) == plain


def test_same_request_is_evaluated_once(serve: Serve) -> None:
    live = serve()
    first = live.ask("GET", get(LABEL))
    asked = live.counts()[0]
    again = live.ask("GET", get(LABEL))
    assert live.counts()[:2] == (asked, 1)
    assert (first[0], first[2]) == (again[0], again[2])
    assert first[1]["x-request-id"] != again[1]["x-request-id"]
    assert "date" in again[1]
    named = live.ask("GET", get(LABEL), X_Request_Id="proxy-0001")
    assert named[1]["x-request-id"] == "proxy-0001"


@pytest.mark.parametrize(
    "other",
    [
        {"Accept": "text/csv"},
        {"Accept-Encoding": "gzip"},
        {"Host": "elsewhere.example"},
    ],
)
def test_answers_to_different_requests_are_kept_apart(serve: Serve, other: dict[str, str]) -> None:
    live = serve()
    live.ask("GET", get(ALL))
    live.ask("GET", get(ALL), **other)
    assert live.counts()[1] == 0
    live.ask("GET", get(ALL), **other)
    assert live.counts()[1] == 1


def test_posted_queries_are_kept_by_what_was_posted(serve: Serve) -> None:
    live = serve()
    for _ in range(2):
        for query in (ALL, LABEL):
            body = urlencode({"query": query}).encode()
            assert live.ask("POST", "/sparql", body, Content_Type=FORM)[0] == 200
    assert live.counts()[:2] == (2, 2)


def test_ready_answer_is_not_sent_to_who_has_it(serve: Serve) -> None:
    live = serve()
    packed = live.ask("GET", get(ALL), Accept_Encoding="gzip")[1]["etag"]
    plain = live.ask("GET", get(ALL))[1]["etag"]
    before = live.counts()
    for tags in (plain, packed, f'"other", {plain}', f"W/{plain}", "*"):
        status, headers, body = live.ask("GET", get(ALL), If_None_Match=tags)
        assert (status, body) == (304, b""), tags
        assert headers["etag"] == plain
        assert "content-length" not in headers
    assert live.counts() == (before[0], before[1] + 5, 0)
    assert live.ask("GET", get(ALL), If_None_Match='"other"')[0] == 200


def test_answers_come_in_the_order_of_the_requests(serve: Serve) -> None:
    live = serve()
    live.ask("GET", get(LABEL), Host="x", Accept="text/csv")

    def raw(query: str) -> bytes:
        head = f"GET {get(query)} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\nAccept-Encoding:\r\n"
        return head.encode() + b"\r\n"

    found = live.send(
        raw(LABEL) + raw("SELECT (7 AS ?n) {}") + raw(LABEL) + raw("SELECT"), answers=4
    )
    texts = found.split(b"HTTP/1.1 ")[1:]
    assert [text[:3] for text in texts] == [b"200", b"200", b"200", b"400"]
    assert [b"Ruritania" in text for text in texts] == [True, False, True, False]
    assert texts[1].endswith(b"n\r\n7\r\n")


@pytest.mark.parametrize(
    "line", [b"HTTP/1.0\r\nHost: x", b"HTTP/1.1\r\nHost: x\r\nConnection: close"]
)
def test_connection_ends_where_that_is_asked(live: Live, line: bytes) -> None:
    raw = b"GET " + get(LABEL).encode() + b" " + line + b"\r\n\r\n"
    answers = [live.send(raw, answers=2) for _ in range(2)]  # until the end of the connection
    for answer in answers:
        assert answer.count(b"HTTP/1.1 200 OK") == 1
        assert b"connection: close\r\n" in answer
        assert b"Ruritania" in answer


def test_requests_that_come_together_are_evaluated_once(serve: Serve) -> None:
    live = serve(limits=Limits(seconds=1))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: live.ask("GET", get(ENDLESS))[0], range(8)))
    assert answers == [504] * 8
    assert live.counts()[0] == 1


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize("accept", ["text/csv", "text/html"])
def test_query_stops_where_its_client_hangs_up(serve: Serve, accept: str) -> None:
    live = serve(limits=Limits(seconds=60))
    raw = f"GET {get(ENDLESS)} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", live.port)) as client:
        client.sendall(raw)
        assert wait_until(lambda: live.counts()[0] == 1)
        time.sleep(0.2)
    assert wait_until(lambda: live.counts()[2] == 1), "the query runs on"
    assert live.ask("GET", get(LABEL))[0] == 200


def test_query_goes_on_while_somebody_waits(serve: Serve) -> None:
    live = serve(limits=Limits(seconds=3))
    raw = f"GET {get(ENDLESS)} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", live.port)) as stays:
        stays.sendall(raw)
        assert wait_until(lambda: live.counts()[0] == 1)
        with socket.create_connection(("127.0.0.1", live.port)) as leaves:
            leaves.sendall(raw)
            time.sleep(0.3)
        assert stays.recv(1 << 16).startswith(b"HTTP/1.1 504")
    assert live.counts()[2] == 0


def test_idle_clients_are_cut_off_but_not_who_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.2)
    monkeypatch.setattr(server, "_TICKS", 1)
    live = serve(limits=Limits(seconds=3))
    asked = f"GET {get(ENDLESS)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:

        def connect(raw: bytes) -> socket.socket:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", live.port)))
            client.settimeout(20)
            client.sendall(raw)
            return client

        waits = connect(asked)
        for silent in (connect(b""), connect(asked[:20]), connect(b"POST /sparql HTTP/1.1\r\n")):
            with contextlib.suppress(ConnectionResetError):
                assert silent.recv(1) == b""
        assert waits.recv(1 << 16).startswith(b"HTTP/1.1 504")


def test_client_that_sends_too_long_is_cut_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_SENDING", 0.5)
    monkeypatch.setattr(server, "_TICKS", 1)
    live = serve()
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(100):
                client.sendall(b"X-Slow: 1\r\n")
                time.sleep(0.05)


def test_head_that_is_too_long(live: Live) -> None:
    line = b"X-Long: " + b"x" * 1000 + b"\r\n"
    found = live.send(b"GET / HTTP/1.1\r\n" + line * 400)
    assert found.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in found


@pytest.mark.parametrize("chunked", [False, True])
def test_body_that_is_too_long(live: Live, chunked: bool) -> None:
    size = LONGEST_BODY + 10
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    if chunked:
        raw = (
            head
            + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size
            + b"x" * size
            + b"\r\n0\r\n\r\n"
        )
    else:
        raw = head + b"Content-Length: %d\r\n\r\n" % size
    assert live.send(raw).startswith(b"HTTP/1.1 413 ")


def test_chunked_body_is_taken(live: Live) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    raw = head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n"
    assert live.send(raw).startswith(b"HTTP/1.1 200 ")


def test_ready_answers_count_for_the_rate(serve: Serve) -> None:
    live = serve(rate="3/minute")
    answers = [live.ask("GET", get(LABEL))[0] for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_proxies_headers_keep_answers_apart_where_they_count(serve: Serve) -> None:
    live = serve(proxies=1)
    texts = [
        live.ask("GET", "/.well-known/void", X_Forwarded_Host=host)[2]
        for host in ("a.example", "b.example")
    ]
    assert b"a.example" in texts[0]
    assert b"b.example" in texts[1]


def test_answers_of_other_endpoints_are_not_kept(serve: Serve) -> None:
    other = f"http://127.0.0.1:{serve().port}/sparql"
    live = serve(services=(other,), local_services=True)
    query = f"SELECT ?label {{ SERVICE <{other}> {{ {LABEL[LABEL.index('{') + 1 :]} }}"
    for accept in ("text/csv", "text/html"):
        for _ in range(2):
            status, headers, body = live.ask("GET", get(query), Accept=accept)
            assert (status, b"Ruritania" in body) == (200, True)
            assert "etag" not in headers
            assert headers["cache-control"] == "no-store"
    assert live.counts()[1] == 0
    described = live.ask("GET", "/sparql", Accept="application/n-triples")[2]
    assert b"sparql-service-description#BasicFederatedQuery" in described
    refused = serve().ask("GET", get(query), Accept="text/csv")
    assert refused[0] == 400


@pytest.mark.parametrize(
    "hosts",
    [
        b"Host: a.example\r\nHost: b.example\r\n",
        b"Host: a b\r\n",
        b"Host: a/b\r\n",
        b"Host:\r\n",
        b"",
    ],
)
def test_request_names_one_host(serve: Serve, hosts: bytes) -> None:
    live = serve()
    request = b"GET /.well-known/void HTTP/1.1\r\n" + hosts + b"\r\n"
    for _ in range(2):
        assert live.send(request).startswith(b"HTTP/1.1 400 ")
    good = live.ask("GET", "/.well-known/void", Host="b.example")
    assert good[0] == 200
    assert b"<http://b.example/sparql>" in good[2]
    assert live.counts()[1] == 0
    target = get(LABEL).encode()
    for _ in range(2):  # what one may leave out stays no answer to the other
        assert live.send(b"GET " + target + b" HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        request = b"GET " + target + b" HTTP/1.1\r\n" + hosts + b"\r\n"
        assert live.send(request).startswith(b"HTTP/1.1 400 ")
    old = live.send(b"GET /.well-known/void HTTP/1.0\r\n\r\n")
    assert old.startswith(b"HTTP/1.1 200 ")


def test_posts_differ_by_how_their_body_is_written(serve: Serve) -> None:
    live = serve()
    body = urlencode({"query": LABEL}).encode()
    assert live.ask("POST", "/sparql", body, Content_Type=FORM)[0] == 200
    assert live.ask("POST", "/sparql", body, Content_Type=DIRECT)[0] == 400
    assert live.ask("POST", "/sparql", body, Content_Type=FORM, Content_Encoding="gzip")[0] == 415


def test_long_requests_are_kept_under_a_digest(serve: Serve) -> None:
    live = serve()
    for query in ("ASK {} #" + "x" * 20_000, "ASK {} #" + "y" * 20_000):
        assert live.ask("GET", get(query))[0] == 200
        assert live.ask("POST", "/sparql", query.encode(), Content_Type=DIRECT)[0] == 200
    assert live.counts()[:2] == (4, 0)
    assert max(len(repr(key)) for key in live.front.desk.cache._kept) < 2_000


def test_head_takes_the_answer_that_is_ready(serve: Serve) -> None:
    live = serve()
    _, whole, body = live.ask("GET", get(ALL))
    status, headers, nothing = live.ask("HEAD", get(ALL))
    assert (status, nothing, live.counts()[:2]) == (200, b"", (1, 1))
    assert of_all(headers) == of_all(whole)
    assert int(headers["content-length"]) == len(body)


def test_answer_to_an_old_tag_is_kept_for_others(serve: Serve) -> None:
    live = serve()
    first = live.ask("GET", get(ALL), If_None_Match='"of the release before"')
    again = live.ask("GET", get(ALL), If_None_Match='"of the release before"')
    assert (first[0], again[0], live.counts()[:2]) == (200, 200, (1, 1))
    assert live.ask("GET", get(ALL), If_None_Match=first[1]["etag"])[0] == 304


def test_large_answer_is_shared_by_those_who_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (replies, "_SMALL"),
        (gateway, "_IN_MEMORY"),
        (shortcut, "SMALL"),
        (shortcut, "PLAIN"),
    ):
        monkeypatch.setattr(module, name, 0)
    live = serve()
    answer_soon = live.app.extensions["foedus"].workers.answer_soon

    async def answer_later(*args: Any, **kwargs: Any) -> Written:
        await asyncio.sleep(0.5)
        return cast("Written", await answer_soon(*args, **kwargs))

    monkeypatch.setattr(live.app.extensions["foedus"].workers, "answer_soon", answer_later)
    query = "SELECT * WHERE { ?s ?p ?o . ?a ?b ?c } LIMIT 20000"
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda _: live.ask("GET", get(query), Accept="text/csv"), "123456")
        )
    assert live.counts()[0] == 1
    assert len({body for _, _, body in answers}) == 1
    assert answers[0][2].count(b"\n") == 20_001
    assert len({headers["x-request-id"] for _, headers, _ in answers}) == 6


def test_health_is_told_while_no_thread_is_free(serve: Serve) -> None:
    live = serve(threads=1, limits=Limits(seconds=1.5))
    with ThreadPoolExecutor(2) as threads:
        pages = [
            threads.submit(live.ask, "GET", get(f"{ENDLESS} #{n}"), Accept="text/html")
            for n in range(2)
        ]
        assert wait_until(lambda: live.counts()[0] >= 1)
        for path in ("/healthz", "/readyz", "/metrics"):
            assert live.ask("GET", path)[0] == 200
        assert not pages[1].done()


def test_time_of_a_failure_is_counted_from_its_start(serve: Serve, lines: io.StringIO) -> None:
    live = serve(limits=Limits(seconds=1))
    assert live.ask("GET", get(ENDLESS), Accept="text/csv")[0] == 504
    [line] = map(json.loads, lines.getvalue().splitlines())
    assert line["ms"] >= line["query_ms"] > 900


HEADS = st.builds(
    "{} {} HTTP/{}\r\n{}\r\n".format,
    st.sampled_from(["GET", "POST", "HEAD", "QUERY", "OPTIONS", "BREW"]),
    st.sampled_from([get(LABEL), get(ALL), get("ASK {"), "/sparql", "/", "/none", "*", "http://x/"])
    | st.text("/%?=&#ab0{}", min_size=1, max_size=20),
    st.sampled_from(["1.1", "1.0", "2", ""]),
    st.lists(
        st.sampled_from(
            [
                *("Host: x\r\n", "Host: a b\r\n", "Accept: text/csv;q=2\r\n", "Accept: */*\r\n"),
                *("Accept-Encoding: gzip\r\n", "If-None-Match: *\r\n", "Connection: close\r\n"),
                *("Content-Length: 5\r\n", "Content-Length: -1\r\n", "Expect: 100-continue\r\n"),
                *("Transfer-Encoding: chunked\r\n", "X-Request-Id: \x01\r\n", "Upgrade: h2c\r\n"),
                *(" folded\r\n", "no colon\r\n", ": no name\r\n", "Content-Type: a/b; c=\r\n"),
            ]
        ),
        max_size=4,
    ).map("".join),
).map(str.encode)


@settings(deadline=None)  # a machine may be busy
@given(st.lists(HEADS | st.binary(max_size=60), min_size=1, max_size=3).map(b"".join))
def test_any_bytes_are_answered_or_refused(live: Live, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as client:
        client.sendall(raw)
        client.shutdown(socket.SHUT_WR)
        found = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(1 << 16):
                found += piece
    assert not found or found.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 5" not in found or b"HTTP/1.1 501 " in found
    assert live.ask("GET", "/healthz")[0] == 200


@pytest.mark.parametrize("query", [LABEL, ALL, "ASK {}"])
@pytest.mark.parametrize("accept", ["application/sparql-results+json", "text/html"])
def test_line_of_an_answer_that_was_ready_names_its_query(
    serve: Serve, lines: io.StringIO, query: str, accept: str
) -> None:
    live = serve()
    for _ in range(2):
        assert live.ask("GET", get(query), Accept=accept)[0] == 200
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert first["query"] == second["query"] == journal.hash_of(query)
    assert (first["queries"] > 0, second["queries"]) == (True, 0)


def test_weak_tag_is_as_good_as_a_strong_one(serve: Serve) -> None:
    """A proxy that compresses weakens tags; whether the answer is ready makes no difference."""
    tag = serve().ask("GET", get(ALL), Accept="text/csv")[1]["etag"]
    live = serve()
    for _ in range(2):
        known = live.ask("GET", get(ALL), Accept="text/csv", If_None_Match=f"W/{tag}")
        assert known[0] == 304


def test_client_that_hangs_up_is_no_failure_of_ours(serve: Serve, lines: io.StringIO) -> None:
    live = serve(limits=Limits(seconds=60))
    raw = f"GET {get(ENDLESS)} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", live.port)) as client:
        client.sendall(raw)
        assert wait_until(lambda: live.counts()[0] == 1)
    assert wait_until(lambda: lines.getvalue() != "")
    [line] = map(json.loads, lines.getvalue().splitlines())
    assert (line["status"], "trace" in line) == (499, False)


@pytest.mark.parametrize("is_refused", [True, False])
def test_requests_that_nobody_waits_for_leave_no_trace(
    serve: Serve, lines: io.StringIO, is_refused: bool
) -> None:
    """One is worked on and others stand behind it when the client goes, or sends no HTTP."""
    live = serve(limits=Limits(seconds=1))
    raw = b"".join(
        f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n".encode()
        for target in (get(ENDLESS), "/nothing", get(ENDLESS + "#"), "/nothing")
    )
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as client:
        client.sendall(raw + b"nonsense\r\n\r\n" * is_refused)
        assert wait_until(lambda: live.counts()[0] == 1)
        if is_refused:
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
    time.sleep(1.5)
    assert live.ask("GET", "/healthz")[0] == 200
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert not [line for line in told if "trace" in line]


def test_many_clients_are_let_in_each_time_the_loop_comes_round(serve: Serve) -> None:
    """The loop takes one client from each of its servers in a round."""
    live = serve()
    assert live.ask("GET", "/healthz")[0] == 200
    assert len(live.server.servers) == 16
    clients = [socket.create_connection(("127.0.0.1", live.port)) for _ in range(40)]
    try:
        assert wait_until(lambda: len(live.server.server_state.connections) == 40)
    finally:
        for client in clients:
            client.close()


def test_longest_idle_connection_goes_where_there_are_too_many(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST", 3)
    live = serve()
    with contextlib.ExitStack() as stack:
        idle = []
        for _ in range(3):
            client = socket.create_connection(("127.0.0.1", live.port), timeout=20)
            idle.append(stack.enter_context(client))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        assert live.ask("GET", get(LABEL))[0] == 200
        with contextlib.suppress(ConnectionResetError):
            assert idle[0].recv(1) == b""
        idle[2].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle[2].recv(1 << 16).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_what_is_no_http_gets_the_headers_of_all_answers(serve: Serve, raw: bytes) -> None:
    live = serve()
    found = live.send(raw)
    assert found.startswith(b"HTTP/1.1 400 ")
    for header in (b"content-security-policy: ", b"x-content-type-options: ", b"x-request-id: "):
        assert header in found
    metrics = live.ask("GET", "/metrics")[2].decode()
    assert 'foedus_requests_total{method="any",route="none",status="400"} 1.0' in metrics


def test_failure_of_ours_is_one_answer_without_a_trace(
    serve: Serve, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = serve()

    async def fail(*_: object) -> None:
        raise RuntimeError("secret place")

    monkeypatch.setattr(live.front, "_make", fail)
    found = live.send(f"GET {get(ALL)} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), answers=2)
    assert found.startswith(b"HTTP/1.1 500 ")
    assert found.count(b"HTTP/1.1 ") == 1
    assert b"content-security-policy: " in found
    assert b"secret" not in found
    told = map(json.loads, lines.getvalue().splitlines())
    failures = [line for line in told if "failure" in line]
    assert [line["failure"] for line in failures] == ["a request failed"]
    assert "secret place" in failures[0]["trace"]


def test_end_does_not_wait_for_who_does_not_read(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_IDLE_AT_THE_END", 0.2)
    live = serve()
    query = "SELECT * WHERE { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f } LIMIT 300000"
    raw = f"GET {get(query)} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", live.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(raw)
        assert wait_until(lambda: live.counts()[0] == 1)
        time.sleep(0.5)
        live.server.should_exit = True
        live.thread.join(15)
        assert not live.thread.is_alive()


class FailingDisk(io.BytesIO):
    """A file of which the second half cannot be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes of the first half, then fail."""
        left = len(self.getvalue()) // 2 - self.tell()
        if left <= 0:
            raise OSError("the disk is gone")
        return super().read(left if size is None or size < 0 else min(size, left))


class FailingWorkers:
    """Workers whose answers break off while they are sent."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine

    async def answer_soon(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return an answer that is on a failing disk."""
        whole = self._engine.answer(query, rows=rows, triples=triples, dataset=dataset)
        return Written(whole.form, FailingDisk(whole.body.read()), whole.size)


@pytest.mark.parametrize("accept", ["text/csv", "text/tab-separated-values", "application/json"])
def test_answer_that_breaks_off_is_short(
    serve: Serve, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    monkeypatch.setattr(replies, "_SMALL", 0)
    monkeypatch.setattr(gateway, "_IN_MEMORY", 0)
    monkeypatch.setattr(shortcut, "PLAIN", 0)
    live = serve()
    workers = live.app.extensions["foedus"].workers
    monkeypatch.setattr(workers, "answer_soon", FailingWorkers(engine).answer_soon)
    query = "SELECT * WHERE { ?s ?p ?o . ?a ?b ?c } LIMIT 2000"
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        live.ask("GET", get(query), Accept=accept)


def test_cache_holds_what_fits_and_lets_go_of_the_oldest() -> None:
    cache = Cache(100_000)
    tag = [(b"etag", b'"t"')]
    for number in range(40):
        cache.put(number, ready("/r", "/p", 200, tag, b"x" * 5_000))
        cache.get(0)
        assert cache.size <= 100_000
    assert cache.get(0) is not None
    assert cache.get(1) is None
    assert cache.get(39) is not None
    cache.put("large", ready("/r", "/p", 200, tag, b"x" * 50_000))
    assert cache.get("large") is None


@pytest.mark.parametrize(
    ("status", "tag", "lasts"),
    [(200, b'"strong"', True), (200, b'W/"weak"', False), (200, b"", False), (404, b'"a"', False)],
)
def test_only_an_answer_with_a_strong_tag_lasts(status: int, tag: bytes, lasts: bool) -> None:
    assert ready("/r", "/p", status, [(b"etag", tag)], b"").lasts is lasts
