"""The parts of the benchmark over HTTP that measure nothing: reading, comparing, judging."""

import importlib
import json
import re
import runpy
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

FOLDER = Path(__file__).parents[1] / "bench" / "http"


def module(name: str) -> Any:
    """Import a module of the benchmark, which is a folder of scripts and no package."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


answers, load, memory, tables, workloads = (
    module(name) for name in ("answers", "load", "memory", "tables", "workloads")
)
FIGURES = (
    "Running 1s test @ http://127.0.0.1:1/\n"
    "FIGURES requests={requests} microseconds=2000000 bytes=4000 status={status} connect=0 read=0"
    " write=0 timeout=0 mean={mean} p50=1000 p90=2000 p99={p99} max=3000\n"
)
DATA = workloads.PROJECT


def loaded(requests: int, *, status: int = 0, mean: float = 1500.0, p99: int = 2500) -> Any:
    return load.read(FIGURES.format(requests=requests, status=status, mean=mean, p99=p99))


def test_figures_of_wrk_are_read() -> None:
    figures = loaded(40, status=3)
    assert (figures.rate, figures.size, figures.failures) == (20.0, 100.0, {"status": 3})
    assert (figures.mean, figures.p50, figures.p99, figures.slowest) == (1.5, 1.0, 2.5, 3.0)


@pytest.mark.parametrize(
    "output", ["", "unable to connect", "FIGURES requests=1", "FIGURES requests=many"]
)
def test_what_wrk_says_else_is_an_error(output: str) -> None:
    with pytest.raises(load.LoadError):
        load.read(output)


def test_script_writes_what_is_read() -> None:
    script = (FOLDER / "wrk.lua").read_text(encoding="utf-8")
    for name in ("requests", "microseconds", *load._FAILURES, "mean", "p50", "p90", "p99", "max"):
        assert f"{name}=%" in script


def rows(*values: tuple[str, str]) -> Any:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    bindings = [
        {"n": {"type": "literal", "value": value, "datatype": xsd + datatype}}
        for value, datatype in values
    ]
    return answers.rows({"results": {"bindings": bindings}})


def test_rows_are_compared_as_meant() -> None:
    ours = rows(("0.50", "decimal"), ("7", "integer"), ("7", "string"))
    assert answers.difference(rows(("7", "string"), ("7", "int"), ("5e-1", "double")), ours) == ""
    assert answers.difference(ours, ours + ours) == "3 rows where 6 are expected; missing: n=7"
    said = answers.difference(rows(("0.51", "decimal")), rows(("0.5", "decimal")))
    assert said == "1 rows where 1 are expected; missing: n=0.5; not expected: n=0.51"
    assert answers.rows(json.loads('{"results": {"bindings": []}}')) == Counter()


def test_memory_of_this_process_is_measured() -> None:
    held = memory.measure(memory.os.getpid())
    assert held.processes >= 1
    assert 1 < held.shared_once <= held.resident
    with pytest.raises(ProcessLookupError, match="has ended"):
        memory.measure(2**22 + 1)  # above every number that Linux gives


CASE = workloads.Workload(
    "made up",
    "ASK {}",
    (DATA,),
    (
        workloads.Target("rate", "oxigraph", least=2, connections=(16,)),
        workloads.Target("p99", "oxigraph", most=2, connections=(16,)),
        workloads.Target("mean", "floor", most=1.1, connections=(16,)),
        workloads.Target("p99", None, most=50, connections=(16,)),
    ),
)


def verdicts(
    ours: list[Any], theirs: list[Any], on_disk: list[Any] | None = None
) -> list[bool | None]:
    servers = {"foedus": ours, "oxigraph": theirs, "oxigraph-disk": on_disk or []}
    runs = [
        tables.Run(DATA, CASE.name, server, 16, one, 0.1)
        for server, loads in servers.items()
        for one in loads
    ]
    floors = {(DATA, CASE.name): tables.Floor(10, 1.0, 1.0, 2.0, 0.9)}
    held = {(DATA, "foedus"): memory.Memory(2, 200.0, 400.0)}
    measured = tables.Measured(runs, floors, held, {(DATA, "foedus"): 1.0}, ["left out"])
    text = "\n".join(tables.lines(measured, [CASE], {DATA: {"foedus": 150.0}}))
    assert text.count("MISSED") == 1 + sum(
        v.met is False for v in tables.judge(measured, [CASE], {DATA: {"foedus": 500.0}})
    )
    return [verdict.met for verdict in tables.judge(measured, [CASE], {DATA: {"foedus": 150.0}})]


def test_targets_are_judged() -> None:
    good = loaded(41, mean=1100, p99=5000)
    assert verdicts([good], [loaded(20)]) == [True, True, True, True, False]
    slow = loaded(40, mean=1101, p99=50_001)
    assert verdicts([slow], [loaded(20)]) == [False, False, False, False, False]


def test_median_of_the_rounds_counts() -> None:
    ours = [loaded(n, mean=1000) for n in (100, 41, 1)]
    assert verdicts(ours, [loaded(20)])[0] is True
    assert verdicts(ours, [loaded(21)])[0] is False


def test_better_of_two_servers_of_a_name_counts() -> None:
    ours, fast, slow = loaded(41), loaded(30), loaded(20)
    assert verdicts([ours], [slow], [fast])[0] is verdicts([ours], [fast], [slow])[0] is False
    ours, fast, slow = (loaded(1000, p99=p99) for p99 in (5000, 2000, 3000))
    assert verdicts([ours], [slow], [fast])[1] is verdicts([ours], [fast], [slow])[1] is False
    assert verdicts([ours], [slow], [loaded(9000, status=1)])[1] is True


def test_failed_load_misses_and_gives_nothing_to_compare_with() -> None:
    bad = loaded(1000, status=1)
    assert verdicts([loaded(1000), bad], [loaded(20)])[:4] == [False] * 4
    assert verdicts([loaded(41)], [bad])[:2] == [None, None]
    assert verdicts([loaded(41)], [])[:2] == [None, None]
    assert verdicts([loaded(41)], [loaded(0)])[0] is True
    assert verdicts([loaded(0)], [loaded(41)])[0] is False


@pytest.mark.parametrize("case", workloads.all_workloads(), ids=lambda case: case.name)
def test_work_load_can_be_asked_and_is_new_each_time(case: Any) -> None:
    texts = list(islice(workloads.texts(case.query, ["urn:a", "urn:b"], 100_000), 3))
    without_comments = {re.sub(r"(^|\s)#.*", "", text) for text in texts}
    assert len(without_comments) == (3 if case.is_new else 1)
    for text in [*texts, *([workloads.fill(case.beside, "", "1")] if case.beside else [])]:
        assert "$" not in text
        assert isinstance(ox.Store().query(text), ox.QuerySolutions)
    assert set(case.data) <= set(workloads.MEMORY)


SCRIPTS = sorted(Path(__file__).parents[1].joinpath("bench").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_finds_all_that_it_imports(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(script.parent))
    assert "main" in runpy.run_path(str(script), run_name="imported")
