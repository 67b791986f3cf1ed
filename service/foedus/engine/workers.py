"""Start, ask and end the processes that evaluate queries.

`Nursery` speaks to the one process of ``zygote``, which forks and ends workers; it starts that
process anew where it has died. A `Worker` is asked by one thread at a time, which waits for the
answer itself and so keeps the time: no thread watches over others.

Units: seconds of ``time.monotonic``; bytes.
Errors: `DataError` for data that do not load; `EngineError` where a worker cannot be started;
`Died` where one ended before its answer was whole.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from foedus.engine import unnamed_file, wire, zygote
from foedus.engine.embedded import Source
from foedus.errors import EngineError

_LOW = 10
_LOADING = 600.0
_STARTING = 10.0


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
    peak: int = 0
    """Kilobytes the worker's memory had at most, all its queries counted."""
    body: IO[bytes] = field(default_factory=unnamed_file)

    def restart(self) -> None:
        """Forget what has come, because the query is asked anew."""
        self.form, self.size = "", 0
        self.body.seek(0)
        self.body.truncate()


class Worker:
    """A process that evaluates one query at a time."""

    def __init__(self, number: int, line: socket.socket, *, parent: int) -> None:
        self.number = number
        self.parent = parent
        self._line = line
        self._reader = wire.Reader(line)

    def is_alive(self) -> bool:
        """Whether an idle worker can be asked."""
        self._line.setblocking(False)
        try:
            return bool(self._line.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def ask(self, request: dict[str, Any], deadline: float) -> None:
        """Send a query."""
        self._line.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            self._line.sendall(wire.frame(wire.QUERY, json.dumps(request).encode()))
        except ConnectionError as error:
            raise Died from error

    def collect(self, asked: Asked, deadline: float) -> None:
        """Read the answer until it is whole.

        Raises `TimeoutError` at the deadline, after which it may be called again; `Died`,
        `TooLarge`, or the error that the query ended with.
        """
        try:
            while True:
                tag, payload = self._reader.receive(deadline)
                if tag == wire.DATA:
                    asked.size += len(payload)
                    if asked.size > asked.most:
                        raise TooLarge
                    asked.body.write(payload)
                elif tag == wire.HEAD:
                    asked.form = payload.decode()
                elif tag == wire.WHOLE:
                    asked.peak = int(payload)
                    asked.body.seek(0)
                    return
                else:
                    raise zygote.read_fault(payload)
        except EOFError as error:
            raise Died from error

    def processor_seconds(self) -> float:
        """Return the time it has had a processor; by the clock where the system does not say."""
        try:
            return int(Path(f"/proc/{self.number}/schedstat").read_text().split()[0]) / 1e9
        except OSError:
            return time.monotonic()

    def yield_to_others(self) -> None:
        """Let the machine's processors prefer other processes, by about ten to one."""
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.number, _LOW)

    def close(self) -> None:
        """Close the line, at which an idle worker ends."""
        self._line.close()


class Nursery:
    """The process that has the data and forks workers."""

    def __init__(self, sources: Iterable[Source], *, memory: int) -> None:
        """Start it, and wait until the data are loaded."""
        self._sources = [asdict(source) for source in sources]
        self._memory = memory
        self._lock = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        self._reader = wire.Reader(self._control)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "foedus.engine.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"RUST_BACKTRACE": "0"},
            )
        try:
            self._control.sendall(wire.frame(wire.READY, json.dumps(self._sources).encode()))
            tag, payload = self._reader.receive(time.monotonic() + _LOADING)
        except (EOFError, OSError) as error:
            self._stop()
            raise EngineError("the process that holds the data did not start") from error
        if tag == wire.FAULT:
            self._stop()
            raise zygote.read_fault(payload)

    def fork(self) -> Worker:
        """Return a fresh worker."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._closed:
                raise EngineError("the service ends")
            command = wire.frame(wire.FORK, str(self._memory).encode())
            for attempt in range(2):
                try:
                    self._control.settimeout(_STARTING)
                    socket.send_fds(self._control, [command], [theirs.fileno()])
                    number = int(self._reader.receive(time.monotonic() + _STARTING)[1])
                    return Worker(number, ours, parent=self._process.pid)
                except (EOFError, OSError):
                    if attempt == 0:
                        self._stop()
                        self._start()
        ours.close()
        raise EngineError("no process can be started to evaluate the query")

    def kill(self, worker: Worker) -> None:
        """End a worker, at work or not."""
        worker.close()
        with self._lock:
            if not self._tell(wire.KILL, worker):
                # Its parent has died, so it is nobody's child whom we could tell.
                with suppress(ProcessLookupError):
                    os.kill(worker.number, signal.SIGKILL)

    def bury(self, worker: Worker) -> int | None:
        """Return the exit status of a worker that has died, None where nobody knows it.

        The status is negative for a signal.
        """
        worker.close()
        with self._lock:
            if self._tell(wire.BURY, worker):
                with suppress(EOFError, TimeoutError):
                    return int(self._reader.receive(time.monotonic() + _STARTING)[1])
        return None

    def _tell(self, tag: bytes, worker: Worker) -> bool:
        """Send a command about a worker; return whether its parent is there to take it."""
        if worker.parent != self._process.pid:
            return False
        try:
            self._control.settimeout(_STARTING)
            self._control.sendall(wire.frame(tag, str(worker.number).encode()))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End all workers and the process."""
        with self._lock:
            self._closed = True
            self._stop()

    def _stop(self) -> None:
        self._control.close()
        try:
            self._process.wait(_STARTING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
