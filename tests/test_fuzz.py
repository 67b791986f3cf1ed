"""Whatever comes, the answer is a proper one: the protocol, ``Accept``, and parameters.

Short here; ``make fuzz`` tries 5,000 of each.
"""

import pytest
from conftest import WEB
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foedus import results, saved, syntax, tokens
from foedus.errors import NotAcceptableError, ParameterError
from foedus.results import HTML, ROWS, TRIPLES

EVERY = (*ROWS, *TRIPLES, HTML)
QUERIES = saved.read_all(WEB / "queries")
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
MEDIA = st.sampled_from(
    [
        FORM,
        DIRECT,
        "application/sparql-update",
        "text/plain",
        "",
        f"{DIRECT};charset=utf-16",
        "/;=,",
    ]
)
PIECES = st.sampled_from(
    [*(form.media for form in EVERY), "*/*", "text/*", "*", ";q=", "0.5", "1.5", "-1", "nan", ","]
)
ACCEPT = st.one_of(st.text(), st.lists(PIECES | st.text(max_size=3)).map("".join))
HEADER = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60)
SPARQL = st.sampled_from(
    [
        "SELECT",
        "ASK",
        "CONSTRUCT",
        "DESCRIBE",
        "FROM",
        "WHERE",
        "{",
        "}",
        "(",
        ")",
        "?x",
        "<a:b>",
        "'c'",
        ".",
        ";",
        "SERVICE",
        "VALUES",
        "UNION",
        "#",
        "\\",
    ]
)
TEXT = st.one_of(st.text(), st.lists(SPARQL | st.text(max_size=2)).map(" ".join))
quietly = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quietly
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "QUERY", "PUT"]),
    fields=st.lists(
        st.tuples(
            st.sampled_from(["query", "update", "default-graph-uri", "named-graph-uri", "format"])
            | st.text(),
            TEXT,
        ),
        max_size=4,
    ),
    media=MEDIA,
    body=st.binary() | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
    accept=HEADER,
)
def test_protocol(
    client: FlaskClient,
    method: str,
    fields: list[tuple[str, str]],
    media: str,
    body: bytes,
    accept: str,
) -> None:
    response = client.open(
        "/sparql",
        method=method,
        query_string=[(name, value) for name, value in fields],
        data=body if method in ("POST", "QUERY", "PUT") else None,
        headers={"Content-Type": media, "Accept": accept},
    )
    assert response.status_code in (200, 304, 400, 403, 405, 406, 413, 414, 415)
    assert b"Traceback" not in response.get_data()
    assert response.headers["Content-Security-Policy"]


@quietly
@given(accept=ACCEPT, wanted=st.none() | st.sampled_from(["json", "csv", "none"]) | st.text())
def test_accept(accept: str, wanted: str | None) -> None:
    for offered in (ROWS, TRIPLES, EVERY):
        try:
            assert results.negotiate(accept, offered, wanted=wanted) in offered
        except NotAcceptableError as error:
            assert "offered are" in error.message


@pytest.mark.parametrize("name", sorted(QUERIES))
@quietly
@given(data=st.data())
def test_parameters(name: str, data: st.DataObject) -> None:
    query = QUERIES[name]
    before = tokens.split(query.text)
    value = st.one_of(TEXT, st.text(alphabet="0123456789-+.ABC'\"\\<>{}?\n", max_size=12))
    values = {param: data.draw(value) for param in query.params}
    try:
        text = query.bind(values)
    except ParameterError:
        return
    assert syntax.find_fault(text) is None
    after = tokens.split(text)
    assert len(after) == len(before)  # one term took the place of one
    assert sum(a.text != b.text for a, b in zip(before, after, strict=True)) <= len(query.params)
