"""Tables for people: columns of labels, quiet cells, and files for Excel."""

import csv
import io
from collections.abc import Sequence

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from foedus.web import spreadsheet, tables
from foedus.web.evidence import Verdict, badge
from foedus.web.links import Cell
from foedus.web.lookup import Term

A, B = ox.NamedNode("http://example.org/a"), ox.NamedNode("http://example.org/b")
LABELS = {A.value: "Ruritania", B.value: "Graustark"}
COLUMNS = {"state": "IRI of the state", "label": "Its name", "otherClaim": "What it says"}
XSD = "http://www.w3.org/2001/XMLSchema#"


def made(rows: Sequence[Sequence[Term | None]]) -> tables.Table:
    return tables.make(COLUMNS, rows, LABELS)


@pytest.mark.parametrize(
    ("rows", "heads", "texts"),
    [
        pytest.param(
            [[A, ox.Literal("Ruritania"), None], [B, ox.Literal("Graustark"), None]],
            ["State", "Other claim"],
            ["Ruritania", "–", "Graustark", "–"],
            id="a label becomes the link",
        ),
        pytest.param(
            [[A, ox.Literal("Ruritania"), None], [B, ox.Literal("another name"), None]],
            ["State", "Label", "Other claim"],
            ["Ruritania", "Ruritania", "–", "Graustark", "another name", "–"],
            id="a text that is no label stays",
        ),
        pytest.param(
            [[A, ox.Literal("Ruritania"), None], [None, None, None]],
            ["State", "Other claim"],
            ["Ruritania", "–", "–", "–"],
            id="where both are empty they still belong together",
        ),
        pytest.param(
            [[A, ox.Literal("Ruritania"), None], [None, ox.Literal("Ruritania"), None]],
            ["State", "Label", "Other claim"],
            ["Ruritania", "Ruritania", "–", "–", "Ruritania", "–"],
            id="a text without a thing is not lost",
        ),
    ],
)
def test_iri_and_label_are_one_column(
    client: FlaskClient,
    rows: Sequence[Sequence[Term | None]],
    heads: list[str],
    texts: list[str],
) -> None:
    with client.application.test_request_context():
        table = made(rows)
    assert [column.name for column in table.columns] == heads
    assert [cell.text for row in table.rows for cell in row] == texts


def test_meaning_speaks_of_no_iri_where_a_label_is_shown(client: FlaskClient) -> None:
    with client.application.test_request_context():
        table = made([[A, ox.Literal("Ruritania"), None]])
    assert table.columns[0].meaning == "State: its name"
    assert table.rows[0][0].href == A.value


@pytest.mark.parametrize(
    ("term", "kind", "text"),
    [
        (ox.Literal("1894-05", datatype=ox.NamedNode(XSD + "gYearMonth")), "date", "1894-05"),
        (ox.Literal("1894-05-01"), "date", "1894-05-01"),
        (ox.Literal("1894 guards"), "", "1894 guards"),
        (ox.Literal(True), "quiet", "yes"),
        (ox.Literal(False), "quiet", "no"),
        (ox.Literal(7), "number", "7"),
        (None, "quiet", "–"),
    ],
)
def test_cell_is_known_for_what_it_is(
    client: FlaskClient, term: Term | None, kind: str, text: str
) -> None:
    with client.application.test_request_context():
        cell = made([[A, ox.Literal("Ruritania"), term]]).rows[0][1]
    assert (cell.kind, cell.text) == (kind, text)


def verdict(outcome: str) -> Verdict:
    return Verdict("p", outcome, Cell("v"), Cell("q"), 1, 2, ())


@pytest.mark.parametrize(
    ("outcomes", "denies", "expected"),
    [
        ([], False, ""),
        (["contradicted"], False, "contradicted"),
        (["contradicted"], True, "supported"),
        (["supported"], True, "contradicted"),
        (["supported", "contradicted"], False, "contradicted"),
        (["supported", "contradicted"], True, "contradicted"),
        (["not-testable"], True, "not-testable"),
        (["not-testable", "supported"], False, "supported"),
    ],
)
def test_badge_is_about_the_claim(outcomes: list[str], denies: bool, expected: str) -> None:
    assert badge([verdict(outcome) for outcome in outcomes], denies=denies) == expected


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=A1", "'=A1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("-3.5", "-3.5"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert spreadsheet.harmless(cell) == written


def test_excel_file_is_an_attachment_with_the_same_rows(client: FlaskClient) -> None:
    path = "/queries/claims/claims-by-thing"
    with client.get(path + ".csv") as plain, client.get(path + ".excel.csv") as excel:
        rows = list(csv.reader(io.StringIO(plain.get_data(as_text=True))))
        read = list(csv.reader(io.StringIO(excel.get_data().decode("utf-8-sig"))))
        assert excel.headers["Content-Disposition"] == 'attachment; filename="claims-by-thing.csv"'
        assert excel.get_data().startswith(b"\xef\xbb\xbf")
        assert plain.headers["Content-Disposition"] == 'inline; filename="claims-by-thing.csv"'
        assert plain.headers["ETag"] != excel.headers["ETag"]
    assert rows == read
