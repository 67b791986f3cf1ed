"""The short part of the W3C's suites: protocol, service description and result formats.

``make conformance`` runs all of them; what fails is explained in ``docs/conformance.md``.
"""

from collections.abc import Iterator

import pytest

from conformance import compared, reports
from conformance.__main__ import judge
from conformance.live import quads_of, serving
from conformance.manifests import FORMAT_SUITES, SUITES, Case, read
from conformance.outcome import failed

SHORT = ("protocol", "service-description", *FORMAT_SUITES)
CASES = [case for suite in SHORT for case in read(suite)] if SUITES.is_dir() else []
EXPLAINED = ("csv-tsv-res/csv03", "csv-tsv-res/tsv03")


@pytest.fixture(scope="module")
def suites_server() -> Iterator[str]:
    """Run a server with the data of the short suites."""
    with serving(quads_of(CASES)) as server:
        yield server


@pytest.mark.shared
@pytest.mark.skipif(not CASES, reason=f"{SUITES} is absent: the suites are no part of the project")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_short_suites(suites_server: str, case: Case) -> None:
    outcome = judge(suites_server, case)
    if case.key in EXPLAINED:
        assert outcome.result == "failed", "it passes now: take it off the list and the page"
        assert not reports.unexplained([outcome])
    elif case.suite == "protocol" and "update" in case.key:
        assert (outcome.result, outcome.reason[:17]) == ("inapplicable", "refused by design")
    else:
        assert outcome.result == "passed", outcome.reason


XML = b"""<sparql xmlns="http://www.w3.org/2005/sparql-results#">
<head><variable name="a"/><variable name="b"/></head><results>
<result><binding name="a"><bnode>x</bnode></binding><binding name="b"><literal>1</literal></binding>
</result><result><binding name="a"><bnode>y</bnode></binding></result></results></sparql>"""
TSV = b'?b\t?a\n\t_:p\n"1"\t_:q\n'
NUMBER = b'?a\n"%s"^^<http://www.w3.org/2001/XMLSchema#%s>\n'


def test_rows_are_equal_up_to_blank_nodes_and_order() -> None:
    expected = compared.read(XML, "srx")
    assert compared.difference(expected, compared.read(TSV, "tsv")) is None
    one_node = TSV.replace(b"_:q", b"_:p")
    assert compared.difference(expected, compared.read(one_node, "tsv")) is not None
    assert compared.difference(expected, compared.read(b"?b\t?a\n\t_:p\n", "tsv")) is not None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((b"1.0", b"decimal"), (b"1", b"decimal"), True),
        ((b"1", b"decimal"), (b"1", b"integer"), False),
        ((b"1", b"boolean"), (b"true", b"boolean"), True),
        ((b"1E0", b"double"), (b"1.0", b"double"), True),
        ((b"1", b"string"), (b"1.0", b"string"), False),
    ],
)
def test_numbers_are_equal_by_value_and_datatype(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes], same: bool
) -> None:
    tables = [compared.read(NUMBER % pair, "tsv") for pair in (one, other)]
    assert (compared.difference(*tables) is None) is same


def test_order_counts_where_the_query_orders() -> None:
    one, other = (compared.read(body, "csv") for body in (b"a\n1\n2\n", b"a\n2\n1\n"))
    assert compared.difference(one, other) is None
    assert compared.difference(one, other, ordered=True) is not None


def test_report_counts_and_names_every_outcome() -> None:
    outcome = failed(Case("http://e.org/m#one", "One", "suite", "ProtocolTest"), "because")
    assert "| suite | 1 | 0 | 0 | 1 |" in reports.table([outcome])
    assert reports.unexplained([outcome]) == [outcome]
    turtle = reports.earl([outcome])
    assert "earl:outcome earl:failed" in turtle
    assert '"because"' in turtle
    assert "[" not in turtle
