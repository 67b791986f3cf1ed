"""How long a release takes to build, beside the floor of loading and writing the same quads.

Runs ``foedus build`` as a whole process (with ``--documents``: texts read anew; without: from
the committed Turtle) and, in turn with it, a bare pyoxigraph process that loads the release's
N-Quads and dumps them again. Prints seconds (minimum, median, maximum), peak memory and the
ratio of the medians.

Usage: python bench/build.py [--documents DIR] [--runs N]
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOOR = """
import sys, pyoxigraph as ox
store = ox.Store()
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
store.dump(output=sys.argv[2], format=ox.RdfFormat.N_QUADS)
"""


def seconds(command: list[str]) -> float:
    """Return the wall time of one run; fail when the command does."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def row(name: str, times: list[float]) -> None:
    """Print one line: minimum, median and maximum in seconds."""
    print(f"{name:28} {min(times):7.2f} {statistics.median(times):7.2f} {max(times):7.2f} s")


def main() -> None:
    """Measure the build and its floor in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    foedus = str(Path(sys.executable).with_name("foedus"))
    with tempfile.TemporaryDirectory() as scratch:
        build = [foedus, "build", "--out", scratch]
        variants = {"build from Turtle": build}
        if arguments.documents:
            variants["build from texts"] = [*build, "--documents", str(arguments.documents)]
        times: dict[str, list[float]] = {name: [] for name in [*variants, "load and dump"]}
        for _ in range(arguments.runs):
            for name, command in variants.items():
                times[name].append(seconds(command))
            quads = f"{scratch}/release/data.nq"
            floor = [sys.executable, "-c", FLOOR, quads, f"{scratch}/copy.nq"]
            times["load and dump"].append(seconds(floor))
        with Path(quads).open("rb") as data:
            lines = sum(1 for _ in data)
        print(f"{lines} quads, {arguments.runs} runs: minimum, median, maximum")
        for name, values in times.items():
            row(name, values)
        floor_median = statistics.median(times["load and dump"])
        for name in variants:
            print(f"{name} / load and dump: {statistics.median(times[name]) / floor_median:.0f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory of the largest process: {peak} MB")


if __name__ == "__main__":
    main()
