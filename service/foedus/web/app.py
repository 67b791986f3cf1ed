"""Put a service together: open the data, read the saved queries, register the routes.

What a service needs is in its `Config`; nothing is read from the environment, and all that it
holds is one `Service` in ``app.extensions["foedus"]``.

Errors: `ReleaseError` and `QueryHeaderError` at the start; later ones become responses.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flask import Flask, Response

from foedus import files, saved
from foedus.engine import Engine, Limits, outbound
from foedus.engine.federation import FederatedEngine, Federation
from foedus.engine.guarded import GuardedEngine
from foedus.engine.lanes import Sizes
from foedus.errors import ReleaseError
from foedus.web import (
    address,
    bounds,
    compression,
    holdings,
    journal,
    pages,
    problems,
    queries,
    sparql,
    things,
    vitals,
)
from foedus.web.holdings import Holdings
from foedus.web.lookup import Lookup
from foedus.web.state import Service

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Location, Retry-After, Accept-Query, "
    f"{journal.HEADER}, {queries.WARNING}",
}
_CLIENT_GONE = 499
"""What logs call a request whose client is gone; no client sees it."""
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Cache-Control, Content-Type, If-None-Match, "
    "X-Requested-With",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Config:
    """What a service is made from."""

    release: Path | None = None
    """The folder of a release; or else:"""
    on_disk: bool | None = None
    """Whether the release is searched on disk; None lets its size decide."""
    data: tuple[Path, ...] = ()
    """Files of RDF; or else:"""
    endpoint: str | None = None
    """The address of another SPARQL endpoint."""
    version: str | None = None
    """The version of the data behind that endpoint; without one its answers carry no tags."""
    services: tuple[str, ...] = ()
    """Endpoints that queries may call with ``SERVICE``."""
    local_services: bool = False
    """Whether these may be on this machine: for tests."""
    limits: Limits = field(default_factory=Limits)
    sizes: Sizes = field(default_factory=Sizes)
    rate: str | None = None
    """Requests a client may send, as ``120/minute``; None for any number."""
    queries: Path | None = None
    """The folder of saved queries; None takes the project's own."""
    base_url: str | None = None
    """The address the public sees; None takes the one of each request."""
    step: Callable[[str], None] = lambda name: None
    """Is told what takes a while at the start."""
    proxies: int = 0
    """How many proxies before the service are trusted to say in ``X-Forwarded-*`` who asked."""


def create_app(config: Config, loop: asyncio.AbstractEventLoop | None = None) -> Flask:
    """Return the service as a WSGI application.

    ``loop`` is the event loop of the server that will run it, not running yet.
    """
    held = _open(config, loop)
    engine = journal.NotedEngine(_federated(held.engine, config))
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["foedus"] = Service(
        engine=engine,
        workers=held.workers,
        lookup=Lookup(engine),
        digest=held.digest,
        manifest=held.manifest,
        queries=saved.read_all(config.queries or files.find("queries")),
        base_url=config.base_url.rstrip("/") if config.base_url else None,
        unites_graphs=config.endpoint is None,
        federates=bool(config.services),
    )
    problems.register(app)
    app.register_error_handler(CancelledError, _note_gone)
    journal.register(app)
    app.extensions[bounds.EXTENSION] = rate = bounds.Rate(config.rate) if config.rate else None
    bounds.register(app, rate)
    vitals.register(app, held.workers)
    for module in (sparql, queries, things, pages):
        app.register_blueprint(module.blueprint)
    app.after_request(_add_headers)
    compression.register(app)
    app.wsgi_app = address.mount(  # type: ignore[method-assign,assignment]
        app.wsgi_app, base_url=config.base_url, proxies=config.proxies
    )
    return app


def _note_gone(_: CancelledError) -> Response:
    """Answer nobody: the client hung up, and its query was stopped."""
    return Response(status=_CLIENT_GONE)


def _federated(engine: Engine, config: Config) -> Engine:
    """Return an engine whose queries may call the endpoints that are listed."""
    if not config.services:
        return engine
    allowed = outbound.allow(config.services, local=config.local_services)
    return FederatedEngine(engine, Federation(allowed, config.limits))


def _open(config: Config, loop: asyncio.AbstractEventLoop | None) -> Holdings:
    engine = partial(GuardedEngine, limits=config.limits, sizes=config.sizes, loop=loop)
    if config.endpoint:
        return holdings.open_endpoint(config.endpoint, config.version, engine)
    if config.data:
        return holdings.open_files(config.data, engine)
    if config.release is None:
        raise ReleaseError("nothing to serve: name a release, files or an endpoint")
    return holdings.open_release_folder(
        config.release, engine, on_disk=config.on_disk, step=config.step
    )


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Allow" in response.headers and response.status_code == 200:
        response.headers.extend(_PREFLIGHT)
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
    return response
