"""Find the data folders, installed or checked out.

An installed package carries them as ``foedus/data/<name>``; in a checkout they lie at
its top. Used by whatever reads ``ontology/``, ``triples/`` or ``queries/``.
"""

from pathlib import Path
from typing import Literal

from foedus.errors import FolderError

Name = Literal["ontology", "triples", "queries"]


def find(name: Name) -> Path:
    """Return the folder ``name``; raise `FolderError` when neither place has it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "data" / name, package.parent.parent / name):
        if folder.is_dir():
            return folder
    raise FolderError(f"no folder {name!r} beside the package or at the top of the checkout")
