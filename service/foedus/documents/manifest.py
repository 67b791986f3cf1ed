"""Read the manifest of a folder of texts: which documents there are, and what is known of them.

``documents.yaml`` is a list of records. Values are kept as written (a date stays the text
``2024-06``); an empty value says that it is not known.

Shape: `Source`, one a document.
Errors: `ManifestError` with file and line; `FolderError` for a folder without a manifest.
Used by ``reading``, ``verification`` and the command line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from foedus.errors import FolderError, ManifestError
from foedus.values import date_literal

MANIFEST = "documents.yaml"
_REQUIRED = ("id", "file", "sha256", "title", "creators", "publisher", "published", "language")
_OPTIONAL = ("series", "number", "url", "form")
_LISTS = ("creators",)
_ID = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One text and what its manifest says of it; None for what is not known."""

    id: str
    path: Path
    sha256: str
    sha256_line: int | None = None
    """Where the manifest gives it."""
    title: str
    creators: tuple[str, ...] = ()
    series: str | None = None
    number: str | None = None
    publisher: str | None = None
    published: str | None = None
    """ISO 8601 or EDTF, as precise as known."""
    language: str = "en"
    url: str | None = None
    form: str | None = None
    """What kind of text it is, in words; the reader looks for the words that its forms name."""


def read_manifest(folder: Path) -> tuple[Source, ...]:
    """Return the sources of ``folder`` in the order of its manifest.

    Raises `ManifestError` for a file that is no YAML, a record that lacks a key or has an
    unknown one, and a value that is not of its kind; `FolderError` where there is no manifest.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ManifestError("not UTF-8", path=path, line=line) from error
    except OSError as error:
        raise FolderError(f"a folder of texts needs a {MANIFEST}", path=path) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ManifestError(
            f"not valid YAML: {error.problem}", path=path, line=mark.line + 1 if mark else None
        ) from error
    except yaml.YAMLError as error:
        raise ManifestError(f"not valid YAML: {error}", path=path) from error
    if not isinstance(root, yaml.SequenceNode):
        raise ManifestError("expected a list of documents", path=path, line=1)
    sources = [_source(node, folder, path) for node in root.value]
    for position, source in enumerate(sources):
        if source.id in {other.id for other in sources[:position]}:
            line = _line(root.value[position])
            raise ManifestError(f"a second document {source.id!r}", path=path, line=line)
    return tuple(sources)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _source(node: yaml.Node, folder: Path, path: Path) -> Source:
    if not isinstance(node, yaml.MappingNode):
        raise ManifestError("expected a record of a document", path=path, line=_line(node))
    values: dict[str, str | None] = {}
    lists: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), _line(key)
        if name not in _REQUIRED + _OPTIONAL:
            known = ", ".join(_REQUIRED + _OPTIONAL)
            raise ManifestError(f"unknown key {name!r}; known are {known}", path=path, line=line)
        lines[name] = line
        if name in _LISTS and isinstance(value, yaml.SequenceNode):
            lists[name] = tuple(str(member.value) for member in value.value)
        elif name not in _LISTS and isinstance(value, yaml.ScalarNode):
            values[name] = value.value or None
        else:
            kind = "a list" if name in _LISTS else "one value"
            raise ManifestError(f"{name} must be {kind}", path=path, line=line)
    for name in _REQUIRED:
        if name not in lines:
            raise ManifestError(f"a document lacks the key {name!r}", path=path, line=_line(node))
    for name in ("id", "file", "sha256", "title", "language"):
        if values[name] is None:
            raise ManifestError(f"{name} is empty", path=path, line=lines[name])
    for name, pattern, kind in (
        ("id", _ID, "a letter, then letters, digits, '.', '_' or '-'"),
        ("sha256", _SHA256, "64 hexadecimal digits"),
    ):
        if not pattern.fullmatch(values[name] or ""):
            raise ManifestError(
                f"{name} must be {kind}, not {values[name]!r}", path=path, line=lines[name]
            )
    if values["published"]:
        try:
            date_literal(values["published"])
        except ValueError as error:
            raise ManifestError(
                f"published must be an ISO 8601 or EDTF date, not {values['published']!r}",
                path=path,
                line=lines["published"],
            ) from error
    return Source(
        id=values["id"] or "",
        path=folder / (values["file"] or ""),
        sha256=values["sha256"] or "",
        sha256_line=lines["sha256"],
        title=values["title"] or "",
        creators=lists["creators"],
        series=values.get("series"),
        number=values.get("number"),
        publisher=values["publisher"],
        published=values["published"],
        language=values["language"] or "",
        url=values.get("url"),
        form=values.get("form"),
    )
