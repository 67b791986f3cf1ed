"""Pages and data of things to which more points than can be listed: counted, never cut silently.

The graph is made here: a state with 25 votes, a body with 25 resolutions, one of each a day. Each
bound is set to what there is, and to one less.
"""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from conftest import WEB, write_release
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, URIRef

from foedus import files, results, saved
from foedus.parameters import Parameter
from foedus.web import backlinks, description, forms, graphs, invitations, tables, things
from foedus.web.app import Config, create_app
from foedus.web.lookup import Lookup

COUNT, AGAINST = 25, 2
ID, NS = "https://w3id.org/foedus/id/", "https://w3id.org/foedus/ns#"
CLAIMS = "https://w3id.org/foedus/graph/claims/"
RECORD = "https://w3id.org/foedus/graph/records/many"
PREFIXES = f"""
@prefix foedus: <{NS}> .
@prefix graph: <https://w3id.org/foedus/graph/> .
@prefix layer: <https://w3id.org/foedus/vocabulary/layer/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
FIXED = f"""{PREFIXES}
graph:graphs {{
  <{RECORD}> foedus:onLayer layer:records .
  graph:things foedus:onLayer layer:things .
}}
graph:ontology {{
  foedus:votedFor rdfs:subPropertyOf foedus:voter .
  foedus:votedAgainst rdfs:subPropertyOf foedus:voter .
}}
graph:things {{
  <{ID}state/RUR> a foedus:State ; rdfs:label "Ruritania"@en .
  <{ID}organisation/diet> a foedus:Body ; rdfs:label "The Diet"@en .
}}
"""


def rows_of_day(day: int) -> str:
    option = "votedAgainst" if day <= AGAINST else "votedFor"
    return f"""
<{ID}vote/{day}> a foedus:RollCall ; rdfs:label "Vote {day}"@en ;
  foedus:{option} <{ID}state/RUR> ; foedus:isVoteOn <{ID}resolution/{day}> ;
  foedus:occursOn "1894-01-{day:02}"^^xsd:date .
<{ID}resolution/{day}> a foedus:Resolution ; rdfs:label "Resolution {day}"@en ;
  foedus:isDecidedBy <{ID}organisation/diet> ; foedus:adoptedOn "1894-01-{day:02}"^^xsd:date .
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Serve the graph."""
    days = "".join(rows_of_day(day) for day in range(1, COUNT + 1))
    text = f"{FIXED} <{RECORD}> {{ {days} }}"
    quads = list(ox.parse(text, format=ox.RdfFormat.TRIG))
    release = write_release(tmp_path_factory.mktemp("many") / "release", quads)
    return create_app(Config(release=release, queries=WEB / "queries")).test_client()


def page(client: FlaskClient, path: str) -> str:
    with client.get(path, headers={"Accept": "text/html"}) as response:
        assert response.status_code == 200
        return response.get_data(as_text=True)


def links(body: str, text: str) -> list[str]:
    return [
        href.replace("&amp;", "&")
        for href in re.findall(rf'<a href="([^"]*)"[^>]*>{re.escape(text)}</a>', body)
    ]


def rows_behind(client: FlaskClient, href: str) -> int:
    """Return how many rows the answer has to which a page leads."""
    assert parse_qs(urlsplit(href).query)["query"]
    with client.get(href, headers={"Accept": "text/csv"}) as response:
        assert response.mimetype == "text/csv"
        return len(response.get_data(as_text=True).splitlines()) - 1


def test_votes_of_a_state_are_counted_and_the_latest_shown(many: FlaskClient) -> None:
    body = page(many, "/page/state/RUR")
    assert "The latest 20 of 25" in body
    shown = re.findall(r">Vote (\d+)</a>", body)
    assert shown == [str(day) for day in range(COUNT, COUNT - 20, -1)]
    cells = dict(re.findall(r'<td class="number" data-label="(\w+)">(\d+)</td>', body))
    assert cells == {"For": str(COUNT - AGAINST), "Against": str(AGAINST), "All": str(COUNT)}
    assert '<td data-label="Years">1894</td>' in body
    [address] = links(body, "All 25 votes")
    assert rows_behind(many, address) == COUNT


def test_questions_are_asked_of_the_thing_on_the_page(many: FlaskClient) -> None:
    body = page(many, "/page/state/RUR")
    assert links(body, "Which states are there?") == ["/queries/states/states?state=RUR"]
    assert links(body, "What is claimed of a thing?") == [
        "/queries/claims/claims-by-thing?thing=state%2FRUR"
    ]
    assert "Questions about it" not in page(many, "/page/organisation/diet")


@pytest.mark.parametrize("bound", [COUNT, COUNT - 1])
def test_what_points_to_a_thing_is_listed_within_the_bound(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(backlinks, "MOST_LISTED", bound)
    body = page(many, "/page/organisation/diet")
    found = links(body, "list them")
    shown = re.findall(r">Resolution (\d+)</a>", body)
    if bound == COUNT:
        assert not found
        assert len(shown) == COUNT
    else:
        assert "<strong>25</strong> in all" in body
        assert shown == [str(day) for day in range(COUNT, COUNT - 20, -1)]
        assert [rows_behind(many, address) for address in found] == [COUNT]


@pytest.mark.parametrize("bound", [COUNT, COUNT - 1])
@pytest.mark.parametrize("form", ["nt", "nq", "jsonld"])
def test_data_leave_a_property_out_whole_and_say_so(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int, form: str
) -> None:
    monkeypatch.setattr(things, "MOST_INWARD", bound)
    with many.get(f"/data/organisation/diet.{form}") as response:
        text, warnings = response.get_data(as_text=True), response.headers.getlist("Foedus-Warning")
    assert "The Diet" in text
    if bound == COUNT:
        assert len(set(re.findall(r"resolution/\d+", text))) == COUNT
        assert warnings == []
    else:
        assert "resolution/" not in text
        said = f'"left out: {COUNT} statements in which {NS}isDecidedBy points here"'
        assert warnings == [said]


def test_a_thing_that_is_only_pointed_to_has_data_and_a_page(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(things, "MOST_INWARD", 0)
    monkeypatch.setattr(backlinks, "MOST_LISTED", 0)
    with many.get("/vocabulary/layer/records.nt") as response:
        assert response.status_code == 200
        assert response.headers["Foedus-Warning"].startswith('"left out: 1 ')
    assert len(links(page(many, "/vocabulary/layer/records"), "list them")) == 1


@pytest.mark.parametrize("bound", [2 * COUNT, 2 * COUNT - 1])
def test_a_graph_lists_its_things_within_the_bound(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(graphs, "MOST_SUBJECTS", bound)
    body = page(many, "/graph/records/many")
    assert f"{9 * COUNT} triples" in body
    assert [rows_behind(many, address) for address in links(body, str(COUNT))] == [COUNT, COUNT]
    assert len(re.findall(r">Resolution \d+</a>", body)) == (COUNT if bound == 2 * COUNT else 0)
    assert ("Too many things" in body) == (bound < 2 * COUNT)


@pytest.mark.parametrize("bound", [9 * COUNT, 9 * COUNT - 1])
def test_a_graph_is_offered_as_data_within_the_bound(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(graphs, "MOST_WRITTEN", bound)
    offered = links(page(many, "/graph/records/many"), "Turtle")
    assert offered == (["/graph/records/many.ttl"] if bound == 9 * COUNT else [])


@pytest.mark.parametrize("form", ["ttl", "nt", "nq", "trig", "rdf", "jsonld"])
def test_a_large_graph_has_the_data_of_a_small_one(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = f"/graph/records/many.{form}"
    with many.get(path) as response:
        read = response.get_data()
    monkeypatch.setattr(graphs, "_MOST_READ", 0)
    with many.get(path) as response:
        written = response.get_data()
    syntax = results.BY_NAME[form].triples
    both = [{str(quad) for quad in ox.parse(text, format=syntax)} for text in (read, written)]
    assert both[0] == both[1]
    assert len(both[0]) == 9 * COUNT
    if form in ("nq", "trig"):
        assert all(RECORD in quad for quad in both[0])


def test_limits_in_queries_are_one_more_than_the_bounds() -> None:
    folder = Path(graphs.__file__).parent / "rq"
    bounds = {"graph-subjects": graphs.MOST_SUBJECTS}
    bounds |= {path.stem: forms.MOST_HINTS for path in folder.glob("values-*.rq")}
    assert len(bounds) == 7
    for name, bound in bounds.items():
        assert f"LIMIT {bound + 1}\n" in (folder / f"{name}.rq").read_text(encoding="utf-8")


@pytest.mark.parametrize("bound", [2, 1])
def test_a_form_hints_at_values_within_the_bound(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(forms, "_MOST_OPTIONS", 0)
    monkeypatch.setattr(forms, "MOST_HINTS", bound)
    assert ("<datalist" in page(client, "/queries/states/states")) == (bound == 2)


def test_values_of_a_form_are_read_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = page(client, "/queries/states/states")
    asked: list[str] = []
    ask = Lookup.ask
    monkeypatch.setattr(Lookup, "ask", lambda self, q, **t: asked.append(q) or ask(self, q, **t))
    assert page(client, "/queries/states/states") == first
    assert "labels" in asked
    assert not [query for query in asked if query.startswith("values-")]


@pytest.mark.parametrize("bound", [1, 0])
def test_an_answer_is_shown_within_the_bound(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", bound)
    body = page(client, "/queries/claims/claims-by-thing")
    assert '<span class="count">1 row</span>' in body
    assert ("The first 0 of 1 rows are shown here" in body) == (bound == 0)


def test_distinct_things_are_counted_within_the_bound(
    many: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    void = "http://rdfs.org/ns/void#"
    for bound in (10_000, 1):
        monkeypatch.setattr(description, "_MOST_COUNTED", bound)
        with many.get("/.well-known/void.ttl") as response:
            said = Graph().parse(data=response.get_data(), format="turtle")
        assert bool(list(said.objects(None, URIRef(void + "distinctSubjects")))) == (bound > 1)
        [total] = {
            int(str(o))
            for s, o in said.subject_objects(URIRef(void + "triples"))
            if str(s).endswith("#dataset")
        }
        assert total == 9 * COUNT + 8


def test_sizes_are_counted_where_no_manifest_states_them(many: FlaskClient) -> None:
    held = many.application.extensions["foedus"]
    none: dict[str, list[str]] = {"graphs": []}
    with many.application.test_request_context():
        assert graphs.sizes(held.lookup, none) == graphs.sizes(held.lookup, held.manifest)
        counted = graphs.read(held.lookup, RECORD, none)
        assert counted == graphs.read(held.lookup, RECORD, held.manifest)
        assert counted is not None and counted.triples == 9 * COUNT


@pytest.mark.parametrize("state", ["CHN", "RUS", "PRK", "FRA"])
def test_no_state_is_asked_about_with_itself(app: Flask, state: str) -> None:
    queries = saved.read_all(files.find("queries"))
    with app.test_request_context():
        cells = invitations.questions(queries, f"{ID}state/{state}")
    pairs = 0
    for cell in cells:
        path, _, asked = (cell.href or "").removeprefix("/queries/").partition("?")
        given = {name: values[0] for name, values in parse_qs(asked).items()}
        values = {name: p.example_value for name, p in queries[path].params.items()} | given
        assert any(value.endswith(state) for value in given.values())
        if {"first", "second"} <= set(values):
            pairs += 1
            assert values["first"] != values["second"]
    assert pairs


def test_a_form_offers_the_graphs_of_records_by_title(client: FlaskClient) -> None:
    held = client.application.extensions["foedus"]
    parameter = Parameter(
        "graph", "iri", "Record", ox.NamedNode(CLAIMS + "gazette-1894"), (CLAIMS,)
    )
    query = replace(held.queries["states/states"], params={"graph": parameter})
    with client.application.test_request_context():
        [field] = forms.fields(held.lookup, query, {}, {})
    assert field.options == [("gazette-1894", "Claims of the Gazette")]
