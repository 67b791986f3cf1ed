"""What a running service holds: one object in ``app.extensions["foedus"]``, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, request

from foedus.engine import Engine
from foedus.engine.guarded import GuardedEngine
from foedus.saved import SavedQuery
from foedus.web.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Service:
    """The engine with its release, and the saved queries."""

    engine: Engine
    lookup: Lookup
    workers: GuardedEngine
    """The processes that evaluate queries, or read them before another endpoint gets them."""
    digest: str | None
    """The digest of the data, part of every entity tag; None where they may change."""
    manifest: Mapping[str, Any]
    queries: Mapping[str, SavedQuery]
    base_url: str | None
    """The public address, without a slash at its end; None takes the request's own."""
    unites_graphs: bool
    """Whether the default graph is known to be the union of the named ones.

    That is so for data of our own; behind an endpoint, it is the endpoint's choice.
    """
    federates: bool
    """Whether queries may call other endpoints."""


def service() -> Service:
    """Return the service that answers the current request."""
    return cast("Service", current_app.extensions["foedus"])


def public_url(path: str = "") -> str:
    """Return the public address of a path, which starts with a slash."""
    return (service().base_url or request.url_root.rstrip("/")) + path
