"""Bound what a request may send, and how many a client may send.

A client is an IPv4 address or the 64 bits of an IPv6 address that one customer has; behind a
proxy it is whom the proxy names, where proxies are trusted. The window moves: no more than so
many requests in any period that ends now. Counts are this process's own.

Source: RFC 9110, 7.2 (Host), 15.5.14 and 15.5.15 (413, 414); RFC 6585, 4 (429). The counting is
the library limits'.
Errors: `RateError`; werkzeug's for 400, 413 and 414; `ParameterError` for a rate that is none.
"""

import ipaddress
import math
import re
import time

from flask import Flask, request
from werkzeug.exceptions import BadRequest, RequestURITooLarge

from foedus.errors import ParameterError, RateError
from foedus.web import vitals

LONGEST_BODY = 1 << 20
"""Bytes of a posted query; a longer one is refused with 413."""
LONGEST_ADDRESS = 1 << 15
"""Bytes of an address; a longer one is refused with 414."""
EXTENSION = "foedus-rate"
"""Where an app has its `Rate`, or None."""
LATER = "foedus.later"
"""Where a request's environment has what `Rate.hit` said, where it was counted already."""
_PREFIX = 64
_HOST = re.compile(r"(?:[\w.~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?", re.ASCII)


class Rate:
    """So many requests a client may send in a period."""

    def __init__(self, text: str) -> None:
        """Read a rate as ``120/minute``; else `ParameterError`."""
        import limits  # of use where there is a rate only, and slow to load

        try:
            self.allowed = limits.parse(text)
        except ValueError as error:
            raise ParameterError(f"a rate is as 120/minute, not {text!r}") from error
        self._window = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())

    def hit(self, path: str, address: str | None) -> int:
        """Count a request; return after how many seconds to come again, 0 where it may pass."""
        if path in vitals.PATHS:
            return 0
        client = client_of(address)
        if self._window.hit(self.allowed, client):
            return 0
        free = self._window.get_window_stats(self.allowed, client).reset_time
        return max(1, math.ceil(free - time.time()))


def register(app: Flask, rate: Rate | None) -> None:
    """Refuse what is too long, and who comes too often."""
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.before_request(_refuse_bad_host)
    app.before_request(_refuse_long_address)

    def refuse_frequent() -> None:
        if rate is None:
            return
        later = request.environ.get(LATER)
        later = rate.hit(request.path, request.remote_addr) if later is None else later
        if later:
            raise RateError(f"more than {rate.allowed}; ask again later", retry_after=later)

    app.before_request(refuse_frequent)


def _refuse_bad_host() -> None:
    """Refuse a request that does not say, once and well, which host it is for.

    What we answer names our own address, which is the one in ``Host``; and answers are kept.
    """
    host = request.environ.get("HTTP_HOST")
    if host is None and request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return
    if host is None or not names_host(host):
        raise BadRequest("a request names one host in Host, as name or name:port")


def _refuse_long_address() -> None:
    if len(request.path) + len(request.query_string) > LONGEST_ADDRESS:
        raise RequestURITooLarge(
            f"an address has at most {LONGEST_ADDRESS} bytes; post a longer query"
        )


def names_host(host: str) -> bool:
    """Whether a ``Host`` names one, and nothing else.

    >>> names_host("a.example:80"), names_host("a.example,b.example")
    (True, False)
    """
    return _HOST.fullmatch(host) is not None


def client_of(address: str | None) -> str:
    """Return what counts as one client.

    >>> client_of("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::/64'
    >>> client_of("::ffff:192.0.2.1")
    '192.0.2.1'
    """
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _PREFIX), strict=False))
