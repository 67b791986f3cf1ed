"""Ask an endpoint that the operator has named, and reach nothing else on the way.

The endpoint's name is resolved once; every address it has must be a public one; the connection
goes to an address that was checked, under the endpoint's name for ``Host`` and TLS, so that a name
which changes its address in between gains nothing. A redirect is taken to named origins only, each
checked the same way. What is sent is the query and no header of any client; what comes back is
bounded in time and bytes and must be SPARQL results in JSON, not compressed.

The connection is made here and given to ``http.client``, because a client that takes a host
resolves it itself. A timer closes it at the deadline, since a socket's time-out begins anew with
each byte. Resolving keeps the resolver's own time-outs.

Source: SPARQL 1.1 Protocol, 2.1.2; the addresses are those of IANA's special-purpose registries,
as ``ipaddress`` knows them.
Units: bytes; deadlines are seconds of ``time.monotonic``.
Errors: `ParameterError` for a list that cannot be used; `TimeoutError` at the deadline;
`LimitError` for too many bytes; `EngineError` for all else, with the address and what it said.
Used by ``federation``.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from foedus import __version__
from foedus.errors import EngineError, LimitError, ParameterError

_JSON = "application/sparql-results+json"
_HEADERS = {
    "Accept": _JSON,
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": f"Foedus/{__version__}",
}
_PORTS = {"http": 80, "https": 443}
_MOVED = frozenset({301, 302, 307, 308})
_REDIRECTS = 3
_PIECE = 1 << 16
_SAID = 500

_Origin = tuple[str, str, int]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The endpoints that queries may call."""

    endpoints: tuple[str, ...] = ()
    """As a query has to write them, in order."""
    local: bool = False
    """Whether this machine's own addresses may be reached: for tests."""


def allow(endpoints: Iterable[str], *, local: bool = False) -> Allowed:
    """Return the list, or raise `ParameterError` for what is no plain http(s) address.

    >>> allow(["https://example.org/sparql"]).endpoints
    ('https://example.org/sparql',)
    """
    for endpoint in endpoints:
        _split(endpoint)
    return Allowed(tuple(sorted(set(endpoints))), local)


def ask(endpoint: str, query: str, *, allowed: Allowed, deadline: float, most: int) -> bytes:
    """Return an endpoint's answer to a query, at most so many bytes of JSON."""
    body = urlencode({"query": query}).encode()
    origins = {_origin(_split(one)) for one in allowed.endpoints}
    address = endpoint
    for _ in range(_REDIRECTS + 1):
        try:
            found = _post(_split(address), body, local=allowed.local, deadline=deadline, most=most)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise TimeoutError from error
            reason = str(error) or type(error).__name__
            raise EngineError(f"the endpoint {address} cannot be asked: {reason}") from error
        if isinstance(found, bytes):
            return found
        address = _follow(address, found.location, origins)
    raise EngineError(f"the endpoint {endpoint} redirects more than {_REDIRECTS} times")


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where a redirect leads, as its ``Location`` says."""

    location: str


def _split(address: str) -> SplitResult:
    """Return the parts of a plain http(s) address, or raise `ParameterError`."""
    try:
        parts = urlsplit(address)
        is_plain = address.isascii() and address.isprintable() and " " not in address
        is_plain = is_plain and parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or "@" in parts.netloc or "#" in address:
        raise ParameterError(
            f"an endpoint is an address such as https://example.org/sparql, without user name or "
            f"fragment, in ASCII; not {address!r}"
        )
    return parts


def _origin(parts: SplitResult) -> _Origin:
    return parts.scheme, str(parts.hostname), parts.port or _PORTS[parts.scheme]


def _follow(address: str, location: str, origins: set[_Origin]) -> str:
    """Return the address that a redirect leads to, where it may be followed."""
    try:
        target = urljoin(address, location)
        scheme, host, port = _origin(_split(target))
    except (ParameterError, ValueError) as error:
        raise EngineError(f"the endpoint {address} redirects to {location[:_SAID]!r}") from error
    is_listed = (scheme, host, port) in origins
    is_made_safe = (scheme, port) == ("https", 443) and ("http", host, 80) in origins
    if not (is_listed or is_made_safe) or (address.startswith("https:") and scheme == "http"):
        raise EngineError(
            f"the endpoint {address} redirects to {target[:_SAID]!r}, which is not allowed"
        )
    return target


def _post(
    parts: SplitResult, body: bytes, *, local: bool, deadline: float, most: int
) -> bytes | _Moved:
    scheme, host, port = _origin(parts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    with (
        closing(_connect(host, port, local=local, deadline=deadline)) as line,
        _closed_at(deadline, line),
        closing(kind(host, port)) as connection,
    ):
        connection.sock = line
        if scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(line, server_hostname=host)
        connection.request("POST", path, body, _HEADERS)
        with connection.getresponse() as response:
            _check(deadline)
            location = response.headers.get("Location")
            if response.status in _MOVED and location:
                return _Moved(location)
            return _collect(parts.geturl(), response, deadline, most)


def _collect(address: str, response: http.client.HTTPResponse, deadline: float, most: int) -> bytes:
    media = response.headers.get_content_type()
    coding = response.headers.get("Content-Encoding", "identity")
    if response.status != 200 or media != _JSON or coding.lower() != "identity":
        said = response.read(4 * _SAID).decode("utf-8", "replace")[:_SAID]
        _check(deadline)
        raise EngineError(
            f"the endpoint {address} answered {response.status} {response.reason} "
            f"({media}, {coding}), not {_JSON}: {said}"
        )
    pieces = []
    size = 0
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > most:
            raise LimitError(f"the endpoint {address} answered with more than {most} bytes")
        _check(deadline)
        pieces.append(piece)
    _check(deadline)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)


def _check(deadline: float) -> None:
    """Raise `TimeoutError` after the deadline, when what the timer cut off seems to be whole."""
    if time.monotonic() >= deadline:
        raise TimeoutError


def _connect(host: str, port: int, *, local: bool, deadline: float) -> socket.socket:
    """Return a connection to the first address of a host that takes one; all must be allowed."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in addresses:
        if not may_reach(str(address[0]), local=local):
            raise EngineError(
                f"the endpoint {host} has the address {address[0]}, which is not a public one"
            )
    failure = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(max(deadline - time.monotonic(), 0.001))
            line.connect(address)
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    raise failure


def may_reach(address: str, *, local: bool) -> bool:
    """Whether an IP address is a public one, or this machine's own where that is allowed.

    >>> may_reach("10.0.0.1", local=True)
    False
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.is_loopback:
        return local
    if isinstance(ip, ipaddress.IPv6Address) and (ip.sixtofour or ip.is_site_local):
        return False
    return ip.is_global and not (ip.is_reserved or ip.is_multicast)


@contextmanager
def _closed_at(deadline: float, line: socket.socket) -> Iterator[None]:
    """Close a connection at the deadline, whoever reads from it or writes to it then."""
    with line.dup() as spare:  # TLS takes the socket itself away

        def close() -> None:
            with suppress(OSError):
                spare.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(deadline - time.monotonic(), 0), close)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
