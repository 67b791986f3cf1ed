"""Check Turtle files as their editors need it: every fault at once, as findings.

What stops a build at the first fault is here one finding among others: a file that is no
Turtle, holds a blank node or an unknown term, is not described or of another size than
expected. While a file cannot be read the shapes are not tried, because whatever points into
that file would seem at fault too. The house layout is checked besides. Shapes are no part of a
release: they may hold RDF lists, need no description, and no shape is tried on them.

Shape: those of `validate`; for the other faults ``shape:`` and the code of the error.
Errors: `FolderError` for a file that is not there or no Turtle, and a folder without any.
Used by `cli`.
"""

from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from foedus import files, iris, turtle, validate
from foedus.errors import FoedusError, FolderError, TurtleError, ValidationError
from foedus.findings import Finding
from foedus.release import reading

_LAYOUT = "The file is not in the house layout; foedus check --fix brings it there."


def check(
    triples: Path, paths: Sequence[Path] = (), *, fix: bool = False
) -> tuple[list[Finding], list[Path]]:
    """Return the findings on files, and which files were brought into the house layout.

    With ``paths``, files or folders, only these are shown and, with ``fix``, rewritten; the
    rest of the project is read because they point into it.
    """
    wanted = _expand(paths)
    shapes = {reading.shown(path) for path in (files.find("ontology") / "shapes").glob("*.ttl")}
    places = dict(reading.find(triples))
    for path in sorted(wanted | shapes):
        places.setdefault(path, PurePosixPath(path.name))
    laid: list[Path] = []
    sources: list[reading.Source] = []
    findings: list[Finding] = []
    for path, place in places.items():
        try:
            read = reading.read_turtle if path in shapes else reading.read_file
            source = read(path, place)
        except TurtleError as error:
            findings.append(_finding(error))
            continue
        if not paths or path in wanted:
            text = turtle.write(source.triples)
            if source.text != text and fix:
                path.write_text(text, encoding="utf-8")
                laid.append(path)
            elif source.text != text:
                findings.append(_finding(ValidationError(_LAYOUT, path=path), "layout"))
        sources.append(source)
    if len(sources) == len(places):
        findings += _said(sources, triples, shapes)
    if paths:
        findings = [f for f in findings if f.file and Path(f.file) in wanted]
    return sorted(findings, key=Finding.order), laid


def _expand(paths: Sequence[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise FolderError("no such file or folder", path=path)
        if not path.is_dir() and path.suffix != ".ttl":
            raise FolderError("is no Turtle file; their names end in .ttl", path=path)
        inside = sorted(path.rglob("*.ttl")) if path.is_dir() else [path]
        if not inside:
            raise FolderError("no Turtle file in this folder; their names end in .ttl", path=path)
        found |= {reading.shown(one) for one in inside}
    return found


def _said(
    sources: Sequence[reading.Source], triples: Path, shapes: Collection[Path]
) -> list[Finding]:
    released = [source for source in sources if source.path not in shapes]
    findings = validate.check({source.path: source.triples for source in released})
    findings += [_finding(error) for error in reading.unknown_terms(sources)]
    findings += [_finding(error) for error in reading.undescribed(released, triples)]
    return findings


def _finding(error: FoedusError, code: str | None = None) -> Finding:
    assert error.path is not None, f"a fault without a file: {error}"
    return Finding(
        severity="violation",
        message=error.message,
        focus=Path(error.path).as_posix(),
        shape=f"{iris.SHAPE}{code or error.code}",
        file=Path(error.path).as_posix(),
        line=error.line,
    )
