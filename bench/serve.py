"""How soon ``foedus serve`` answers, and how much memory its processes hold.

Starts the server on a free port of 127.0.0.1, asks ``/healthz`` until it answers, then asks one
query of each saved query and sums the memory of the server's process tree: what its processes
share counted once (PSS), and counted in each (RSS). The floor is a bare Python process that opens
the same N-Quads with pyoxigraph.

Usage: python bench/serve.py [--release build/release] [--runs N]   (Linux: reads /proc)
"""

import argparse
import contextlib
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from foedus import files, saved

FLOOR = """
import sys, pyoxigraph as ox
store = ox.Store()
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
print(sum(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmRSS")) // 1024)
"""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as they live."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return [pid]
    return [pid, *(p for child in children for p in tree(int(child)))]


def held(pid: int) -> dict[str, int]:
    """Return the memory of a process tree in MB, as Pss and as Rss."""
    lines: list[list[str]] = []
    for process in tree(pid):
        with contextlib.suppress(OSError):  # it has ended
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            lines += [line.split() for line in rollup.splitlines()]
    return {
        kind: sum(int(line[1]) for line in lines if line[0] == f"{kind}:") // 1024
        for kind in ("Pss", "Rss")
    }


def run(release: Path, paths: list[str]) -> tuple[float, dict[str, int]]:
    """Return seconds from start to first answer, and MB after every saved query was asked."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    start = time.perf_counter()
    foedus = str(Path(sys.executable).with_name("foedus"))
    server = subprocess.Popen(
        [foedus, "serve", "--release", str(release), "--port", str(port)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - start < 30:
            try:
                urllib.request.urlopen(base + "/healthz", timeout=1).read()
                break
            except urllib.error.URLError:
                time.sleep(0.02)
        first = time.perf_counter() - start
        for path in paths:
            urllib.request.urlopen(f"{base}/queries/{path}?format=json", timeout=30).read()
        return first, held(server.pid)
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", type=Path, default=Path("build/release"))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    paths = sorted(saved.read_all(files.find("queries")))
    measured = [run(arguments.release, paths) for _ in range(arguments.runs)]
    starts = [first for first, _ in measured]
    floor = subprocess.run(
        [sys.executable, "-c", FLOOR, str(arguments.release / "data.nq")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    print(
        f"start to first answer: {min(starts):.2f} {statistics.median(starts):.2f} "
        f"{max(starts):.2f} s (minimum, median, maximum of {arguments.runs})"
    )
    for kind in ("Pss", "Rss"):
        most = max(memory[kind] for _, memory in measured)
        print(f"{kind} of all processes after {len(paths)} saved queries: {most} MB")
    print(f"a bare process with the same data: {floor} MB")


if __name__ == "__main__":
    main()
