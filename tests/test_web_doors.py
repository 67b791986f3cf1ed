"""Doors: what they answer, what they give back, and what is left when one of them ends.

The first half of ``X-Request-Id`` tells which process answered.
"""

import asyncio
import contextlib
import io
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_web_connections import ENDLESS, FORM, LABEL, Live, Serve, get, starting, wait_until

from foedus.engine import Limits
from foedus.engine.lookups import LookUps
from foedus.release import storing
from foedus.web import channel, connections, doors, journal, serving
from foedus.web.channel import Channel, Given, Opened, Sent
from foedus.web.desk import Desk
from foedus.web.tally import Tally

STATE = "<https://w3id.org/foedus/id/state/RUR>"
ORDERED = LABEL + " ORDER BY ?label"
"""A query for a worker, which no door has."""
JSON = "application/sparql-results+json"


@pytest.fixture(scope="module")
def live(small_release: Path) -> Iterator[Live]:
    """Run one server with a door, for tests that leave it as it was."""
    with starting(small_release) as start:
        yield with_doors(start)


@pytest.fixture
def serve(small_release: Path) -> Iterator[Serve]:
    """Start servers over the small graph."""
    with starting(small_release) as start:
        yield start


def with_doors(serve: Serve, number: int = 1, **config: object) -> Live:
    """Start a server and wait until its doors are open."""
    live = serve(doors=number, **config)
    assert wait_until(lambda: figure(live, "open_doors") == number, 30)
    return live


def doors_of(live: Live) -> doors.Doors:
    """Return the doors of a server."""
    return cast(serving._Listening, live.server)._doors


def door_of(live: Live) -> doors._Door:
    """Return the only door."""
    [door] = doors_of(live)._doors
    return door


def wait_for_another(live: Live, door: doors._Door) -> None:
    """Wait until a door is forgotten, and another one open."""
    opened = doors_of(live)._open
    assert wait_until(lambda: bool(opened) and door not in opened, 40)


def figure(live: Live, name: str) -> float:
    """Return a figure that has no labels."""
    for line in live.front.figures.write().decode().splitlines():
        if line.startswith(f"foedus_{name} "):
            return float(line.split()[1])
    raise KeyError(name)


class Client:
    """A connection that stays."""

    def __init__(self, live: Live, *, buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", live.port))
        self.send = self._socket.sendall
        self.close = self._socket.close
        self._rest = b""

    def receive(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer."""
        while b"\r\n\r\n" not in self._rest:
            self._take()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        length = int(headers.get("content-length", 0)) if has_body else 0
        while len(self._rest) < length:
            self._take()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(status.split()[1]), headers, body

    def ask(self, target: str) -> tuple[int, dict[str, str], bytes]:
        """Send a GET and return its answer."""
        self.send(head(target))
        return self.receive()

    def _take(self) -> None:
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise EOFError
        self._rest += piece


def head(target: str, method: str = "GET", *more: str) -> bytes:
    """Return the head of a request."""
    fields = (f"{method} {target} HTTP/1.1", "Host: e.org", f"Accept: {JSON}", *more, "", "")
    return "\r\n".join(fields).encode()


def process_of(answer: tuple[int, dict[str, str], bytes]) -> str:
    """Return what stands for the process that answered."""
    return answer[1]["x-request-id"][:16]


def is_running(process: int) -> bool:
    """Whether a process has not ended; who should bury it may be slow."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rsplit(") ", 1)[1][0] != "Z"


@contextlib.contextmanager
def connected(live: Live, number: int, *, buffer: int | None = None) -> Iterator[list[Client]]:
    """Yield connections that went to the doors and stayed with the service, in turn."""
    clients = [Client(live, buffer=buffer) for _ in range(number)]
    try:
        for client in clients:
            client.send(head(get(LABEL)) * connections.MANY)
            for _ in range(connections.MANY):
                client.receive()
        yield clients
    finally:
        for client in clients:
            client.close()


@contextlib.contextmanager
def at_the_door(live: Live, *, buffer: int | None = None) -> Iterator[Client]:
    """Yield a connection that a door has, and leave the next turn to a door."""
    with connected(live, 2, buffer=buffer) as clients:
        answers = [client.ask(get(LABEL)) for client in clients]
        [client] = [c for c, a in zip(clients, answers, strict=True) if not is_the_services(a)]
        yield client


def is_the_services(answer: tuple[int, dict[str, str], bytes]) -> bool:
    """Whether the service itself answered, which runs in this process."""
    return process_of(answer) == journal._START


@pytest.mark.parametrize(
    "target",
    [get(LABEL, x="1"), get(f"SELECT * {{ {STATE} ?p ?o }}"), "/sparql/?" + get(LABEL)[8:]],
)
def test_clients_go_to_a_door_or_stay_in_turn_and_get_the_same(live: Live, target: str) -> None:
    with connected(live, 4) as clients:
        answers = [client.ask(target) for client in clients]
        again = [client.ask(target) for client in clients]
    assert [answer[0] for answer in answers] == [200] * 4
    assert len({is_the_services(answer) for answer in answers[:2]}) == 2
    assert [process_of(answer) for answer in answers] == [process_of(a) for a in again]
    for _, headers, _ in (*answers, *again):
        del headers["date"], headers["x-request-id"]
    assert all(answer == answers[0] for answer in (*answers, *again))


def test_what_the_service_has_ready_its_door_has_too(live: Live) -> None:
    target = get(ORDERED)
    with at_the_door(live) as client:
        assert live.ask("GET", target, Accept=JSON, Host="e.org")[0] == 200
        assert wait_until(lambda: not is_the_services(asked_anew(live, target)), 30)
        answer = client.ask(target)
        assert not is_the_services(answer)
        client.send(head(target, "GET", f"If-None-Match: {answer[1]['etag']}"))
        known = client.receive()
        assert (known[0], known[2], is_the_services(known)) == (304, b"", False)


def asked_anew(live: Live, target: str) -> tuple[int, dict[str, str], bytes]:
    """Return the answer that a door gives to a new client, or the service in its place."""
    with at_the_door(live) as client:
        return client.ask(target)


def test_what_a_door_cannot_answer_is_answered_on_the_same_connection(live: Live) -> None:
    with at_the_door(live) as client:
        assert not is_the_services(client.ask(get(LABEL)))
        status, headers, body = answer = client.ask(get(ORDERED + " # not ready"))
        assert (status, b"Ruritania" in body, is_the_services(answer)) == (200, True, True)
        assert headers["content-type"] == JSON
        again = client.ask(get(LABEL))
        assert (again[0], is_the_services(again)) == (200, True)  # it stays where it went


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([head(get(LABEL))[:60], head(get(LABEL))[60:]], id="a head in two pieces"),
        pytest.param([head(get(LABEL)) * 3], id="three heads in one piece"),
        pytest.param([head(get(LABEL)) + head(get(LABEL))[:9], head(get(LABEL))[9:]], id="more"),
        pytest.param([head("/sparql", "OPTIONS")], id="another method"),
        pytest.param([head(get(LABEL), "GET", "Upgrade: h2c", "Connection: Upgrade")], id="h2c"),
    ],
)
def test_what_is_not_one_whole_head_goes_to_the_service(live: Live, pieces: list[bytes]) -> None:
    with at_the_door(live) as client:
        first, *rest = pieces
        there = live.server.server_state.connections
        assert wait_until(lambda: len(there) == 1)  # the other client's
        client.send(first)
        assert wait_until(lambda: len(there) == 2)
        for piece in rest:
            client.send(piece)
        for _ in range(b"".join(pieces).count(b"HTTP/1.1")):
            answer = client.receive()
            assert (answer[0] // 100, is_the_services(answer)) == (2, True)


def test_tunnel_is_refused_by_the_service(live: Live) -> None:
    with at_the_door(live) as client:
        client.send(b"CONNECT e.org:80 HTTP/1.1\r\nHost: e.org\r\n\r\n")
        assert client.receive()[0] == 400


def test_client_that_came_back_sends_no_more_than_is_taken(live: Live) -> None:
    """A long query, and behind it in the same piece the start of a body that has no end."""
    first = head(get(ENDLESS + " # slow")) + head("/sparql", "POST", "Content-Length: 999999999")
    with at_the_door(live) as client:
        client.send(first)
        client._socket.settimeout(0.5)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 1 << 26:
                sent += client._socket.send(bytes(1 << 16))
        assert sent < 1 << 25  # what buffers of the system hold


def test_more_than_a_message_holds_comes_back_whole(live: Live) -> None:
    query = ORDERED + " #" + "x" * (channel.LARGEST * 3)
    body = urlencode({"query": query}).encode()
    named = (f"Content-Type: {FORM}", f"Content-Length: {len(body)}")
    with at_the_door(live) as client:
        client.send(head("/sparql", "POST", *named) + body)
        answer = client.receive()
        assert (answer[0], b"Ruritania" in answer[2], is_the_services(answer)) == (200, True, True)


TARGETS = (get(LABEL), get(f"SELECT * {{ {STATE} ?p ?o }}"), get(ORDERED), "/healthz", "/nothing")


@given(
    st.lists(st.sampled_from(TARGETS), min_size=1, max_size=8),
    st.lists(st.integers(1, 400), max_size=8),
)
def test_pieces_of_any_size_are_answered_in_order(
    live: Live, targets: list[str], sizes: list[int]
) -> None:
    with at_the_door(live) as client:
        rest = b"".join(map(head, targets))
        for size in sizes:
            client.send(rest[:size])
            rest = rest[size:]
        client.send(rest)
        found = [client.receive() for _ in targets]
    for target, answer in zip(targets, found, strict=True):
        expected = live.ask("GET", target, Accept=JSON, Host="e.org")
        assert (answer[0], answer[2]) == (expected[0], expected[2])


def test_head_alone_is_answered_by_the_service(live: Live) -> None:
    with at_the_door(live) as client:
        client.send(head(get(LABEL), "HEAD"))
        status, headers, body = client.receive(has_body=False)
        assert (status, int(headers["content-length"]) > 0, body) == (200, True, b"")
        assert is_the_services(client.ask(get(LABEL)))


def test_what_is_no_http_is_refused_by_the_service(live: Live) -> None:
    with at_the_door(live) as client:
        client.send(b"nonsense\r\n\r\n")
        assert client.receive()[0] == 400
        with pytest.raises(EOFError):
            client.receive()


LARGE = get("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 150")
"""Asked for two hundred times, more than the buffers of the system hold."""


@contextlib.contextmanager
def not_reading(serve: Serve) -> Iterator[tuple[Live, Client, int]]:
    """Yield a client of a door who has asked so many times and read nothing."""
    live = with_doors(serve, room=8 << 20)
    for _ in range(2):  # doors are told what is asked for twice
        assert len(live.ask("GET", LARGE, Accept=JSON, Host="e.org")[2]) > 50_000
    asked = 200
    with at_the_door(live, buffer=2048) as client:
        there = live.server.server_state.connections
        assert wait_until(lambda: len(there) == 1)  # the other client's
        for _ in range(asked):
            client.send(head(LARGE))
            time.sleep(0.01)
        # What was asked last waits at the door until what was answered before is read.
        assert len(there) == 1
        yield live, client, asked


def test_client_that_reads_late_is_answered_in_order(serve: Serve) -> None:
    with not_reading(serve) as (_, client, asked):
        answers = [client.receive() for _ in range(asked)]
    assert {answer[0] for answer in answers} == {200}
    assert len({answer[2] for answer in answers}) == 1
    places = [is_the_services(answer) for answer in answers]
    assert places == sorted(places)
    assert set(places) == {False, True}


def test_end_does_not_wait_for_a_client_of_a_door_that_does_not_read(serve: Serve) -> None:
    """Who reads nothing for 5 s is cut off, and with it what he asked last."""
    with not_reading(serve) as (live, _, _):
        live.server.should_exit = True
        live.thread.join(30)
        assert not live.thread.is_alive()


def test_figures_and_log_are_those_of_all_processes(serve: Serve, lines: io.StringIO) -> None:
    live = with_doors(serve, 2, proxies=1)
    with connected(live, 6) as clients:
        for client in clients:
            client.send(head(get(LABEL), "GET", "X-Forwarded-For: 192.0.2.7"))
            client.receive()
            client.ask(get(LABEL))
    asked = 6 * (connections.MANY + 2)
    assert wait_until(lambda: len(lines.getvalue().splitlines()) == asked)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert len({line["request"] for line in told}) == asked
    assert len({line["request"][:16] for line in told}) == 3
    assert {line["status"] for line in told} == {200}
    assert {line["client"] for line in told} == {"192.0.2.7", "127.0.0.1"}
    assert len({line["query"] for line in told}) == 1
    assert (figure(live, "queries_at_once_total"), figure(live, "queries_total")) == (3, 3)
    assert figure(live, "cache_hits_total") == asked - 3
    written = live.front.figures.write().decode()
    assert (
        f'foedus_requests_total{{method="GET",route="/sparql",status="200"}} {asked}.0' in written
    )
    assert 'foedus_request_seconds_count{route="/sparql"} 3.0' in written


def test_log_of_a_door_is_whole_when_the_server_ends(serve: Serve, lines: io.StringIO) -> None:
    live = with_doors(serve)
    with connected(live, 2) as clients:
        for client in clients:
            for number in range(2_000):
                client.send(head(get(LABEL, n=str(number % 10))))
                client.receive()
        live.server.should_exit = True
        live.thread.join(20)
        for client in clients:
            with pytest.raises((EOFError, ConnectionError)):
                client.ask(get(LABEL))
    names = [json.loads(line)["request"] for line in lines.getvalue().splitlines()]
    assert len(set(names)) == len(names) == 2 * (connections.MANY + 2_000)


def test_door_that_is_killed_is_opened_again(
    serve: Serve, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_LONGEST_WAIT", 0.2)
    live = with_doors(serve)
    door = door_of(live)
    with at_the_door(live) as client:
        os.kill(door.number, signal.SIGKILL)
        with pytest.raises((EOFError, ConnectionError)):
            client.receive()
    for _ in range(3):
        assert live.ask("GET", get(LABEL))[0] == 200
    wait_for_another(live, door)
    with at_the_door(live) as client:
        assert client.ask(get(LABEL))[0] == 200
    assert f"door {door.number} has ended" in lines.getvalue()


@pytest.mark.parametrize("is_opened", [True, False])
def test_door_that_hangs_is_ended(
    serve: Serve, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch, is_opened: bool
) -> None:
    live = with_doors(serve) if is_opened else serve(doors=1)
    assert wait_until(lambda: doors_of(live)._doors != [], 30)
    door = door_of(live)
    os.kill(door.number, signal.SIGSTOP)
    monkeypatch.setattr(doors, "_SILENCE", 5)
    monkeypatch.setattr(doors, "_LONGEST_WAIT", 0.2)
    wait_for_another(live, door)
    assert f"door {door.number} has ended" in lines.getvalue()
    assert live.ask("GET", get(LABEL))[0] == 200


@pytest.mark.parametrize("slept", [True, False])
def test_doors_are_not_blamed_where_the_service_slept(live: Live, slept: bool) -> None:
    """As where the machine was paused: what they said meanwhile is still to be read."""
    several = doors_without(live, lambda connection, sent: None)
    with contextlib.ExitStack() as stack:
        ours, _ = map(stack.enter_context, channel.pair())
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
        stack.callback(process.communicate)
        door = door_over(ours)
        door.number = process.pid
        several._doors.append(door)
        several._forget = several._doors.remove  # type: ignore[method-assign]
        several._is_ending = True  # and opens no other
        door.heard -= 100
        several._looked -= 100 if slept else 0
        several.look_after()
        assert (several._doors == [door]) is slept
    assert (process.returncode == -signal.SIGKILL) is not slept


def test_end_does_not_wait_for_a_door_that_hangs(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_ENDING", 0.5)
    live = with_doors(serve)
    door = door_of(live)
    with at_the_door(live):
        os.kill(door.number, signal.SIGSTOP)
        while door.send(Given(bytes(1000), 16), door.channel.line.fileno()):
            pass  # nor for one that can be told nothing more
        live.server.should_exit = True
        live.thread.join(10)
        assert not live.thread.is_alive()
    assert wait_until(lambda: not is_running(door.number))


def test_doors_are_opened_where_the_process_with_the_data_has_died(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_LONGEST_WAIT", 0.2)
    live = with_doors(serve)
    door = door_of(live)
    os.kill(live.front.service.workers._nursery._process.pid, signal.SIGKILL)
    os.kill(door.number, signal.SIGKILL)
    wait_for_another(live, door)


def test_what_is_posted_is_not_told_to_doors(serve: Serve) -> None:
    """They answer a GET only."""
    live = with_doors(serve)
    told: list[object] = []
    live.front.desk.cache.tell = lambda key, ready: told.append(key)
    body = urlencode({"query": ORDERED}).encode()
    for _ in range(3):
        assert live.ask("POST", "/sparql", body, Content_Type=FORM)[0] == 200
    assert (len(told), len(live.front.desk.cache)) == (0, 1)


def test_doors_are_told_what_is_asked_for_twice_once(serve: Serve) -> None:
    """What nobody asks for again, no door needs."""
    live = with_doors(serve)
    told: list[object] = []
    live.front.desk.cache.tell = lambda key, ready: told.append(key)
    for times in (0, 1, 1, 1):
        assert live.ask("GET", get(ORDERED))[0] == 200
        assert len(told) == times


def test_lost_connection_leaves_nothing_to_the_next(
    live: Live, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system drops a socket that comes along where too many files are open."""
    adopted: list[tuple[bytes, int]] = []

    def adopt(connection: socket.socket, sent: bytes, due: int) -> None:
        connection.close()
        adopted.append((sent, due))

    several = doors_without(live, adopt)
    ours, theirs = channel.pair()
    with ours, theirs, socket.socket() as given:
        door, other = door_over(ours), Channel(theirs)
        for message, number in (
            (Sent(b"a"), None),
            (Given(b"b", 16), None),
            (Sent(b"c"), None),
            (Given(b"d", 64), given.fileno()),
        ):
            other.send(message, number, waits=False)
            several._listen(door)
    assert adopted == [(b"cd", 64)]
    assert "a connection is lost" in lines.getvalue()


def doors_without(live: Live, adopt: Callable[[socket.socket, bytes, int], None]) -> doors.Doors:
    """Return doors like those of a server, of which none is open."""
    desk = Desk(live.front.desk.terms, LookUps(None, Limits()), Tally())
    return doors.Doors(1, desk, Limits(), start=live.front.service.workers.start, adopt=adopt)


def door_over(line: socket.socket) -> doors._Door:
    """Return a door over a line, outside of any loop."""

    async def make() -> doors._Door:
        return doors._Door(0, Channel(line))

    return asyncio.run(make())


def test_door_opened_late_is_told_what_is_ready(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_LONGEST_WAIT", 0.2)
    live = with_doors(serve)
    answer = live.ask("GET", get(ORDERED), Accept=JSON, Host="e.org")
    door = door_of(live)
    os.kill(door.number, signal.SIGKILL)
    wait_for_another(live, door)
    with at_the_door(live) as client:
        found = client.ask(get(ORDERED))
        assert (found[2], is_the_services(found)) == (answer[2], False)


def test_service_without_doors_does_it_all(
    serve: Serve, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a system whose sockets keep no messages apart."""

    def fail() -> None:
        raise OSError("no such sockets")

    monkeypatch.setattr(channel, "pair", fail)
    live = serve(doors=1)
    assert wait_until(lambda: "no door can be opened: no such sockets" in lines.getvalue())
    assert live.ask("GET", get(LABEL))[0] == 200


@pytest.mark.parametrize(
    ("limits", "status"), [(Limits(rows=5), 504), (Limits(response=700), 504), (Limits(), 200)]
)
def test_limits_hold_at_a_door(serve: Serve, limits: Limits, status: int) -> None:
    live = with_doors(serve, limits=limits)
    assert live.ask("GET", get(LABEL), Accept=JSON, Host="e.org")[0] == 200  # and is ready now
    with at_the_door(live) as client:
        answer = client.ask(get(f"SELECT * {{ {STATE} ?p ?o }}"))
        assert (answer[0], is_the_services(answer)) == (status, status == 504)


def test_where_requests_are_limited_there_are_no_doors(serve: Serve) -> None:
    live = serve(doors=1, rate="3/hour")
    time.sleep(0.5)
    assert figure(live, "open_doors") == 0
    assert [live.ask("GET", get(LABEL))[0] for _ in range(4)] == [200, 200, 200, 429]


def test_connection_that_nobody_takes_is_kept() -> None:
    ours, theirs = channel.pair()
    with ours, theirs, socket.socket() as given:
        door = door_over(ours)
        sent = 0
        while door.send(Given(bytes(1000), 16), given.fileno()):
            sent += 1
        assert sent > 10
        other = Channel(theirs)
        for _ in range(sent):
            message, connection = other.receive(waits=False)
            assert message == Given(bytes(1000), 16)
            assert connection is not None
            connection.close()
        with pytest.raises(BlockingIOError):
            other.receive(waits=False)
        assert door.send(Opened())
        door.channel.end()
        assert other.receive(waits=True) == (Opened(), None)
        with pytest.raises(EOFError):
            other.receive(waits=True)


def test_door_that_holds_much_of_its_own_gives_its_clients_back(
    serve: Serve, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it reads in memory it copies, because to read is to count who reads."""
    monkeypatch.setattr(doors, "_MOST_COPIED", 8 << 20)
    live = with_doors(serve, room=64 << 20)
    door = door_of(live)
    with at_the_door(live) as client:
        numbers = itertools.count(1000)
        while door in doors_of(live)._doors:
            target = get(f"SELECT * {{ {STATE} ?p ?o }} LIMIT {next(numbers)}")
            assert client.ask(target)[0] == 200
        wait_for_another(live, door)
        places = [is_the_services(client.ask(get(LABEL))) for _ in range(2 * connections.MANY)]
    assert places == sorted(places, reverse=True)  # it came back as good as new
    assert "has ended" not in lines.getvalue()


def test_door_that_holds_little_of_its_own_stays(serve: Serve) -> None:
    live = with_doors(serve)
    door = door_of(live)
    with at_the_door(live) as client:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert client.ask(get(f"SELECT * {{ {STATE} ?p ?o }} LIMIT 5"))[0] == 200
    assert door_of(live) is door


def test_connection_comes_again_sooner_where_it_was_worth_the_way(live: Live) -> None:
    def stay(client: Client) -> int:
        """Return how many answers the service gives until it is a door's turn again."""
        found = 0
        while found < 100 and is_the_services(client.ask(get(LABEL))):
            found += 1
        return found

    with at_the_door(live) as client:
        for _ in range(connections.MANY):
            client.ask(get(LABEL))
        assert is_the_services(client.ask(get(ORDERED + " # worth it")))
        first = stay(client)
        assert is_the_services(client.ask(get(ORDERED + " # not worth it")))
        second = stay(client)
    assert (first, second) == (4, 16)


def test_what_the_service_lacks_the_data_for_doors_answer(
    serve: Serve, small_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large release in memory is held by one process; those it forks share it."""
    monkeypatch.setattr(storing, "LARGE", 10)
    shutil.copytree(small_release, tmp_path / "release")
    live = with_doors(serve, release=tmp_path / "release", on_disk=False)
    assert serving.usual_doors(live.front) == min(os.cpu_count() or 1, 3)
    numbers = itertools.count(1000)
    with contextlib.closing(Client(live)) as client:
        answers = [
            client.ask(get(f"SELECT * {{ {STATE} ?p ?o }} LIMIT {next(numbers)}"))
            for _ in range(connections.MANY + 3)
        ]
    assert [is_the_services(answer) for answer in answers] == [
        *[True] * connections.MANY,
        *3 * [False],
    ]
    assert len({answer[2] for answer in answers}) == 1


def test_service_with_the_data_answers_beside_its_doors(live: Live) -> None:
    assert serving.usual_doors(live.front) == min((os.cpu_count() or 1) - 1, 3)


def test_door_that_is_opened_later_hears_what_is_asked_for_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors.Doors, "_latest", lambda doors: [])  # the last of many
    live = with_doors(serve)
    for _ in range(2):
        assert live.ask("GET", get(ORDERED), Accept=JSON, Host="e.org")[0] == 200
    door = door_of(live)
    os.kill(door.number, signal.SIGKILL)
    wait_for_another(live, door)
    assert live.ask("GET", get(ORDERED), Accept=JSON, Host="e.org")[0] == 200
    with at_the_door(live) as client:
        assert not is_the_services(client.ask(get(ORDERED)))


def test_connection_that_found_no_door_goes_later(serve: Serve) -> None:
    live = with_doors(serve)
    door = door_of(live)
    doors_of(live)._open.clear()
    with contextlib.closing(Client(live)) as client:
        asked = [client.ask(get(LABEL)) for _ in range(connections.MANY + 5)]
        assert all(map(is_the_services, asked))
        doors_of(live)._open.append(door)
        doors_of(live)._turns = itertools.count(1)  # a door's
        again = [is_the_services(client.ask(get(LABEL))) for _ in range(connections.MANY)]
    assert again.index(False) == connections.MANY - 5
    assert not any(again[again.index(False) :])
