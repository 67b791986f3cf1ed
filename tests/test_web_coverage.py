"""What no record covers of a saved query is said on its page and in a header of its data."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import write_release
from flask import Flask
from flask.testing import FlaskClient
from test_analysis_coverage import ASSEMBLY, CHOSEN, DATA

from foedus import iris
from foedus.web import journal
from foedus.web.app import Config, create_app
from foedus.web.queries import WARNING

PAIR = "/queries/analyses/agreement-by-pair"
HTML = {"Accept": "text/html"}
INSIDE = {"graph": ASSEMBLY, "from": "1950", "to": "1960"}
OUTSIDE = {"graph": ASSEMBLY, "from": "2020", "to": "2025"}
SAID = "2020 to 2025 not recorded, which is not none"
_SERVE = "from foedus.cli.asking import serve; serve()"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a release in which records say what they cover, and hold nothing."""
    graph = ox.NamedNode(iris.GRAPH["graphs"])
    quads = [
        ox.Quad(*quad.triple, graph)
        for quad in ox.parse(input=DATA.encode(), format=ox.RdfFormat.TURTLE)
    ]
    for code in ("CHN", "USA"):
        label, state = iris.ID[f"state/{code}"], ox.Literal(code, language="en")
        quads.append(ox.Quad(ox.NamedNode(label), ox.NamedNode(_LABEL), state, graph))
    return write_release(tmp_path_factory.mktemp("covered") / "release", quads)


_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


@pytest.fixture(scope="module")
def app(release: Path) -> Flask:
    """Make the service over the records."""
    return create_app(Config(release=release))


@pytest.fixture(scope="module")
def endpoint(release: Path) -> Iterator[str]:
    """Run a server over the records; yield its endpoint."""
    command = [sys.executable, "-c", _SERVE, "--port", "0", "--release", str(release)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr is not None
        try:
            yield f"{process.stderr.readline().split()[-1]}/sparql"
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.parametrize("form", ["csv", "json", "xml", "tsv", "excel.csv"])
def test_data_carry_a_header_for_years_outside(app: Flask, form: str) -> None:
    client = app.test_client()
    answer = client.get(f"{PAIR}.{form}", query_string=OUTSIDE)
    assert answer.status_code == 200
    (header,) = answer.headers.getlist(WARNING)
    assert header == f'"{SAID}. Record: Assembly (1946-01 to 2019-12-27)"'
    assert WARNING not in client.get(f"{PAIR}.{form}", query_string=INSIDE).headers


def test_page_says_it_above_the_rows(app: Flask) -> None:
    client = app.test_client()
    page = client.get(PAIR, query_string=OUTSIDE, headers=HTML).get_data(as_text=True)
    assert page.index("<h2>Answer") < page.index(SAID) < page.index("Nothing is stated")
    inside = client.get(PAIR, query_string=INSIDE, headers=HTML).get_data(as_text=True)
    assert "<h2>Answer" in inside and "not recorded" not in inside and "coverage" not in inside


def test_unknown_record_is_a_warning(app: Flask) -> None:
    values = OUTSIDE | {"graph": "voeten"}
    answer = app.test_client().get(f"{PAIR}.csv", query_string=values)
    assert "records/voeten is no graph of voting records" in answer.headers[WARNING]


def test_several_warnings_are_several_lines(app: Flask) -> None:
    path = "/queries/analyses/votes-on-one-another-by-day.csv?day=2022-02-24"
    lines = app.test_client().get(path).headers.getlist(WARNING)
    assert len(lines) == 3
    assert lines[0] == '"General Assembly: 2022 not recorded, which is not none"'


def test_what_is_not_ascii_is_sent_as_a_display_string(app: Flask) -> None:
    values = INSIDE | {"graph": CHOSEN}
    header = app.test_client().get(f"{PAIR}.csv", query_string=values).headers[WARNING]
    assert header.isascii() and "Record: Sal%c3%a1t's choice" in header
    assert header.startswith('%"') and header.endswith('"')


def test_unchanged_answer_keeps_the_header(app: Flask) -> None:
    client = app.test_client()
    tag = client.get(f"{PAIR}.csv", query_string=OUTSIDE).headers["ETag"]
    known = client.get(f"{PAIR}.csv", query_string=OUTSIDE, headers={"If-None-Match": tag})
    assert known.status_code == 304 and SAID in known.headers[WARNING]


def test_other_sites_may_read_the_header(app: Flask) -> None:
    answer = app.test_client().get(f"{PAIR}.csv", query_string=OUTSIDE)
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert WARNING in exposed and "ETag" in exposed


def test_questions_that_ask_no_votes_have_none(app: Flask) -> None:
    answer = app.test_client().get("/queries/events/timeline.csv")
    assert answer.status_code == 200 and WARNING not in answer.headers


def reads_again(client: FlaskClient) -> bool:
    """Return whether a second answer took as many queries as the first."""
    lines = io.StringIO()
    journal.write_to(lines)
    try:
        for year in (2020, 2021):
            client.get(f"{PAIR}.csv", query_string=OUTSIDE | {"to": str(year)})
    finally:
        journal.write_to(None)
    first, second = (json.loads(line)["queries"] for line in lines.getvalue().splitlines())
    assert first - 1 <= second <= first
    return bool(second == first)


def test_coverage_is_read_once_from_a_release(release: Path) -> None:
    client = create_app(Config(release=release)).test_client()
    assert not reads_again(client)


@pytest.mark.parametrize(("version", "may_change"), [(None, True), ("1", False)])
def test_another_endpoint_is_asked_what_it_covers(
    endpoint: str, version: str | None, may_change: bool
) -> None:
    """Whose data may change is asked each time."""
    client = create_app(Config(endpoint=endpoint, version=version)).test_client()
    assert reads_again(client) == may_change
    assert SAID in client.get(f"{PAIR}.csv", query_string=OUTSIDE).headers[WARNING]
    assert WARNING not in client.get(f"{PAIR}.csv", query_string=INSIDE).headers
