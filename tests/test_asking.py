"""The asking commands: what they print, and what they say of wrong use."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foedus.cli import main

QUERIES = Path(__file__).parent / "web" / "queries"
CLAIM = "https://w3id.org/foedus/id/claim/gazette-1894/allied"


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=text, catch_exceptions=False)


def ask(release: Path, *arguments: str) -> Result:
    return run("query", *arguments, "--release", str(release), "--queries", str(QUERIES))


def test_query_without_name_lists_all() -> None:
    result = run("query", "--queries", str(QUERIES))
    assert result.exit_code == 0
    assert "claims/claims-by-thing  What is claimed of a thing?  thing=state/RUR" in result.stdout


def test_table_cuts_nothing_off(small_release: Path) -> None:
    result = ask(small_release, "claims/claims-by-thing")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == f"{CLAIM}  The two kingdoms are allies."
    assert result.stderr == "1 row\n"


def test_parameters_and_formats(small_release: Path) -> None:
    arguments = ("claims/claims-by-thing", "--param", "thing=state/GRA", "--format", "csv")
    assert ask(small_release, *arguments).stdout == "claim,statement\n"
    result = ask(small_release, "states/states", "-p", "state=RUR", "--format", "json")
    [row] = json.loads(result.stdout)["results"]["bindings"]
    assert row["label"]["value"] == "Ruritania"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none/none",), "no saved query 'none/none'"),
        (("states/states", "-p", "most=10"), "a whole number from 1 to 9"),
        (("states/states", "-p", "most"), "NAME=VALUE"),
        (("states/states", "-p", "most=1", "-p", "most=2"), "given twice"),
        (("states/states", "-p", "nobody=1"), "no parameter 'nobody'"),
    ],
)
def test_wrong_use_is_said(small_release: Path, arguments: tuple[str, ...], words: str) -> None:
    result = ask(small_release, *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stdout == ""


def test_sparql_from_file_and_from_standard_input(small_release: Path, tmp_path: Path) -> None:
    release = ("--release", str(small_release))
    path = tmp_path / "ask.rq"
    path.write_text("ASK { ?s ?p 'none' }", encoding="utf-8")
    assert run("sparql", str(path), *release).stdout == "no\n"
    assert run("sparql", "-", *release, text="ASK {}").stdout == "yes\n"
    described = run("sparql", "-", *release, text=f"DESCRIBE <{CLAIM}>").stdout
    assert 'foedus:statement "The two kingdoms are allies."@en' in described


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("SELECT *\nWHERE {", "table", "<stdin>:2: syntax error at line 2, column 8"),
        ("CLEAR ALL", "table", "updates are refused"),
        ("ASK {}", "ttl", "cannot be written as ttl"),
        ("DESCRIBE <a:b>", "csv", "cannot be written as csv"),
    ],
)
def test_wrong_query_is_said(small_release: Path, text: str, form: str, words: str) -> None:
    result = run("sparql", "-", "--release", str(small_release), "--format", form, text=text)
    assert result.exit_code == 1
    assert words in result.stderr


def test_query_in_another_encoding(small_release: Path, tmp_path: Path) -> None:
    path = tmp_path / "ask.rq"
    path.write_bytes(b"ASK {} # \xff")
    result = run("sparql", str(path), "--release", str(small_release))
    assert result.exit_code == 1
    assert f"{path}: not UTF-8" in result.stderr


def test_missing_release_is_said(tmp_path: Path) -> None:
    result = run("sparql", "-", "--release", str(tmp_path / "none"), text="ASK {}")
    assert result.exit_code == 1
    assert "no release here; foedus build makes one" in result.stderr
