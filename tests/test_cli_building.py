"""The commands that make and check data, and what bad input does to each.

The invented project of ``tests/release/`` stands for the user's data. Every fault must give one
message with file and line, exit status 1, and leave the last good release as it was.
"""

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_release import contents, copy_small

from foedus import files, turtle
from foedus.cli import building, main
from foedus.release import folder

TEXT = """Avalon at the Table
By Merlin

Avalon voted for the first resolution of the Table. Lyonesse thanked it in May 2031.
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_on(project: Path, command: str, *arguments: object) -> Result:
    """Run a command with the project's triples, and its queries where it takes them."""
    options: list[object] = ["--triples", project / "triples"]
    if command == "build":
        options += ["--queries", project / "queries", "--out", project / "out"]
    return run(command, *options, *arguments)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the project once, from the command line."""
    project = copy_small(tmp_path_factory.mktemp("built") / "project")
    result = run_on(project, "build")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{project / 'out' / 'release'}: ")
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """Copy the project with its release, and add a folder with one text."""
    place = tmp_path / "project"
    shutil.copytree(built, place, symlinks=True)
    texts = place / "texts"
    texts.mkdir()
    (texts / "merlin-2031.txt").write_text(TEXT, encoding="utf-8")
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    (texts / "documents.yaml").write_text(
        f"- id: merlin-2031\n  file: merlin-2031.txt\n  sha256: {digest}\n"
        "  title: Avalon at the Table\n  creators: [Merlin]\n  publisher:\n"
        "  published: 2031-06\n  language: en\n  form: text of a web page\n",
        encoding="utf-8",
    )
    return place


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a step that replaces some text of one file of the project."""

    def step(project: Path) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return step


def overwrite(name: str, data: bytes) -> Callable[[Path], None]:
    """Return a step that writes one file of the project anew."""

    def step(project: Path) -> None:
        (project / name).write_bytes(data)

    return step


def remove(name: str) -> Callable[[Path], None]:
    """Return a step that removes one file or folder of the project."""

    def step(project: Path) -> None:
        path = project / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return step


THINGS = "triples/things/avalon.ttl"
CLAIMS = "triples/claims/merlin-2031.ttl"
QUERY = "queries/votes/avalon-on-rt-1.rq"
TEXTS = "texts/merlin-2031.txt"
LISTED = "texts/documents.yaml"

BAD = {
    "syntax error": (
        replace(THINGS, 'rdfs:label "Merlin"', 'rdfs:label rdfs:label "Merlin"'),
        f"{THINGS}:14: not valid Turtle",
        "turtle",
    ),
    "undefined prefix": (
        replace(THINGS, "a foedus:Person", "a foaf:Person"),
        f"{THINGS}:13: not valid Turtle: ",
        "turtle",
    ),
    "blank node": (
        replace(THINGS, 'foedus:isoCode "LYO"', "foedus:isCapitalOf []"),
        f"{THINGS}:26: a blank node, written [; give the thing an IRI",
        "turtle",
    ),
    "turtle not utf-8": (
        overwrite(THINGS, b"PREFIX a: <urn:a>\n# \xe9\n"),
        f"{THINGS}:2: not UTF-8",
        "turtle",
    ),
    "unknown property": (
        replace(CLAIMS, "foedus:isVoicedBy", "foedus:isVoisedBy"),
        f"{CLAIMS}:16: the ontology declares no term <https://w3id.org/foedus/ns#isVoisedBy>",
        "unknown-term",
    ),
    "unknown concept": (
        replace(CLAIMS, "stance:endorsed", "stance:endorsd"),
        f"{CLAIMS}:18: the ontology declares no term",
        "unknown-term",
    ),
    "passage that does not exist": (
        replace(CLAIMS, "p0a1b2c3d4e", "p0000000000"),
        f"{CLAIMS}:15: ",
        "validation",
    ),
    "columns other than declared": (
        replace(QUERY, "SELECT ?vote ?bears", "SELECT ?bears ?vote"),
        f"{QUERY}:2: columns are vote, bears, but SELECT gives bears, vote",
        "query-header",
    ),
    "query that cannot be parsed": (
        replace(QUERY, "?choice state:AVA }", "?choice }"),
        f"{QUERY}:12: not valid SPARQL",
        "query-header",
    ),
    "file that is not described": (
        overwrite("triples/things/more.ttl", b""),
        "triples/things/more.ttl: ",
        "validation",
    ),
    "description without a file": (
        remove(THINGS),
        "triples/graphs.ttl:",
        "validation",
    ),
    "fewer triples than expected": (
        overwrite(THINGS, b"<urn:a> a <urn:b> ."),
        "holds 1 triples, expected 5 to 400: mend ",
        "validation",
    ),
    "test by a query that is not there": (
        remove(QUERY),
        "is tested by <https://w3id.org/foedus/id/query/votes/avalon-on-rt-1>, which is no saved",
        "validation",
    ),
    "query with an unknown term": (
        replace(QUERY, "?choice state:AVA }", "?choice state:AVA ; foedus:votedFro ?x }"),
        f"{QUERY}:12: the ontology declares no term <https://w3id.org/foedus/ns#votedFro>",
        "unknown-term",
    ),
    "no folder of triples": (remove("triples"), "triples: no folder of triples", "folder"),
    "no folder of queries": (remove("queries"), "queries: no folder of saved queries", "folder"),
}
BAD_TEXTS = {
    "text not utf-8": (overwrite(TEXTS, b"Avalon\n\xff"), f"{TEXTS}:2: ", "document"),
    "empty text": (overwrite(TEXTS, b""), f"{TEXTS}: ", "document"),
    "text of another version": (replace(TEXTS, "thanked", "Thanked"), f"{TEXTS}: ", "document"),
    "text that is missing": (remove(TEXTS), f"{TEXTS}: ", "document"),
    "manifest that is missing": (remove(LISTED), f"{LISTED}: ", "folder"),
    "manifest that is no list": (overwrite(LISTED, b"a: 1\n"), f"{LISTED}:1: ", "manifest"),
    "manifest that is no yaml": (overwrite(LISTED, b"- {\n"), f"{LISTED}:2: ", "manifest"),
    "folder that is missing": (remove("texts"), "texts: no such folder", "folder"),
}


def assert_refused(project: Path, result: Result, message: str, code: str, kept: object) -> None:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert rest[-1] == f"see docs/errors.md#{code}"
    assert "Traceback" not in result.stderr
    assert contents(project / "out") == kept


@pytest.mark.parametrize(("spoil", "message", "code"), BAD.values(), ids=BAD.keys())
def test_bad_data_stop_a_build_and_leave_the_release(
    project: Path, spoil: Callable[[Path], None], message: str, code: str
) -> None:
    kept = contents(project / "out")
    spoil(project)
    assert_refused(project, run_on(project, "build"), message, code, kept)


@pytest.mark.parametrize(("spoil", "message", "code"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_bad_texts_stop_a_build_and_leave_the_release(
    project: Path, spoil: Callable[[Path], None], message: str, code: str
) -> None:
    kept = contents(project / "out")
    spoil(project)
    result = run_on(project, "build", "--documents", project / "texts")
    assert_refused(project, result, message, code, kept)


def test_a_text_of_another_version_is_named_with_the_line_of_its_digest(project: Path) -> None:
    replace(TEXTS, "thanked", "Thanked")(project)
    result = run_on(project, "build", "--documents", project / "texts")
    assert result.stderr.splitlines()[0].startswith(f"error: {project / TEXTS}: not the text of")
    assert ", as documents.yaml:3 says" in result.stderr


def test_a_build_names_the_claim_at_fault_as_a_check_does(project: Path) -> None:
    replace(CLAIMS, "foedus:hasStance stance:endorsed ;", "")(project)
    error, *rest = run_on(project, "build").stderr.splitlines()
    assert "(claim/merlin-2031/support, Claim-hasStance, passage/merlin-2031/p0a1b2c3d4e)" in error
    assert rest == ["see docs/errors.md#validation"]
    checked = run_on(project, "check", project / CLAIMS).stdout
    place, said = error.removeprefix("error: ").split(": ", 1)
    assert f"{place}: violation: {said}\n" in checked


def test_a_build_counts_the_claims_at_fault(project: Path) -> None:
    replace(CLAIMS, "foedus:hasStance stance:endorsed ;", "")(project)
    replace(CLAIMS, "foedus:isVoicedBy person:merlin ;", "")(project)
    error, *rest = run_on(project, "build").stderr.splitlines()
    assert "claim/merlin-2031/support, " in error and "claim/merlin-2031/support, " in rest[0]
    assert ": violation: " in rest[0]
    assert rest[-2] == "2 violations in all; foedus check lists them"


def test_the_next_build_clears_what_a_killed_one_left(project: Path) -> None:
    out = project / "out"
    code = (
        "import sys; from pathlib import Path; from foedus.release import folder\n"
        "with folder.workplace(Path(sys.argv[1])) as built:\n"
        "    (built / 'data.nq').write_text('x')\n"
        "    (built.parent / '.build-x-link').symlink_to('x')\n"
        "    print(built.name, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        left = out / process.stdout.readline().decode().strip()
        with folder.workplace(out) as other:
            assert other.exists() and left.exists(), "the other build is at work"
        process.kill()
        process.wait(10)
    assert (left / "data.nq").exists()
    assert run_on(project, "build").exit_code == 0
    assert sorted(path.name for path in out.glob(".*")) == []


def test_out_that_cannot_be_written_is_named(project: Path) -> None:
    kept = contents(project / "out")
    (project / "file").write_text("", encoding="utf-8")
    target = project / "file" / "out"
    result = run_on(project, "build", "--out", target)
    assert_refused(project, result, f"{target}: cannot be written to: ", "folder", kept)
    result = run_on(project, "read", "--documents", project / "texts", "--out", target)
    assert_refused(project, result, f"{target}: cannot be written to: ", "folder", kept)


def test_wrong_usage_is_status_two(project: Path) -> None:
    assert run("verify").exit_code == 2
    assert run("check", "--format", "xml").exit_code == 2
    assert run("build", "--out", project / "texts" / "merlin-2031.txt").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_texts_are_read_verified_and_covered(project: Path) -> None:
    documents = project / "triples" / "documents"
    result = run_on(project, "read", "--documents", project / "texts", "--out", documents)
    assert result.exit_code == 0, result.stderr
    path = documents / "merlin-2031.ttl"
    assert result.stdout == f"{path}: {len(turtle.read(path))} triples\n"
    assert turtle.write(turtle.read(path)) == path.read_text(encoding="utf-8")

    result = run_on(project, "coverage", "--documents", project / "texts")
    assert result.stdout.splitlines()[0].startswith("merlin-2031: ")
    (voted,) = [line for line in result.stdout.splitlines() if "Avalon voted" in line]
    assert voted.split()[2] == "open"
    replace(CLAIMS, "p0a1b2c3d4e", voted.split()[1])(project)
    assert "1 claim " in run_on(project, "coverage", "--documents", project / "texts").stdout
    (one,) = json.loads(run_on(project, "coverage", "--format", "json", "merlin-2031").stdout)
    assert [row["claims"] for row in one["carrying"]] == [
        ["https://w3id.org/foedus/id/claim/merlin-2031/support"]
    ]
    assert one["complete"] is False

    result = run_on(project, "verify", "--documents", project / "texts")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("passages of 1 documents stand in their texts\n")
    replace(TEXTS, "voted for", "Voted for")(project)
    result = run_on(project, "verify", "--documents", project / "texts")
    assert result.exit_code == 1
    assert f"passage/merlin-2031/{voted.split()[1]}" in result.stderr
    assert "claim/merlin-2031/support" in result.stderr
    assert "see docs/errors.md#verification" in result.stderr


def test_coverage_of_an_unknown_document_names_those_there_are(project: Path) -> None:
    result = run_on(project, "coverage", "nimue-2031")
    assert result.exit_code == 1
    assert "no document nimue-2031; there are merlin-2031" in result.stderr


def test_build_reads_the_texts_it_is_given(project: Path) -> None:
    texts = project / "texts"
    run_on(project, "read", "--documents", texts, "--out", project / "read")
    graph = turtle.read(project / "read" / "merlin-2031.ttl")
    key = next(p for p in sorted(graph.subjects()) if "/passage/" in p).rpartition("/")[2]  # type: ignore[attr-defined,operator]
    replace(CLAIMS, "p0a1b2c3d4e", key)(project)
    result = run_on(project, "build", "--documents", texts)
    assert result.exit_code == 0, result.stderr
    data = (project / "out" / "release" / "data.nq").read_text(encoding="utf-8")
    assert f"passage/merlin-2031/{key}>" in data
    assert "p0a1b2c3d4e" not in data


def test_check_tells_every_fault_for_people_and_for_code_scanning(project: Path) -> None:
    replace(CLAIMS, "foedus:isVoicedBy", "foedus:isVoisedBy")(project)
    replace(CLAIMS, "p0a1b2c3d4e", "p0000000000")(project)
    result = run_on(project, "check", project / CLAIMS)
    assert result.exit_code == 1
    assert f"{project / CLAIMS}:16: violation: the ontology declares no term" in result.stdout
    assert f"{project / CLAIMS}:15: violation: " in result.stdout
    assert "foedus check --fix" in result.stdout
    log = json.loads(run_on(project, "check", "--format", "sarif", project / CLAIMS).stdout)
    assert log["version"] == "2.1.0"
    assert {r["level"] for r in log["runs"][0]["results"]} == {"error"}


def test_check_tells_of_each_file_that_cannot_be_read(project: Path) -> None:
    overwrite(THINGS, b"x")(project)
    overwrite(CLAIMS, b"[] a <urn:x> .")(project)
    rows = json.loads(run_on(project, "check", "--format", "json").stdout)
    places = {(row["file"], row["line"]) for row in rows}
    assert {(str(project / THINGS), 1), (str(project / CLAIMS), 1)} <= places
    assert all(row["severity"] == "violation" for row in rows)


def test_check_fixes_the_layout(project: Path) -> None:
    path = project / THINGS
    laid = path.read_text(encoding="utf-8")
    path.write_text(laid.replace("\n\n", "\n"), encoding="utf-8")
    result = run_on(project, "check", "--fix", path)
    assert (result.exit_code, result.stderr) == (0, f"{path}: brought into the house layout\n")
    assert path.read_text(encoding="utf-8") == laid


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.ttl", "no such file or folder"),
        (QUERY, "is no Turtle file; their names end in .ttl"),
        ("queries", "no Turtle file in this folder; their names end in .ttl"),
    ],
)
def test_check_names_what_it_cannot_check(project: Path, name: str, message: str) -> None:
    result = run_on(project, "check", project / name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {project / name}: {message}\nsee docs/errors.md#folder\n"


def test_check_takes_shapes_with_their_lists(project: Path) -> None:
    shapes = sorted((files.find("ontology") / "shapes").glob("*.ttl"))
    assert any(" (\n" in path.read_text(encoding="utf-8") for path in shapes)
    result = run_on(project, "check", *shapes)
    assert (result.exit_code, result.stdout) == (0, "0 violations, 0 warnings, 0 infos\n")


def test_check_says_no_traceback_of_an_impossible_date(project: Path) -> None:
    """The library that reads such a date writes one to its log."""
    replace(THINGS, 'foedus:isoCode "LYO"', 'foedus:isoCode "2031-02-31"^^xsd:date')(project)
    command = [sys.executable, "-c", "from foedus.cli import main; main()", "check"]
    command += ["--triples", str(project / "triples"), str(project / THINGS)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == ""
    assert f"{project / THINGS}:26: violation: " in result.stdout


@pytest.mark.parametrize("command", building.COMMANDS, ids=lambda command: command.name)
def test_help_has_an_example(command: object) -> None:
    name = getattr(command, "name", "")
    assert f"Example: foedus {name}" in run(name, "--help").stdout


def test_start_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, foedus.cli; print(*sorted({'rdflib', 'pyshacl', 'spacy'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "\n"


def test_progress_shows_on_a_terminal_and_nowhere_else(project: Path) -> None:
    command = [sys.executable, "-c", "from foedus.cli import main; main()", "verify"]
    command += ["--triples", str(project / "triples"), "--documents", str(project / "texts")]
    environment = os.environ | {"TERM": "xterm"}
    try:
        terminal, stderr = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine lends no terminal: {error}")
    subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, env=environment, check=False)
    os.close(stderr)
    assert b"Verifying" in os.read(terminal, 65536)
    os.close(terminal)
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert b"Verifying" not in result.stderr
