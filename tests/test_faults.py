"""Faults: what breaks stays with the one who broke it, and everybody else is answered.

Each test runs against a server or an engine of its own limits. The long ones are ``make soak``
(``bench/soak.py``).
"""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPMessage
from pathlib import Path

import pytest
from conftest import WEB
from test_release import copy_small

from foedus.engine import Limits
from foedus.engine.embedded import Source
from foedus.engine.guarded import GuardedEngine
from foedus.engine.lanes import Sizes
from foedus.errors import BusyError, EngineError, LimitError, QueryError
from foedus.results import ROWS, TRIPLES

_SERVE = "from foedus.cli import main; main()"
SMALL = """SELECT ?label { <https://w3id.org/foedus/id/state/RUR>
  <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?label"""
"""Small, but a worker's: without its order it would be answered at once."""
PRODUCT = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(6))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}"
GREEDY = f"SELECT * {{ {PRODUCT} }} ORDER BY ?o1 ?o2"
LARGE = f"SELECT * {{ {PRODUCT} }}"
NESTED = "ASK { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }"


@pytest.fixture(scope="module")
def engine(small_release: Path) -> Iterator[GuardedEngine]:
    """Run an engine with limits that are soon reached."""
    guarded = GuardedEngine(
        [Source(str(small_release / "data.nq"))],
        limits=Limits(seconds=1, memory=96 << 20, response=4 << 20, page=1 << 20),
        sizes=Sizes(quick=2, long=1, line=1, patience=0.1, wait=1.5),
    )
    yield guarded
    guarded.close()


def ask(engine: GuardedEngine, query: str) -> bytes:
    written = engine.answer(query, rows=ROWS[0], triples=TRIPLES[0])
    with written.body:
        return written.body.read()


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        (ENDLESS, LimitError, "after 1 seconds"),
        (GREEDY, LimitError, "96 MiB of memory"),
        (LARGE, LimitError, "more than 4 MiB"),
        (f"CONSTRUCT {{ ?s1 ?p1 ?o2 }} {{ {PRODUCT} }}", LimitError, "1 seconds|96 MiB"),
        (NESTED, EngineError, "nested too deeply"),
        ("SELECT * {", QueryError, "ends too early"),
        ("SELECT (STRLEN(\ud800) AS ?n) {}", QueryError, "surrogates"),
    ],
)
def test_what_one_query_breaks_stays_with_it(
    engine: GuardedEngine, query: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask(engine, query)
    assert b"Ruritania" in ask(engine, SMALL)


def test_page_is_made_from_less_than_a_file(engine: GuardedEngine) -> None:
    rows = "VALUES ?a { " + "1 " * 100 + "} VALUES ?b { " + "2 " * 100 + "}"
    assert len(ask(engine, f"SELECT * {{ {rows} }}")) > 1 << 20
    with pytest.raises(LimitError, match="more than 1 MiB, which a page"):
        engine.run(f"SELECT * {{ {rows} }}")


def test_rows_are_limited_where_that_is_asked(small_release: Path) -> None:
    few = GuardedEngine([Source(str(small_release / "data.nq"))], limits=Limits(rows=3))
    with contextlib.closing(few):
        assert ask(few, "SELECT ?s { ?s ?p ?o } LIMIT 3").count(b'"value"') == 3
        assert ask(few, "ASK {}")
        assert ask(few, "CONSTRUCT { ?s ?p ?o } { { SELECT * { ?s ?p ?o } LIMIT 3 } }")
        for query in ("SELECT * { ?s ?p ?o } LIMIT 4", "CONSTRUCT WHERE { ?s ?p ?o }"):
            with pytest.raises(LimitError, match="more than 3 rows"):
                ask(few, query)


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def zygote_of(engine: GuardedEngine) -> int:
    return engine._nursery._process.pid


def test_worker_killed_in_mid_query(engine: GuardedEngine) -> None:
    ask(engine, SMALL)
    with ThreadPoolExecutor() as threads:
        broken = threads.submit(ask, engine, ENDLESS + " # killed")
        time.sleep(0.3)
        for worker in children(zygote_of(engine)):
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(BusyError, match="ended from outside"):
            broken.result()
    assert b"Ruritania" in ask(engine, SMALL)


def test_process_with_the_data_killed(engine: GuardedEngine) -> None:
    ask(engine, SMALL)
    os.kill(zygote_of(engine), signal.SIGKILL)
    for number in range(4):
        assert b"Ruritania" in ask(engine, f"{SMALL} # {number}")


def test_line_of_long_queries_is_bounded(engine: GuardedEngine) -> None:
    outcomes = []
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(ask, engine, f"{ENDLESS} # {number}") for number in range(6)]
        outcomes = [type(one.exception()).__name__ for one in asked]
    assert set(outcomes) == {"BusyError", "LimitError"}
    assert b"Ruritania" in ask(engine, SMALL)


def test_small_queries_pass_long_ones(engine: GuardedEngine) -> None:
    stop = threading.Event()

    def keep_busy(number: int) -> None:
        while not stop.is_set():
            with contextlib.suppress(LimitError, BusyError):
                ask(engine, f"{ENDLESS} # busy {number}")

    with ThreadPoolExecutor(4) as threads:
        busy = [threads.submit(keep_busy, number) for number in range(3)]
        time.sleep(0.5)
        try:
            for _ in range(100):  # none is refused, though places for long ones never are free
                assert b"Ruritania" in ask(engine, SMALL)
            assert not any(one.done() for one in busy)
        finally:
            stop.set()
        for one in busy:
            one.result()


def test_worker_reaches_no_file_and_no_network(engine: GuardedEngine) -> None:
    ask(engine, SMALL)
    alive = [
        p for p in children(zygote_of(engine)) if Path(f"/proc/{p}/statm").read_text()[0] != "0"
    ]
    assert alive
    for worker in alive:
        assert sorted(p.name for p in Path(f"/proc/{worker}/fd").iterdir()) == ["0", "1", "2", "3"]
        limits = Path(f"/proc/{worker}/limits").read_text()
        assert "Max open files            4                    4" in limits
        if os.uname().machine in ("x86_64", "aarch64"):
            assert "Seccomp:\t2" in Path(f"/proc/{worker}/status").read_text()


class Server:
    """A server process of its own."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-c", _SERVE, "serve", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--queries", str(WEB / "queries"), *options],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stderr is not None
        self.url = self.process.stderr.readline().split()[-1]
        self.address = ("127.0.0.1", int(self.url.rpartition(":")[2]))

    def ask(self, query: str, **fields: str) -> tuple[int, HTTPMessage, bytes]:
        """Ask a query; return status, headers and body."""
        address = f"{self.url}/sparql?{urllib.parse.urlencode({'query': query, **fields})}"
        try:
            with urllib.request.urlopen(address, timeout=20) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def end(self) -> int:
        """Tell it to end; return its exit status."""
        self.process.terminate()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self.process.wait(20)


@pytest.fixture(scope="module")
def server(small_release: Path) -> Iterator[Server]:
    """Run a server with limits that are soon reached."""
    running = Server(
        *("--release", str(small_release), "--seconds", "2", "--memory", "96"),
        *("--response", "64", "--long", "1", "--line", "1"),
    )
    yield running
    assert running.end() == 0


def test_limit_is_named_and_status_says_what_to_do(server: Server) -> None:
    status, headers, body = server.ask(ENDLESS)
    assert (status, headers["Retry-After"]) == (504, None)
    assert b"2 seconds" in body
    status, _, body = server.ask(GREEDY)
    assert status == 504
    assert b"96 MiB of memory" in body
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: server.ask(f"{ENDLESS} # {n}"), range(6)))
    busy = [headers["Retry-After"] for status, headers, _ in answers if status == 503]
    assert busy
    assert set(busy) == {"2"}


def test_clients_that_hang_up_send_slowly_or_never_read(server: Server) -> None:
    large = "VALUES ?a { " + "1 " * 500 + "} VALUES ?b { " + "2 " * 500 + "}"
    query = urllib.parse.urlencode({"query": f"SELECT * {{ {large} }}"})
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: {len(query)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with contextlib.ExitStack() as stack:

        def connect(text: str) -> socket.socket:
            client = stack.enter_context(socket.create_connection(server.address))
            client.sendall(text.encode())
            return client

        for _ in range(40):
            connect(head + query)  # and never reads
            connect(head[:30])  # and sends no more
            connect(head + query).close()
        for number in range(20):
            assert server.ask(f"{SMALL} # {number}")[0] == 200


def test_release_is_replaced_while_queries_run(small_release: Path, tmp_path: Path) -> None:
    for name in ("data.nq", "manifest.json"):
        (tmp_path / "one").mkdir(exist_ok=True)
        (tmp_path / "one" / name).write_bytes((small_release / name).read_bytes())
    link = tmp_path / "release"
    link.symlink_to("one")
    server = Server("--release", str(link), "--quick", "2")
    try:
        tag = server.ask(SMALL)[1]["ETag"]
        assert tag
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(server.ask, f"{SMALL} # {n}") for n in range(200)]
            (tmp_path / "next").symlink_to("two")
            (tmp_path / "next").replace(link)
            for path in (tmp_path / "one").iterdir():
                path.unlink()
            assert {one.result()[0] for one in asked} == {200}
        assert server.ask(SMALL)[1]["ETag"] == tag
    finally:
        assert server.end() == 0


def test_damaged_release_is_not_served(small_release: Path, tmp_path: Path) -> None:
    for name in ("data.nq", "manifest.json"):
        (tmp_path / name).write_bytes((small_release / name).read_bytes())
    data = bytearray((tmp_path / "data.nq").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "data.nq").write_bytes(data)
    result = subprocess.run(
        [sys.executable, "-c", _SERVE, "serve", "--port", "0", "--release", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 1
    assert f"{tmp_path / 'data.nq'}: is damaged" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("room", [0, 100_000])
def test_disk_full_on_build(tmp_path: Path, room: int) -> None:
    project, out = copy_small(tmp_path / "project"), tmp_path / "out"
    (out / "release-000000000000").mkdir(parents=True)
    (out / "release").symlink_to("release-000000000000")

    def leave_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    result = subprocess.run(
        [
            *(sys.executable, "-c", _SERVE, "build", "--out", str(out)),
            *("--triples", str(project / "triples"), "--queries", str(project / "queries")),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=leave_room,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert result.returncode == 1, result.stderr
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr
    left = sorted(path.name for path in out.iterdir())
    assert left == ["release", "release-000000000000"]
    assert (out / "release").readlink() == Path("release-000000000000")


def test_sigterm_answers_what_was_asked(small_release: Path) -> None:
    server = Server("--release", str(small_release), "--seconds", "2")
    pids = [server.process.pid]
    for pid in pids:
        pids += children(pid)
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(server.ask, ENDLESS)
        time.sleep(0.5)
        server.process.terminate()
        time.sleep(0.7)
        with pytest.raises(OSError, match="refused"), socket.create_connection(server.address):
            pass
        assert slow.result()[0] == 504
        for _ in range(2000):  # who is impatient tells it again, and does not break its end
            if server.process.poll() is not None:
                break
            server.process.terminate()
            time.sleep(0.01)
    assert server.end() == 0
    for _ in range(50):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            break
        time.sleep(0.1)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_server_that_is_killed_leaves_no_process(small_release: Path) -> None:
    server = Server("--release", str(small_release))
    server.ask(SMALL)
    pids = [server.process.pid]
    for pid in pids:
        pids += children(pid)
    assert len(pids) > 2
    server.process.kill()
    server.process.wait()
    assert server.process.stderr is not None
    server.process.stderr.close()
    for _ in range(50):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids[1:]):
            break
        time.sleep(0.1)
    assert not [pid for pid in pids[1:] if Path(f"/proc/{pid}").exists()]


def test_answers_are_the_evaluators_own(server: Server) -> None:
    _, _, body = server.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", format="json")
    assert int(json.loads(body)["results"]["bindings"][0]["n"]["value"]) > 10
