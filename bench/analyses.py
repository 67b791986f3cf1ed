"""How fast analyses are answered from the votes, beside DuckDB on the same table.

Reads Voeten's votes into an engine in memory, derives the statistics, and asks: agreement of a pair
by year, of one state with all others over a year, ten years and all, and the same from derived
observations, by the saved queries that look them up. DuckDB, where it can be imported, answers the
first kinds from the table itself. Then the other analyses whose time grows with the record. Nothing
is cached between runs; times are of the processor, the least of the runs, in milliseconds: both
engines work in this process with one thread, so that is what the clock shows on a free core. Ratios
are ours to DuckDB's in the same run.

Usage: python bench/analyses.py --data ../shared/data [--runs N]
DuckDB is no part of the project: pip install --target DIR duckdb, then set PYTHONPATH=DIR.
"""

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from foedus import files, iris, saved
from foedus.analysis import deriving, rolls
from foedus.engine import embedded
from foedus.records import crosswalk, forms, quads
from foedus.records.faults import FaultLog

PAIR_SQL = """
SELECT CAST(substr(c.date, 1, 4) AS INTEGER) AS year, count(*) AS votes,
  sum(CAST(a.vote = b.vote AS INTEGER)) AS identical,
  1 - sum(abs(a.place - b.place)) / count(*) AS s
FROM votes a JOIN votes b USING (rcid) JOIN calls c USING (rcid)
WHERE a.state_id = 'CHN' AND b.state_id = 'USA' AND year BETWEEN 1946 AND 2019
GROUP BY year ORDER BY year
"""
ALL_SQL = """
SELECT b.state_id, count(*) AS votes, sum(CAST(a.vote = b.vote AS INTEGER)) AS identical,
  1 - sum(abs(a.place - b.place)) / count(*) AS s
FROM votes a JOIN votes b USING (rcid) JOIN calls c USING (rcid)
WHERE a.state_id = 'CHN' AND b.state_id <> 'CHN'
  AND CAST(substr(c.date, 1, 4) AS INTEGER) BETWEEN {first} AND {last}
GROUP BY b.state_id HAVING count(*) >= 3 ORDER BY s DESC
"""
SPANS = ((2015, 2015), (2010, 2019), (1946, 2019))
WHOLE = {"graph": "voeten", "from": "1946", "to": "2019"}
OTHERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("agreement-by-pair-and-issue", {**WHOLE, "first": "CHN", "second": "USA"}),
    ("agreement-change-by-pair", {**WHOLE, "first": "CHN", "second": "USA"}),
    ("cohesion-by-bloc", {**WHOLE, "members": "BRA CHN IND RUS ZAF"}),
    ("divisive-votes-by-year", {"graph": "voeten", "year": "2015"}),
    ("votes-by-state-and-year", {**WHOLE, "state": "CHN"}),
    ("votes-by-subject", {**WHOLE, "subject": str(iris.VOCABULARY["voting-issue/hr"])}),
)


def least(runs: int, ask: Callable[[], int]) -> tuple[float, int]:
    """Return the least time of several runs in milliseconds, and the number of rows."""
    times, rows = [], 0
    for _ in range(runs):
        start = time.process_time()
        rows = ask()
        times.append(1000 * (time.process_time() - start))
    return min(times), rows


def asks(engine: embedded.EmbeddedEngine, text: str) -> Callable[[], int]:
    """Return a function that asks a query and counts its rows."""
    return lambda: sum(1 for _ in engine.run(text))


def load(data: Path) -> embedded.EmbeddedEngine:
    """Return an engine with the votes, the states and the statistics."""
    walk = crosswalk.read()
    tables = [data / "cc0" / f"unga_{name}_1946_2019.csv.gz" for name in ("votes", "rollcalls")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.nq"
        with path.open("w", encoding="utf-8") as file:
            for records in forms.read(tables, walk, FaultLog()):
                file.writelines(quads.write(records, walk.states))
        parsed = ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS)
        start = time.perf_counter()
        counted = rolls.read(parsed)
        read = time.perf_counter() - start
        start = time.perf_counter()
        statistics = "".join(deriving.derive(counted))
        derived = time.perf_counter() - start
        number = statistics.count("\n")
        print(f"votes from quads {read:.1f} s, {number} quads derived {derived:.1f} s")
        names = ox.parse(
            path=str(files.find("triples") / "things" / "states.ttl"), format=ox.RdfFormat.TURTLE
        )
        things = ox.NamedNode("https://w3id.org/foedus/graph/things/states")
        with path.open("ab") as file:
            named = (ox.Quad(q.subject, q.predicate, q.object, things) for q in names)
            file.write(ox.serialize(named, format=ox.RdfFormat.N_QUADS) or b"")
            file.write(statistics.encode())
        return embedded.load(path)


def open_duckdb(data: Path) -> Any:
    """Return a DuckDB connection with the same votes in a table, or None where there is none."""
    try:
        duckdb = importlib.import_module("duckdb")
    except ModuleNotFoundError:
        print("DuckDB cannot be imported; see the top of this file")
        return None
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    for table, name in (("votes", "votes"), ("calls", "rollcalls")):
        path = data / "cc0" / f"unga_{name}_1946_2019.csv.gz"
        place = (
            ", CASE vote WHEN 'Y' THEN 2 WHEN 'A' THEN 1 ELSE 0 END AS place"
            if table == "votes"
            else ""
        )
        connection.execute(
            f"CREATE TABLE {table} AS SELECT *{place} FROM read_csv('{path}', all_varchar = true)"
        )
    return connection


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    engine = load(arguments.data)
    peer = open_duckdb(arguments.data)
    catalogue = saved.read_all(files.find("queries"))
    pair = {"graph": "voeten", "first": "CHN", "second": "USA", "from": "1946", "to": "2019"}
    text = catalogue["analyses/agreement-by-pair"].bind(pair)
    cases = [("a pair by year, 1946 to 2019", text, PAIR_SQL)]
    for first, last in SPANS:
        one = {"graph": "voeten", "state": "CHN", "from": str(first), "to": str(last)}
        text = catalogue["analyses/nearest-by-state"].bind(one)
        cases.append(
            (f"one with all, {first} to {last}", text, ALL_SQL.format(first=first, last=last))
        )
    for name, text, sql in cases:
        ours, rows = least(arguments.runs, asks(engine, text))
        line = f"{name}: {ours:.0f} ms, {rows} rows"
        if peer is not None:
            theirs, others = least(arguments.runs, lambda q=sql: len(peer.execute(q).fetchall()))
            line += f"; DuckDB {theirs:.0f} ms, {others} rows; ratio {ours / theirs:.1f}"
        print(line)
    for name, asked in OTHERS:
        ours, rows = least(arguments.runs, asks(engine, catalogue[f"analyses/{name}"].bind(asked)))
        print(f"{name}: {ours:.0f} ms, {rows} rows")
    for name, asked in (
        ("yearly-agreement-by-pair", {"first": "CHN", "second": "USA"}),
        ("yearly-agreement-by-state", {"state": "CHN", "year": "2015"}),
        ("record-agreement-by-state", {"state": "CHN"}),
        ("positions-by-states", {}),
        ("positions-by-session", {}),
    ):
        text = catalogue[f"analyses/{name}"].bind({"graph": "voeten"} | asked)
        ours, rows = least(arguments.runs, asks(engine, text))
        print(f"derived, {name}: {ours:.1f} ms, {rows} rows")


if __name__ == "__main__":
    main()
