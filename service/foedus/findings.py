"""What a check finds, and how it is written down: for people, as JSON, as SARIF.

Source: SARIF 2.1.0, OASIS Standard of 2020-03-27, sections 3.13 (log), 3.27 (result) and
3.28 (location).
Shape: a finding names the ``shape:`` that is broken.
Used by `validate` and through it by `release` and `cli`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import quote

from foedus import __version__, iris

Severity = Literal["violation", "warning", "info"]
Format = Literal["text", "json", "sarif"]

_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: what must hold, what breaks it, and where.

    ``passage`` is that of the claim the finding is about, where it is about one.
    """

    severity: Severity
    message: str
    focus: str
    shape: str
    path: str | None = None
    value: str | None = None
    file: str | None = None
    line: int | None = None
    passage: str | None = None

    def order(self) -> tuple[Any, ...]:
        """Return the key that sorts findings by file and line, those without a file last."""
        return (
            self.file is None,
            self.file or "",
            self.line or 0,
            list(_LEVELS).index(self.severity),
            self.focus,
            self.shape,
            self.path or "",
            self.value or "",
        )


def write_findings(findings: Sequence[Finding], format: Format) -> str:
    """Return the findings for people (``text``), as JSON or as a SARIF 2.1.0 log."""
    if format == "json":
        return _json([asdict(finding) for finding in findings])
    if format == "sarif":
        return _json(_sarif(findings))
    lines = [_line(finding) for finding in findings]
    counts = dict.fromkeys(_LEVELS, 0)
    for finding in findings:
        counts[finding.severity] += 1
    total = ", ".join(f"{n} {name}{'s' * (n != 1)}" for name, n in counts.items())
    return "\n".join([*lines, total]) + "\n"


def _line(finding: Finding) -> str:
    place = [finding.file, None if finding.line is None else str(finding.line)]
    about = [finding.focus, finding.shape, finding.passage]
    found = "" if finding.value is None else f" Found: {_short(finding.value)}."
    return (
        f"{':'.join(part for part in place if part) or 'derived'}: {finding.severity}: "
        f"{finding.message}{found} ({', '.join(_short(part) for part in about if part)})"
    )


def _short(iri: str) -> str:
    return iri.removeprefix(str(iris.SHAPE)).removeprefix(str(iris.ID)).removeprefix(iris.BASE)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    rules = {finding.shape: finding.message for finding in findings}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "foedus",
                        "version": __version__,
                        "informationUri": iris.BASE.rstrip("/"),
                        "rules": [
                            {"id": _short(shape), "shortDescription": {"text": message}}
                            for shape, message in sorted(rules.items())
                        ],
                    }
                },
                "results": [_result(finding, sorted(rules)) for finding in findings],
            }
        ],
    }


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": finding.focus}]}
    if finding.file is not None:
        file = PurePath(finding.file)
        uri = file.as_uri() if file.is_absolute() else quote(file.as_posix())
        place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        if finding.line is not None:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    return {
        "ruleId": _short(finding.shape),
        "ruleIndex": rules.index(finding.shape),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        "properties": {"passage": finding.passage, "path": finding.path, "value": finding.value},
    }
