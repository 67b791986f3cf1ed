"""How much memory and processor time a server's processes use, and whether they are at rest.

Of memory, two sums over the process and its descendants: proportional set size, in which a page
that several processes share is counted once in all (each has its part), and resident set size, in
which each process counts it whole. Linux only: reads ``/proc``.

Units: MB of 1,048,576 bytes; seconds.
Used by `compare`.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

_LOOK = 0.3
_REST = 0.1
"""Share of a processor that a server at rest may use."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a tree of processes holds."""

    processes: int
    shared_once: float
    """Sum of PSS."""
    resident: float
    """Sum of RSS."""


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as they live."""
    children: list[int] = []
    # A process or thread may end while we look.
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                children += [int(child) for child in (task / "children").read_text().split()]
    return [pid, *(below for child in children for below in tree(child))]


def figure(rollup: str, name: str) -> float:
    r"""Return one figure of a ``smaps_rollup``, in MB.

    >>> figure("00400000-7ffe r--p 00000000 00:00 0 [rollup]\nRss:  2048 kB\nPss: 1024 kB", "Pss")
    1.0
    """
    [line] = [line for line in rollup.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


def measure(pid: int) -> Memory:
    """Measure a process and its descendants; raise `ProcessLookupError` where it has ended."""
    rollups = []
    for one in tree(pid):
        with contextlib.suppress(OSError):
            rollups.append(Path(f"/proc/{one}/smaps_rollup").read_text())
    if not rollups:
        raise ProcessLookupError(f"process {pid} has ended")
    return Memory(
        len(rollups),
        sum(figure(rollup, "Pss") for rollup in rollups),
        sum(figure(rollup, "Rss") for rollup in rollups),
    )


def settle(pid: int, longest: float) -> bool:
    """Wait until a process and its descendants rest, so many seconds at most; say if they do.

    A server may go on with queries whose client is gone, and must not do so while another is
    measured.
    """
    end = time.monotonic() + longest
    before = worked(pid)
    while time.monotonic() < end:
        time.sleep(_LOOK)
        now = worked(pid)
        if now - before <= _REST * _LOOK:
            return True
        before = now
    return False


def worked(pid: int) -> float:
    """Return the processor time that a process, its descendants and those that ended have used."""
    ticks = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            # Its own in user and system mode, and that of the children it has waited for.
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
