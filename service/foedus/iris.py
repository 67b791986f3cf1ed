"""The namespaces Foedus uses, and the minting and reading of its own IRIs.

Terms live under ``NS``; things under ``ID`` as ``<kind>/<key>``; each Turtle file is the
named graph ``GRAPH`` + its path without ending. Keys start with a letter, so that every
IRI has a prefixed form in Turtle.
"""

import re
from pathlib import PurePath

from rdflib import Namespace, URIRef

from foedus import BASE as BASE

NS = Namespace(BASE + "ns#")
ID = Namespace(BASE + "id/")
GRAPH = Namespace(BASE + "graph/")
SHAPE = Namespace(BASE + "shape/")
VOCABULARY = Namespace(BASE + "vocabulary/")

CITO = Namespace("http://purl.org/spar/cito/")
OA = Namespace("http://www.w3.org/ns/oa#")
EDTF = URIRef("http://id.loc.gov/datatypes/edtf/EDTF")

_KEY = re.compile(r"[A-Za-z][\w.-]*(?:/[A-Za-z][\w.=,-]*)*", re.ASCII)


def mint(kind: str, key: str) -> URIRef:
    """Return the IRI of a thing.

    >>> str(mint("state", "PRK"))
    'https://w3id.org/foedus/id/state/PRK'

    Raises `ValueError` for a key that is not letters, digits, ``._-`` and ``/``.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key!r}")
    return ID[f"{kind}/{key}"]


def graph_of(path: PurePath) -> URIRef:
    """Return the named graph of a Turtle file, given its path below the data's top.

    >>> str(graph_of(PurePath("claims/osw-2024.ttl")))
    'https://w3id.org/foedus/graph/claims/osw-2024'
    """
    return GRAPH[path.with_suffix("").as_posix()]


def slug(text: str) -> str:
    """Return ``text`` as a key: ASCII letters and digits joined by hyphens.

    >>> slug("Beijing faces some risks…")
    'beijing-faces-some-risks'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
