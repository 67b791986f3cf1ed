"""Two hundred clients for a minute, a tenth of them with products that never end.

Nine in ten ask small look-ups, pausing in between as people and programs do; the others send
cartesian products without a pause and take no notice of ``Retry-After``, half of them the same
text again and again, half a new one each time. Every small answer must be 200 and right, every
product must be refused (503) or stopped (504), no process may be left behind and memory may not
grow beyond what the limits add up to. Prints the figures; exit status 1 if one of these fails.

Usage: python bench/soak.py [--release build/release] [--clients 200] [--seconds 60] [--pause 0.5]
(Linux: reads /proc)
"""

import argparse
import http.client
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from serve import held, tree

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
STATE = "<https://w3id.org/foedus/id/state/{}>"
STATES = ["PRK", "RUS", "CHN", "FRA", "JPN", "KOR", "UKR", "BRA", "IND", "ZAF"]
PRODUCT = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(5))
SHAPES = (
    f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}",
    f"SELECT * {{ {PRODUCT} }} ORDER BY ?o1 ?o2",
    f"SELECT DISTINCT ?s1 ?o2 ?o3 {{ {PRODUCT} }}",
)

MOST, MOST_AFTER = 2 * 1024 + 512, 512
"""MB: two long queries at their limit and all else; and when they are gone."""


@dataclass
class Seen:
    """What the clients saw."""

    small: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    products: Counter[str] = field(default_factory=Counter)
    peak: int = 0


def ask(client: http.client.HTTPConnection, query: str) -> tuple[int, bytes]:
    """Ask for CSV; return status and body."""
    client.request(
        "GET", "/sparql?" + urllib.parse.urlencode({"query": query}), headers={"Accept": "text/csv"}
    )
    response = client.getresponse()
    return response.status, response.read()


def look_up(port: int, number: int, end: float, pause: float, seen: Seen) -> None:
    """Ask small queries until the end."""
    chance = random.Random(number)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        state = chance.choice(STATES)
        query = f"SELECT ?label {{ {STATE.format(state)} {LABEL} ?label }} # {chance.random()}"
        start = time.monotonic()
        try:
            status, body = ask(client, query)
            if status != 200 or not body.startswith(b"label\r\n") or len(body) < 12:
                seen.wrong[f"{status} {body[:60]!r}"] += 1
        except (OSError, http.client.HTTPException) as error:
            seen.wrong[repr(error)] += 1
            client.close()
        seen.small.append(time.monotonic() - start)
        time.sleep(pause * chance.uniform(0.5, 1.5))


def multiply(port: int, number: int, end: float, seen: Seen) -> None:
    """Send products until the end."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    turn = 0
    while time.monotonic() < end:
        turn += 1
        query = SHAPES[number % len(SHAPES)] + (f" # {number} {turn}" if number % 2 else "")
        try:
            status, body = ask(client, query)
            limit = next((w for w in ("memory", "seconds", "MiB") if w.encode() in body), "")
            seen.products[f"{status} {limit if status == 504 else ''}".strip()] += 1
            if status not in (503, 504):
                seen.wrong[f"a product was answered with {status}"] += 1
        except (OSError, http.client.HTTPException) as error:
            seen.wrong[repr(error)] += 1
            client.close()


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", type=Path, default=Path("build/release"))
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--products", type=int, help="clients that send products; a tenth")
    parser.add_argument("--pause", type=float, default=0.5)
    options = parser.parse_args()
    command = [str(Path(sys.executable).with_name("foedus")), "serve", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--release", str(options.release)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert server.stderr is not None
    port = int(server.stderr.readline().rpartition(":")[2])
    processes = set(tree(server.pid))
    seen = Seen()
    end = time.monotonic() + options.seconds
    heavy = options.clients // 10 if options.products is None else options.products
    clients = [
        threading.Thread(target=multiply, args=(port, number, end, seen)) for number in range(heavy)
    ] + [
        threading.Thread(target=look_up, args=(port, number, end, options.pause, seen))
        for number in range(options.clients - heavy)
    ]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        try:
            processes |= set(tree(server.pid))
            seen.peak = max(seen.peak, held(server.pid)["Rss"])
        except (FileNotFoundError, ProcessLookupError):
            pass  # a worker that ended while we looked
        time.sleep(0.5)
    after = held(server.pid)["Rss"]
    server.terminate()
    status = server.wait(60)
    for _ in range(50):
        left = [pid for pid in processes if Path(f"/proc/{pid}").exists()]
        if not left:
            break
        time.sleep(0.1)  # giving a gigabyte back takes a moment
    took = sorted(seen.small)
    centiles = statistics.quantiles(took, n=100)
    print(f"{options.clients} clients, {heavy} of them with products, {options.seconds:g} s")
    print(f"small look-ups: {len(took)}, {len(took) / options.seconds:.0f} a second")
    print(
        f"their time: median {1000 * centiles[49]:.0f} ms, 99 % within "
        f"{1000 * centiles[98]:.0f} ms, slowest {1000 * took[-1]:.0f} ms"
    )
    print(f"wrong or failed: {sum(seen.wrong.values())} {dict(seen.wrong)}")
    print(f"products: {dict(sorted(seen.products.items()))}")
    print(f"resident: at most {seen.peak} MB, {after} MB at the end")
    print(f"exit status {status}; processes left behind: {len(left)} of {len(processes)}")
    is_large = seen.peak > MOST or after > MOST_AFTER
    if is_large:
        print(f"more than {MOST} MB, or {MOST_AFTER} MB at the end")
    return 1 if seen.wrong or status or left or is_large else 0


if __name__ == "__main__":
    raise SystemExit(main())
