"""Everything has its partner: the cheapest test, and the one that keeps coverage from decaying."""

import ast
import re
from pathlib import Path

import pytest

from foedus import errors, files, saved

TESTS = Path(__file__).parent
ROOT = TESTS.parent


def test_every_query_has_expected_rows() -> None:
    lacking = [
        path
        for path in saved.read_all(files.find("queries"))
        if not list((TESTS / "queries" / path).glob("expected.*"))
    ]
    assert not lacking


def test_every_expected_table_has_a_query() -> None:
    paths = set(saved.read_all(files.find("queries")))
    tables = (TESTS / "queries").rglob("expected.*")
    strays = {t.parent.relative_to(TESTS / "queries").as_posix() for t in tables} - paths
    assert not strays


def test_every_rule_fires_and_keeps_silent_somewhere() -> None:
    rules = {path.stem for path in (files.find("ontology") / "rules").glob("*.rq")}
    folders = {path.name: path for path in (TESTS / "rules").iterdir() if path.is_dir()}
    assert rules == set(folders)
    for name, folder in folders.items():
        assert list(folder.glob("fires*.expected.ttl")), f"{name} is never seen to fire"
        assert list(folder.glob("silent*.ttl")), f"{name} is never seen to keep silent"


def test_every_error_has_its_heading() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (\S+)$", page, re.MULTILINE))
    codes = {
        thing.code
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.FoedusError)
    }
    assert codes - {"foedus-error"} == headings


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda p: p.name)
def test_every_test_file_is_collected(path: Path) -> None:
    if path.name == "conftest.py" or path.name == "__init__.py":
        return
    functions = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    holds_tests = any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in functions
    )
    assert path.name.startswith("test_") == holds_tests
