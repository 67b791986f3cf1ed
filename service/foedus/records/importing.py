"""Add voting records to a release: the new release has all graphs of the old one, and theirs.

A release is a file of sorted lines, so the records are merged with it in one pass and never held as
a whole. A data set that the release has already is replaced, and with it the statistics counted
from it; those of other records stay. The new release is built beside the old one and takes its
place in one step of the file system; until then, and if anything fails or the process is cut off,
the old one stays. The propositions that the release tests against its records are tested again.

What was read is checked against the shapes. What they find goes into the report of the release,
beside what the build found, and is counted in its manifest.

Shape: `Report`. The manifest gets its counts and digests anew, and ``records`` says what was
imported, with the faults by kind and the findings by shape.
Errors: `RecordError` as `forms` raises it, and for any fault or violation under ``strict``;
`RuleError` as `retesting` raises it;
`ReleaseError` where there is no whole release to add to; `FolderError` where it cannot be written.
Used by ``cli``.
"""

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import pyoxigraph as ox

from foedus import files, iris, rules, saved
from foedus.analysis import cube, deriving
from foedus.errors import FolderError, RecordError, ReleaseError
from foedus.findings import Finding, Severity, write_findings
from foedus.records import checking, counting, coverage, crosswalk, forms, quads, retesting
from foedus.records.coverage import bounds_graph, records_graph
from foedus.records.faults import FaultLog, FaultReport
from foedus.records.rollcalls import RecordSet
from foedus.records.tables import Progress
from foedus.release import folder
from foedus.release.folder import DATA, LINK, MANIFEST, REPORT, Release

_BLOCK = 1 << 22
_TOGETHER = 1 << 13
_LARGE = tuple(
    f"<{iris.GRAPH}{name}".encode()
    for name in ("records/", "derived/date-bounds", "derived/vote-statistics")
)
"""What the graphs begin with that may hold a line for each vote."""


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
    findings: Mapping[str, int]
    """What the shapes find, by severity and shape."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import read, what was wrong with it, and the release it made."""

    data_sets: tuple[Imported, ...]
    faults: FaultReport
    findings: tuple[Finding, ...]
    release: Release


def import_votes(
    paths: Sequence[Path],
    release: Path,
    *,
    strict: bool = False,
    queries: Path | None = None,
    reading: Callable[[Path], Progress] | None = None,
    step: Callable[[str], None] = lambda name: None,
) -> Report:
    """Read files of votes and add them to a release.

    ``release`` is the link to it, or the folder that ``foedus build`` made with that link in it.
    ``strict`` refuses at any fault. ``queries`` holds the saved queries that test propositions, the
    project's own where not given. ``reading`` gives, for a file, what is told the bytes read;
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
    step("Checking what was read")
    found = {records.data_set.name: checking.check(records, walk.states) for records in sets}
    findings = tuple(finding for one in found.values() for finding in one)
    violation = next((finding for finding in findings if finding.severity == "violation"), None)
    if strict and violation:
        raise RecordError(f"{violation.message} ({violation.focus}, {violation.shape})")
    step("Opening the release")
    before = folder.open_release(link)
    with folder.workplace(link.parent) as built:
        step("Testing propositions")
        drawn = _drawn(before.data, sets, walk.states, queries or files.find("queries"))
        step("Writing")
        imported = tuple(_imported(records, found[records.data_set.name]) for records in sets)
        try:
            counts, digest = _merge(before.data, built / DATA, sets, walk.states, drawn)
        except OSError as error:
            raise FolderError(f"cannot be written: {error.strerror}", path=built) from error
        whole = sorted([*_findings(before, imported), *findings], key=Finding.order)
        text = write_findings(whole, "json")
        digests = {DATA: digest, REPORT: folder.write(built, REPORT, text.encode())}
        manifest = _manifest(before, sets, imported, counts, digests)
        manifest["records"]["faults"] = dict(report.counts)
        manifest["findings"] = _by_severity(whole)
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        folder.write(built, MANIFEST, text.encode())
        step("Checking")
        return Report(imported, report, findings, folder.publish(built, link.parent, digest))


def _imported(records: RecordSet, findings: Sequence[Finding]) -> Imported:
    first, last = coverage.covered(records) or ("", "")
    by_shape = Counter(
        f"{finding.severity} {finding.shape.removeprefix(str(iris.SHAPE))}" for finding in findings
    )
    return Imported(
        name=records.data_set.name,
        graph=records_graph(records.data_set),
        roll_calls=len(records.ballots),
        texts=len(records.roll_calls),
        votes={option.name.lower(): number for option, number in records.votes().items() if number},
        first_date=first,
        last_date=last,
        findings=dict(sorted(by_shape.items())),
    )


def _findings(before: Release, imported: Sequence[Imported]) -> Iterator[Finding]:
    """Give the findings on a release but those on the data sets that are replaced."""
    graphs = {one.graph for one in imported}
    path = before.folder / REPORT
    for said in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        if said["file"] not in graphs:
            yield Finding(**said)


def _by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in get_args(Severity)}


def _merge(
    before: Path,
    after: Path,
    sets: Sequence[RecordSet],
    states: Sequence[str],
    drawn: retesting.Drawn,
) -> tuple[dict[str, int], str]:
    """Write a release's lines and the records' in order; return triples by graph and digest."""
    counts: Counter[bytes] = Counter()
    sha256 = hashlib.sha256()
    streams = [
        _kept(before, sets, drawn.graphs),
        iter(drawn.lines),
        *(_lines(text for _, text in quads.groups(records, states)) for records in sets),
        _lines(_statistics(sets, states)),
        iter(_description()),
    ]
    with after.open("wb") as file:
        for block in _blocks(heapq.merge(*streams)):
            counts.update(line.rsplit(b" ", 2)[1] for line in block)
            data = b"".join(block)
            sha256.update(data)
            file.write(data)
    return {graph[1:-1].decode(): count for graph, count in counts.items()}, sha256.hexdigest()


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Give lines many at a time, each once: what two sources say of one text in one graph."""
    block: list[bytes] = []
    last = b""
    for line in lines:
        if line != last:
            block.append(line)
            last = line
            if len(block) == _TOGETHER:
                yield block
                block = []
    yield block


def _lines(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        yield from text.encode().splitlines(keepends=True)


def _statistics(sets: Sequence[RecordSet], states: Sequence[str]) -> Iterator[str]:
    return deriving.derive(roll for records in sets for roll in counting.rolls(records, states))


def _description() -> list[bytes]:
    """Return the lines that describe the graph of statistics, as a build has them."""
    store = ox.Store()
    cube.describe(store)
    written = ox.serialize(store, format=ox.RdfFormat.N_QUADS) or b""
    return sorted(written.splitlines(keepends=True))


def _drawn(
    before: Path, sets: Sequence[RecordSet], states: Sequence[str], queries: Path
) -> retesting.Drawn:
    """Return the verdicts of the release to be, and what follows from them."""
    small = (line for line in _kept(before, sets) if not _is_large(line))
    large = (line for line in _kept(before, sets) if _is_large(line))
    described = _lines(
        line for records in sets for subject in coverage.describe(records) for line in subject.lines
    )
    votes = _lines(text for records in sets for _, text in quads.groups(records, states))
    return retesting.draw(
        chain(small, (line for line in described if not _is_large(line))),
        chain(large, votes),
        queries=saved.read_all(queries),
        drawn=rules.read_all(files.find("ontology") / "rules"),
    )


def _is_large(line: bytes) -> bool:
    return retesting.graph_of(line).startswith(_LARGE)


def _graphs(sets: Sequence[RecordSet]) -> Iterator[str]:
    for records in sets:
        yield records_graph(records.data_set)
        yield bounds_graph(records.data_set)


def _kept(path: Path, sets: Sequence[RecordSet], graphs: Set[str] = frozenset()) -> Iterator[bytes]:
    """Give the lines of a release but those of graphs and of data sets, with what is said of them.

    The graphs and the statistics of the data sets are left out.
    """
    replaced = {f"<{graph}>".encode() for graph in (*_graphs(sets), *graphs)}
    counted = tuple(f"<{cube.prefix(records.data_set.name)}".encode() for records in sets)
    with path.open("rb", buffering=_BLOCK) as file:
        for line in file:
            subject, _, rest = line.partition(b" ")
            if line.startswith(counted) or subject in replaced:
                continue
            if rest.rsplit(b" ", 2)[1] not in replaced:
                yield line


def _manifest(
    before: Release,
    sets: Sequence[RecordSet],
    imported: Sequence[Imported],
    counts: Mapping[str, int],
    digests: Mapping[str, str],
) -> dict[str, Any]:
    described = {entry["graph"]: dict(entry) for entry in before.manifest["graphs"]}
    made: list[tuple[str, str, str, list[str]]] = [(cube.GRAPH, "derived", coverage.LICENCE, [])]
    for records in sets:
        data_set = records.data_set
        license, sources = data_set.license, coverage.sources(records)
        made.append((records_graph(data_set), "records", license, sources))
        made.append((bounds_graph(data_set), "derived", coverage.LICENCE, []))
    for name, layer, licence, sources in made:
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
        "digest": digests[DATA],
        "files": {**before.manifest["files"], **digests},
        "graphs": graphs,
        "layers": dict(layers),
        "records": {
            "dataSets": {**kept, **{data_set.name: asdict(data_set) for data_set in imported}},
        },
    }
