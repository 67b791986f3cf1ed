"""Read the saved queries and set their parameters.

A saved query is a file in ``queries/<topic>/``: a YAML header in ``#+`` comments, then plain
SPARQL 1.1. It runs as it stands in any SPARQL tool, because every parameter is a one-line
``VALUES ?name { term }`` block that already holds an example; setting a parameter swaps that
term for another. ``parameters`` says what values a parameter takes.

Source: the ``#+`` header follows grlc (https://github.com/CLARIAH/grlc), keeping its
``summary``, ``description`` and ``tags``; ``params``, ``columns`` and ``see`` are ours.
Errors: `QueryHeaderError` with file and line when a file breaks the convention, at load time;
`ParameterError` when a caller's value does.
Used by: ``verdicts``, ``release``, ``web`` and ``cli``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import yaml

from foedus import parameters, syntax, tokens
from foedus.errors import FolderError, ParameterError, QueryHeaderError
from foedus.parameters import Parameter

IRI = "https://w3id.org/foedus/id/query/"
_KEYS = frozenset({"summary", "description", "tags", "params", "columns", "see"})
_SUMMARY_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A ``VALUES ?name { term }`` on one line: where its term stands in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """One saved query: its path, what it says of itself, and its text."""

    path: str
    """Topic and name, ``claims/claims-by-speaker``."""
    summary: str
    """The question it answers."""
    description: str
    tags: tuple[str, ...]
    params: Mapping[str, Parameter]
    columns: Mapping[str, str]
    """Result column to what it holds, in result order."""
    see: tuple[str, ...]
    """Addresses to read more at."""
    text: str
    """The SPARQL of the file, header left out, with the examples in place."""
    blocks: tuple[Block, ...]

    @property
    def topic(self) -> str:
        """The folder it stands in."""
        return self.path.rpartition("/")[0]

    @property
    def iri(self) -> str:
        """The IRI of the query as a thing."""
        return IRI + self.path

    def bind(self, values: Mapping[str, str]) -> str:
        """Return the text with the given parameters set.

        A parameter left out keeps its example. Raises `ParameterError` for an unknown name
        or a value that is not of the parameter's type.
        """
        for name in values:
            if name not in self.params:
                known = ", ".join(self.params) or "none"
                raise ParameterError(f"{self.path} has no parameter {name!r}; it has {known}")
        terms = {name: self.params[name].term(value) for name, value in values.items()}
        text = self.text
        for block in sorted(self.blocks, key=lambda b: b.start, reverse=True):
            if block.name in terms:
                text = f"{text[: block.start]} {terms[block.name]} {text[block.end :]}"
        return text


def read_all(folder: Path) -> dict[str, SavedQuery]:
    """Return the saved queries below a folder by path, in alphabetical order."""
    if not folder.is_dir():
        raise FolderError("no folder of saved queries here", path=folder)
    paths = sorted(folder.glob("*/*.rq"))
    return {query.path: query for query in (read(path) for path in paths)}


def read(path: Path) -> SavedQuery:
    """Read one ``.rq`` file; raise `QueryHeaderError` where header and body disagree."""
    try:
        whole = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryHeaderError(f"cannot be read as UTF-8: {error}", path=path) from error
    source = _Source(path, whole.replace("\r\n", "\n"))
    header = source.header()
    blocks = source.blocks()
    params = source.params(header.get("params") or {}, blocks)
    columns = header["columns"]
    if list(columns) != (projection := source.projection()):
        raise source.fault(
            f"columns are {', '.join(columns)}, but SELECT gives {', '.join(projection)}",
            at="columns",
        )
    if not tokens.is_ordered(source.body):
        raise source.fault("the outermost query needs an ORDER BY", line=source.last_line)
    return SavedQuery(
        path=f"{path.parent.name}/{path.stem}",
        summary=header["summary"],
        description=" ".join(str(header.get("description") or "").split()),
        tags=tuple(header.get("tags") or ()),
        params=params,
        columns=columns,
        see=tuple(header.get("see") or ()),
        text=source.body,
        blocks=tuple(blocks),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of one file while it is read, so that each fault can name its line."""

    path: Path
    whole: str

    @property
    def _header_lines(self) -> list[str]:
        lines = self.whole.split("\n")
        end = next((n for n, line in enumerate(lines) if not line.startswith("#+")), len(lines))
        return lines[:end]

    @property
    def body(self) -> str:
        return "\n".join(self.whole.split("\n")[len(self._header_lines) :])

    @property
    def last_line(self) -> int:
        return len(self.whole.rstrip("\n").split("\n"))

    def fault(
        self, message: str, *, at: str | None = None, line: int | None = None
    ) -> QueryHeaderError:
        """Return an error at a line, or at the header's line that begins with a key."""
        if at is not None:
            pattern = re.compile(rf"#\+\s*{re.escape(at)}\s*:")
            numbered = enumerate(self._header_lines, start=1)
            line = next((n for n, text in numbered if pattern.match(text)), 1)
        return QueryHeaderError(message, path=self.path, line=line or 1)

    def header(self) -> dict[str, Any]:
        """Return the header, its keys and the kinds of their values checked."""
        text = "\n".join(line.removeprefix("#+").removeprefix(" ") for line in self._header_lines)
        try:
            header = yaml.load(text, Loader=yaml.BaseLoader)  # a column may be called "no"
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            raise self.fault(
                f"the header is not valid YAML: {error.problem}", line=mark.line + 1 if mark else 1
            ) from error
        if not isinstance(header, dict):
            raise self.fault("needs a header of #+ lines: summary and columns at least")
        for key in header:
            if key not in _KEYS:
                known = ", ".join(sorted(_KEYS))
                raise self.fault(f"unknown key {key!r}; known are {known}", at=str(key))
        for key, kind in {"params": dict, "columns": dict, "tags": list, "see": list}.items():
            if not isinstance(header.get(key) or kind(), kind):
                form = "mapping" if kind is dict else "list"
                raise self.fault(f"{key} must be a {form}", at=key)
        summary = header.get("summary")
        if not isinstance(summary, str) or not 0 < len(summary) < _SUMMARY_LENGTH:
            raise self.fault(
                f"needs a summary: the question, under {_SUMMARY_LENGTH} characters", at="summary"
            )
        if not header.get("columns"):
            raise self.fault("needs columns: each column's name and what it holds", at="columns")
        return header

    def projection(self) -> list[str]:
        """Return the columns of the body, as the engine parses it."""
        try:
            answer = ox.Store().query(self.body)
        except SyntaxError as error:
            fault = syntax.find_fault(self.body)
            line = len(self._header_lines) + (fault.line if fault else 1)
            reason = fault.reason if fault else error.msg
            raise self.fault(f"not valid SPARQL: {reason}", line=line) from error
        if not isinstance(answer, ox.QuerySolutions):
            raise self.fault("must be a SELECT query", line=len(self._header_lines) + 1)
        return [variable.value for variable in answer.variables]

    def line_of(self, offset: int) -> int:
        """Return the line of the file in which a place of the body stands."""
        return len(self._header_lines) + self.body.count("\n", 0, offset) + 1

    def blocks(self) -> list[Block]:
        """Return every one-line, one-term ``VALUES`` block of the body."""
        blocks = []
        for name, start, end in tokens.values_blocks(self.body):
            inner = self.body[start:end]
            if len(parameters.terms(inner)) == 1:
                if "\n" in inner:
                    line = self.line_of(start)
                    raise self.fault("a parameter's VALUES must stand on one line", line=line)
                blocks.append(Block(name, start, end))
        return blocks

    def params(self, declared: Mapping[str, Any], blocks: list[Block]) -> dict[str, Parameter]:
        """Return the parameters by name, each with the example of its block."""
        body = self.body
        prologue = body[: tokens.prologue_end(body)]
        examples: dict[str, str] = {}
        for block in blocks:
            text = body[block.start : block.end].strip()
            if block.name not in declared:
                raise self.fault(
                    f"VALUES ?{block.name} holds one term, but params does not declare it; "
                    "a constant goes into the pattern or a BIND",
                    line=self.line_of(block.start),
                )
            if examples.setdefault(block.name, text) != text:
                raise self.fault(
                    f"VALUES ?{block.name} has two examples", line=self.line_of(block.start)
                )
        result = {}
        for name, said in declared.items():
            if name not in examples:
                raise self.fault(f"parameter {name} needs a line VALUES ?{name} {{ … }}", at=name)
            try:
                example = parameters.evaluate(prologue, examples[name])
                result[name] = parameters.declare(name, said, example)
            except ValueError as error:
                raise self.fault(f"parameter {name}: {error}", at=name) from error
        return result
