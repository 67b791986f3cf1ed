"""Put a server under load with wrk, and read what wrk measured.

wrk runs with one thread, beside the server on the same processors, which is the same for every
server. Its loop is closed: a connection asks again when it has its answer, so a slow answer
holds back the requests that would have shown others to be slow.

Units: milliseconds; requests a second.
Errors: `LoadError` where wrk fails or says something else than `wrk.lua` writes.
Used by `__main__`; `tests/test_bench_http.py`.
"""

import math
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")
TIMEOUT = 60
"""Seconds after which wrk counts an answer as failed."""
_FIGURES = re.compile(r"^FIGURES (.*)$", re.MULTILINE)
_FAILURES = ("status", "connect", "read", "write", "timeout")


class LoadError(Exception):
    """wrk could not be run, or its figures could not be read."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured in one run."""

    requests: int
    seconds: float
    size: float
    """Bytes an answer, head included."""
    failures: dict[str, int]
    """Answers of 400 or above, faults of the connection, and timeouts, where there were any."""
    mean: float
    p50: float
    p90: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def read(output: str) -> Load:
    """Read the figures that `wrk.lua` prints.

    >>> load = read("FIGURES requests=20 microseconds=2000000 bytes=400 status=1 connect=0 read=0"
    ...             " write=0 timeout=0 mean=1500.0 p50=1000 p90=2000 p99=2500 max=3000")
    >>> load.rate, load.size, load.failures, load.mean, load.p99
    (10.0, 20.0, {'status': 1}, 1.5, 2.5)
    """
    found = _FIGURES.findall(output)
    if len(found) != 1:
        raise LoadError(f"wrk printed no figures: {output.strip() or 'nothing'}")
    try:
        told = {name: float(value) for name, value in (w.split("=") for w in found[0].split())}
        requests = int(told["requests"])
        return Load(
            requests=requests,
            seconds=told["microseconds"] / 1e6,
            size=told["bytes"] / max(requests, 1),
            failures={name: int(told[name]) for name in _FAILURES if told[name]},
            mean=told["mean"] / 1e3,
            p50=told["p50"] / 1e3,
            p90=told["p90"] / 1e3,
            p99=told["p99"] / 1e3,
            slowest=told["max"] / 1e3,
        )
    except (KeyError, ValueError) as error:
        raise LoadError(f"a figure is missing or no number ({error}): {found[0]}") from error


def run(
    address: str, *, connections: int, seconds: float, subjects: Path | None, start: int
) -> Load:
    """Ask an address for so many whole seconds; ``subjects`` is given where its path has slots."""
    host, path = re.fullmatch(r"(http://[^/]+)(/.*)", address).groups()  # type: ignore[union-attr]
    command = [
        *("wrk", "--threads", "1", "--connections", str(connections)),
        *(
            "--duration",
            f"{math.ceil(seconds)}s",
            "--timeout",
            f"{TIMEOUT}s",
            "--script",
            str(SCRIPT),
        ),
        *(host + "/", "--", path),
    ]
    if subjects is not None:
        command += [str(subjects), str(start)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + TIMEOUT, check=False
    )
    if done.returncode:
        raise LoadError(f"wrk ended with {done.returncode}: {done.stderr.strip()}")
    return read(done.stdout)
