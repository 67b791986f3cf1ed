"""The asking commands: what they print, and what they say of wrong use."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foedus import results
from foedus.cli import asking, main
from foedus.errors import ReleaseError

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
        (("none/none",), "no saved query 'none/none'; foedus query lists them"),
        (("state",), "no saved query 'state'; did you mean states/states? foedus query lists them"),
        (("states/states", "-p", "most=10"), "a whole number from 1 to 9"),
        (("states/states", "-p", "most"), "NAME=VALUE"),
        (("states/states", "-p", "most=1", "-p", "most=2"), "given twice"),
        (("states/states", "-p", "nobody=1"), "no parameter 'nobody'"),
        (
            ("claims/claims-by-thing", "-p", "thing=Ruritnia"),
            "thing: nothing is known of 'Ruritnia'; may be meant: state/RUR (Ruritania)",
        ),
        (
            ("claims/claims-by-thing", "-p", "thing=the capital"),
            "'the capital' names 2 things; choose one; may be meant: place/edelweiss (The Capital",
        ),
        (("claims/claims-by-thing", "-p", "thing=state/XXX"), "nothing is known of 'state/XXX'"),
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


@pytest.mark.parametrize("name", ["Ruritania", "strelsau", "state/RUR"])
def test_things_are_named_as_in_the_forms(small_release: Path, name: str) -> None:
    result = ask(small_release, "claims/claims-by-thing", "-p", f"thing={name}", "--format", "csv")
    assert result.stdout == f"claim,statement\n{CLAIM},The two kingdoms are allies.\n"


def test_parameters_without_a_query_are_wrong_usage() -> None:
    result = run("query", "-p", "thing=state/RUR")
    assert result.exit_code == 2
    assert "--param belongs to a saved query" in result.stderr


def test_missing_release_is_said(tmp_path: Path) -> None:
    result = run("sparql", "-", "--release", str(tmp_path / "none"), text="ASK {}")
    assert result.exit_code == 1
    assert "no release here; foedus build makes one" in result.stderr


def test_release_is_looked_for_in_one_place_after_another(tmp_path: Path) -> None:
    places = [tmp_path / "here", tmp_path / "checkout"]
    with pytest.raises(ReleaseError, match=r"here: no release here; .* --release names one"):
        asking.first_release(places)
    places[1].mkdir()
    assert asking.first_release(places) == places[1]
    places[0].mkdir()
    assert asking.first_release(places) == places[0]


def test_release_of_the_current_folder_is_asked(
    small_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "release").symlink_to(small_release)
    result = run("sparql", "-", text="ASK { ?s ?p 'Ruritania'@en }")
    assert (result.stdout, result.stderr) == ("yes\n", "")


def test_folder_of_a_build_is_a_release_too(small_release: Path, tmp_path: Path) -> None:
    (tmp_path / "release").symlink_to(small_release)
    assert run("sparql", "-", "--release", str(tmp_path), text="ASK {}").stdout == "yes\n"


@pytest.mark.parametrize("form", ["table", *(offered.name for offered in results.ROWS)])
def test_what_no_record_covers_is_said_before_the_rows(full_release: Path, form: str) -> None:
    query = ("query", "analyses/vetoes-by-period", "--release", str(full_release))
    outside = run(*query, "-p", "from=1990", "-p", "to=1991", "--format", form)
    assert outside.exit_code == 0
    said = "warning: United Nations Security Council: 1990 to 1991 not recorded, which is not none"
    assert outside.stderr.splitlines()[0] == said
    assert outside.output.startswith(said) and "warning" not in outside.stdout
    inside = run(*query, "-p", "from=2023", "-p", "to=2023", "--format", form)
    assert "2023 recorded in part only" in inside.stderr


def test_question_of_fixed_texts_has_no_warning(full_release: Path) -> None:
    result = run("query", "votes/sanctions-on-north-korea", "--release", str(full_release))
    assert (result.exit_code, result.stderr) == (0, "13 rows\n")
