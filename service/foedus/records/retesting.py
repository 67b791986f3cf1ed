"""Test the propositions of a release again when its records change.

Verdicts are drawn, as a build draws them, over the records that the new release will have; and the
rules that read verdicts conclude anew, because what the records contradict is no attested fact. A
store of all votes would take longer and more memory than the rest of an import, so the lines of the
records go by, and only those enter it that the testing queries can see (`patterns`); all others
are counted in the version that each verdict has.

Errors: `RuleError` as ``verdicts`` and ``rules`` raise it.
Used by `importing`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from foedus import iris, patterns, rules, saved, verdicts

_TESTED = f" <{iris.NS.isTestedBy}> ".encode()
_AT_A_TIME = 10_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is concluded anew."""

    graphs: frozenset[str]
    """The graphs that these lines replace, and with them what is said of the graphs."""
    lines: tuple[bytes, ...]
    """Lines of N-Quads, sorted."""


NOTHING = Drawn(frozenset(), ())


def draw(
    small: Iterable[bytes],
    large: Iterable[bytes],
    *,
    queries: Mapping[str, saved.SavedQuery],
    drawn: Iterable[rules.Rule],
) -> Drawn:
    """Return the verdicts over the records of a release, and what follows from them.

    ``large`` are the lines of graphs of which no more is held than is asked for: those of records
    must be among them, and the lines of one graph in order. ``small`` are all others; they may be
    among the large again. A release without tested propositions has no verdicts.
    """
    again = [rule for rule in drawn if "Verdict" in rule.text]
    replaced = {verdicts.GRAPH.value, *(rule.graph.value for rule in again)}
    gone = {f"<{graph}>".encode() for graph in replaced}
    held = [line for line in small if graph_of(line) not in gone and _subject(line) not in gone]
    if not any(_TESTED in line for line in held):
        return NOTHING
    store = ox.Store()
    _load(store, held)
    asked = [test.text for test in verdicts.tests(store, queries)]
    asked += [rule.text for rule in again]
    matches = patterns.matcher({pattern for text in asked for pattern in patterns.read(text)})
    digests = {
        f"<{graph.value}>".encode(): hashlib.sha256()
        for graph in verdicts.graphs_on(store, "records")
    }
    _load(store, _seen(large, matches, digests))
    version = verdicts.version(
        {graph[1:-1].decode(): digest.hexdigest() for graph, digest in digests.items()}
    )
    verdicts.run(store, queries, records=version)
    rules.run(again, store, _declared(store))
    return Drawn(frozenset(replaced), tuple(sorted(_written(store, replaced))))


def _seen(
    lines: Iterable[bytes],
    matches: Callable[[bytes], bool],
    digests: Mapping[bytes, Any],
) -> Iterator[bytes]:
    """Give the lines that match, and add all those of records to their graphs' digests."""
    for line in lines:
        digest = digests.get(graph_of(line))
        if digest:
            digest.update(line)
        if matches(line):
            yield line


def _load(store: ox.Store, lines: Iterable[bytes]) -> None:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == _AT_A_TIME:
            store.load(b"".join(block), format=ox.RdfFormat.N_QUADS)
            block.clear()
    store.load(b"".join(block), format=ox.RdfFormat.N_QUADS)


def _declared(store: ox.Store) -> set[str]:
    return {
        quad.subject.value
        for graph in verdicts.graphs_on(store, "ontology")
        for quad in store.quads_for_pattern(None, None, None, graph)
        if isinstance(quad.subject, ox.NamedNode)
    }


def _written(store: ox.Store, graphs: Iterable[str]) -> Iterator[bytes]:
    """Give the lines of graphs, and of what is said of them."""
    for name in graphs:
        graph = ox.NamedNode(name)
        for place in (
            store.quads_for_pattern(None, None, None, graph),
            store.quads_for_pattern(graph, None, None),
        ):
            yield from (ox.serialize(place, format=ox.RdfFormat.N_QUADS) or b"").splitlines(
                keepends=True
            )


def graph_of(line: bytes) -> bytes:
    """Return the graph of a line, as it stands there."""
    return line.rsplit(b" ", 2)[1]


def _subject(line: bytes) -> bytes:
    return line.partition(b" ")[0]
