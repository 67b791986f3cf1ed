"""What a worker holds and sends, and what becomes of an answer on its way."""

import asyncio
import contextlib
import errno
import io
import os
import signal
import socket
import threading
from pathlib import Path
from typing import IO, Any, cast

import pytest

from foedus.engine import Limits, guarded, wire, workers, zygote
from foedus.engine.embedded import Source
from foedus.engine.guarded import GuardedEngine
from foedus.errors import EngineError, LimitError
from foedus.results import ROWS


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell of files")
def test_worker_of_a_server_with_many_files_has_four(small_release: Path) -> None:
    """A busy server that starts the process with the data anew has hundreds of connections."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        engine = GuardedEngine([Source(str(small_release / "data.nq"))])
        stack.callback(engine.close)
        engine.answer("ASK {}", rows=ROWS[0], triples=None).body.close()
        parent = engine._nursery._process.pid
        workers = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        assert workers
        for worker in workers:
            names = sorted(path.name for path in Path(f"/proc/{worker}/fd").iterdir())
            assert names == ["0", "1", "2", "3"]


class Line:
    """Takes what a process sends."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.longest = 0

    def sendall(self, data: bytes) -> None:
        """Take bytes."""
        self.sent += data
        self.longest = max(self.longest, len(data))


def test_large_literal_goes_in_small_frames() -> None:
    """The evaluator gives a row in one piece; the server counts frame by frame."""
    line, whole = Line(), os.urandom(1 << 20) + b"end"
    with io.BufferedWriter(frames := zygote._Frames(cast("socket.socket", line)), 1 << 16) as file:
        file.write(b"start")
        file.write(whole)
        file.flush()
        frames.send()
    found = wire.Frames().feed(bytes(line.sent))
    assert {tag for tag, _ in found} == {wire.DATA}
    assert b"".join(payload for _, payload in found) == b"start" + whole
    assert max(len(payload) for _, payload in found) <= 1 << 16
    assert line.longest < 1 << 18


class Full(io.BytesIO):
    """A file on a disk that is full, which can be closed no more than it can be written to."""

    def write(self, data: Any) -> int:
        """Fail."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Fail once."""
        if not self.closed:
            super().close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Late(Full):
    """A file that takes everything and finds out when it is read."""

    def write(self, data: Any) -> int:
        """Take everything."""
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Fail."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("kind", [Full, Late])
def test_answer_that_cannot_be_kept_says_why(
    small_release: Path, monkeypatch: pytest.MonkeyPatch, kind: type[io.BytesIO]
) -> None:
    files = [cast("IO[bytes]", kind())]

    def ask_for(most: int) -> workers.Asked:
        return workers.Asked(most, body=files.pop()) if files else workers.Asked(most)

    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"  # its rows fill several frames
    with contextlib.closing(GuardedEngine([Source(str(small_release / "data.nq"))])) as engine:
        whole = engine.answer(query, rows=ROWS[0], triples=None)
        assert whole.size > 1 << 18
        number = {worker.number for worker in (*engine._idle, *engine._idle_long)}
        monkeypatch.setattr(guarded, "Asked", ask_for)
        with pytest.raises(EngineError, match="an answer cannot be kept: No space left"):
            engine.answer(query, rows=ROWS[0], triples=None)
        again = engine.answer(query, rows=ROWS[0], triples=None)
        with whole.body, again.body:
            assert again.body.read() == whole.body.read()
        assert engine.counts.died == 0
        assert number <= {worker.number for worker in (*engine._idle, *engine._idle_long)}


@pytest.mark.parametrize("reads_much", [True, False])
def test_worker_that_has_copied_much_of_the_data_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads_much: bool
) -> None:
    """To read what is in memory is to write to it, page by page: the engine counts who reads."""
    monkeypatch.setattr(guarded, "_GROWN", 12 << 10)
    data = tmp_path / "data.nt"
    data.write_text("".join(f"<a:s{n}> <a:p> <a:o{n}> .\n" for n in range(60_000)))
    source = Source(str(data), "a:g")
    with contextlib.closing(GuardedEngine([source])) as engine:
        for last in range(3):
            count = "(COUNT(?o) AS ?n)" if reads_much else "?o"
            query = f"SELECT {count} {{ ?s <a:p> ?o FILTER(?o != <a:{last}>) }}"
            rest = "" if reads_much else " LIMIT 1"
            engine.answer(query + rest, rows=ROWS[0], triples=None).body.close()
        assert engine.counts.forked == (3 if reads_much else 1)


def test_worker_that_copied_much_for_an_error_is_not_asked_again_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "_GROWN", 12 << 10)
    data = tmp_path / "data.nt"
    data.write_text("".join(f"<a:s{n}> <a:p> <a:o{n}> .\n" for n in range(60_000)))
    limits = Limits(rows=50_000)
    with contextlib.closing(GuardedEngine([Source(str(data), "a:g")], limits=limits)) as engine:
        for _ in range(2):
            with pytest.raises(LimitError, match="more than 50000 rows"):
                engine.answer("SELECT * { ?s ?p ?o }", rows=ROWS[0], triples=None)
        assert engine.counts.forked == 2


@pytest.mark.parametrize("is_replaced", [True, False])
def test_data_are_loaded_again_only_if_they_are_the_same(
    small_release: Path, tmp_path: Path, is_replaced: bool
) -> None:
    """Their digest is in the tags of all answers."""
    data = tmp_path / "data.nq"
    data.write_bytes((small_release / "data.nq").read_bytes())
    with contextlib.closing(GuardedEngine([Source(str(data))])) as engine:
        if is_replaced:
            (tmp_path / "other.nq").write_bytes(data.read_bytes())
            (tmp_path / "other.nq").replace(data)
        os.kill(engine._nursery._process.pid, signal.SIGKILL)
        expected = pytest.raises(EngineError, match="were replaced since they were loaded")
        with expected if is_replaced else contextlib.nullcontext():
            engine._nursery.kill(engine._wait(engine._nursery.fork()))


def test_loop_goes_on_while_the_process_with_the_data_is_replaced(
    small_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take its time to end, and all connections hang on the loop."""
    threads: list[threading.Thread] = []
    stop = workers._stop

    def noted(*given: Any) -> None:
        threads.append(threading.current_thread())
        stop(*given)

    nursery = workers.Nursery([Source(str(small_release / "data.nq"))], memory=1 << 30)

    async def replace() -> None:
        before = nursery._process.pid
        os.kill(before, signal.SIGKILL)
        worker = await nursery.fork()
        assert worker.parent == nursery._process.pid != before
        nursery.kill(worker)

    with monkeypatch.context() as patched:
        patched.setattr(workers, "_stop", noted)
        asyncio.run(replace())
        assert [thread is threading.current_thread() for thread in threads] == [False]
    nursery.close()


def test_worker_is_not_asked_before_it_is_ready(small_release: Path) -> None:
    """What it does until then would else count as the query's, and make it a long one."""

    async def wait() -> None:
        worker = workers.Worker(1, parent=0)
        waiting = asyncio.create_task(worker.prepared())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        worker.data_received(wire.frame(wire.READY))
        await asyncio.wait_for(waiting, 5)

    asyncio.run(wait())
    with contextlib.closing(GuardedEngine([Source(str(small_release / "data.nq"))])) as engine:
        assert [worker._ready.done() for worker in engine._idle] == [True]


def test_worker_that_ends_before_it_is_ready_is_waited_for_no_longer() -> None:
    async def wait() -> None:
        worker = workers.Worker(1, parent=0)
        asyncio.get_running_loop().call_later(0.01, worker.connection_lost, None)
        await asyncio.wait_for(worker.prepared(), 5)
        asked = workers.Asked(1)
        with asked.body, pytest.raises(workers.Died):
            await worker.ask(b"", asked)

    asyncio.run(wait())
