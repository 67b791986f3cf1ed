"""Verdicts: what the rows of a testing query make of a proposition, and what they may not see."""

import html
import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from foedus import files, iris, saved, verdicts
from foedus.errors import RuleError
from foedus.web.app import Config, create_app

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


STATED_HEADER = """#+ summary: Did a state vote so?
#+ params:
#+   subject: {type: iri, within: "https://w3id.org/foedus/id/vote/"}
#+   relation: {type: choice, within: "https://w3id.org/foedus/ns#", values: [votedFor, abstained]}
#+   object: {type: iri, within: "https://w3id.org/foedus/id/state/"}
#+ columns:
#+   choice: What it did
#+   bears: The side
"""
STATED = """PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX state: <https://w3id.org/foedus/id/state/>
PREFIX vote: <https://w3id.org/foedus/id/vote/>

SELECT ?choice ?bears
WHERE {
  VALUES ?subject { vote:RT-9 }
  VALUES ?relation { foedus:abstained }
  VALUES ?object { state:LYO }
  VALUES ?choice { foedus:votedFor foedus:votedAgainst foedus:abstained }
  ?subject ?choice ?object .
  BIND(IF(?choice = ?relation, "for", "against") AS ?bears)
}
ORDER BY ?choice
"""


def judge_stated(tmp_path: Path, **roles: ox.NamedNode) -> str:
    """Return the outcome for a proposition when Avalon voted for RT-1 and against RT-2."""
    folder = tmp_path / "votes"
    folder.mkdir()
    (folder / "stated.rq").write_text(STATED_HEADER + STATED, encoding="utf-8")
    store = ox.Store()
    graph, other = ox.NamedNode("urn:votes"), ox.NamedNode("urn:rest")
    records = ox.NamedNode(iris.VOCABULARY["layer/records"])
    store.add(ox.Quad(graph, term("onLayer"), records, other))
    store.add(ox.Quad(node("vote/RT-1"), term("votedFor"), node("state/AVA"), graph))
    store.add(ox.Quad(node("vote/RT-2"), term("votedAgainst"), node("state/AVA"), graph))
    store.add(ox.Quad(PROPOSITION, term("isTestedBy"), node("query/votes/stated"), other))
    for name, value in roles.items():
        store.add(ox.Quad(PROPOSITION, term(name), value, other))
    verdicts.run(store, saved.read_all(tmp_path))
    (quad,) = store.quads_for_pattern(None, term("hasVerdictOutcome"), None, verdicts.GRAPH)
    return str(quad.object.value.rpartition("/")[2])


@pytest.mark.parametrize(
    ("vote", "state", "outcome"),
    [
        ("RT-1", "AVA", "supported"),
        ("RT-2", "AVA", "contradicted"),
        ("RT-1", "LYO", "not-testable"),
    ],
)
def test_a_query_asks_of_the_propositions_own_subject_and_object(
    tmp_path: Path, vote: str, state: str, outcome: str
) -> None:
    found = judge_stated(
        tmp_path,
        hasSubject=node(f"vote/{vote}"),
        hasRelation=term("votedFor"),
        hasObject=node(f"state/{state}"),
    )
    assert found == outcome


def test_a_proposition_that_lacks_what_its_query_asks_for_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"avalon-votes-for> is tested .* needs its object, but"):
        judge_stated(tmp_path, hasSubject=node("vote/RT-1"), hasRelation=term("votedFor"))


def test_a_proposition_of_another_kind_than_its_query_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        RuleError, match=r"cannot be tested by .*votes/stated: relation: 'blocks' is not one of"
    ):
        judge_stated(
            tmp_path,
            hasSubject=node("vote/RT-1"),
            hasRelation=term("blocks"),
            hasObject=node("state/AVA"),
        )


SHIPPED = {
    "belarus-votes-against-es-11-1": ("supported", 1, "A-RES-ES-11-1", "BLR", "abstained"),
    "china-abstains-on-es-11-1": ("supported", 1, "A-RES-ES-11-1", "CHN", "votedAgainst"),
    "china-approves-of-un-sanctions-on-north-korea-2006-2017": (
        *("supported", 11, "S-RES-2397-2017", "CHN", "abstained"),
    ),
    "china-votes-for-sanctions-draft-of-may-2022": (
        *("contradicted", 1, "S-2022-431", "CHN", "votedFor"),
    ),
    "eritrea-votes-against-es-11-1": ("supported", 1, "A-RES-ES-11-1", "ERI", "votedFor"),
    "north-korea-votes-against-es-11-1": ("supported", 1, "A-RES-ES-11-1", "PRK", "abstained"),
    "russia-approves-of-un-sanctions-on-north-korea-in-2017": (
        *("supported", 4, "S-RES-2397-2017", "RUS", "abstained"),
    ),
    "russia-blocks-all-un-sanctions-on-north-korea": (
        *("contradicted", 13, "", "RUS", "vetoedBy"),
    ),
    "russia-blocks-renewal-of-sanctions-monitors-in-march-2024": (
        *("supported", 1, "S-PV-9591-panel-of-experts", "RUS", "abstained"),
    ),
    "russia-votes-against-es-11-1": ("supported", 1, "A-RES-ES-11-1", "RUS", "abstained"),
    "syria-votes-against-es-11-1": ("supported", 1, "A-RES-ES-11-1", "SYR", "abstained"),
}
"""Each tested proposition with its verdict and number of rows; and the vote (empty for all of the
sanctions), the state and another choice that turn the verdict round."""
CHOICES = ("votedFor", "votedAgainst", "abstained", "vetoedBy")


def read_verdicts(store: ox.Store) -> dict[str, tuple[str, int, str]]:
    """Return each proposition's outcome, number of rows and version of the records."""
    found = {}
    for quad in store.quads_for_pattern(None, term("concernsProposition"), None, verdicts.GRAPH):
        has = {
            other.predicate.value.rpartition("#")[2]: other.object.value
            for other in store.quads_for_pattern(quad.subject, None, None, verdicts.GRAPH)
        }
        assert len(json.loads(has["evidenceRows"])) == int(has["rowCount"])
        assert has["isConcludedBy"].endswith("/rule/verdicts")
        key = quad.object.value.rpartition("/")[2]
        outcome = has["hasVerdictOutcome"].rpartition("/")[2]
        found[key] = (outcome, int(has["rowCount"]), has["versionInfo"])
    return found


def change(store: ox.Store, vote: str, state: str, choice: str) -> None:
    """Let a state have done something else in one roll call, or in all those on sanctions."""
    for name in CHOICES:
        for quad in list(store.quads_for_pattern(None, term(name), node(f"state/{state}"))):
            key = quad.subject.value.rpartition("/")[2]
            if key == vote or (not vote and key.startswith("S-")):
                store.remove(quad)
                graph = quad.graph_name
                store.add(ox.Quad(quad.subject, term(choice), node(f"state/{state}"), graph))


def test_verdicts_that_ship_are_those_of_the_record(release_store: ox.Store) -> None:
    found = read_verdicts(release_store)
    assert {key: known[:2] for key, known in found.items()} == {
        key: known[:2] for key, known in SHIPPED.items()
    }
    assert len({version for _, _, version in found.values()}) == 1


@pytest.mark.parametrize("key", SHIPPED)
def test_another_record_turns_the_verdict_round(release_store: ox.Store, key: str) -> None:
    before, _, vote, state, choice = SHIPPED[key]
    version = read_verdicts(release_store)[key][2]
    store = ox.Store()
    store.bulk_extend(q for q in release_store if q.graph_name != verdicts.GRAPH)
    change(store, vote, state, choice)
    verdicts.run(store, saved.read_all(files.find("queries")))
    outcome, _, changed = read_verdicts(store)[key]
    assert outcome == {"supported": "contradicted", "contradicted": "supported"}[before]
    assert changed != version


def test_page_of_a_proposition_gives_rows_rule_and_version(
    full_release: Path, release_store: ox.Store
) -> None:
    key = "russia-blocks-all-un-sanctions-on-north-korea"
    _, _, version = read_verdicts(release_store)[key]
    client = create_app(Config(release=full_release)).test_client()
    page = client.get(f"/page/proposition/{key}", headers={"Accept": "text/html"})
    text = page.get_data(as_text=True)
    assert "11 of 13 rows speak against the proposition" in text
    assert 'href="/rule/verdicts"' in text and version in text
    assert "S/RES/2397 (2017)" in text


def test_page_leads_to_the_query_as_it_was_asked(full_release: Path) -> None:
    client = create_app(Config(release=full_release)).test_client()
    page = client.get(
        "/page/proposition/china-abstains-on-es-11-1", headers={"Accept": "text/html"}
    )
    (href,) = re.findall(r'href="([^"]*vote-as-stated[?][^"]*)"', page.get_data(as_text=True))
    path, _, asked = html.unescape(href).partition("?")
    assert asked == "subject=A-RES-ES-11-1&relation=abstained&object=CHN"
    rows = client.get(f"{path}.csv?{asked}".replace("/id/query/", "/queries/"))
    assert rows.get_data(as_text=True).splitlines()[1].endswith(",abstained,for")
