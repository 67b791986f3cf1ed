"""Verdicts: what the rows of a testing query make of a proposition, and what they may not see."""

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from foedus import iris, saved, verdicts
from foedus.errors import RuleError

HEADER = "#+ summary: Did Avalon vote?\n#+ columns:\n#+   vote: The vote\n#+   bears: The side\n"
QUERY = """PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX state: <https://w3id.org/foedus/id/state/>

SELECT ?vote ?bears
WHERE {
  { ?vote foedus:votedFor state:AVA BIND("for" AS ?bears) }
  UNION { ?vote foedus:votedAgainst state:AVA BIND("against" AS ?bears) }
  UNION { ?vote foedus:abstained state:AVA BIND("neither" AS ?bears) }
}
ORDER BY ?vote ?bears
"""
PROPOSITION = ox.NamedNode(iris.ID["proposition/avalon-votes-for"])


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(iris.ID[name])


def term(name: str) -> ox.NamedNode:
    return ox.NamedNode(iris.NS[name])


def judge(
    tmp_path: Path, votes: list[tuple[str, str]], *, layer: str = "records", query: str = QUERY
) -> dict[str, str]:
    """Return the verdict's statements when Avalon's votes stand in a graph of a layer."""
    folder = tmp_path / "votes"
    folder.mkdir(exist_ok=True)
    (folder / "avalon.rq").write_text(HEADER + query, encoding="utf-8")
    store = ox.Store()
    graph, other = ox.NamedNode("urn:votes"), ox.NamedNode("urn:rest")
    store.add(
        ox.Quad(graph, term("onLayer"), ox.NamedNode(iris.VOCABULARY[f"layer/{layer}"]), other)
    )
    store.add(ox.Quad(PROPOSITION, term("isTestedBy"), node("query/votes/avalon"), other))
    for option, vote in votes:
        store.add(ox.Quad(node(f"vote/{vote}"), term(option), node("state/AVA"), graph))
    assert verdicts.run(store, saved.read_all(tmp_path)) == 1
    found = {}
    for quad in store.quads_for_pattern(None, None, None, verdicts.GRAPH):
        assert quad.subject == node("verdict/avalon-votes-for/votes/avalon")
        found[quad.predicate.value.rpartition("#")[2]] = quad.object.value
    return found


@pytest.mark.parametrize(
    ("votes", "outcome", "count"),
    [
        ([("votedFor", "RT-1"), ("votedFor", "RT-2")], "supported", "2"),
        ([("votedFor", "RT-1"), ("votedAgainst", "RT-2")], "contradicted", "2"),
        ([("votedAgainst", "RT-1")], "contradicted", "1"),
        ([("presentNotVoting", "RT-1")], "not-testable", "0"),
        ([], "not-testable", "0"),
    ],
)
def test_outcome_follows_the_rows(
    tmp_path: Path, votes: list[tuple[str, str]], outcome: str, count: str
) -> None:
    verdict = judge(tmp_path, votes)
    assert verdict["hasVerdictOutcome"] == str(iris.VOCABULARY[f"verdict/{outcome}"])
    assert verdict["rowCount"] == count
    assert len(json.loads(verdict["evidenceRows"])) == int(count)
    assert verdict["concernsProposition"] == PROPOSITION.value
    assert verdict["isConcludedBy"] == "https://w3id.org/foedus/rule/verdicts"


@pytest.mark.parametrize("layer", ["claims", "documents", "propositions", "derived"])
def test_other_layers_bear_no_witness(tmp_path: Path, layer: str) -> None:
    verdict = judge(tmp_path, [("votedAgainst", "RT-1")], layer=layer)
    assert verdict["hasVerdictOutcome"].endswith("/not-testable")


def test_rows_are_kept_in_one_order(tmp_path: Path) -> None:
    rows = json.loads(judge(tmp_path, [("votedFor", "RT-2"), ("votedFor", "RT-1")])["evidenceRows"])
    assert rows == [
        {"bears": "for", "vote": node("vote/RT-1").value},
        {"bears": "for", "vote": node("vote/RT-2").value},
    ]


def test_version_changes_with_the_records_and_only_then(tmp_path: Path) -> None:
    one = judge(tmp_path, [("votedFor", "RT-1"), ("votedFor", "RT-2")])["versionInfo"]
    assert judge(tmp_path, [("votedFor", "RT-2"), ("votedFor", "RT-1")])["versionInfo"] == one
    assert judge(tmp_path, [("votedFor", "RT-1")])["versionInfo"] != one


def test_a_side_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        RuleError, match=r"votes/avalon gives \?bears 'neither', not for or against"
    ):
        judge(tmp_path, [("abstained", "RT-1")])


def test_a_query_without_sides_is_refused(tmp_path: Path) -> None:
    query = QUERY.replace("?bears", "?side")
    header = HEADER.replace("bears", "side")
    (tmp_path / "votes").mkdir()
    (tmp_path / "votes" / "avalon.rq").write_text(header + query, encoding="utf-8")
    store = ox.Store()
    rest = ox.NamedNode("urn:rest")
    store.add(ox.Quad(PROPOSITION, term("isTestedBy"), node("query/votes/avalon"), rest))
    with pytest.raises(RuleError, match=r"votes/avalon tests a proposition, but has no \?bears"):
        verdicts.run(store, saved.read_all(tmp_path))


def test_a_query_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = ox.Store()
    rest = ox.NamedNode("urn:rest")
    store.add(ox.Quad(PROPOSITION, term("isTestedBy"), node("query/votes/avalon"), rest))
    with pytest.raises(RuleError, match=r"is tested by .*votes/avalon>, which is no saved query"):
        verdicts.run(store, saved.read_all(tmp_path))
