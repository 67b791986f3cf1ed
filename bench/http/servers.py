"""Start each server on the same N-Quads, and stop it.

Every server listens on a free port of 127.0.0.1, answers over the union of all graphs and is
otherwise as it comes; what is set besides is said where it is set. Nothing
it prints is read: standard output goes nowhere, as a log file would.

Units: seconds.
Errors: `NotRun` where a server is not installed or does not come to answer in time.
Used by `__main__`.
"""

import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from foedus.release import storing
from foedus.release.folder import open_release

OURS, OURS_IN_MEMORY = "foedus", "foedus-memory"
HERE = Path(sys.executable).parent
READY = 600.0
"""Seconds a server has to load the data."""
REFUSES = 60.0
"""Seconds it may answer with an error at its start."""


class NotRun(Exception):  # noqa: N818 - it is no error
    """Why a server is left out."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    base: str
    """Its address, without a path."""
    path: str
    """The path of its endpoint."""
    pid: int
    loaded: float
    """Seconds from its start to its first answer over all data."""

    def address(self, query: str) -> str:
        """Return the address of a query; slots in braces stay."""
        text = urllib.parse.quote(query, safe="")
        return f"{self.base}{self.path}?query={text}"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, and end it."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait until an address answers 200."""
    start = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(address, timeout=READY).close()
            return
        except (OSError, http.client.HTTPException) as error:
            patience = REFUSES if isinstance(error, urllib.error.HTTPError) else READY
            if process.poll() is not None:
                raise NotRun(f"ended with {process.returncode} at its start") from error
            if time.monotonic() - start > patience:
                raise NotRun(f"does not answer after {patience:g} s: {error}") from error
            time.sleep(0.1)


@contextmanager
def foedus(data: Path, name: str = OURS, *more: str) -> Iterator[Server]:
    """Run this service with its defaults, or what else is said."""
    port, start = free_port(), time.monotonic()
    command = [str(HERE / "foedus"), "serve", "--release", str(data.parent), "--port", str(port)]
    with running([*command, *more]) as process:
        server = Server(name, f"http://127.0.0.1:{port}", "/sparql", process.pid, 0)
        wait(process, server.address("ASK { ?s ?p ?o }"))
        yield _loaded(server, start)


@contextmanager
def foedus_in_memory(data: Path) -> Iterator[Server]:
    """Run this service with a large release in memory."""
    if not storing.is_large(open_release(data.parent)):
        raise NotRun("so small a release is in memory anyway")
    with foedus(data, OURS_IN_MEMORY, "--in-memory") as server:
        yield server


@contextmanager
def oxigraph(data: Path) -> Iterator[Server]:
    """Run ``oxigraph serve`` in memory."""
    port, start = free_port(), time.monotonic()
    command = [_oxigraph(), "serve", "--union-default-graph", "--bind", f"127.0.0.1:{port}"]
    with running(command) as process:
        server = Server("oxigraph", f"http://127.0.0.1:{port}", "/query", process.pid, 0)
        wait(process, server.address("ASK {}"))
        with data.open("rb") as file:
            request = urllib.request.Request(
                f"{server.base}/store?no_transaction",
                data=file,
                headers={
                    "Content-Type": "application/n-quads",
                    "Content-Length": str(data.stat().st_size),
                },
                method="POST",
            )
            try:
                urllib.request.urlopen(request, timeout=READY).close()
            except OSError as error:
                raise NotRun(f"does not take the data: {error}") from error
        yield _loaded(server, start)


@contextmanager
def oxigraph_on_disk(data: Path) -> Iterator[Server]:
    """Run ``oxigraph serve-read-only`` over a store on disk, optimized."""
    port, start, program = free_port(), time.monotonic(), _oxigraph()
    with tempfile.TemporaryDirectory(prefix="oxigraph-") as place:
        for step in (["load", "--location", place, "--file", str(data)], ["optimize", "-l", place]):
            done = subprocess.run([program, *step], capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotRun(f"does not take the data: {done.stderr.strip()}")
        command = [program, "serve-read-only", "--location", place, "--union-default-graph"]
        with running([*command, "--bind", f"127.0.0.1:{port}"]) as process:
            server = Server("oxigraph-disk", f"http://127.0.0.1:{port}", "/query", process.pid, 0)
            wait(process, server.address("ASK { ?s ?p ?o }"))
            yield _loaded(server, start)


def _oxigraph() -> str:
    if not (HERE / "oxigraph").exists():
        raise NotRun("no command oxigraph beside this Python; it is a development dependency")
    return str(HERE / "oxigraph")


def rdflib(python: Path | None) -> Callable[[Path], AbstractContextManager[Server]]:
    """Return what runs rdflib-endpoint, from an environment that has it."""

    @contextmanager
    def run(data: Path) -> Iterator[Server]:
        if python is None:
            raise NotRun("no environment with rdflib-endpoint; see --rdflib")
        port, start = free_port(), time.monotonic()
        command = [str(python.with_name("rdflib-endpoint")), "serve", "--host", "127.0.0.1"]
        with running([*command, "--port", str(port), str(data)]) as process:
            server = Server("rdflib", f"http://127.0.0.1:{port}", "/", process.pid, 0)
            wait(process, server.address("ASK { ?s ?p ?o }"))
            yield _loaded(server, start)

    return run


@contextmanager
def virtuoso(data: Path) -> Iterator[Server]:
    """Run Virtuoso with buffers for the data and as many connections as are asked for."""
    program = shutil.which("virtuoso-t")
    if program is None or shutil.which("isql-vt") is None:
        raise NotRun(
            "no command virtuoso-t and isql-vt; Debian: apt-get install virtuoso-opensource"
        )
    http_port, sql = free_port(), free_port()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="virtuoso-") as place:
        Path(place, "virtuoso.ini").write_text(
            f"[Parameters]\nServerPort = 127.0.0.1:{sql}\nDirsAllowed = {data.parent.resolve()}\n"
            "ServerThreads = 200\nNumberOfBuffers = 170000\nMaxDirtyBuffers = 130000\n"
            "MaxClientConnections = 200\n"
            f"[HTTPServer]\nServerPort = 127.0.0.1:{http_port}\nServerThreads = 100\n"
            "MaxKeepAlives = 100\nKeepAliveTimeout = 60\n"
            "[SPARQL]\nResultSetMaxRows = 1000000\nMaxQueryExecutionTime = 0\n"
        )
        command = [program, "-f", "-c", f"{place}/virtuoso.ini"]
        with running(command, Path(place)) as process:
            server = Server("virtuoso", f"http://127.0.0.1:{http_port}", "/sparql", process.pid, 0)
            wait(process, server.address("ASK {}"))
            folder = data.parent.resolve()
            load = f"ld_dir('{folder}', 'data.nq', ''); rdf_loader_run(); checkpoint;"
            isql = ["isql-vt", str(sql), "dba", "dba", f"exec={load}"]
            done = subprocess.run(isql, capture_output=True, text=True, timeout=READY, check=False)
            if done.returncode:
                raise NotRun(f"does not take the data: {done.stderr.strip()}")
            yield _loaded(server, start)


def _loaded(server: Server, start: float) -> Server:
    return Server(server.name, server.base, server.path, server.pid, time.monotonic() - start)
