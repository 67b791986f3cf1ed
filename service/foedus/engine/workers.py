"""Start, ask and end the processes that evaluate queries.

`Nursery` speaks to the one process of ``zygote``, which forks and ends workers; it starts that
process anew where it has died. A `Worker` evaluates one query at a time; the event loop brings
what it sends, and who asked keeps the time.

Units: seconds; bytes.
Errors: `DataError` and `ReleaseError` for data that do not load; `EngineError` where a worker
cannot be started, or what it answers cannot be kept;
`Died` where one ended before its answer was whole; `TooLarge`.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, cast

from foedus.engine import allocator, unnamed_file, wire, zygote
from foedus.engine.embedded import Held, Source, United
from foedus.errors import EngineError, FoedusError

_LOW = 10
_LOADING = 600.0
_STARTING = 10.0
_READ = 1 << 16
_PROCESS_CLOCK = 2
"""Linux numbers the clock of a process's time on a processor by the process and this."""


Pair = Callable[[], tuple[socket.socket, socket.socket]]
"""Makes the two ends of a line."""


class Died(Exception):  # noqa: N818, no failure of the user's: who catches it names the reason
    """A worker ended before its answer was whole."""


class TooLarge(Exception):  # noqa: N818, as above
    """An answer has more bytes than it may."""


@dataclass(slots=True)
class Asked:
    """One query on its way through a worker: what has come of its answer so far."""

    most: int
    """Bytes the answer may have."""
    form: str = ""
    size: int = 0
    growth: int = 0
    """Kilobytes by which the worker's memory has grown, with all its queries."""
    body: IO[bytes] = field(default_factory=unnamed_file)
    fault: EngineError | None = None
    """Why the answer cannot be kept. Its rest is counted and let go until the worker is idle."""

    def restart(self) -> None:
        """Forget what has come, because the query is asked anew."""
        self.form, self.size, self.fault = "", 0, None
        self._forget()

    def keep(self, payload: bytes) -> None:
        """Put the next bytes to the others."""
        self._try(lambda: self.body.write(payload))

    def finish(self) -> None:
        """Let the body be read from its start."""
        self._try(lambda: self.body.seek(0))

    def _try(self, step: Callable[[], object]) -> None:
        if self.fault is None:
            try:
                step()
            except OSError as error:
                reason = error.strerror or str(error)
                self.fault = EngineError(f"an answer cannot be kept: {reason}")
                self._forget()

    def _forget(self) -> None:
        """Take an empty body; to close the old one may fail as to write to it did."""
        with suppress(OSError):
            self.body.close()
        self.body = unnamed_file()


class Worker(asyncio.Protocol):
    """A process that evaluates one query at a time."""

    def __init__(self, number: int, *, parent: int) -> None:
        self.number = number
        self.parent = parent
        self.is_alive = True
        self.is_low = False
        """Whether other processes are preferred to it."""
        self._frames = wire.Frames()
        self._asked: Asked | None = None
        self._whole: asyncio.Future[None] | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def prepared(self) -> None:
        """Wait until the process has all that it needs, or has ended; not longer than `_STARTING`.

        What it takes until then is not a query's.
        """
        await asyncio.wait({self._ready}, timeout=_STARTING)

    def ask(self, request: bytes, asked: Asked) -> asyncio.Future[None]:
        """Send a query; return what is done when its answer is whole.

        It ends with `Died`, `TooLarge`, or the error that the query ended with, else.
        """
        self._asked = asked
        self._whole = asyncio.get_running_loop().create_future()
        if self.is_alive:
            self._line.write(wire.frame(wire.QUERY, request))
        else:
            self._whole.set_exception(Died())
        return self._whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line to the process."""
        self._line = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what has come of the answer."""
        for tag, payload in self._frames.feed(data):
            if tag == wire.READY and not self._ready.done():
                self._ready.set_result(None)
            asked, whole = self._asked, self._whole
            if asked is None or whole is None or whole.done():
                return
            if tag == wire.DATA:
                asked.size += len(payload)
                if asked.size > asked.most:
                    whole.set_exception(TooLarge())
                    return
                asked.keep(payload)
            elif tag == wire.HEAD:
                asked.form = payload.decode()
            elif tag == wire.GROWTH:
                asked.growth = int(payload)
            elif tag == wire.WHOLE:
                asked.finish()
                if asked.fault is None:
                    whole.set_result(None)
                else:
                    whole.set_exception(asked.fault)
            else:
                whole.set_exception(zygote.read_fault(payload))

    def connection_lost(self, error: Exception | None) -> None:
        """Say that the process has ended."""
        self.is_alive = False
        if not self._ready.done():
            self._ready.set_result(None)
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(Died())

    def processor_seconds(self) -> float:
        """Return the time it has had a processor; by the clock where the system does not say."""
        try:
            return time.clock_gettime(~self.number << 3 | _PROCESS_CLOCK)
        except OSError:
            return time.monotonic()

    def yield_to_others(self) -> None:
        """Let the machine's processors prefer other processes, by about ten to one; for good."""
        if self.is_low:
            return
        self.is_low = True
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.number, _LOW)

    def close(self) -> None:
        """Close the line, at which an idle worker ends; nothing is heard of it any more."""
        self.is_alive = False
        self._asked = self._whole = None
        self._line.abort()


def _as_it_is(worker: Worker) -> Worker:
    return worker


class Nursery:
    """The process that has the data and forks workers.

    It starts in whichever thread makes it; all else happens in one event loop.
    """

    def __init__(self, held: Held, *, memory: int) -> None:
        """Start it, and wait until the data are loaded."""
        store = quads = None
        sources: list[Source] = []
        if isinstance(held, Path):
            store = str(held)
        elif isinstance(held, United):
            store, quads = str(held.folder), str(held.quads)
        else:
            sources = list(held)
        told = [asdict(source) for source in sources]
        self._held = {"store": store, "quads": quads, "sources": told}
        self._files = [Path(path) for path in (quads, *(s.path for s in sources)) if path]
        self._seen = _look_at(self._files)
        self._memory = memory
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = asyncio.Lock()
        self._frames = wire.Frames()
        self._replies: deque[asyncio.Future[bytes]] = deque()
        self._control, self._process = self._start()

    def _start(self) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
        control, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "foedus.engine.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=allocator.added_to(os.environ, allocator.find()) | {"RUST_BACKTRACE": "0"},
            )
        try:
            control.sendall(wire.frame(wire.READY, json.dumps(self._held).encode()))
            tag, payload = wire.Reader(control).receive(time.monotonic() + _LOADING)
        except (EOFError, OSError) as error:
            _stop(control, process)
            raise EngineError("the process that holds the data did not start") from error
        if tag == wire.FAULT:
            _stop(control, process)
            raise zygote.read_fault(payload)
        control.setblocking(False)
        return control, process

    async def start(self, program: str, pair: Pair) -> tuple[int, socket.socket]:
        """Start a program in a process that has the data; return its number and the line to it.

        `zygote.Program` says what it is given; `EngineError` where it cannot start, `OSError`
        where ``pair`` cannot be had.
        """
        number, _, line = await self._bear(wire.START, program, pair)
        return number, line

    async def fork(self) -> Worker:
        """Return a fresh worker."""
        number, parent, line = await self._bear(wire.FORK, str(self._memory), socket.socketpair)
        line.setblocking(False)
        worker = Worker(number, parent=parent)
        loop = asyncio.get_running_loop()
        await loop.create_connection(partial(_as_it_is, worker), sock=line)
        await worker.prepared()
        return worker

    async def _bear(self, tag: bytes, payload: str, pair: Pair) -> tuple[int, int, socket.socket]:
        """Return a new process's number, that of the one which forked it, and the line to it.

        Each attempt has a line of its own: what the one before may have left ends with its line.
        """
        for attempt in range(2):
            if self._closed:
                raise EngineError("the service ends")
            parent = self._process.pid
            ours, theirs = pair()
            try:
                with theirs:
                    number = int(await self._tell(tag, payload.encode(), [theirs.fileno()]))
                return number, parent, ours
            except (EOFError, OSError):
                ours.close()
                if attempt == 0:
                    await self._start_anew(parent)
            except BaseException:
                ours.close()
                raise
        raise EngineError("no process can be started")

    def is_parent_of(self, worker: Worker) -> bool:
        """Whether a worker comes from the process that runs now, not from one that has died."""
        return worker.parent == self._process.pid

    def kill(self, worker: Worker) -> None:
        """End a worker, at work or not."""
        worker.close()
        if self.is_parent_of(worker):
            with suppress(OSError):
                self._control.send(wire.frame(wire.KILL, str(worker.number).encode()))
                return
        # Its parent has died, so it is nobody's child whom we could tell.
        with suppress(ProcessLookupError):
            os.kill(worker.number, signal.SIGKILL)

    async def bury(self, worker: Worker) -> int | None:
        """Return the exit status of a worker that has died, None where nobody knows it.

        The status is negative for a signal.
        """
        worker.close()
        if self.is_parent_of(worker):
            with suppress(EOFError, OSError):
                return int(await self._tell(wire.BURY, str(worker.number).encode()))
        return None

    async def _tell(self, tag: bytes, payload: bytes, passed: Sequence[int] = ()) -> bytes:
        """Send a command to the process; return what it answers.

        `TimeoutError` (an `OSError`) and `EOFError` where it does not.
        """
        loop = asyncio.get_running_loop()
        if self._control.fileno() < 0:
            raise EOFError
        if self._loop is None:
            self._loop = loop
            loop.add_reader(self._control.fileno(), self._listen)
        reply: asyncio.Future[bytes] = loop.create_future()
        socket.send_fds(self._control, [wire.frame(tag, payload)], passed)
        self._replies.append(reply)
        await asyncio.wait({reply}, timeout=_STARTING)
        if not reply.done():
            raise TimeoutError
        return reply.result()

    def _listen(self) -> None:
        """Give what the process answers to who asked, in the order of asking."""
        try:
            found = self._control.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            found = b""
        for _, payload in self._frames.feed(found):
            reply = self._replies.popleft()
            if not reply.done():
                reply.set_result(payload)
        if not found:
            self._deafen()

    def _deafen(self) -> None:
        """Hear no more of the process; who waits for it learns that it is gone."""
        if self._loop is not None:
            self._loop.remove_reader(self._control.fileno())
            self._loop = None
        for reply in self._replies:
            if not reply.done():
                reply.set_exception(EOFError())
        self._replies.clear()

    async def _start_anew(self, parent: int) -> None:
        """Start the process again, unless somebody else just did; loading may take a while."""
        async with self._starting:
            if self._process.pid == parent and not self._closed:
                if _look_at(self._files) != self._seen:
                    raise EngineError(
                        "the data were replaced since they were loaded; start the service again"
                    )
                self._deafen()
                self._control.close()  # who asks meanwhile learns that it is gone, and waits here
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, _stop, self._control, self._process)
                try:
                    started = await loop.run_in_executor(None, self._start)
                except FoedusError as error:
                    raise EngineError(f"the data cannot be loaded again: {error}") from error
                self._frames = wire.Frames()
                self._control, self._process = started

    def close(self) -> None:
        """End all workers and the process."""
        self._closed = True
        self._deafen()
        _stop(self._control, self._process)


def _look_at(files: Iterable[Path]) -> list[tuple[int, ...] | None]:
    """Return what tells whether files are still the same; None for one that is gone."""
    seen: list[tuple[int, ...] | None] = []
    for file in files:
        try:
            found = file.stat()
            seen.append((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
        except OSError:
            seen.append(None)
    return seen


def _stop(control: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """Close the line to the process, at which it ends."""
    control.close()
    try:
        process.wait(_STARTING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
