"""Open what a service serves: a release, files of RDF, or another endpoint.

A release and files are held by worker processes, each file as a graph of its own under its
``file:`` IRI unless its format names graphs itself. Neither changes while it is served, so what
they are made of goes into every entity tag. What stands behind an endpoint may change at any
time: it has no such digest, unless whoever runs the service names the version it has.

Errors: `ReleaseError`, `FolderError` and `DataError` at the start.
Used by ``app``.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from foedus.engine import Engine
from foedus.engine.embedded import Held, Source, United, format_of
from foedus.engine.guarded import GuardedEngine
from foedus.errors import DataError
from foedus.release import storing
from foedus.release.folder import open_release, sha256

Start = Callable[[Held], GuardedEngine]
"""Starts the worker processes over data."""
_GRAPHS = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"


@dataclass(frozen=True, slots=True)
class Holdings:
    """The engine, the process pool behind it, and what is known of the data."""

    engine: Engine
    workers: GuardedEngine
    """The engine itself, or what reads queries before another endpoint gets them."""
    digest: str | None
    """What an answer depends on beside the question; None where that is not known."""
    manifest: Mapping[str, Any] = field(default_factory=lambda: {"graphs": [], "layers": {}})


def open_release_folder(
    folder: Path, start: Start, *, on_disk: bool | None, step: Callable[[str], None]
) -> Holdings:
    """Open a release, to be searched on disk or in memory; None lets its size decide.

    A large one is in memory once, and its graphs are searched on disk all the same. ``step`` is
    told what takes a while.
    """
    opened = open_release(folder)
    is_large = storing.is_large(opened)
    held: Held = [Source(str(opened.data), is_checked=True)]
    if is_large or on_disk:
        held = storing.prepare(opened, step=step)
        if on_disk is False:
            step("Loading the release into memory")
            held = United(held, opened.data)
    engine = start(held)
    return Holdings(engine, engine, opened.digest, opened.manifest)


def open_files(paths: Sequence[Path], start: Start) -> Holdings:
    """Open files of RDF."""
    sources = []
    digest = hashlib.sha256()
    for path in paths:
        names_graphs = format_of(str(path)).supports_datasets
        graph = None if names_graphs else path.resolve().as_uri()
        sources.append(Source(str(path), graph))
        try:
            digest.update(f"{graph or ''} {sha256(path)}\n".encode())
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    engine = start(sources)
    return Holdings(engine, engine, digest.hexdigest(), _manifest(engine))


def open_endpoint(url: str, version: str | None, start: Start) -> Holdings:
    """Stand before another endpoint, whose data have a version where one is named."""
    from foedus.engine.remote import RemoteEngine  # its HTTP client is of use here only

    workers = start([])
    engine = RemoteEngine(url, reader=workers, limits=workers.limits)
    digest = hashlib.sha256(f"{url} {version}".encode()).hexdigest() if version else None
    return Holdings(engine, workers, digest)


def _manifest(engine: Engine) -> dict[str, Any]:
    """Return what a release's manifest says of graphs and layers, as far as it is known."""
    answer = engine.run(_GRAPHS)
    graphs = [
        {"graph": row["g"].value, "layer": "data", "triples": int(row["n"].value)}
        for row in (answer if isinstance(answer, ox.QuerySolutions) else ())
    ]
    return {"graphs": graphs, "layers": {"data": sum(graph["triples"] for graph in graphs)}}
