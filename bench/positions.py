"""How estimated positions compare with the published ones, session by session.

Reads Voeten's votes, estimates positions, and prints for each session the correlation with the
ideal points published in April 2020 over the states that both have, joined by Correlates of War
code. The publication has one row for the Soviet Union and Russia: whichever voted is taken.

Source of the peer: M. A. Bailey, A. Strezhnev and E. Voeten, estimates of April 2020,
https://github.com/evoeten/United-Nations-General-Assembly-Votes-and-Ideal-Points
Usage: OPENBLAS_NUM_THREADS=1 python bench/positions.py --data ../shared/data [--persistence R]
"""

import argparse
import csv
import gzip
import statistics
import time
from pathlib import Path

import pyoxigraph as ox

from foedus.analysis import positions, rolls
from foedus.records import crosswalk, forms, quads
from foedus.records.faults import FaultLog

FEWEST = 20
"""A correlation over fewer states than this is not told."""


def published(path: Path) -> dict[int, dict[str, float]]:
    """Return the published ideal points by session and Correlates of War code."""
    found: dict[int, dict[str, float]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            found.setdefault(int(row["session"]), {})[row["ccode"]] = float(row["IdealPoint"])
    return found


def compare(
    ours: dict[str, positions.Position], theirs: dict[str, float], walk: crosswalk.Crosswalk
) -> tuple[float, int] | None:
    """Return the correlation and the number of states, None where they are few."""
    pairs = []
    for code, value in theirs.items():
        state = next((state for state in walk.cow.get(code, ()) if state in ours), None)
        if state is not None:
            pairs.append((ours[state].mean, value))
    if len(pairs) < FEWEST:
        return None
    mine, other = zip(*pairs, strict=True)
    return statistics.correlation(mine, other), len(pairs)


def main() -> None:
    """Estimate, compare and print a table in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--persistence", type=float, default=positions.PERSISTENCE)
    arguments = parser.parse_args()
    walk = crosswalk.read()
    folder = arguments.data / "cc0"
    tables = [folder / f"unga_{name}_1946_2019.csv.gz" for name in ("votes", "rollcalls")]
    text = "".join(
        line
        for records in forms.read(tables, walk, FaultLog())
        for line in quads.write(records, walk.states)
    )
    (roll,) = rolls.read(ox.parse(input=text, format=ox.RdfFormat.N_QUADS))
    start = time.process_time()
    found = positions.estimate(roll, persistence=arguments.persistence)
    print(f"{len(found)} positions in {time.process_time() - start:.0f} s of processor time\n")
    peer = published(arguments.data / "analytics" / "unga_idealpoints_apr2020.csv.gz")
    print("| sessions | states | least correlation | median |")
    print("|---|---|---|---|")
    rows = {
        session: compared
        for session, members in positions.by_session(found).items()
        if (compared := compare(dict(members), peer.get(session, {}), walk)) is not None
    }
    last = max(rows)
    for span in [
        *(range(first, first + 10) for first in range(1, last + 1, 10)),
        range(1, last + 1),
    ]:
        values = [rows[session][0] for session in span if session in rows]
        states = [rows[session][1] for session in span if session in rows]
        print(
            f"| {span[0]} to {min(span[-1], last)} | {min(states)} to {max(states)} "
            f"| {min(values):.3f} | {statistics.median(values):.3f} |"
        )
    print()
    for session, (value, number) in sorted(rows.items()):
        print(f"session {session}: {value:.3f} over {number} states")


if __name__ == "__main__":
    main()
