"""What is asked, and what is to be reached.

A query with ``$number`` is a new one each time: the number, never used twice, stands where it
changes no row (as a limit or a bound beyond all that there is), so that no cache by text can help.
A comment would not do, for a cache may leave it out. ``$subject`` stands for another thing each
time, in an order that repeats after all of them were asked for.

Targets are ratios to a server in the same run, or limits; of several servers whose names begin
alike, as ``oxigraph`` and ``oxigraph-disk``, the better one counts. `measure` of a target names a
figure of `load.Load` (``rate`` higher is better, ``p99`` and ``mean`` lower).

Used by `__main__`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from floor import Store, rows
from servers import OURS, OURS_IN_MEMORY

from foedus import files, saved

PROJECT, VOTES = "project release", "with both voting data sets"
CONNECTIONS = (4, 16, 64)

LOOK_UP = "SELECT DISTINCT ?property ?value WHERE { <$subject> ?property ?value } LIMIT $number"
SUBJECTS = """
SELECT ?thing WHERE {
  ?thing a ?class ; ?property ?value .
  FILTER(STRSTARTS(STR(?thing), "https://w3id.org/foedus/id/"))
}
GROUP BY ?thing HAVING (COUNT(?property) < 40) ORDER BY ?thing
"""
LONG = """
PREFIX foedus: <https://w3id.org/foedus/ns#>
SELECT ?one ?other (COUNT(*) AS ?together)
WHERE {
  VALUES ?graph { <https://w3id.org/foedus/graph/records/voeten> }
  GRAPH ?graph { ?vote foedus:occursOn ?date }
  FILTER(STR(?date) >= "2014" && STR(?date) < "2015")
  GRAPH ?graph { ?vote foedus:votedFor ?one . ?vote foedus:votedFor ?other }
  FILTER(STR(?one) < STR(?other))
}
GROUP BY ?one ?other
HAVING (COUNT(*) < $number)
ORDER BY DESC(?together) ?one ?other
LIMIT 10
"""
FIRST = 100_000
"""The first number: above every count and year, so that it changes no row."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: ours by theirs, or ours, at least or at most so much."""

    measure: str
    against: str | None
    least: float | None = None
    most: float | None = None
    connections: tuple[int, ...] = CONNECTIONS

    def met(self, value: float) -> bool:
        """Whether a value reaches it; to be ahead is to be above 1, so both bounds are strict."""
        return (self.least is None or value > self.least) and (
            self.most is None or value <= self.most
        )

    def __str__(self) -> str:
        bound = f"> {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        return f"{self.measure} {bound}" + (f" x {self.against}" if self.against else " ms")


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing that is asked, again and again or differently each time."""

    name: str
    query: str
    data: tuple[str, ...]
    targets: tuple[Target, ...]
    rest: str | None = None
    """The address of the same query as a saved one, here; others are asked at their endpoint."""
    connections: tuple[int, ...] = CONNECTIONS
    beside: str | None = None
    """A query that one client asks all the while."""
    is_slow: bool = False
    """Whether an answer takes so long that a load needs more time."""

    @property
    def is_new(self) -> bool:
        """Whether each request is a query not asked before."""
        return "$number" in self.query


def fill(query: str, subject: str, number: str) -> str:
    """Set the two slots."""
    return query.replace("$subject", subject).replace("$number", number)


def texts(query: str, subjects: Sequence[str], start: int) -> Iterator[str]:
    """Give the texts that `wrk.lua` asks, in its order."""
    while True:
        yield fill(query, subjects[start % len(subjects)], str(start))
        start += 1


def subjects(store: Store, most: int = 5000) -> list[str]:
    """Return so many things evenly spread over all that are small enough for a look-up."""
    found = [str(row["thing"].value) for row in rows(store, SUBJECTS)]
    step = max(1, len(found) // most)
    return found[::step][:most]


def all_workloads() -> list[Workload]:
    """Return every work-load, in the order of the table."""
    queries = saved.read_all(files.find("queries"))
    again = (
        Target("rate", "oxigraph", least=1, connections=(4, 64)),
        Target("rate", "oxigraph", least=2, connections=(16,)),
        Target("p99", "oxigraph", most=2),
    )
    analysis = (
        Target("mean", "floor", most=1.1, connections=(1,)),
        Target("rate", "oxigraph", least=1, connections=(1, *CONNECTIONS)),
    )
    through = (*analysis, Target("rate", "virtuoso", least=1, connections=(1, *CONNECTIONS)))
    small = "claims/claims-by-proposition"
    small_values = {"proposition": "russian-technology-transfer-occurs"}
    pair = {"graph": "voeten", "first": "CHN", "second": "USA", "from": "1946", "to": "2019"}
    nearest = {"graph": "voeten", "state": "CHN", "from": "2015", "to": "2015", "least": "3"}
    years = {"graph": "voeten", "state": "CHN", "from": "1946", "to": "2019"}
    derived_pair = {"graph": "voeten", "first": "CHN", "second": "USA"}
    derived_nearest = {"graph": "voeten", "state": "CHN", "year": "2015"}
    both, one = (PROJECT, VOTES), (1, *CONNECTIONS)

    def new(path: str, values: dict[str, str], slot: str) -> str:
        """Bind a saved query, and let one of its bounds fall below all that there is."""
        block = rf"(VALUES \?{slot} {{) \S+ (}})"
        text, found = re.subn(block, r"\1 -$number \2", queries[path].bind(values))
        if found != 1:
            raise ValueError(f"{path} has {found} blocks for {slot}, not one")
        return text

    def derived(path: str, values: dict[str, str]) -> str:
        """Bind a saved query that looks up counts of votes, with a bound above all of them."""
        before, end, after = queries[path].bind(values).rpartition("}\nORDER BY")
        return f"{before}  FILTER(?votes < $number)\n{end}{after}"

    return [
        Workload(
            "saved query again",
            queries[small].bind(small_values),
            both,
            again,
            rest=f"/queries/{small}.json?{urlencode(small_values)}",
        ),
        Workload(
            "look-up again",
            fill(LOOK_UP, "https://w3id.org/foedus/id/treaty/ru-kp-2024", "100"),
            both,
            again,
        ),
        Workload(
            "analysis again",
            queries["analyses/agreement-by-pair"].bind(pair),
            (VOTES,),
            (Target("rate", "oxigraph", least=300),),
            is_slow=True,
        ),
        Workload("look-up new", LOOK_UP, both, (Target("rate", "oxigraph", least=0.35),)),
        *(
            Workload(
                name, new(path, values, slot), (VOTES,), analysis, connections=one, is_slow=True
            )
            for name, path, values, slot in (
                ("pair by year new", "analyses/agreement-by-pair", pair, "from"),
                ("nearest new", "analyses/nearest-by-state", nearest, "least"),
                ("state by year new", "analyses/votes-by-state-and-year", years, "from"),
            )
        ),
        *(
            Workload(name, derived(path, values), (VOTES,), through, connections=one, is_slow=True)
            for name, path, values in (
                ("derived pair new", "analyses/yearly-agreement-by-pair", derived_pair),
                ("derived nearest new", "analyses/yearly-agreement-by-state", derived_nearest),
            )
        ),
        Workload(
            "look-up beside analysis",
            LOOK_UP,
            (VOTES,),
            (Target("p99", None, most=50),),
            beside=LONG,
        ),
    ]


MEMORY = {PROJECT: {OURS: 300.0}, VOTES: {OURS: 400.0, OURS_IN_MEMORY: 1500.0}}
"""MB that all processes of this service may hold, by data and server."""
