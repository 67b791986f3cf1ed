"""The saved queries over the records, asked of the records alone.

No claims and no derived graphs are loaded: what these queries answer, and what they say for
or against a proposition, rests on the records. ``test_queries`` asks the same of the whole
release, on two engines.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from foedus import files, iris, saved

NS = iris.NS
TRIPLES = files.find("triples")
EXPECTED = Path(__file__).parent / "queries"
THINGS = [TRIPLES / "things" / f"{name}.ttl" for name in ("bodies", "states", "treaties")]
RECORDS = sorted((TRIPLES / "records").glob("*.ttl"))
ES_11_1 = ox.NamedNode(iris.mint("vote", "A-RES-ES-11-1"))
CHINA = ox.NamedNode(iris.mint("state", "CHN"))
ABSTAINED, AGAINST = ox.NamedNode(NS.abstained), ox.NamedNode(NS.votedAgainst)
QUERIES = [
    "treaties/treaty-dates-by-treaty",
    "votes/against-es-11-1",
    "votes/china-votes-on-north-korea-sanctions-2006-2017",
    "votes/russia-veto-of-sanctions-monitors",
    "votes/russia-votes-on-north-korea-sanctions",
    "votes/russia-votes-on-north-korea-sanctions-2017",
    "votes/sanctions-on-north-korea",
    "votes/vetoes-by-state",
    "votes/vote-as-stated",
    "votes/votes-by-resolution",
    "votes/votes-by-state",
]


def graphs() -> dict[str, bytes]:
    """Return the ontology, things, records and the records' layer, by graph, as Turtle."""
    named = {iris.graph_of(path.relative_to(TRIPLES)): path for path in [*THINGS, *RECORDS]}
    for path in sorted(files.find("ontology").glob("*.ttl")):
        named[iris.GRAPH[f"ontology/{path.stem}"]] = path
    layer = iris.VOCABULARY["layer/records"]
    layers = [
        f"<{graph}> <{NS.onLayer}> <{layer}> ." for graph, path in named.items() if path in RECORDS
    ]
    found = {str(graph): path.read_bytes() for graph, path in named.items()}
    return found | {str(iris.GRAPH["graphs"]): "\n".join(layers).encode()}


def load_store() -> ox.Store:
    store = ox.Store()
    for graph, text in graphs().items():
        store.load(text, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(graph))
    return store


@pytest.fixture(scope="module")
def store() -> ox.Store:
    return load_store()


def as_csv(header: list[str], rows: Iterator[list[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()


def ask_oxigraph(store: ox.Store, text: str) -> str:
    found = store.query(text, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    header = [variable.value for variable in found.variables]
    return as_csv(header, ([getattr(v, "value", "") for v in row] for row in found))


def query(path: str) -> saved.SavedQuery:
    return saved.read(files.find("queries") / f"{path}.rq")


def cases() -> list[tuple[str, str]]:
    """Return each query with its case as it stands and those with other parameters."""
    found = []
    for path in QUERIES:
        others = sorted(file.stem for file in (EXPECTED / path).glob("*.json"))
        found += [(path, case) for case in ["expected", *others]]
    return found


@pytest.mark.parametrize(("path", "case"), cases())
def test_query_gives_the_expected_rows_from_records_alone(
    path: str, case: str, store: ox.Store
) -> None:
    parameters = EXPECTED / path / f"{case}.json"
    values = json.loads(parameters.read_text()) if parameters.exists() else {}
    text = query(path).bind(values)
    expected = (EXPECTED / path / f"{case}.csv").read_text(encoding="utf-8")
    assert ask_oxigraph(store, text) == expected


def bearings(store: ox.Store, name: str) -> list[str]:
    """Return the column that says how each row bears on the proposition."""
    rows = csv.DictReader(io.StringIO(ask_oxigraph(store, query(f"votes/{name}").text)))
    return [row["bears"] for row in rows]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("against-es-11-1", {"for": 5}),
        ("china-votes-on-north-korea-sanctions-2006-2017", {"for": 11}),
        ("russia-veto-of-sanctions-monitors", {"for": 1}),
        ("russia-votes-on-north-korea-sanctions", {"for": 2, "against": 11}),
        ("russia-votes-on-north-korea-sanctions-2017", {"for": 4}),
        ("vote-as-stated", {"for": 1}),
    ],
)
def test_rows_bear_on_the_proposition(name: str, found: dict[str, int], store: ox.Store) -> None:
    bears = bearings(store, name)
    assert {side: bears.count(side) for side in sorted(set(bears))} == dict(sorted(found.items()))


def test_a_changed_record_changes_what_bears() -> None:
    store = load_store()
    graph = ox.NamedNode(iris.GRAPH["records/unga-es-11-1"])
    store.remove(ox.Quad(ES_11_1, ABSTAINED, CHINA, graph))
    store.add(ox.Quad(ES_11_1, AGAINST, CHINA, graph))
    assert sorted(bearings(store, "against-es-11-1")) == ["against"] + 5 * ["for"]


def test_what_a_rule_concluded_from_claims_confirms_nothing() -> None:
    store = load_store()
    derived = ox.NamedNode(iris.GRAPH["derived/attested"])
    before = bearings(store, "against-es-11-1")
    store.add(ox.Quad(ES_11_1, AGAINST, CHINA, derived))
    layer = ox.NamedNode(iris.VOCABULARY["layer/derived"])
    store.add(ox.Quad(derived, ox.NamedNode(NS.onLayer), layer, derived))
    assert bearings(store, "against-es-11-1") == before
