"""Run every work-load on every server over one set of data.

All servers run at once, and a load on one begins when the one before it rests. A query is compared
before it is timed; what is left out and what differs is noted.

Units: seconds, milliseconds where a name of `tables.Run` says so.
Used by `__main__`.
"""

import itertools
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import answers
import floor
import load
import memory
import workloads
from answers import AnswerError
from floor import Floor, Store
from load import LoadError
from memory import Memory
from servers import OURS, NotRun, Server
from tables import Run
from workloads import Workload

WARM = 1.0
"""Seconds a server is asked before it is measured."""
STEP = 1_000_000
"""Numbers that one load may use."""
PATIENCE = 60.0
"""Seconds a server has for one answer."""
LONGEST = 20.0
"""Seconds that a load takes at most, where its answers are slow."""
TURNS = 4
"""Answers that each connection should get, were they evaluated one after the other."""
COMPARED = 20
"""Subjects whose rows are compared, of a work-load that asks for many."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One set of data and what is known of it, and what was found."""

    data: str
    store: Store
    subjects: Sequence[str]
    file: Path
    """The subjects, percent-encoded, one a line."""
    seconds: float
    rounds: int
    say: Callable[[str], None]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(workloads.FIRST, STEP))
    runs: list[Run] = field(default_factory=list)
    floors: dict[tuple[str, str], Floor] = field(default_factory=dict)
    memory: dict[tuple[str, str], Memory] = field(default_factory=dict)
    loaded: dict[tuple[str, str], float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


Start = Callable[[Path], AbstractContextManager[Server]]


def run(bench: Bench, path: Path, starts: Mapping[str, Start], cases: Sequence[Workload]) -> None:
    """Start the servers, ask all of them everything, and measure their memory."""
    with ExitStack() as stack:
        found = []
        for name, start in starts.items():
            bench.say(f"{bench.data}: {name} loads")
            try:
                found.append(stack.enter_context(start(path)))
                bench.loaded[bench.data, name] = found[-1].loaded
            except NotRun as reason:
                _note(bench, f"{name} ({bench.data}) left out: {reason}")
        for case in cases:
            if bench.data not in case.data:
                continue
            _run(bench, case, [server for server in found if _answers(bench, case, server)])
        for server in found:
            try:
                bench.memory[bench.data, server.name] = memory.measure(server.pid)
            except (OSError, ValueError) as error:
                _note(bench, f"{server.name} ({bench.data}): memory not measured: {error}")


def _note(bench: Bench, text: str) -> None:
    bench.notes.append(text)
    bench.say(text)


def address(case: Workload, server: Server) -> str:
    """Return where a server is asked, with the slots that ``wrk.lua`` fills."""
    if case.rest is not None and server.name.startswith(OURS):
        return server.base + case.rest
    found = server.address(case.query)
    return found.replace("%24subject", "{s}").replace("%24number", "{n}")


def _filled(address: str, subject: str, number: int) -> str:
    return address.replace("{s}", quote(subject, safe="")).replace("{n}", str(number))


def _answers(bench: Bench, case: Workload, server: Server) -> bool:
    """Compare a server's rows with those in process; return whether it answers at all."""
    start, where = next(bench.numbers), address(case, server)
    step = max(1, len(bench.subjects) // COMPARED)
    subjects = bench.subjects[::step] if "$subject" in case.query else bench.subjects[:1]
    queries = [(case.query, where)]
    if case.beside is not None:
        there = server.address(case.beside).replace("%24number", "{n}")
        queries.append((case.beside, there))
    for query, template in queries:
        for number, subject in enumerate(subjects if query is case.query else subjects[:1], start):
            text = workloads.fill(query, subject, str(number))
            expected = answers.rows(json.loads(floor.answer(bench.store, text)))
            try:
                theirs = answers.ask(_filled(template, subject, number), PATIENCE)
            except AnswerError as error:
                _note(bench, f"{case.name} ({bench.data}) not measured on {server.name}: {error}")
                return False
            differs = answers.difference(theirs, expected)
            if differs:
                _note(bench, f"{case.name} ({bench.data}) differs on {server.name}: {differs}")
                break
    return True


def _run(bench: Bench, case: Workload, found: Sequence[Server]) -> None:
    for server in found:
        with suppress(LoadError):  # told when it is measured
            _load(bench, case, server, case.connections[0], WARM)
    for _ in range(bench.rounds):
        start = next(bench.numbers)
        queries = workloads.texts(case.query, bench.subjects, start)
        base = floor.measure(bench.store, queries, bench.seconds)
        known = bench.floors.get((bench.data, case.name))
        if known is None or base.mean < known.mean:
            bench.floors[bench.data, case.name] = base
        for connections in case.connections:
            # A slow answer needs a longer load, or the last to ask would not be seen to wait.
            turns = TURNS * connections * base.mean / 1000
            seconds = max(bench.seconds, min(LONGEST, turns)) if case.is_slow else bench.seconds
            for server in found:
                _measure(bench, case, server, connections, seconds)


def _measure(
    bench: Bench, case: Workload, server: Server, connections: int, seconds: float
) -> None:
    what = f"{case.name} ({bench.data}) {server.name} {connections}"
    worked = memory.worked(server.pid)
    try:
        with _beside(bench, case, server) as times:
            told = _load(bench, case, server, connections, seconds)
            worked = 1000 * (memory.worked(server.pid) - worked) / max(told.requests, 1)
    except LoadError as error:
        _note(bench, f"{what}: {error}")
        return
    bench.runs.append(
        Run(bench.data, case.name, server.name, connections, told, worked, tuple(times))
    )
    failed = f" {told.failures}" if told.failures else ""
    bench.say(f"{what}: {told.rate:,.0f}/s, 99 % {told.p99:.3g} ms{failed}")
    if not memory.settle(server.pid, PATIENCE):
        _note(bench, f"{what}: still works a minute after it")


def _load(
    bench: Bench, case: Workload, server: Server, connections: int, seconds: float
) -> load.Load:
    return load.run(
        address(case, server),
        connections=connections,
        seconds=seconds,
        subjects=bench.file if case.is_new else None,
        start=next(bench.numbers),
    )


@contextmanager
def _beside(bench: Bench, case: Workload, server: Server) -> Iterator[list[float]]:
    """Ask the long query all the while, one after the other; yield what each took in ms."""
    times: list[float] = []
    if case.beside is None:
        yield times
        return
    over = threading.Event()
    template = server.address(case.beside).replace("%24number", "{n}")

    def ask() -> None:
        while not over.is_set():
            where = _filled(template, "", next(bench.numbers))
            request = urllib.request.Request(where, headers={"Accept": answers.JSON})
            start = time.perf_counter()
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                    response.read()
                times.append(1000 * (time.perf_counter() - start))
            except OSError:
                times.append(-1)
                over.wait(0.1)

    client = threading.Thread(target=ask)
    client.start()
    time.sleep(0.2)  # the analysis is under way before the others come
    try:
        yield times
    finally:
        over.set()
        client.join()
