"""Add voting records to a release: the new release has all graphs of the old one, and theirs.

A release is a file of sorted lines, so the records are merged with it in one pass and never held as
a whole. A data set that the release has already is replaced. The new release is built beside the
old one and takes its place in one step of the file system; until then, and if anything fails or the
process is cut off, the old one stays.

Shape: `Report`. The manifest gets its counts and digests anew, and ``records`` says what was
imported from which files, with the faults by kind.
Errors: `RecordError` as `forms` raises it, and for any fault under ``strict``; `ReleaseError` where
there is no whole release to add to; `FolderError` where it cannot be written.
Used by ``cli``.
"""

import hashlib
import heapq
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foedus.errors import FolderError, RecordError, ReleaseError
from foedus.records import coverage, crosswalk, forms, quads
from foedus.records.coverage import bounds_graph, records_graph
from foedus.records.faults import FaultLog, FaultReport
from foedus.records.rollcalls import RecordSet
from foedus.records.tables import Progress
from foedus.release import folder
from foedus.release.folder import DATA, LINK, MANIFEST, Release

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Imported:
    """One data set as it was added."""

    name: str
    graph: str
    roll_calls: int
    texts: int
    """Records read: roll calls, and texts adopted without a recorded vote."""
    votes: Mapping[str, int]
    """Votes by option."""
    first_date: str
    last_date: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an import read, what was wrong with it, and the release it made."""

    data_sets: tuple[Imported, ...]
    faults: FaultReport
    release: Release


def import_votes(
    paths: Sequence[Path],
    release: Path,
    *,
    strict: bool = False,
    reading: Callable[[Path], Progress] | None = None,
    step: Callable[[str], None] = lambda name: None,
) -> Report:
    """Read files of votes and add them to a release.

    ``release`` is the link to it, or the folder that ``foedus build`` made with that link in it.
    ``strict`` refuses at any fault. ``reading`` gives, for a file, what is told the bytes read;
    ``step`` is told each step.
    """
    link = release if release.name == LINK else release / LINK
    if not link.exists():
        raise ReleaseError("no release here; foedus build makes one", path=link)
    faults = FaultLog()
    walk = crosswalk.read()
    step("Reading")
    sets = forms.read(paths, walk, faults, reading)
    report = faults.report()
    if strict and report.total:
        kinds = ", ".join(f"{kind}: {number}" for kind, number in report.counts.items())
        raise RecordError(f"{report.total} faults ({kinds}); the first: {report.faults[0]}")
    step("Opening the release")
    before = folder.open_release(link)
    with folder.workplace(link.parent) as built:
        step("Writing")
        imported = tuple(_imported(records) for records in sets)
        try:
            counts, digest = _merge(before.data, built / DATA, sets, walk.states)
            _copy_others(before, built)
        except OSError as error:
            raise FolderError(f"cannot be written: {error.strerror}", path=built) from error
        manifest = _manifest(before, sets, imported, counts, digest, report)
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        folder.write(built, MANIFEST, text.encode())
        step("Checking")
        return Report(imported, report, folder.publish(built, link.parent, digest))


def _imported(records: RecordSet) -> Imported:
    first, last = coverage.covered(records) or ("", "")
    return Imported(
        name=records.data_set.name,
        graph=records_graph(records.data_set),
        roll_calls=len(records.ballots),
        texts=len(records.roll_calls),
        votes={option.name.lower(): number for option, number in records.votes().items() if number},
        first_date=first,
        last_date=last,
    )


def _merge(
    before: Path, after: Path, sets: Sequence[RecordSet], states: Sequence[str]
) -> tuple[Counter[str], str]:
    """Write a release's lines and the records' in order; return triples by graph and digest."""
    graphs = {
        graph(records.data_set) for records in sets for graph in (records_graph, bounds_graph)
    }
    counts: Counter[str] = Counter()
    sha256 = hashlib.sha256()
    streams = [_kept(before, graphs), *(_lines(records, states) for records in sets)]
    last = b""
    with after.open("wb", buffering=_BLOCK) as file:
        for line in heapq.merge(*streams):
            # The same statement about one text in one graph stands in a release once.
            if line != last:
                counts[_graph(line)] += 1
                sha256.update(line)
                file.write(line)
            last = line
    return counts, sha256.hexdigest()


def _lines(records: RecordSet, states: Sequence[str]) -> Iterator[bytes]:
    for _, text in quads.groups(records, states):
        yield from text.encode().splitlines(keepends=True)


def _kept(path: Path, graphs: Iterable[str]) -> Iterator[bytes]:
    """Give the lines of a release but those of ``graphs`` and those that describe them."""
    replaced = {f"<{graph}>".encode() for graph in graphs}
    with path.open("rb", buffering=_BLOCK) as file:
        for line in file:
            subject, _, rest = line.partition(b" ")
            if subject not in replaced and rest.rsplit(b" ", 2)[1] not in replaced:
                yield line


def _graph(line: bytes) -> str:
    return line.rsplit(b" ", 2)[1][1:-1].decode()


def _copy_others(before: Release, built: Path) -> None:
    """Copy what lies beside the data: the findings on it, which the import does not touch."""
    for name in sorted(before.manifest["files"]):
        if name != DATA:
            shutil.copyfile(before.folder / name, built / name)


def _manifest(
    before: Release,
    sets: Sequence[RecordSet],
    imported: Sequence[Imported],
    counts: Mapping[str, int],
    digest: str,
    faults: FaultReport,
) -> dict[str, Any]:
    described = {entry["graph"]: dict(entry) for entry in before.manifest["graphs"]}
    for records in sets:
        data_set = records.data_set
        for name, layer, licence, sources in (
            (records_graph(data_set), "records", data_set.license, coverage.sources(records)),
            (bounds_graph(data_set), "derived", coverage.LICENCE, []),
        ):
            described[name] = {
                "graph": name,
                "issued": None,
                "layer": layer,
                "licence": licence,
                "sources": sources,
            }
    graphs: list[dict[str, Any]] = [
        {**described.get(graph, {"graph": graph, "layer": ""}), "triples": counts[graph]}
        for graph in sorted(counts)
    ]
    layers: Counter[str] = Counter()
    for graph in graphs:
        layers[graph["layer"]] += graph["triples"]
    kept = before.manifest.get("records", {}).get("dataSets", {})
    return {
        **before.manifest,
        "digest": digest,
        "files": {**before.manifest["files"], DATA: digest},
        "graphs": graphs,
        "layers": dict(layers),
        "records": {
            "dataSets": {**kept, **{data_set.name: asdict(data_set) for data_set in imported}},
            "faults": dict(faults.counts),
        },
    }
