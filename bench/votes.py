"""How fast tables of votes become N-Quads, beside the same file read by DuckDB and by Polars.

Each measurement is a process of its own, run in turn with the others, and times itself after
its imports. Foedus reads the votes and their roll calls, checks them and writes all their
N-Quads. The peers do less: one query counts the votes by state and letter; another, in DuckDB,
writes the line of each vote and nothing else. Peers have one thread, as Foedus has. Prints
seconds of wall time (minimum, median, maximum) and of processor time of the whole process
(median), votes a second, peak memory, and the ratio of the medians of wall time. With
``--release``, also the time to add both data sets to a copy of that release, on disk.

Usage: python bench/votes.py DATA [--peer PYTHON] [--release build] [--runs N]
  DATA    folder with cc0/ and undl_nc/
  PYTHON  an interpreter that has duckdb and polars; left out, Foedus alone is measured
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TABLES = {
    "voeten": ("cc0/unga_votes_1946_2019.csv.gz", "cc0/unga_rollcalls_1946_2019.csv.gz"),
    "library": ("undl_nc/un_votes_1946_2025.csv.gz", "undl_nc/un_rollcalls_1946_2025.csv.gz"),
}
TIMED = """
import json, resource, sys, time
{imports}
votes, calls, out = sys.argv[1:4]
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({{"seconds": seconds, "cpu": time.process_time(), "peak": peak, "votes": count}}))
"""
FOEDUS = TIMED.format(
    imports="""
from pathlib import Path
from foedus.records import coverage, crosswalk, forms, quads
from foedus.records.faults import FaultLog
""",
    work="""
walk = crosswalk.read()
sets = forms.read([Path(votes), Path(calls)], walk, FaultLog())
with open(out, "w", encoding="utf-8", buffering=1 << 20) as file:
    for records in sets:
        file.writelines(quads.write(records, walk.states))
count = sum(coverage.cast(records) for records in sets)
""",
)
DUCKDB_COUNT = TIMED.format(
    imports="import duckdb",
    work="""
duckdb.sql("SET threads = 1")
query = f"SELECT state_id, vote, count(*) FROM read_csv('{votes}', all_varchar = true) GROUP BY ALL"
count = sum(row[2] for row in duckdb.sql(query).fetchall())
""",
)
DUCKDB_LINES = TIMED.format(
    imports="import duckdb",
    work="""
duckdb.sql("SET threads = 1")
key = "rcid" if "cc0" in votes else "record_id"
duckdb.sql(f'''
COPY (
  SELECT '<https://w3id.org/foedus/id/vote/x-' || {key} || '> <https://w3id.org/foedus/ns#'
    || CASE vote WHEN 'Y' THEN 'votedFor' WHEN 'N' THEN 'votedAgainst' WHEN 'A' THEN 'abstained'
       ELSE 'listedWithoutVote' END
    || '> <https://w3id.org/foedus/id/state/' || state_id
    || '> <https://w3id.org/foedus/graph/records/x> .'
  FROM read_csv('{votes}', all_varchar = true)
) TO '{out}' (HEADER false, QUOTE '', ESCAPE '', DELIMITER '|')
''')
with open(out, "rb") as file:
    count = sum(block.count(b"\\n") for block in iter(lambda: file.read(1 << 22), b""))
""",
)
POLARS_COUNT = TIMED.format(
    imports="""
import os
os.environ["POLARS_MAX_THREADS"] = "1"
import polars
""",
    work="""
table = polars.read_csv(votes, infer_schema=False, null_values=[])
count = table.group_by("state_id", "vote").len()["len"].sum()
""",
)
IMPORT = """
import json, resource, sys, time
from pathlib import Path
from foedus.records.importing import import_votes
start = time.perf_counter()
report = import_votes([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
count = sum(sum(data_set.votes.values()) for data_set in report.data_sets)
print(json.dumps({"seconds": seconds, "cpu": time.process_time(), "peak": peak, "votes": count}))
"""


def run(python: str, program: str, *arguments: str) -> dict[str, float]:
    """Run a program in a process of its own and return what it measured."""
    command = [python, "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    # DuckDB may show its progress on standard output.
    return json.loads(done.stdout.splitlines()[-1])


def row(name: str, runs: list[dict[str, float]], base: float) -> None:
    """Print one line; ``base`` is the median that ratios are to."""
    times = [one["seconds"] for one in runs]
    median = statistics.median(times)
    print(
        f"  {name:24} {min(times):6.2f} {median:6.2f} {max(times):6.2f} s"
        f" {statistics.median(one['cpu'] for one in runs):6.2f} s"
        f" {runs[0]['votes'] / median:10,.0f} votes/s {max(one['peak'] for one in runs):5.0f} MB"
        f" {median / base:6.2f}"
    )


def copy(release: Path, to: Path) -> None:
    """Copy the current release of a folder, with the link to it."""
    folder = (release / "release").resolve()
    (to / folder.name).mkdir(parents=True)
    for path in folder.iterdir():
        (to / folder.name / path.name).write_bytes(path.read_bytes())
    (to / "release").symlink_to(folder.name)


def main() -> None:
    """Measure all in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer")
    parser.add_argument("--release", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    programs = {"foedus, to N-Quads": (sys.executable, FOEDUS)}
    if arguments.peer:
        programs["duckdb, lines of votes"] = (arguments.peer, DUCKDB_LINES)
        programs["duckdb, count"] = (arguments.peer, DUCKDB_COUNT)
        programs["polars, count"] = (arguments.peer, POLARS_COUNT)
    print("wall time (minimum, median, maximum), processor time, votes/s, memory, ratio to Foedus")
    with tempfile.TemporaryDirectory() as scratch:
        for table, names in TABLES.items():
            files = [str(arguments.data / name) for name in names]
            measured: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
            for _ in range(arguments.runs):
                for name, (python, program) in programs.items():
                    measured[name].append(run(python, program, *files, f"{scratch}/out.nq"))
            print(table)
            base = statistics.median(one["seconds"] for one in measured["foedus, to N-Quads"])
            for name, runs in measured.items():
                row(name, runs, base)
        if arguments.release:
            files = [str(arguments.data / name) for names in TABLES.values() for name in names]
            runs = []
            for number in range(arguments.runs):
                copy(arguments.release, Path(scratch) / str(number))
                runs.append(run(sys.executable, IMPORT, f"{scratch}/{number}", *files))
            print("both into a release on disk")
            row("foedus import votes", runs, statistics.median(one["seconds"] for one in runs))


if __name__ == "__main__":
    main()
