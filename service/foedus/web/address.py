"""Know the public address: of a proxy that is trusted, of a path prefix, of ``--base-url``.

Links on pages start with the path under which the service is reached (``SCRIPT_NAME``); the
Service Description and other absolute addresses with `foedus.web.state.public_url`. Both must
agree, so the path of a base URL becomes the prefix, whether the proxy before the service leaves
it in the path or takes it off. ``X-Forwarded-*`` are believed of as many proxies as configured
and no more, since anyone can send them.

Source: WSGI, PEP 3333 (``SCRIPT_NAME``); Werkzeug's ProxyFix.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def mount(app: "WSGIApplication", *, base_url: str | None, proxies: int) -> "WSGIApplication":
    """Return an application that knows its public address.

    ``proxies`` is the number of trusted proxies that set ``X-Forwarded-*``.
    """
    prefix = urlsplit(base_url or "").path.rstrip("/")
    if prefix:
        app = _under(app, prefix)
    if proxies:
        app = ProxyFix(app, proxies, proxies, proxies, proxies, proxies)
    return app


def client_of(forwarded: str | None, peer: str, proxies: int) -> str:
    """Return whom a request comes from, as `mount` has it.

    ``forwarded`` is ``X-Forwarded-For``, in which each proxy adds whom it was asked by.

    >>> client_of("192.0.2.9, 192.0.2.1", "10.0.0.1", 1), client_of("192.0.2.9", "10.0.0.1", 0)
    ('192.0.2.1', '10.0.0.1')
    """
    named = [name.strip() for name in (forwarded or "").split(",") if name.strip()]
    return named[-proxies] if 0 < proxies <= len(named) else peer


def _under(app: "WSGIApplication", prefix: str) -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = prefix
        if path == prefix or path.startswith(prefix + "/"):
            environ["PATH_INFO"] = path.removeprefix(prefix) or "/"
        return app(environ, start)

    return answer
