"""Judge what was measured against the targets, and write both as text.

A load with one failed answer is a failed one: it has no rate, and a target over it is missed where
it is ours, not judged where it is the other's. Of several rounds the median counts.

Units: requests a second, milliseconds, MB.
Used by `__main__`; `tests/test_bench_http.py`.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from floor import Floor
from load import Load
from memory import Memory
from workloads import Target, Workload

Limits = Mapping[str, Mapping[str, float]]
"""MB that a server of ours may hold, by data and its name."""
_WIDTH = 32


@dataclass(frozen=True, slots=True)
class Run:
    """One load on one server."""

    data: str
    workload: str
    server: str
    connections: int
    load: Load
    processor: float
    """Milliseconds of processor time that the server used for each answer."""
    beside: tuple[float, ...] = ()
    """Milliseconds of the long analyses beside it; minus one for one that failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target with what was measured."""

    data: str
    server: str
    workload: str
    target: str
    connections: int | None
    measured: float | None
    met: bool | None
    """None where the other server gave nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured."""

    runs: list[Run]
    floors: dict[tuple[str, str], Floor]
    """By data and work-load."""
    memory: dict[tuple[str, str], Memory]
    """By data and server."""
    loaded: dict[tuple[str, str], float]
    """Seconds to load, by data and server."""
    notes: list[str]
    """What was left out or answered otherwise."""


def median(
    measured: Measured, data: str, workload: str, server: str, connections: int
) -> Run | None:
    """Return the run of median rate, the failed one where any failed, None where there is none."""
    runs = [
        run
        for run in measured.runs
        if (run.data, run.workload, run.server, run.connections)
        == (data, workload, server, connections)
    ]
    if not runs:
        return None
    runs.sort(key=lambda run: (not run.load.failures, run.load.rate))
    if runs[0].load.failures:
        return runs[0]
    return runs[(len(runs) - 1) // 2]


def judge(measured: Measured, cases: Sequence[Workload], limits: Limits) -> list[Verdict]:
    """Judge every target that something was measured for."""
    verdicts = []
    for data, servers in limits.items():
        for server, limit in servers.items():
            for case in cases:
                verdicts += _verdicts(measured, data, server, case)
            if (data, server) in measured.memory:
                held = measured.memory[data, server].shared_once
                most = f"PSS < {limit:g} MB"
                verdicts.append(Verdict(data, server, "memory", most, None, held, held < limit))
    return verdicts


def _verdicts(measured: Measured, data: str, server: str, case: Workload) -> Iterator[Verdict]:
    for target in case.targets:
        for connections in target.connections:
            ours = median(measured, data, case.name, server, connections)
            if ours is not None:
                value, met = _value(measured, ours, target)
                yield Verdict(data, server, case.name, str(target), connections, value, met)


def _value(measured: Measured, ours: Run, target: Target) -> tuple[float | None, bool | None]:
    if ours.load.failures:
        return None, False
    value = float(getattr(ours.load, target.measure))
    if target.against == "floor":
        theirs = measured.floors[ours.data, ours.workload].mean
    elif target.against is None:
        theirs = 1.0
    else:
        best = _best(measured, ours, target)
        if best is None:
            return None, None
        theirs = best
        if not ours.load.requests or not theirs:
            # One that gives no answer at all in the time is behind, by no known ratio.
            return None, bool(ours.load.requests)
    return value / theirs, target.met(value / theirs)


def _best(measured: Measured, ours: Run, target: Target) -> float | None:
    """Return the figure of the other server; the best where there are several of the name."""
    names = {run.server for run in measured.runs if run.server.startswith(target.against or "")}
    others = [median(measured, ours.data, ours.workload, name, ours.connections) for name in names]
    loads = [other.load for other in others if other and not other.load.failures]
    figures = [float(getattr(load, target.measure)) for load in loads if load.requests]
    if not figures:
        return 0.0 if loads else None
    return max(figures) if target.measure == "rate" else min(figures)


def lines(measured: Measured, cases: Sequence[Workload], limits: Limits) -> Iterator[str]:
    """Write all as text."""
    for data in limits:
        for case in cases:
            found = {
                run.server: None
                for run in measured.runs
                if (run.data, run.workload) == (data, case.name)
            }
            if not found:
                continue
            yield ""
            yield f"{case.name} ({data}): requests/s (median, 99th centile, processor ms)"
            yield " " * 16 + "".join(f"{f'{n} connections':>{_WIDTH}}" for n in case.connections)
            for server in found:
                cells = [
                    _cell(median(measured, data, case.name, server, n)) for n in case.connections
                ]
                yield f"  {server:14}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)
            base = measured.floors[data, case.name]
            yield (
                f"  in process, one thread: {_number(1000 / base.mean)} ({_number(base.median)},"
                f" {_number(base.p99)}, {_number(base.processor)}), mean {_number(base.mean)} ms"
            )
            yield from _beside(measured, data, case)
        for (held_data, server), held in measured.memory.items():
            if held_data == data:
                yield (
                    f"memory ({data}) {server:14}{held.shared_once:8,.0f} MB shared counted once,"
                    f" {held.resident:,.0f} MB resident in {held.processes} processes;"
                    f" loaded in {measured.loaded[data, server]:.1f} s"
                )
    yield from ("", "Targets")
    for verdict in judge(measured, cases, limits):
        word = {True: "met", False: "MISSED", None: "not judged"}[verdict.met]
        at = f" at {verdict.connections}" if verdict.connections else ""
        value = "no ratio" if verdict.measured is None else f"{verdict.measured:.3g}"
        yield (
            f"  {word:10} {verdict.workload}{at} ({verdict.data}, {verdict.server}):"
            f" {verdict.target}: {value}"
        )
    if measured.notes:
        yield from ("", "Notes", *(f"  {note}" for note in measured.notes))


def _cell(run: Run | None) -> str:
    if run is None:
        return "-"
    if run.load.failures:
        return "failed: " + " ".join(f"{n} {kind}" for kind, n in run.load.failures.items())
    if not run.load.requests:
        return f"none in {run.load.seconds:.0f} s"
    times = (run.load.p50, run.load.p99, run.processor)
    return f"{_number(run.load.rate)} ({', '.join(map(_number, times))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _beside(measured: Measured, data: str, case: Workload) -> Iterator[str]:
    if case.beside is None:
        return
    times: dict[str, list[float]] = {}
    for run in measured.runs:
        if (run.data, run.workload) == (data, case.name):
            times.setdefault(run.server, []).extend(run.beside)
    for server, took in times.items():
        whole = [one for one in took if one >= 0]
        middle = f"{statistics.median(whole) / 1000:.1f} s in the middle" if whole else "none"
        yield (
            f"  analyses beside, {server}: {len(whole)} answered ({middle}),"
            f" {len(took) - len(whole)} not"
        )
