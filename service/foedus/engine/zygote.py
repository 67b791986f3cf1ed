"""The process that holds the data and forks those that answer from them, workers first of all.

It loads the quads once and then only forks: a worker comes in a millisecond, shares the data's
memory with all others until somebody writes to it, and may be killed at any moment. The process
has one thread, so a fork leaves no lock held. It is started by ``workers`` as a program of its
own, because the server has threads. A store on disk it has tried before it says that it is ready,
and keeps from being cleared as long as it lives.

A worker evaluates one query after another. It gives up what it needs not: it may take no more
memory than its limit, cannot open a socket, nor a file unless a store needs that, and is the first
to go where the machine's memory ends. It is ended by ``workers``, through this process, which
alone knows that its number is still its own; when the server goes, this process ends them all,
and itself.

A process may be forked for another program of the server's too, which answers from the same data.
It has no limits, but opens no sockets either, and ends by itself.

Source: fork(2), setrlimit(2), proc(5). On systems without ``/proc`` memory is not limited.
Used by ``workers``, with the number of a socket as its argument.
"""

import fcntl
import gc
import importlib
import io
import json
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import pyoxigraph as ox

from foedus import results
from foedus.engine import Dataset, QuerySyntaxError, confinement, embedded, pick, wire
from foedus.errors import (
    DataError,
    EngineError,
    FoedusError,
    LimitError,
    NotAcceptableError,
    QueryError,
    ReleaseError,
)
from foedus.results import ROWS

_SOCKET = 3
_CHUNK = 1 << 16
_PIECE = 1 << 20
_USELESS = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(?s != ?p) } LIMIT 100"
_FILES_OF_A_STORE = 1000
"""A store opens its files when it first reads them."""
KINDS: dict[str, type[FoedusError]] = {
    kind.__name__: kind
    for kind in (
        DataError,
        EngineError,
        LimitError,
        NotAcceptableError,
        QueryError,
        QuerySyntaxError,
        ReleaseError,
    )
}
"""The errors that travel."""
Program = Callable[[socket.socket, embedded.EmbeddedEngine], None]
"""The function ``main`` of a module that a process forked here may run, instead of a worker's
work: for a server that answers from the same data. It gets a line to the server and the engine."""


def main() -> None:
    """Load what the first frame names, then fork and end workers until the server is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the server is told, and lets queries end
    control = _take(int(sys.argv[1]))
    try:
        opening, files = _open(json.loads(wire.Reader(control).receive()[1]))
    except FoedusError as error:
        control.sendall(wire.frame(wire.FAULT, fault(error)))
        return
    gc.collect()
    gc.freeze()  # a collection in a worker would write to every page that holds an object
    control.sendall(wire.frame(wire.READY))
    workers: set[int] = set()
    programs: set[int] = set()
    killed: set[int] = set()
    try:
        while command := _command(control):
            tag, payload, passed = command
            if tag in (wire.FORK, wire.START):
                worker = os.fork()
                if worker == 0:
                    try:
                        if tag == wire.FORK:
                            _evaluate(*_become_worker(passed, opening, files, memory=int(payload)))
                        else:
                            _run(payload.decode(), *_become_child(passed, opening, is_heard=True))
                    finally:
                        os._exit(1)  # or what is this process's own to end would be ended twice
                os.close(passed)
                (workers if tag == wire.FORK else programs).add(worker)
                control.sendall(wire.frame(tag, str(worker).encode()))
            elif int(payload) not in workers:
                raise ValueError(f"{payload!r} is no worker")
            else:
                worker = int(payload)
                workers.remove(worker)
                if tag == wire.KILL:
                    _kill(worker)
                    killed.add(worker)
                else:
                    control.sendall(wire.frame(wire.BURY, str(_bury(worker)).encode()))
            for ending in (killed, programs):
                ending -= {child for child in ending if os.waitpid(child, os.WNOHANG)[0]}
    finally:
        for child in workers | programs:
            _kill(child)


def _take(number: int) -> socket.socket:
    """Return the socket to the server, under the number that a worker gives to its own.

    The server may have had hundreds of files open, so it comes under any number; a worker that
    kept it could give orders, and would hold it open when this process is gone.
    """
    if number != _SOCKET:
        os.dup2(number, _SOCKET, inheritable=False)
        os.close(number)
    return socket.socket(fileno=_SOCKET)


def _command(control: socket.socket) -> tuple[bytes, bytes, int] | None:
    """Return the next command with the socket that came along, or None where the server is gone."""
    try:
        head, passed, _, _ = socket.recv_fds(control, wire.HEAD_SIZE, 1, socket.MSG_WAITALL)
        if len(head) < wire.HEAD_SIZE:
            return None
        tag, size = wire.read_head(head)
        payload = control.recv(size, socket.MSG_WAITALL)
    except ConnectionError:
        return None
    return tag, payload, passed[0] if passed else -1


def _kill(worker: int) -> None:
    """Kill a worker, and do not wait: giving back its memory takes a moment."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, worker, 0)  # or a busy machine keeps it from ending
    os.kill(worker, signal.SIGKILL)


def _bury(worker: int) -> int:
    """Return the exit status of a worker that has died, negative for a signal."""
    os.kill(worker, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])


def _open(held: dict[str, Any]) -> tuple[Callable[[], embedded.EmbeddedEngine], int]:
    """Return what gives a worker its engine, and how many files this may open beside the socket.

    Data in memory are loaded now and shared. A store on disk has threads, which a fork would
    lose, so each worker opens it for itself, as a first process does now and ends again.
    """
    if held["store"] is None:
        engine = embedded.load_files([embedded.Source(**source) for source in held["sources"]])
        return (lambda: engine), 0
    folder = Path(held["store"])
    _hold(folder)
    if not (folder / "CURRENT").is_file():
        raise ReleaseError("no store here; delete it, and it is made again", path=folder)
    _try_to_open(folder)
    if held["quads"] is None:
        return (lambda: embedded.open_store(folder)), _FILES_OF_A_STORE
    united = _unite(Path(held["quads"]))
    return (lambda: embedded.UnitedEngine(united, folder)), _FILES_OF_A_STORE


def _hold(folder: Path) -> None:
    """Share the lock of a folder for this process's life, so that nobody clears it.

    Its workers close the file and the lock stays. Where the file system has no locks, or there
    is no folder, go on without.
    """
    with suppress(OSError):
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)


def _try_to_open(folder: Path) -> None:
    """Raise `ReleaseError` where a store cannot be opened; the engine looks at every file of it."""

    def work(file: IO[bytes]) -> None:
        try:
            embedded.open_store(folder)
        except FoedusError as error:
            file.write(fault(error))

    child, file = _fork(work)
    with file:
        told = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if told:
        raise read_fault(told)
    if status:
        reason = f"cannot be searched: the engine ended with {status}; delete it"
        raise ReleaseError(reason, path=folder)


def _unite(quads: Path) -> ox.Store:
    """Return the triples of a release, all in the default graph of a store in memory.

    Another process reads them meanwhile.
    """
    united, reason = None, ReleaseError("cannot be read to its end", path=quads)
    child, file = _fork(partial(embedded.write_triples, quads))
    try:
        with file:
            united = embedded.unite(file, quads)
    except ReleaseError as error:
        reason = error
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        raise ReleaseError(f"was not read to its end: signal {-status}", path=quads)
    if status or united is None:  # who is heard no more fails too, so the first reason counts
        raise reason
    return united


def _fork(work: Callable[[IO[bytes]], None]) -> tuple[int, IO[bytes]]:
    """Let a child write a file; return its number, and the file to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb", buffering=_PIECE) as file:
                work(file)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return child, os.fdopen(reading, "rb", buffering=_PIECE)


def _become_child(
    passed: int, opening: Callable[[], embedded.EmbeddedEngine], *, is_heard: bool = False
) -> tuple[embedded.EmbeddedEngine | FoedusError, socket.socket]:
    """Keep the socket to the server and the engine, and nothing else; return both.

    ``is_heard`` lets it write to the server's standard error.
    """
    os.dup2(passed, _SOCKET)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(2 if is_heard else _SOCKET):
        os.dup2(nothing, stream)
    os.closerange(_SOCKET + 1, 256)
    confinement.deny_sockets()  # before the store has threads, which keep to it too
    engine: embedded.EmbeddedEngine | FoedusError
    try:
        engine = opening()
    except FoedusError as error:
        engine = error
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return engine, socket.socket(fileno=_SOCKET)


def _run(program: str, engine: embedded.EmbeddedEngine | FoedusError, line: socket.socket) -> None:
    """Run a program over the data until it ends; never return."""
    status = 1
    try:
        if isinstance(engine, FoedusError):
            raise engine
        run: Program = importlib.import_module(program).main
        run(line, engine)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _become_worker(
    passed: int, opening: Callable[[], embedded.EmbeddedEngine], files: int, *, memory: int
) -> tuple[embedded.EmbeddedEngine | FoedusError, socket.socket]:
    """Become a child within the limits of a worker; return its engine and socket."""
    engine, line = _become_child(passed, opening)
    if isinstance(engine, embedded.EmbeddedEngine):
        with suppress(ReleaseError):  # who asks for what is not there will be told
            engine.open()  # now, or what it takes would count as a query's
    statm = Path("/proc/self/statm")
    size = 0
    if statm.exists():
        size = int(statm.read_text().split()[0]) * resource.getpagesize()
        Path("/proc/self/oom_score_adj").write_text("1000")
    most = _SOCKET + 1 + files
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory))
    return engine, line


def _evaluate(engine: embedded.EmbeddedEngine | FoedusError, server: socket.socket) -> None:
    """Answer queries until the server closes the socket; never return."""
    reader = wire.Reader(server)
    if isinstance(engine, embedded.EmbeddedEngine):
        _try_out(engine)
    server.sendall(wire.frame(wire.READY))
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = 1
    try:
        while True:
            _, request = reader.receive()
            if isinstance(engine, FoedusError):
                server.sendall(wire.frame(wire.FAULT, fault(engine)))
                continue
            rest, end = _answer(engine, json.loads(request), server)
            growth = str(_growth(engine, size)).encode()
            server.sendall(rest + wire.frame(wire.GROWTH, growth) + end)
    except (EOFError, OSError):
        status = 0
    finally:
        os._exit(status)  # what the server's program registered for its end is not ours to run


def _try_out(engine: embedded.EmbeddedEngine) -> None:
    """Answer a query of no use, so that the first of use finds memory that is copied and used."""
    with suppress(FoedusError, OSError, RuntimeError, ValueError):
        engine.answer(_USELESS, rows=ROWS[0], triples=None)


def _answer(
    engine: embedded.EmbeddedEngine, request: dict[str, Any], server: socket.socket
) -> tuple[bytes, bytes]:
    """Send an answer; return its last frames, which wait, and the one that says how it ended."""
    try:
        return _write(engine, request, server), wire.frame(wire.WHOLE)
    except MemoryError:
        os.abort()  # as the evaluator does; the memory of this process is at its end
    except FoedusError as error:
        return b"", wire.frame(wire.FAULT, fault(error))
    except (OSError, RuntimeError, ValueError) as error:
        reason = QueryError(f"the query cannot be evaluated: {error}")
        return b"", wire.frame(wire.FAULT, fault(reason))


def _write(
    engine: embedded.EmbeddedEngine, request: dict[str, Any], server: socket.socket
) -> bytes:
    query, most = request["query"], request["most"]
    dataset = Dataset(*map(tuple, request["dataset"])) if request["dataset"] else None
    rows, triples = (results.BY_NAME.get(request[kind]) for kind in ("rows", "triples"))
    answer = engine.run(query, dataset=dataset)
    form = pick(is_rows=results.offers_for(answer) is ROWS, rows=rows, triples=triples)
    if most is not None:
        answer = embedded.counted(answer, most, lambda: engine.run(query, dataset=dataset))
    frames = _Frames(server)
    frames.add(wire.HEAD, form.name.encode())
    with io.BufferedWriter(frames, _CHUNK) as file:
        results.write_into(file, answer, form)
    return bytes(frames.waiting)


def _growth(engine: embedded.EmbeddedEngine, size: int) -> int:
    """Return by how many kilobytes a worker has grown that had ``size`` at first.

    Pages shared with other processes are in its size from the start. To read what the engine has
    in memory is to write to it, for it counts references there; so a page may be shared no longer,
    which its fault tells.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    copied = used.ru_minflt * resource.getpagesize() >> 10 if engine.is_shared else 0
    return max(used.ru_maxrss - size, copied)


class _Frames(io.RawIOBase):
    """A file whose every write becomes a frame; a small answer is sent in one piece.

    A frame is small, because the other side counts bytes, and stops, a whole frame at a time.
    """

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.waiting = bytearray()
        """Frames that are not yet sent."""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Add the next bytes of the answer, and say how many were taken."""
        taken = bytes(data[:_CHUNK])
        self.add(wire.DATA, taken)
        if len(self.waiting) >= _CHUNK:
            self.send()
        return len(taken)

    def add(self, tag: bytes, payload: bytes) -> None:
        """Add a frame."""
        self.waiting += wire.frame(tag, payload)

    def send(self) -> None:
        """Send what has been added."""
        self._server.sendall(self.waiting)
        self.waiting.clear()


def fault(error: FoedusError) -> bytes:
    """Return an error as JSON, for the way between processes."""
    told = {
        "kind": type(error).__name__,
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "column": getattr(error, "column", None),
    }
    return json.dumps(told).encode()


def read_fault(payload: bytes) -> FoedusError:
    """Return the error that `fault` wrote."""
    told = json.loads(payload)
    if told["kind"] == QuerySyntaxError.__name__:
        return QuerySyntaxError(told["message"], line=told["line"], column=told["column"])
    return KINDS[told["kind"]](told["message"], path=told["path"], line=told["line"])


if __name__ == "__main__":
    main()
