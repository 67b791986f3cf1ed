"""Build a release: read, conclude, check, write.

All Turtle files are read and checked one by one (`reading`); the rules and the verdicts draw
their conclusions in a store, and the statistics are counted from the votes in it; the shapes are
checked over everything; then all graphs are
written as N-Quads in the order of their lines. Because a release has no blank node, that is
its canonical form: canonicalization (RDFC-1.0) only has blank nodes to name, and then sorts.
So the SHA-256 of the file is the digest of the data set, and the same input gives the same
bytes anywhere. `folder` says how a release takes the place of the last.

Source: RDF Dataset Canonicalization (RDFC-1.0), W3C Recommendation of 2024-05-21, section 4.4.
Shape: those of the files, and ``shape:`` of what is derived.
Errors: `ValidationError` for data that break a shape, at the first violation's file and line;
`FolderError` for a target that cannot be written; whatever `reading`, `rules` and `verdicts` raise.
Used by `cli`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import Graph

from foedus import files, iris, rules, saved, turtle, validate, verdicts
from foedus.analysis import cube, deriving, rolls
from foedus.documents.covered import Coverage, coverage
from foedus.errors import ValidationError
from foedus.release import catalogue, folder, manifest, reading
from foedus.release.folder import DATA, MANIFEST, REPORT, Release

_DERIVED = str(iris.GRAPH["derived/"])
_SHOWN = 20
"""Violations an error lists; a report of hundreds hides the first."""


@dataclass(frozen=True, slots=True)
class Built:
    """A release just built, and what the shapes say of it short of a violation."""

    release: Release
    findings: Sequence[validate.Finding]


def build(
    out: Path,
    *,
    triples: Path | None = None,
    queries: Path | None = None,
    documents: Mapping[str, Graph] | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Built:
    """Build a release and make it the current one of the folder ``out``.

    ``triples`` and ``queries`` are the project's own where not given. ``documents`` holds
    graphs just read from texts, by document key, in place of ``triples/documents``.
    ``progress`` is told each step.
    """
    with folder.workplace(out) as built:
        progress("Reading")
        questions = queries or files.find("queries")
        asked = saved.read_all(questions)
        drawn = rules.read_all(files.find("ontology") / "rules")
        sources = reading.read(triples or files.find("triples"), documents)
        declared = {str(term) for term in reading.union(sources, "ontology").subjects()}
        for fault in (
            *catalogue.unknown_terms(questions, declared),
            *catalogue.untestable(sources, asked),
        ):
            raise fault
        progress("Applying rules")
        quads = {quad for source in sources for quad in source.quads()}
        derived = _conclude(quads, declared, drawn, asked)
        progress("Checking")
        findings = _check(sources, derived)
        progress("Writing")
        covered = coverage(reading.union(sources, "documents"), reading.union(sources, "claims"))
        digest = _write(built, quads | derived, findings, covered)
        return Built(folder.publish(built, out, digest), findings)


def _conclude(
    quads: Iterable[ox.Quad],
    declared: set[str],
    drawn: Sequence[rules.Rule],
    asked: Mapping[str, saved.SavedQuery],
) -> set[ox.Quad]:
    store = ox.Store()
    store.bulk_extend(quads)
    # First, because what the records contradict is no attested fact.
    verdicts.run(store, asked)
    rules.run(drawn, store, declared)
    statistics = "".join(deriving.derive(rolls.read(store)))
    store.bulk_extend(ox.parse(input=statistics, format=ox.RdfFormat.N_QUADS))
    cube.describe(store)
    rules.describe(
        store,
        rules.DERIVED_GRAPHS,
        None,
        title="The derived graphs",
        description="What each derived graph holds, and which rule drew it.",
    )
    return {quad for quad in store if getattr(quad.graph_name, "value", "").startswith(_DERIVED)}


def _check(sources: Sequence[reading.Source], derived: Iterable[ox.Quad]) -> list[validate.Finding]:
    """Return the findings short of a violation; raise `ValidationError` at a violation."""
    concluded = Graph(bind_namespaces="none")
    for quad in derived:
        concluded.add(tuple(turtle.to_rdflib(term) for term in quad.triple))
    data = {source.path: source.triples for source in sources}
    findings = validate.check(data, derived=concluded)
    violations = [finding for finding in findings if finding.severity == "violation"]
    if violations:
        first = violations[0]
        *lines, _ = validate.write_findings(violations[:_SHOWN], "text").splitlines()
        # The error says the place of the first itself.
        lines[0] = lines[0].partition(": violation: ")[2]
        if len(violations) > 1:
            lines.append(f"{len(violations)} violations in all; foedus check lists them")
        raise ValidationError("\n".join(lines), path=first.file, line=first.line)
    return findings


def _write(
    built: Path,
    quads: Iterable[ox.Quad],
    findings: Sequence[validate.Finding],
    covered: Sequence[Coverage],
) -> str:
    written = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    # UTF-8 sorts as its code points do, which is the order RDFC-1.0 asks for.
    lines = sorted(written.split(b"\n")[:-1])
    report = validate.write_findings(findings, "json").encode()
    digests = {
        DATA: folder.write(built, DATA, b"".join(line + b"\n" for line in lines)),
        REPORT: folder.write(built, REPORT, report),
    }
    description: dict[str, Any] = manifest.describe(quads, findings, covered, digests)
    said = json.dumps(description, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    folder.write(built, MANIFEST, said.encode())
    return digests[DATA]
