"""Read texts into graphs: one document, or all that a folder's manifest names.

The steps are those of the modules, in their order: load the text, tell its form, read its
layout, cut it into passages, read references and mentions, describe. The same text and
gazetteer give the same triples.

Errors: `ManifestError`, `DocumentError`, `FolderError`, each with its file.
Used by the command line and the build.
"""

from collections.abc import Callable
from pathlib import Path

from rdflib import Graph

from foedus.documents import pdf, web
from foedus.documents.describe import describe
from foedus.documents.forms import form_of
from foedus.documents.gazetteer import Gazetteer, make_matcher, read_gazetteer
from foedus.documents.manifest import Source, read_manifest
from foedus.documents.mentions import find_mentions
from foedus.documents.passages import Reading, read_passages
from foedus.documents.references import read_references
from foedus.documents.text import Text, load

Progress = Callable[[int, int, str], None]
"""Called before each document with how many are done, how many there are, and which is next."""


def read_text(source: Source) -> tuple[Text, Reading]:
    """Return the text of ``source`` and its passages. Errors as `read_document`."""
    text = load(source)
    reader = pdf if form_of(source, text) == "pdf" else web
    return text, read_passages(text, reader.read_layout(text, source))


def read_document(source: Source, gazetteer: Gazetteer) -> Graph:
    """Return the graph of one document.

    Raises `DocumentError` where the text is missing, not UTF-8, empty, not the one of the
    manifest, of a form nobody knows, or where spaCy is not installed.
    """
    text, reading = read_text(source)
    matcher = make_matcher(gazetteer)
    mentions = [(passage, find_mentions(passage, matcher)) for passage in reading.passages]
    return describe(source, text, reading, read_references(reading), mentions, gazetteer)


def read_folder(folder: Path, things: Graph, progress: Progress | None = None) -> dict[str, Graph]:
    """Return the graph of each document that the manifest of ``folder`` names, by its id.

    ``things`` holds the labels and aliases that mentions are found by.
    """
    sources = read_manifest(folder)
    gazetteer = read_gazetteer(things)
    graphs: dict[str, Graph] = {}
    for done, source in enumerate(sources):
        if progress is not None:
            progress(done, len(sources), source.id)
        graphs[source.id] = read_document(source, gazetteer)
    if progress is not None:
        progress(len(sources), len(sources), "")
    return graphs
