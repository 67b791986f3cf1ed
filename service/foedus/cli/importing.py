"""The command that adds records to a release: ``import votes``.

Results on standard output, faults and progress on standard error; progress on a terminal only.

Errors: whatever `foedus.records.importing` raises.
Used by `foedus.cli`.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from foedus.findings import Finding
    from foedus.records.faults import FaultReport
    from foedus.records.importing import Imported
    from foedus.records.tables import Progress

SHOWN = 20
"""Faults printed with their lines; all are counted."""


@contextmanager
def _shown() -> "Iterator[tuple[Callable[[Path], Progress] | None, Callable[[str], None]]]":
    """Yield what shows the bytes read of each file, and the current step."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None, lambda step: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        steps = progress.add_task("Starting", total=None)

        def reading(path: Path) -> Callable[[int], None]:
            size = path.stat().st_size if path.is_file() else None
            task = progress.add_task(path.name, total=size)
            return lambda amount: progress.advance(task, amount)

        yield reading, lambda step: progress.update(steps, description=step)


@click.group(name="import")
def import_group() -> None:
    """Add records that you have downloaded to a release."""


@import_group.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE...",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path("build"),
    show_default=True,
    help="Folder with the release that foedus build made.",
)
@click.option(
    "--queries",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Folder of saved queries that test propositions, if foedus build had one.",
)
@click.option("--strict", is_flag=True, help="Refuse files with any fault.")
def votes(files: tuple[Path, ...], out: Path, queries: Path | None, strict: bool) -> None:
    """Add the votes in FILEs, CSV or gzip, to the release.

    The form of each file is known by its columns; docs/votes.md lists the forms. Tables that
    belong together, votes and their roll calls, are given together. What cannot be read is listed
    with its line; the rest is imported, checked and counted. A data set that the release has is
    replaced. The propositions that the release tests against its records are tested again.

    \b
    Example: foedus import votes un_votes.csv.gz un_rollcalls.csv.gz
    """
    # Small matrices lose more to threads than they gain; read when numpy is first loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from foedus.records.importing import import_votes

    with _shown() as (reading, step):
        report = import_votes(
            files, out, strict=strict, queries=queries, reading=reading, step=step
        )
    _print_faults(report.faults)
    _print_findings(report.findings)
    for imported in report.data_sets:
        click.echo(_written(imported))
    click.echo(f"{out / 'release'}: SHA-256 {report.release.digest}")


def _print_faults(report: "FaultReport") -> None:
    from foedus.records.faults import KINDS

    for fault in report.faults[:SHOWN]:
        click.echo(str(fault), err=True)
    if report.total > SHOWN:
        click.echo(f"… {report.total} faults in all", err=True)
    for kind, number in report.counts.items():
        click.echo(f"{number} {kind}: {KINDS[kind]}", err=True)


def _print_findings(findings: "Sequence[Finding]") -> None:
    """Print each violation, and how many there are of each finding; the release lists all."""
    violations = [finding for finding in findings if finding.severity == "violation"]
    for finding in violations[:SHOWN]:
        value = "" if finding.value is None else f", found {finding.value}"
        click.echo(f"{finding.severity}: {finding.focus}{value}: {finding.message}", err=True)
    counts = Counter((finding.severity, finding.message) for finding in findings)
    for (severity, message), number in sorted(counts.items()):
        click.echo(f"{number} {severity}, where this does not hold: {message}", err=True)
    if findings:
        click.echo("the release's report.json lists them", err=True)


def _written(imported: "Imported") -> str:
    counts = ", ".join(f"{number} {option}" for option, number in imported.votes.items())
    time = f"{imported.first_date} to {imported.last_date}" if imported.first_date else "undated"
    return (
        f"{imported.name}: {imported.texts} records, {imported.roll_calls} roll calls,"
        f" {sum(imported.votes.values())} votes ({counts or 'none'}), {time}"
    )


COMMANDS = [import_group]
