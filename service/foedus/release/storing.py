"""Keep a large release in a form that is searched on disk, beside the release.

The form is the engine's own (RocksDB), made once from the N-Quads, in a folder
``store-<first 12 digits of the release's digest>``. It holds what the embedded engine holds in
memory: every triple in its graph, and once more in the default graph. It is no part of the
release: it may be deleted, and is made again where it is wanted and missing.

A process that opens it needs some 50 MB for a release of millions of triples, and has it open in
a moment; the same in memory takes a gigabyte, half a minute, and a copy of much of it for every
process that reads, because the engine counts references in what it reads.

Units: quads.
Errors: `FolderError` where it cannot be written.
Used by ``web`` and ``cli``.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from foedus.errors import FolderError
from foedus.release import folder
from foedus.release.folder import Release

LARGE = 1_000_000
"""Quads from which on a release is searched on disk unless somebody wants otherwise."""
_BLOCK = 1 << 22


def is_large(release: Release) -> bool:
    """Whether a release has more quads than are well held in memory."""
    return sum(int(graph["triples"]) for graph in release.manifest["graphs"]) > LARGE


def path_of(release: Release) -> Path:
    """Return where the store of a release is, or would be."""
    return release.folder.parent / f"{folder.STORE}{release.digest[:12]}"


def prepare(release: Release, *, step: Callable[[str], None] = lambda name: None) -> Path:
    """Return the folder of a release's store, made now where it is missing.

    ``step`` is told what is done, if anything is.
    """
    path = path_of(release)
    if path.is_dir():
        return path
    step("Preparing the release for searching on disk, once")
    with folder.room(path.parent) as built:
        made, united = built / "store", built / "united.nq"
        try:
            _unite(release.data, united)
            store = ox.Store(str(made))
            store.bulk_load(path=str(united), format=ox.RdfFormat.N_QUADS, lenient=True)
            store.optimize()
            store.flush()
            del store  # its files are closed, and may be moved
            made.rename(path)
        except OSError as error:
            if path.is_dir():
                return path  # another process was faster
            shutil.rmtree(made, ignore_errors=True)
            reason = error.strerror or str(error)
            raise FolderError(f"cannot be written to: {reason}", path=path.parent) from error
    return path


def _unite(quads: Path, united: Path) -> None:
    """Write N-Quads with every triple once more, in the default graph."""
    with quads.open("rb", buffering=_BLOCK) as source, united.open("wb", buffering=_BLOCK) as file:
        for line in source:
            file.write(line)
            file.write(line.rsplit(b" ", 2)[0] + b" .\n")
