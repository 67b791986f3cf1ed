"""Saved queries: what a good file says, one fault a file, and values that must not get through."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_engine_federation import running

from foedus import saved, tokens
from foedus.errors import FolderError, ParameterError, QueryHeaderError, ReleaseError
from foedus.web.app import Config, create_app

QUERIES = Path(__file__).parent / "web" / "queries"
GOOD = """\
#+ summary: Which things are there?
#+ params:
#+   thing: {type: iri, within: "https://w3id.org/foedus/id/"}
#+ columns:
#+   thing: IRI of the thing
#+   label: Its name
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?thing ?label
WHERE {
  VALUES ?thing { <https://w3id.org/foedus/id/state/RUR> }
  ?thing rdfs:label ?label .
}
ORDER BY ?thing
"""
FAULTS = {  # what is changed, into what, the line of the error and words of it
    "no header": ("#+ ", "# ", 1, "needs a header"),
    "broken YAML": ("#+ columns:", "#+ columns: [", 6, "not valid YAML"),
    "unknown key": ("#+ columns:", "#+ chart: bar\n#+ columns:", 4, "unknown key 'chart'"),
    "no summary": ("#+ summary: Which things are there?", "#+ description: None", 1, "summary"),
    "long summary": ("Which things", "Which things " + "x" * 50, 1, "under 60 characters"),
    "no columns": (
        "#+ columns:\n#+   thing: IRI of the thing\n#+   label: Its name\n",
        "",
        1,
        "columns",
    ),
    "tags no list": ("#+ columns:", "#+ tags: claim\n#+ columns:", 4, "tags must be a list"),
    "column missing": (
        "#+   label: Its name\n",
        "",
        4,
        "columns are thing, but SELECT gives thing, label",
    ),
    "column order": (
        "SELECT ?thing ?label",
        "SELECT ?label ?thing",
        4,
        "SELECT gives label, thing",
    ),
    "column renamed": ("#+   label:", "#+   name:", 4, "columns are thing, name"),
    "not a SELECT": ("SELECT ?thing ?label", "CONSTRUCT", 11, "not valid SPARQL"),
    "an ASK": ("SELECT ?thing ?label\nWHERE", "ASK", 7, "must be a SELECT"),
    "syntax error": ("?thing rdfs:label ?label", "?thing rdfs:label", 12, "not valid SPARQL"),
    "undeclared prefix": (
        "rdfs:label ?label .",
        "skos:prefLabel ?label .",
        12,
        "undeclared prefix skos:",
    ),
    "no ORDER BY": ("ORDER BY ?thing\n", "", 13, "ORDER BY"),
    "ORDER BY in a comment": ("ORDER BY", "# ORDER BY", 14, "ORDER BY"),
    "parameter without VALUES": (
        "VALUES ?thing { <https://w3id.org/foedus/id/state/RUR> }",
        "",
        3,
        "needs a line VALUES ?thing",
    ),
    "VALUES without parameter": (
        "  ?thing rdfs",
        '  VALUES ?word { "a" }\n  ?thing rdfs',
        12,
        "params does not declare it",
    ),
    "VALUES over two lines": (
        "{ <https://w3id.org/foedus/id/state/RUR> }",
        "{\n<https://w3id.org/foedus/id/state/RUR> }",
        11,
        "on one line",
    ),
    "two examples": (
        "  ?thing rdfs",
        "  VALUES ?thing { <https://w3id.org/foedus/id/state/GRA> }\n  ?thing rdfs",
        12,
        "two examples",
    ),
    "no type": ("{type: iri, within", "{kind: iri, within", 3, "needs a type"),
    "unknown type": ("type: iri", "type: float", 3, "needs a type"),
    "option of another type": ("type: iri,", "type: iri, min: 1,", 3, "type iri has no min"),
    "iri without within": (', within: "https://w3id.org/foedus/id/"', "", 3, "needs within"),
    "example outside within": ("foedus/id/state/RUR>", "other/RUR>", 3, "its example"),
    "choice without values": ("type: iri", "type: choice", 3, "type choice needs values"),
}


def write(folder: Path, text: str) -> Path:
    path = folder / "topic" / "name.rq"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_good_file_is_read(tmp_path: Path) -> None:
    query = saved.read(write(tmp_path, GOOD))
    assert query.path == "topic/name"
    assert query.topic == "topic"
    assert query.iri == "https://w3id.org/foedus/id/query/topic/name"
    assert query.summary == "Which things are there?"
    assert query.columns == {"thing": "IRI of the thing", "label": "Its name"}
    assert query.params["thing"].example_value == "state/RUR"
    assert query.text.startswith("PREFIX rdfs:")


@pytest.mark.parametrize(("old", "new", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_fault_names_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(QueryHeaderError) as caught:
        saved.read(path)
    assert words in caught.value.message
    assert (caught.value.path, caught.value.line) == (str(path), line)


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"#+ summary: \xff\n")
    with pytest.raises(QueryHeaderError, match="UTF-8"):
        saved.read(path)


def test_catalogue_is_by_path_in_order() -> None:
    paths = ["claims/claims-by-thing", "states/states", "votes/allied"]
    assert list(saved.read_all(QUERIES)) == paths


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FolderError):
        saved.read_all(tmp_path / "none")


def test_unbound_parameters_keep_their_examples() -> None:
    query = saved.read_all(QUERIES)["states/states"]
    assert query.bind({}) == query.text


def test_every_type_is_bound_as_one_term() -> None:
    query = saved.read_all(QUERIES)["states/states"]
    text = query.bind(
        {
            "state": "GRA",
            "since": "1900-02-28",
            "most": "9",
            "word": 'gr" } #',
            "side": "against",
            "layer": "records",
        }
    )
    assert "VALUES ?state { <https://w3id.org/foedus/id/state/GRA> }" in text
    assert 'VALUES ?since { "1900-02-28"^^<http://www.w3.org/2001/XMLSchema#date> }' in text
    assert 'VALUES ?most { "9"^^<http://www.w3.org/2001/XMLSchema#integer> }' in text
    assert 'VALUES ?word { "gr\\" } #"@en }' in text
    assert 'VALUES ?side { "against" }' in text
    assert "VALUES ?layer { <https://w3id.org/foedus/vocabulary/layer/records> }" in text
    assert 'VALUES ?comment { "is none" }' in text
    assert '"VALUES ?string { 1 }"' in text
    ox.Store().query(text)


BAD_VALUES = [
    ("state", "javascript:alert(1)"),
    ("state", "https://example.org/RUR"),
    ("state", "RUR> } ?s ?p ?o { <x"),
    ("state", "https://w3id.org/foedus/id/state/"),
    ("state", "../state/RUR"),
    ("state", "RUR\n"),
    ("state", ""),
    ("since", "1894"),
    ("since", "1894-02-30"),
    ("since", "18940101"),
    ("since", '1894-01-01"^^xsd:date } #'),
    ("most", "0"),
    ("most", "10"),
    ("most", "1e3"),
    ("most", "٣"),
    ("most", "9" * 5000),
    ("word", ""),
    ("word", "x" * 1001),
    ("word", "a\x00b"),
    ("side", "FOR"),
    ("side", 'for" } { ?s ?p ?o'),
    ("layer", "derived"),
    ("nobody", "x"),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_bad_value_is_refused_with_name_value_and_form(name: str, value: str) -> None:
    query = saved.read_all(QUERIES)["states/states"]
    with pytest.raises(ParameterError) as caught:
        query.bind({name: value})
    message = caught.value.message
    assert name in message
    assert name not in query.params or query.params[name].expected in message


def shape(text: str) -> list[str]:
    """Return the columns of a query and its tokens outside strings and IRIs."""
    answer = ox.Store().query(text)
    assert isinstance(answer, ox.QuerySolutions)
    kinds = {"string": "literal", "iri": "name", "name": "name", "number": "literal"}
    return [kinds.get(token.kind, token.text) for token in tokens.split(text)]


@given(st.text(min_size=1, max_size=80))
def test_no_text_changes_the_query_around_it(value: str) -> None:
    query = saved.read_all(QUERIES)["states/states"]
    try:
        text = query.bind({"word": value})
    except ParameterError:
        assert not value.isprintable()
        return
    assert shape(text) == shape(query.text)


@given(st.dictionaries(st.sampled_from(["state", "since", "most", "side"]), st.text(max_size=60)))
def test_no_value_of_another_type_changes_the_query(values: Mapping[str, str]) -> None:
    query = saved.read_all(QUERIES)["states/states"]
    try:
        text = query.bind(values)
    except ParameterError:
        return
    assert len(list(ox.Store().query(text).variables)) == 3  # type: ignore[union-attr]


CALLING = """\
#+ summary: What do others say of a thing?
#+ params:
#+   thing: {type: iri, within: "https://w3id.org/foedus/id/"}
#+ columns:
#+   thing: IRI of the thing
#+   said: What is said
SELECT ?thing ?said
WHERE {
  VALUES ?thing { <https://w3id.org/foedus/id/state/RUR> }
  SERVICE <ENDPOINT> { ?thing ?property ?said }
}
ORDER BY ?said
"""


@pytest.fixture
def calling(small_release: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a client of a service with a query that calls another endpoint, and one that not."""
    shutil.copytree(QUERIES, tmp_path / "queries")
    with running() as endpoint:
        endpoint.body = {
            "head": {"vars": ["thing", "said"]},
            "results": {"bindings": [{"said": {"type": "literal", "value": "said there"}}]},
        }
        path = tmp_path / "queries" / "others" / "say.rq"
        path.parent.mkdir()
        path.write_text(CALLING.replace("ENDPOINT", endpoint.url), encoding="utf-8")
        config = Config(
            release=small_release,
            queries=tmp_path / "queries",
            services=(endpoint.url,),
            local_services=True,
        )
        app = create_app(config)
        yield app.test_client()
        app.extensions["foedus"].workers.close()


@pytest.mark.parametrize("ending", ["", ".csv", ".json", ".excel.csv"])
def test_what_others_say_is_kept_by_nobody(calling: FlaskClient, ending: str) -> None:
    accept = {} if ending else {"Accept": "text/html"}
    response = calling.get(f"/queries/others/say{ending}", headers=accept)
    assert response.status_code == 200
    assert "said there" in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    ours = calling.get(f"/queries/claims/claims-by-thing{ending}", headers=accept)
    assert "no-store" not in ours.headers["Cache-Control"]
    assert ours.headers["ETag"]


def test_reason_of_a_failure_of_ours_is_logged(
    app: Flask,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ReleaseError("cannot be searched: it is gone", path="/secret/store-0")

    monkeypatch.setattr(type(app.extensions["foedus"].engine), "answer", fail)
    response = client.get("/queries/claims/claims-by-thing.csv")
    assert response.status_code == 500
    assert "secret" not in response.get_data(as_text=True)
    assert [(one.name, one.levelname, one.getMessage()) for one in caplog.records] == [
        ("foedus.failures", "ERROR", "/secret/store-0: cannot be searched: it is gone")
    ]
    caplog.clear()
    assert client.get("/queries/claims/claims-by-thing.csv?a=b").status_code == 400
    assert caplog.records == []
