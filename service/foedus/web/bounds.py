"""Bound what a request may send, and how many a client may send.

A client is an IPv4 address or the 64 bits of an IPv6 address that one customer has; behind a
proxy it is whom the proxy names, where proxies are trusted. The window moves: no more than so
many requests in any period that ends now. Counts are this process's own.

Source: RFC 9110, 15.5.14 and 15.5.15 (413, 414); RFC 6585, 4 (429). The counting is the library
limits'.
Errors: `RateError`; werkzeug's for 413 and 414; `ParameterError` for a rate that is none.
"""

import ipaddress
import math
import time

from flask import Flask, request
from werkzeug.exceptions import RequestURITooLarge

from foedus.errors import ParameterError, RateError
from foedus.web import vitals

LONGEST_BODY = 1 << 20
"""Bytes of a posted query; a longer one is refused with 413."""
LONGEST_ADDRESS = 1 << 15
"""Bytes of an address; a longer one is refused with 414."""
_PREFIX = 64


def register(app: Flask, rate: str | None) -> None:
    """Refuse what is too long, and who comes too often."""
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LONGEST_BODY
    app.before_request(_refuse_long_address)
    if rate is not None:
        _limit(app, rate)


def _refuse_long_address() -> None:
    if len(request.path) + len(request.query_string) > LONGEST_ADDRESS:
        raise RequestURITooLarge(
            f"an address has at most {LONGEST_ADDRESS} bytes; post a longer query"
        )


def _limit(app: Flask, rate: str) -> None:
    import limits  # of use where there is a rate only, and slow to load

    try:
        allowed = limits.parse(rate)
    except ValueError as error:
        raise ParameterError(f"a rate is as 120/minute, not {rate!r}") from error
    window = limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())

    def refuse_frequent() -> None:
        if request.path in vitals.PATHS:
            return
        client = client_of(request.remote_addr)
        if not window.hit(allowed, client):
            free = window.get_window_stats(allowed, client).reset_time
            raise RateError(
                f"more than {allowed}; ask again later",
                retry_after=max(1, math.ceil(free - time.time())),
            )

    app.before_request(refuse_frequent)


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
