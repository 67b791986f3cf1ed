"""Documents read by machine: from a text to passages, mentions and references, and back.

What others call, re-exported: `read_manifest`, `read_document`, `read_folder`, `verify`,
`coverage`. The modules, in reading order: ``manifest``, ``text``, ``forms``, ``layout``,
``web``, ``pages``, ``pdf``, ``sentences``, ``passages``, ``bibliography``, ``author_year``,
``note_references``, ``citations``, ``references``, ``gazetteer``, ``quantities``, ``mentions``,
``sources``, ``describe``, ``reading``, ``verification``, ``covered``. spaCy is loaded only when
a text is cut into sentences; verifying and coverage do without it.

Used by the build and the command line.
"""

from foedus.documents.covered import Coverage, Covered, coverage
from foedus.documents.gazetteer import Gazetteer, read_gazetteer
from foedus.documents.manifest import Source, read_manifest
from foedus.documents.reading import read_document, read_folder
from foedus.documents.verification import Mismatch, verify

__all__ = [
    "Coverage",
    "Covered",
    "Gazetteer",
    "Mismatch",
    "Source",
    "coverage",
    "read_document",
    "read_folder",
    "read_gazetteer",
    "read_manifest",
    "verify",
]
