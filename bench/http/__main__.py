"""Compare this service with others over HTTP: same data, machine, queries and time.

For each set of data, every server is started on it; each query is asked of all and its rows
compared; then wrk asks each in turn, query by query and number of connections by number of
connections, so that what else the machine does falls on all alike. Last, the memory of their
processes is measured. Servers share the processors with wrk, all in the same way. A server that
is not installed, or does not answer a query, is left out, and the table says so.

Usage: python bench/http [--data ../shared/data] [--seconds 5] [--rounds 1] [--out FILE]
                         [--servers NAMES] [--only PATTERN] [--rdflib PYTHON | --make-rdflib]

wrk and Virtuoso are Debian's (apt-get install wrk virtuoso-opensource). rdflib-endpoint has an
environment of its own: ``--make-rdflib`` makes it among the scratch files, ``--rdflib`` names the
interpreter of one there is.
Exit status 1 where a target is missed.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import compare
import floor
import releases
import servers
import tables
import workloads
from compare import Bench, Start
from tables import Measured
from workloads import PROJECT, VOTES, Workload

NAMES = ("foedus", "foedus-memory", "oxigraph", "oxigraph-disk", "rdflib", "virtuoso")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python bench/http")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seconds", type=float, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, default=1, help="the median of them counts")
    parser.add_argument("--out", type=Path, default=Path("build/bench-http.json"))
    parser.add_argument("--servers", default=",".join(NAMES), help="names with commas")
    parser.add_argument("--sets", default="project,votes", help="project, votes or both")
    parser.add_argument("--only", default="", help="regular expression: names of work-loads")
    parser.add_argument("--scratch", type=Path, help="folder for the data; kept, where it is named")
    parser.add_argument("--built", action="store_true", help="take the data from --scratch as is")
    rdflib = parser.add_mutually_exclusive_group()
    rdflib.add_argument("--rdflib", type=Path, metavar="PYTHON")
    rdflib.add_argument("--make-rdflib", action="store_true")
    return parser.parse_args()


def rdflib_environment(folder: Path) -> Path:
    """Make an environment with rdflib-endpoint and return its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "rdflib-endpoint[cli,web]"], check=True
    )
    return python


def say(text: str) -> None:
    """Tell what is being done."""
    print(text, file=sys.stderr, flush=True)


def build(chosen: argparse.Namespace, scratch: Path) -> dict[str, Path]:
    """Return the N-Quads of each set of data asked for."""
    found = {}
    for name, label in (("project", PROJECT), ("votes", VOTES)):
        if name not in chosen.sets.split(","):
            continue
        if name == "votes" and not chosen.data.is_dir():
            say(f"{VOTES} left out: no folder {chosen.data}; say --data")
            continue
        path = scratch / name / "release" / "data.nq"
        if not (chosen.built and path.exists()):
            say(f"{label}: build")
            path = (
                releases.project(scratch)
                if name == "project"
                else releases.votes(scratch, chosen.data)
            )
        found[label] = path
    return found


def machine() -> dict[str, Any]:
    """Describe the machine and what runs on it."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown",
    )
    return {"processors": os.cpu_count(), "model": model, "load": os.getloadavg()}


def as_json(measured: Measured, cases: list[Workload], about: Mapping[str, Any]) -> str:
    """Write all that was measured, with the targets, as JSON."""

    def keyed(table: Mapping[tuple[str, str], Any], second: str) -> list[dict[str, Any]]:
        return [
            {"data": data, second: name, **(value if isinstance(value, dict) else asdict(value))}
            for (data, name), value in table.items()
        ]

    return json.dumps(
        {
            **about,
            "targets": [asdict(v) for v in tables.judge(measured, cases, workloads.MEMORY)],
            "runs": [{**asdict(run), "rate": run.load.rate} for run in measured.runs],
            "floors": keyed(measured.floors, "workload"),
            "memory": keyed(measured.memory, "server"),
            "loaded": keyed(
                {key: {"seconds": value} for key, value in measured.loaded.items()}, "server"
            ),
            "notes": list(measured.notes),
        },
        indent=1,
    )


def main() -> int:
    """Build, measure, print and judge."""
    chosen = options()
    if shutil.which("wrk") is None:
        say("wrk is needed; Debian: apt-get install wrk")
        return 2
    # A benchmark that is stopped leaves no server behind, and tells what it has measured.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cases = [case for case in workloads.all_workloads() if re.search(chosen.only, case.name)]
    measured = Measured([], {}, {}, {}, [])
    before = machine()
    with nullcontext(chosen.scratch) if chosen.scratch else tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        scratch.mkdir(parents=True, exist_ok=True)
        python = rdflib_environment(scratch / "rdflib") if chosen.make_rdflib else chosen.rdflib
        known: dict[str, Start] = {
            servers.OURS: servers.foedus,
            servers.OURS_IN_MEMORY: servers.foedus_in_memory,
            "oxigraph": servers.oxigraph,
            "oxigraph-disk": servers.oxigraph_on_disk,
            "rdflib": servers.rdflib(python),
            "virtuoso": servers.virtuoso,
        }
        starts = {name: known[name] for name in chosen.servers.split(",")}
        for data, path in build(chosen, scratch).items():
            store = floor.load(path)
            things = workloads.subjects(store)
            file = scratch / "subjects.txt"
            file.write_text("".join(quote(thing, safe="") + "\n" for thing in things))
            bench = Bench(
                data,
                store,
                things,
                file,
                chosen.seconds,
                chosen.rounds,
                say,
                runs=measured.runs,
                floors=measured.floors,
                memory=measured.memory,
                loaded=measured.loaded,
                notes=measured.notes,
            )
            try:
                compare.run(bench, path, starts, cases)
            except KeyboardInterrupt:
                measured.notes.append(f"{data}: stopped before its end")
                break
    about = {"machine": before, "seconds": chosen.seconds, "rounds": chosen.rounds}
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(as_json(measured, cases, about) + "\n", encoding="utf-8")
    print(
        f"{before['processors']} processors ({before['model']}),"
        f" load {before['load'][0]:.1f} before; {chosen.seconds:g} s each, {chosen.rounds} rounds;"
        " wrk on the same processors"
    )
    print("\n".join(tables.lines(measured, cases, workloads.MEMORY)))
    missed = any(v.met is False for v in tables.judge(measured, cases, workloads.MEMORY))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
