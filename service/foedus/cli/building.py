"""Commands that make and check data: ``build``, ``check``, ``verify``, ``coverage``, ``read``.

Each calls one function of the library and says what came of it: results on standard output,
progress and faults on standard error. Progress shows on a terminal only, so that a log holds
no control characters.

Errors: whatever the library raises; `VerificationError` where a passage does not match.
Used by `foedus.cli`.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from foedus import files
from foedus.errors import FolderError, ValidationError, VerificationError

# rdflib, pyshacl and spaCy take up to two seconds to load. Each command loads what it needs
# inside its function, so that `foedus --help` and the quick commands start at once.
if TYPE_CHECKING:
    from rdflib import Graph

    from foedus.documents.covered import Coverage, Covered
    from foedus.findings import Format

_folder = click.Path(path_type=Path, file_okay=False)
_documents = click.option(
    "--documents", type=_folder, metavar="DIR", help="Folder of texts with its documents.yaml."
)
_required_documents = click.option(
    "--documents",
    type=_folder,
    metavar="DIR",
    required=True,
    help="Folder of texts with its documents.yaml.",
)
_triples = click.option(
    "--triples",
    type=_folder,
    metavar="DIR",
    help="Folder of triples; the project's own if left out.",
)


class _Say(Protocol):
    """Shows what is being done."""

    def __call__(self, step: str) -> None: ...


@contextmanager
def _progress() -> Iterator[_Say]:
    """Yield a function that shows the current step on a terminal and nothing elsewhere."""
    from rich.console import Console

    # A date that is none is a finding with its line; rdflib's own word on it is a traceback.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: None
        return
    with console.status("Starting") as status:
        yield lambda step: status.update(f"{step} …")


@click.command()
@_documents
@_triples
@click.option("--queries", type=_folder, metavar="DIR", help="Folder of saved queries; as above.")
@click.option(
    "--out",
    type=_folder,
    metavar="DIR",
    default=Path("build"),
    show_default=True,
    help="Folder that gets the release and a link to it, release.",
)
def build(documents: Path | None, triples: Path | None, queries: Path | None, out: Path) -> None:
    """Build a release: read, apply the rules, check, write.

    With --documents the texts are read anew; without it, triples/documents stands for them.
    A fault in the data stops the build and leaves the last release as it was.

    \b
    Example: foedus build --documents ../shared/documents
    """
    from foedus.findings import write_findings
    from foedus.release import building

    with _progress() as say:
        triples = triples or files.find("triples")
        texts = None if documents is None else _read_texts(documents, triples, say)
        built = building.build(out, triples=triples, queries=queries, documents=texts, progress=say)
    if built.findings:
        click.echo(write_findings(built.findings, "text"), err=True, nl=False)
    counts = ", ".join(
        f"{count} {layer}" for layer, count in sorted(built.release.manifest["layers"].items())
    )
    click.echo(f"{out / 'release'}: {counts}; SHA-256 {built.release.digest}")


def _read_texts(folder: Path, triples: Path, say: _Say) -> "dict[str, Graph]":
    from rdflib import Graph

    from foedus.documents.reading import read_folder

    things = Graph()
    for one in _graphs(triples, "things").values():
        things += one
    _require(folder)
    return read_folder(folder, things, lambda done, of, name: say(f"Reading {name or 'texts'}"))


def _graphs(triples: Path, folder: str) -> "dict[str, Graph]":
    """Return the graph of each Turtle file of one folder of triples, by name."""
    from foedus import turtle

    _require(triples)
    return {path.stem: turtle.read(path) for path in sorted((triples / folder).rglob("*.ttl"))}


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise FolderError("no such folder", path=folder)


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILES]...", type=click.Path(path_type=Path))
@_triples
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="For people, for programs, or for code scanning.",
)
@click.option("--fix", is_flag=True, help="Bring files into the house layout first.")
def check(paths: tuple[Path, ...], triples: Path | None, form: "Format", fix: bool) -> None:
    """Check Turtle files against the shapes, the ontology's terms and the house layout.

    Without FILES, all of the ontology and the triples. FILES are Turtle files or folders with
    some; they are checked together with the rest of the project, and only what concerns them is
    shown. Exit status 1 if there is a violation; warnings and notes are only shown.

    \b
    Example: foedus check triples/claims/osw-2024.ttl --fix
    """
    from foedus.findings import write_findings
    from foedus.release import checking

    with _progress() as say:
        say("Checking")
        findings, laid = checking.check(triples or files.find("triples"), paths, fix=fix)
    for path in laid:
        click.echo(f"{path}: brought into the house layout", err=True)
    click.echo(write_findings(findings, form), nl=False)
    if any(finding.severity == "violation" for finding in findings):
        raise SystemExit(1)


@click.command()
@_required_documents
@_triples
def verify(documents: Path, triples: Path | None) -> None:
    """Prove that every passage, mention and hedge stands in its text, letter by letter.

    Exit status 1, naming passages and claims, if one letter differs.

    \b
    Example: foedus verify --documents ../shared/documents
    """
    from foedus.documents.verification import passages_of
    from foedus.documents.verification import verify as compare

    _require(documents)
    where = triples or files.find("triples")
    with _progress() as say:
        say("Verifying")
        graphs = _graphs(where, "documents")
        mismatches = compare(documents, graphs, _graphs(where, "claims").values())
    if mismatches:
        listed = "\n".join(str(mismatch) for mismatch in mismatches)
        raise VerificationError(f"{len(mismatches)} do not match:\n{listed}", path=documents)
    count = sum(len(passages_of(graph)) for graph in graphs.values())
    click.echo(f"{count} passages of {len(graphs)} documents stand in their texts")


@click.command()
@click.argument("names", nargs=-1, metavar="[DOCUMENT]...")
@_documents
@_triples
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def coverage(
    names: tuple[str, ...], documents: Path | None, triples: Path | None, form: str
) -> None:
    """Tell which passages carry claims, which carry none and why, and which are open.

    With --documents each passage is shown with the beginning of its words. DOCUMENT is a
    document's key, osw-2024; without any, all are shown.

    \b
    Example: foedus coverage --documents ../shared/documents osw-2024
    """
    from rdflib import Graph

    from foedus.documents import covered

    where = triples or files.find("triples")
    if documents is not None:
        _require(documents)
    wholes = []
    for folder in ("documents", "claims"):
        whole = Graph()
        for graph in _graphs(where, folder).values():
            whole += graph
        wholes.append(whole)
    found = covered.coverage(wholes[0], wholes[1], documents)
    unknown = sorted(set(names) - {one.document for one in found})
    if unknown:
        known = ", ".join(one.document for one in found)
        raise ValidationError(f"no document {', '.join(unknown)}; there are {known}", path=where)
    shown = [one for one in found if not names or one.document in names]
    if form == "json":
        content = [_as_values(one) for one in shown]
        click.echo(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True))
        return
    for one in shown:
        click.echo(_as_text(one), nl=False)


def _as_values(one: "Coverage") -> dict[str, object]:
    def rows(passages: "tuple[Covered, ...]") -> list[dict[str, object]]:
        return [
            {
                "passage": str(row.passage),
                "section": row.section,
                "ordinal": row.ordinal,
                "claims": [str(claim) for claim in row.claims],
                "reason": row.reason,
            }
            for row in passages
        ]

    return {
        "document": one.document,
        "complete": one.is_complete,
        "carrying": rows(one.carrying),
        "without": rows(one.without),
        "open": rows(one.open),
    }


_WIDTH = 60


def _claims(count: int) -> str:
    return f"{count} claim{'s' * (count != 1)}"


def _as_text(one: "Coverage") -> str:
    state = "complete" if one.is_complete else f"{len(one.open)} open"
    total = len(one.carrying) + len(one.without) + len(one.open)
    lines = [
        f"{one.document}: {state}; {total} passages, {len(one.carrying)} with claims, "
        f"{len(one.without)} without"
    ]
    every = sorted((*one.carrying, *one.without, *one.open), key=lambda row: row.ordinal)
    for row in every:
        said = _claims(len(row.claims)) if row.claims else row.reason or "open"
        words = "" if row.text is None else row.text[:_WIDTH]
        key = row.passage.rpartition("/")[2]
        lines.append(f"  {row.ordinal:>4}  {key:<14} {said:<12} {words}".rstrip())
    return "\n".join(lines) + "\n"


@click.command()
@_required_documents
@_triples
@click.option(
    "--out",
    type=_folder,
    metavar="DIR",
    default=Path("triples/documents"),
    show_default=True,
    help="Folder that gets one Turtle file a document.",
)
def read(documents: Path, triples: Path | None, out: Path) -> None:
    """Read texts into passages, references and mentions, and write them as Turtle.

    \b
    Example: foedus read --documents ../shared/documents
    """
    from foedus import turtle

    with _progress() as say:
        graphs = _read_texts(documents, triples or files.find("triples"), say)
        try:
            out.mkdir(parents=True, exist_ok=True)
            for name, graph in graphs.items():
                (out / f"{name}.ttl").write_text(turtle.write(graph), encoding="utf-8")
        except OSError as error:
            raise FolderError(f"cannot be written to: {error.strerror}", path=out) from error
    for name, graph in graphs.items():
        click.echo(f"{out / name}.ttl: {len(graph)} triples")


COMMANDS = (build, check, verify, coverage, read)
