"""The asking commands: ``query`` and ``sparql``; ``serve`` stands in ``serving``.

They open the release in this process, so they need no server. Rows go to standard output: as a
table for people, or in any format the service writes; what no record covers of a saved query goes
before them to standard error. Things may be named as in the service's forms. The release is the one
named, else that of the current folder, else that of the checkout Foedus runs from.

Errors: those of `foedus.release`, `foedus.saved` and `foedus.engine`, which the group turns into
one message and exit status 1.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

import click
import pyoxigraph as ox

from foedus import files, results, saved
from foedus.analysis import coverage
from foedus.cli.serving import serve
from foedus.engine import Answer, embedded
from foedus.engine.embedded import EmbeddedEngine
from foedus.errors import ParameterError, QueryError, ReleaseError
from foedus.release import storing
from foedus.release.folder import LINK, open_release
from foedus.saved import SavedQuery
from foedus.web import forms
from foedus.web.lookup import Lookup

_RELEASE = Path("build/release")
_WIDEST = 10_000
_queries = click.option(
    "--queries",
    type=click.Path(path_type=Path),
    help="Folder of saved queries; the project's own by default.",
)
_release = click.option(
    "--release",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"Folder of the release to ask.  [default: {_RELEASE}]",
)


def _engine(folder: Path | None) -> EmbeddedEngine:
    """Load the release of a folder, or the one nearest at hand."""
    if folder is not None:
        within = folder / LINK
        return _open(within if within.exists() else folder)
    places = (_RELEASE, files.find("ontology").parent / _RELEASE)
    found = first_release(places)
    if found is not _RELEASE:
        click.echo(f"release: {found}", err=True)
    return _open(found)


def _open(folder: Path) -> EmbeddedEngine:
    release = open_release(folder)
    store = storing.path_of(release)
    return embedded.open_store(store) if store.is_dir() else embedded.load(release.data)


def first_release(places: Sequence[Path]) -> Path:
    """Return the first place where a release is; raise `ReleaseError` at the first of none."""
    for place in places:
        if place.exists():
            return place
    raise ReleaseError(
        "no release here; foedus build makes one, --release names one elsewhere", path=places[0]
    )


@click.command()
@click.argument("name", required=False)
@click.option(
    "--param",
    "-p",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter's value; a thing by key, IRI or name. Repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", *(f.name for f in results.ROWS)]),
    default="table",
    show_default=True,
)
@_queries
@_release
def query(
    name: str | None, params: tuple[str, ...], form: str, queries: Path | None, folder: Path | None
) -> None:
    """Ask a saved query, or list them all where no NAME is given.

    NAME is topic/name, as claims/claims-by-document. A parameter not given has the value that the
    list shows. What the records do not cover of the question is said on standard error.

    \b
    Example: foedus query votes/votes-by-state --param state=PRK --format csv
    """
    catalogue = saved.read_all(queries or files.find("queries"))
    if name is None:
        if params:
            raise click.UsageError("--param belongs to a saved query; say its NAME")
        _list(catalogue)
        return
    wanted = catalogue.get(name)
    if wanted is None:
        raise QueryError(f"no saved query {name!r}; {_nearest(name, catalogue)}")
    given = _read_params(params)
    engine = _engine(folder)
    values = _settle(engine, wanted, given)
    text = wanted.bind(values)
    if coverage.asks_votes(wanted):
        for warning in coverage.warnings_for(coverage.read(engine), wanted, values):
            click.echo(f"warning: {warning.message}", err=True)
    _print(engine.run(text), form)


def _settle(engine: EmbeddedEngine, query: SavedQuery, given: Mapping[str, str]) -> dict[str, str]:
    """Return the values of parameters, each thing that is named by its key.

    Raises `ParameterError` for one that cannot be taken, with what may be meant: a thing nobody
    knows has no rows, which would look like an answer.
    """
    values, faults = forms.settle(Lookup(engine), query, given, strict=True)
    for fault in faults.values():
        choices = ", ".join(f"{value} ({label})" for value, label in fault.choices)
        meant = f"; may be meant: {choices}" if choices else ""
        raise ParameterError(f"{fault.message}{meant}")
    return values


def _nearest(name: str, catalogue: Iterable[str]) -> str:
    """Return what to ask instead of a saved query that is not there."""
    stems = {path.rpartition("/")[2]: path for path in catalogue}
    near = get_close_matches(name.rpartition("/")[2], sorted(stems), n=1)
    asked = f"did you mean {stems[near[0]]}? " if near else ""
    return f"{asked}foedus query lists them"


def _list(catalogue: Mapping[str, saved.SavedQuery]) -> None:
    rows = [
        [query.path, query.summary, " ".join(f"{p.name}={p.example_value}" for p in params)]
        for query in catalogue.values()
        for params in [query.params.values()]
    ]
    _print_table(["query", "question", "parameters"], rows)


def _read_params(params: Iterable[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise ParameterError(f"--param takes NAME=VALUE, not {param!r}")
        if name in values:
            raise ParameterError(f"{name} is given twice")
        values[name] = value
    return values


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", *dict.fromkeys(f.name for f in (*results.ROWS, *results.TRIPLES))]),
    help="Default: table for rows, ttl for triples.",
)
@_release
def sparql(file: BinaryIO, form: str | None, folder: Path | None) -> None:
    """Ask the SPARQL query in FILE, or on standard input where FILE is -.

    \b
    Example: foedus sparql docs/tour.rq --format csv
    """
    place = str(getattr(file, "name", "<stdin>"))
    try:
        text = file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise QueryError("not UTF-8", path=place) from error
    engine = _engine(folder)
    try:
        answer = engine.run(text)
    except QueryError as error:
        raise QueryError(error.message, path=place, line=error.line) from error
    _print(answer, form)


def _print(answer: Answer, form: str | None) -> None:
    offered = results.offers_for(answer)
    is_rows = offered is results.ROWS
    if is_rows and form in (None, "table"):
        _print_rows(answer)
        return
    chosen = results.named(form or offered[0].name, offered)
    if chosen is None:
        listed = ", ".join(f.name for f in offered)
        raise QueryError(f"this answer cannot be written as {form}; possible are {listed}")
    sys.stdout.buffer.write(results.write(answer, chosen))
    sys.stdout.buffer.flush()


def _print_rows(answer: Answer) -> None:
    if isinstance(answer, ox.QuerySolutions):
        columns = [variable.value for variable in answer.variables]
        _print_table(columns, [[_plain(term) for term in row] for row in answer])
    else:
        click.echo("yes" if answer else "no")


def _plain(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term))


def _print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table, nothing cut off: cells fold on a terminal and are whole in a pipe."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else _WIDEST)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
    click.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", err=True)


COMMANDS = [query, sparql, serve]
