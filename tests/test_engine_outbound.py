"""Asking an endpoint: which addresses are reached, and what an endpoint may do to who asks it.

The servers here misbehave on purpose, and listen on this machine, which only the test switch
allows. Names are those of the system's resolver, or of one in its place that gives any address.
"""

import contextlib
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from foedus.engine import outbound
from foedus.errors import EngineError, FoedusError, LimitError, ParameterError

GOOD = b'{"head": {"vars": []}, "results": {"bindings": []}}'
JSON = "application/sparql-results+json"
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode()
CHUNKED = HEAD[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
OPENSSL = shutil.which("openssl")
Script = Callable[[IO[bytes]], None]


class Server(socketserver.ThreadingTCPServer):
    """A server that reads a request, keeps it, and then does as its script says."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Scripted)
        self.script = script
        self.port = int(self.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/sparql"
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that leave."""


class _Scripted(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        first, *lines = iter(self._line, "")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = self.rfile.read(int(headers["content-length"]))
        self.server.requests.append((first, headers, body))
        self.server.script(self.wfile)

    def _line(self) -> str:
        return self.rfile.readline().decode().strip()


@contextlib.contextmanager
def served(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server with a script."""
    with Server(script) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def reply(body: bytes = GOOD, *, status: str = "200 OK", **headers: str) -> Script:
    """Return a script that sends one response."""
    named = {"Content-Type": JSON, "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return lambda file: _send(file, f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def _send(file: IO[bytes], data: bytes) -> None:
    file.write(data)


def drip(start: bytes, piece: bytes, pause: float = 0.02) -> Script:
    """Return a script that sends a piece again and again, without end."""

    def send(file: IO[bytes]) -> None:
        file.write(start)
        while True:
            file.write(piece)
            time.sleep(pause)

    return send


def ask(url: str, *others: str, local: bool = True, seconds: float = 20, most: int = 1000) -> bytes:
    allowed = outbound.allow([url, *others], local=local)
    deadline = time.monotonic() + seconds
    return outbound.ask(url, "ASK {}", allowed=allowed, deadline=deadline, most=most)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Stand in for the system's resolver: by name, the addresses it gives time after time."""
    known: dict[str, list[list[str]]] = {}

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            if "." in address
            else (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            for address in known[host].pop(0)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


# The list


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "example.org/sparql",
        "//example.org/sparql",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///sparql",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org/#part",
        "http://example.org:70000/",
        "http://example.org:0/",
        "http://example.org:x/",
        "http://[::1/",
        "http://exämple.org/",
        "http://example.org/a b",
        "http://example.org/\r\nHost: other",
    ],
)
def test_list_takes_plain_addresses_only(endpoint: str) -> None:
    with pytest.raises(ParameterError, match="an endpoint is an address such as"):
        outbound.allow([endpoint])


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "::", "10.1.2.3", "192.168.1.1"),
        "172.16.0.1",
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1"),
        *("fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("::ffff:93.184.216.34", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1"),
    ],
)  # fmt: skip
def test_address_that_is_not_public_is_not_reached(address: str) -> None:
    assert not outbound.may_reach(address, local=False)
    own = address in ("127.0.0.1", "127.8.9.10", "::1")
    assert outbound.may_reach(address, local=True) == own


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::6810:84e5"])
def test_public_address_may_be_reached(address: str) -> None:
    assert outbound.may_reach(address, local=False)


# Names


def test_name_of_this_machine_is_not_reached() -> None:
    with served(reply()) as server:
        for host in ("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "0"):
            with pytest.raises(EngineError, match=r"not a public|cannot be asked"):
                ask(f"http://{host}:{server.port}/sparql", local=False)
        assert server.requests == []
        assert ask(f"http://localhost:{server.port}/sparql") == GOOD


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.7"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]],
)
def test_name_is_refused_for_any_address_that_is_not_public(
    resolver: dict[str, list[list[str]]], addresses: list[str]
) -> None:
    resolver["endpoint.example"] = [addresses]
    with pytest.raises(EngineError, match=r"endpoint\.example has the address .* not a public one"):
        ask("http://endpoint.example/sparql", local=False)


def test_name_is_resolved_once_and_sent_as_host(resolver: dict[str, list[list[str]]]) -> None:
    with served(reply()) as server:
        resolver["endpoint.example"] = [["127.0.0.1"], ["10.0.0.7"]]
        assert ask(f"http://endpoint.example:{server.port}/sparql?a=b") == GOOD
        assert resolver["endpoint.example"] == [["10.0.0.7"]]
        [(first, headers, body)] = server.requests
        assert first == "POST /sparql?a=b HTTP/1.1"
        assert headers.pop("user-agent").startswith("Foedus/")
        assert headers == {
            "host": f"endpoint.example:{server.port}",
            "accept": JSON,
            "accept-encoding": "identity",
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(body)),
        }
        assert body == b"query=ASK+%7B%7D"


def test_next_address_is_tried_where_one_does_not_answer(
    resolver: dict[str, list[list[str]]],
) -> None:
    with served(reply()) as server:
        resolver["endpoint.example"] = [["127.0.0.2", "127.0.0.1"]]
        assert ask(f"http://endpoint.example:{server.port}/sparql") == GOOD


def test_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    with served(reply()) as server:
        assert ask(server.url) == GOOD


# Redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_to_a_named_origin_is_followed_with_the_query(status: str) -> None:
    with (
        served(reply()) as last,
        served(reply(b"", status=status, Location=f"{last.url}/there")) as first,
    ):
        assert ask(first.url, last.url) == GOOD
        [(line, _, body)] = last.requests
        assert line == "POST /sparql/there HTTP/1.1"
        assert body == first.requests[0][2]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/sparql",
        "http://localhost:{other}/sparql",
        "https://127.0.0.1:{other}/sparql",
        "//127.0.0.1:{other}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user@127.0.0.1:{own}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{own}/",
        "http://[::1/",
        "http://127.0.0.1:{own}/a\tb\x7f",
        "gopher:x",
    ],
)
def test_redirect_to_anywhere_else_is_not_followed(location: str) -> None:
    with served(reply()) as other:
        place: dict[str, str] = {}
        script: Script = lambda file: reply(b"", status="307 Moved", **place)(file)  # noqa: E731
        with served(script) as first:
            place["Location"] = location.format(other=other.port, own=first.port)
            with pytest.raises(EngineError, match="redirects to"):
                ask(first.url)
            assert len(first.requests) == 1
            assert other.requests == []


def test_redirect_is_checked_for_its_address_too(resolver: dict[str, list[list[str]]]) -> None:
    """A named origin whose name has come to mean another machine."""
    with served(reply()) as last:
        target = f"http://inner.example:{last.port}/sparql"
        with served(reply(b"", status="302 Found", Location=target)) as first:
            resolver["127.0.0.1"] = [["127.0.0.1"]]
            resolver["inner.example"] = [["10.0.0.7"]]
            with pytest.raises(EngineError, match=r"inner\.example has the address 10\.0\.0\.7"):
                ask(first.url, target)
            assert last.requests == []


def test_redirect_leads_to_tls_of_the_same_host_and_never_back() -> None:
    http, https = "http://example.org/sparql", "https://example.org/sparql"
    origins = {("http", "example.org", 80)}
    assert outbound._follow(http, https, origins) == https
    with pytest.raises(EngineError, match="not allowed"):
        outbound._follow(https, http, origins | {("https", "example.org", 443)})


def test_redirects_end() -> None:
    with served(reply(b"", status="308 Moved", Location="/sparql")) as server:
        with pytest.raises(EngineError, match="more than 3 times"):
            ask(server.url)
        assert len(server.requests) == 4


# Answers


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (reply(status="500 Broken"), EngineError, "answered 500 Broken"),
        (reply(b"", status="303 See Other", Location="/x"), EngineError, "answered 303"),
        (reply(b"", status="304 Same"), EngineError, "answered 304"),
        (reply(b"", status="302 Found"), EngineError, "answered 302"),
        (reply(Content_Type=""), EngineError, "text/plain"),
        (reply(Content_Type="text/html"), EngineError, "text/html"),
        (reply(Content_Type="application/sparql-results+xml"), EngineError, "results.xml"),
        (reply(Content_Encoding="gzip"), EngineError, "gzip"),
        (reply(b"x" * 1001), LimitError, "more than 1000 bytes"),
        (reply(GOOD, Content_Length="100"), EngineError, "IncompleteRead"),
        (drip(HEAD, b"x" * 9999, 0), LimitError, "more than 1000 bytes"),
        (drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 99, 0), EngineError, "headers"),
        (drip(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 9999, 0), EngineError, "got more than"),
        (drip(b"HTTP/1.1 200 OK", b"b" * 9999, 0), EngineError, "got more than"),
        (lambda file: _send(file, b"no HTTP\r\n\r\n"), EngineError, "BadStatusLine|no HTTP"),
        (lambda file: None, EngineError, "closed connection"),
        (drip(CHUNKED, b"zz\r\n"), EngineError, "cannot be asked"),
    ],
)  # fmt: skip
def test_answer_that_is_not_whole_results(
    script: Script, error: type[FoedusError], words: str
) -> None:
    with served(script) as server:
        with pytest.raises(error, match=words) as found:
            ask(server.url)
        assert server.url in str(found.value)


@pytest.mark.parametrize(
    "script",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.1),
        drip(b"HTTP/1.1 200 OK\r\nA: ", b"b"),
        drip(b"HTTP/1.1 100 Continue\r\n", b"\r\nHTTP/1.1 100 Continue\r\n"),
        drip(HEAD + GOOD, b" "),
        drip(b"HTTP/1.1 500 No\r\n\r\n", b" "),
        drip(CHUNKED + b"1\r\n", b"0"),
        lambda file: time.sleep(5),
    ],
    ids=["status", "headers", "header", "continue", "body", "error", "chunk", "nothing"],
)
def test_slow_endpoint_is_left_at_the_deadline(script: Script) -> None:
    with served(script) as server, pytest.raises(TimeoutError):
        ask(server.url, seconds=0.4)


def test_endpoint_that_takes_no_connection() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(EngineError, match="refused"):
            ask(f"http://127.0.0.1:{closed.getsockname()[1]}/")


def test_tls_that_never_begins_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(TimeoutError):
        ask(f"https://127.0.0.1:{mute.getsockname()[1]}/", seconds=0.4)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for ``endpoint.example``, which nobody trusts yet, with its key."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=DNS:endpoint.example"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    ("host", "is_trusted", "words"),
    [
        ("endpoint.example", True, None),
        ("endpoint.example", False, "certificate verify failed"),
        ("other.example", True, "Hostname mismatch"),
    ],
)
def test_tls_is_checked_for_the_endpoints_name(
    certificate: Path,
    resolver: dict[str, list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    is_trusted: bool,
    words: str | None,
) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    resolver[host] = [["127.0.0.1"]]
    with served(reply(), own) as server:
        url = f"https://{host}:{server.port}/sparql"
        if words is None:
            assert ask(url) == GOOD
        else:
            with pytest.raises(EngineError, match=words):
                ask(url)
            assert server.requests == []
