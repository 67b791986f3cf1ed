"""Each saved query against its expected rows, on two engines.

The rows stand in ``tests/queries/<topic>/<name>/expected.csv``, or in ``expected.yaml``, one value
a line, where a column holds titles. Further cases with other parameters are pairs
``<case>.json`` (the parameters) and ``<case>.csv``. They are rows over the committed triples,
approved by reading them: ``pytest --approve`` writes the files anew and leaves the reading to you.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from rdflib import Dataset

from foedus import files, saved

EXPECTED = Path(__file__).parent / "queries"
CATALOGUE = saved.read_all(files.find("queries"))
WITHOUT_ROWS = {
    "analyses/positions-by-session",
    "analyses/positions-by-states",
    "claims/conflicts",
}
"""Queries that rightly answer nothing yet. Positions are derived from records that are imported;
`test_analysis_derived` asks for them over simulated votes. No two claims of the one curated
document exclude each other, and `test_rules` shows each kind of conflict on small examples."""


def cases() -> Iterator[tuple[str, str]]:
    """Yield each query's path with the name of each of its cases."""
    for path in sorted(CATALOGUE):
        yield path, "expected"
        for parameters in sorted((EXPECTED / path).glob("*.json")):
            yield path, parameters.stem


def bound_text(path: str, case: str) -> str:
    """Return the query's text with the case's parameters set."""
    parameters = EXPECTED / path / f"{case}.json"
    values = json.loads(parameters.read_text()) if parameters.exists() else {}
    return CATALOGUE[path].bind(values)


def as_csv(header: list[str], rows: list[list[str]]) -> str:
    """Return a table as CSV with LF line ends."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()


def as_yaml(table: str) -> str:
    """Return a CSV table as YAML, a list of rows with one value a line."""
    rows = list(csv.DictReader(io.StringIO(table)))
    return str(yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=10_000))


def run_oxigraph(store: ox.Store, text: str) -> str:
    """Return a query's rows from pyoxigraph, terms by their lexical forms."""
    result = store.query(text, use_default_graph_as_union=True)
    assert isinstance(result, ox.QuerySolutions)
    header = [variable.value for variable in result.variables]
    return as_csv(header, [[getattr(v, "value", "") for v in row] for row in result])


def run_rdflib(dataset: Dataset, text: str) -> str:
    """Return a query's rows from rdflib, terms by their lexical forms."""
    result = dataset.query(text)
    rows = [["" if value is None else str(value) for value in row] for row in result]
    return as_csv([str(variable) for variable in result.vars or ()], rows)


@pytest.mark.parametrize(("path", "case"), list(cases()))
def test_rows_are_the_expected_ones(
    path: str, case: str, release_store: ox.Store, request: pytest.FixtureRequest
) -> None:
    rows = run_oxigraph(release_store, bound_text(path, case))
    expected = EXPECTED / path / f"{case}.csv"
    if "title" in CATALOGUE[path].columns:
        expected = expected.with_suffix(".yaml")
        rows = as_yaml(rows)
    if request.config.getoption("--approve"):
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_text(rows, encoding="utf-8")
    assert expected.exists(), f"{path} has no expected rows; pytest --approve writes them"
    assert rows == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(CATALOGUE))
def test_file_runs_as_it_stands_in_another_engine(
    path: str, release_store: ox.Store, release_dataset: Dataset
) -> None:
    """Another engine gives the same rows from the file's own text, header comments and all."""
    text = (files.find("queries") / f"{path}.rq").read_text(encoding="utf-8")
    rows = run_rdflib(release_dataset, text)
    assert rows == run_oxigraph(release_store, text)
    assert path in WITHOUT_ROWS or len(rows.splitlines()) > 1, "the example answers nothing"
