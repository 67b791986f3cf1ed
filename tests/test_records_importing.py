"""Adding votes to a release: what the new one holds, and that the old one survives a failure."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

from foedus import files, iris, rules, saved, turtle, validate, verdicts
from foedus.analysis import cube, deriving, rolls
from foedus.cli import importing as command
from foedus.errors import RecordError, ReleaseError, RuleError
from foedus.records import checking, counting, crosswalk, forms, quads, symbols
from foedus.records.faults import FaultLog
from foedus.records.importing import import_votes
from foedus.records.rollcalls import Totals
from foedus.release import folder

SAMPLES = Path(__file__).parent / "records"
TABLES = Path(__file__).resolve().parents[2] / "shared" / "data"
LIBRARY = [SAMPLES / "undl-ga.csv"]
VOETEN = [SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv"]
FORMS = ("undl-ga", "undl-sc", "voeten", "unvotes", "library", "vetoes", "failed-drafts")
OLD = (
    '<https://w3id.org/foedus/graph/things/a> <urn:title> "a" '
    "<https://w3id.org/foedus/graph/graphs> .\n"
    "<https://w3id.org/foedus/id/state/XYZ> <urn:p> <urn:o> "
    "<https://w3id.org/foedus/graph/things/a> .\n"
)


def files_of(form: str) -> list[Path]:
    """Return the samples of one form: a table, or those that belong together."""
    return sorted(SAMPLES.glob(f"{form}.csv")) or sorted(SAMPLES.glob(f"{form}-*.csv"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Make a folder with a small release in it."""
    with folder.workplace(tmp_path / "build") as built:
        data = OLD.encode()
        digest = hashlib.sha256(data).hexdigest()
        manifest = {
            "digest": digest,
            "files": {"data.nq": digest},
            "graphs": [
                {"graph": f"{iris.GRAPH}graphs", "layer": "things", "triples": 1},
                {"graph": f"{iris.GRAPH}things/a", "layer": "things", "triples": 1},
            ],
            "layers": {"things": 2},
            "kept": "as it is",
        }
        (built / "data.nq").write_bytes(data)
        (built / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        folder.publish(built, tmp_path / "build", digest)
    return tmp_path / "build"


def test_the_new_release_is_whole_and_has_both(out: Path) -> None:
    report = import_votes(LIBRARY + VOETEN, out)
    release = folder.open_release(out / "release")
    lines = release.data.read_bytes().splitlines(keepends=True)
    assert report.release == release
    assert lines == sorted(set(lines))
    assert set(OLD.encode().splitlines(keepends=True)) <= set(lines)
    assert [imported.name for imported in report.data_sets] == ["undl-ga", "voeten"]
    assert sum(report.data_sets[0].votes.values()) == 10
    assert release.manifest["kept"] == "as it is"


def test_the_manifest_counts_what_the_data_hold(out: Path) -> None:
    import_votes(VOETEN, out)
    release = folder.open_release(out / "release")
    counted: dict[str, int] = {}
    for quad in ox.parse(path=str(release.data), format=ox.RdfFormat.N_QUADS):
        assert isinstance(quad.graph_name, ox.NamedNode)
        counted[quad.graph_name.value] = counted.get(quad.graph_name.value, 0) + 1
    described = {graph["graph"]: graph for graph in release.manifest["graphs"]}
    assert {name: graph["triples"] for name, graph in described.items()} == counted
    assert sum(release.manifest["layers"].values()) == sum(counted.values())
    records = described[f"{iris.GRAPH}records/voeten"]
    assert records["layer"] == "records"
    assert records["licence"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert release.manifest["records"]["dataSets"]["voeten"]["votes"]["not_member"] == 1
    assert release.manifest["records"]["faults"] == {}


def test_the_same_files_give_the_same_release_again(out: Path) -> None:
    first = import_votes(LIBRARY + VOETEN, out).release.digest
    assert import_votes(VOETEN + LIBRARY, out).release.digest == first


def test_a_data_set_is_replaced_and_the_others_stay(out: Path, tmp_path: Path) -> None:
    import_votes(LIBRARY + VOETEN, out)
    shorter = tmp_path / "shorter.csv"
    rows = LIBRARY[0].read_text(encoding="utf-8").splitlines(keepends=True)
    shorter.write_text(
        rows[0] + "".join(row for row in rows if row.startswith("9900002")), encoding="utf-8"
    )
    import_votes([shorter], out)
    release = folder.open_release(out / "release")
    text = release.data.read_text(encoding="utf-8")
    assert "vote/undl-9900002>" in text
    assert "9900001" not in text
    assert "vote/voeten-1>" in text
    assert set(release.manifest["records"]["dataSets"]) == {"undl-ga", "voeten"}


def test_strict_refuses_any_fault_and_leaves_the_release(out: Path, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.csv"
    text = LIBRARY[0].read_text(encoding="utf-8")
    faulty.write_text(text.replace("GERMANY,Y", "GERMANY,Q"), encoding="utf-8")
    before = folder.open_release(out / "release").digest
    with pytest.raises(RecordError, match=r"2 faults \(totals: 1, vote: 1\)"):
        import_votes([faulty], out, strict=True)
    assert folder.open_release(out / "release").digest == before
    report = import_votes([faulty], out)
    assert dict(report.faults.counts) == {"totals": 1, "vote": 1}
    assert import_votes(LIBRARY, out, strict=True).faults.total == 0


STEPS = [
    "Reading",
    "Checking what was read",
    "Opening the release",
    "Testing propositions",
    "Writing",
    "Checking",
]


@pytest.mark.parametrize("at", STEPS)
def test_an_interrupted_import_leaves_the_release(out: Path, at: str) -> None:
    def stop(step: str) -> None:
        if step == at:
            raise KeyboardInterrupt

    before = folder.open_release(out / "release")
    with pytest.raises(KeyboardInterrupt):
        import_votes(LIBRARY, out, step=stop)
    after = folder.open_release(out / "release")
    assert (after.folder, after.digest) == (before.folder, before.digest)
    assert not list(out.glob(".build-*"))


def test_a_killed_import_leaves_the_release(out: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from foedus.records.importing import import_votes\n"
        "def stop(step):\n"
        "    if step == 'Checking':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "import_votes([Path(sys.argv[1])], Path(sys.argv[2]), step=stop)\n"
    )
    before = folder.open_release(out / "release").digest
    command = [sys.executable, "-c", program, str(LIBRARY[0]), str(out)]
    killed = subprocess.run(command, check=False, env={**os.environ})
    assert killed.returncode == -signal.SIGKILL
    assert folder.open_release(out / "release").digest == before
    assert import_votes(LIBRARY, out).faults.total == 0


def test_without_a_release_there_is_nothing_to_add_to(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no release here"):
        import_votes(LIBRARY, tmp_path)


def test_a_damaged_release_is_not_added_to(out: Path) -> None:
    data = (out / "release").resolve() / "data.nq"
    data.write_bytes(data.read_bytes() + b"\n")
    with pytest.raises(ReleaseError, match="damaged"):
        import_votes(LIBRARY, out)


def test_the_command_reports_data_sets_and_faults(out: Path, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.csv"
    text = LIBRARY[0].read_text(encoding="utf-8")
    faulty.write_text(text.replace("GERMANY,Y", "GERMANY,Q"), encoding="utf-8")
    arguments = ["votes", str(faulty), *map(str, VOETEN), "--out", str(out)]
    result = CliRunner().invoke(command.import_group, arguments)
    assert result.exit_code == 0, result.output
    assert "undl-ga: 2 records, 2 roll calls, 9 votes" in result.stdout
    assert "voeten: 3 records, 3 roll calls, 11 votes" in result.stdout
    assert "faulty.csv:3: vote: 'Q', expected one of Y N A X" in result.stderr
    assert "1 totals:" in result.stderr


def test_the_command_refuses_under_strict(out: Path, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.csv"
    text = LIBRARY[0].read_text(encoding="utf-8")
    faulty.write_text(text.replace("GERMANY,Y", "GERMANY,Q"), encoding="utf-8")
    arguments = ["votes", str(faulty), "--out", str(out), "--strict"]
    result = CliRunner().invoke(command.import_group, arguments)
    assert result.exit_code != 0
    assert isinstance(result.exception, RecordError)


def write_table(path: Path, votes: str, *, reported: str = "") -> Path:
    """Write the library's table of votes: a word of letters for each state, one a roll call."""
    rows = ["undl_id,ms_code,ms_vote,date,session,resolution,total_yes"]
    for code, letters in (word.split("=") for word in votes.split()):
        rows += [
            f"98000{n:02},{code},{letter},2091-03-{n:02},91,A/RES/91/{n},{reported}"
            for n, letter in enumerate(letters, 1)
        ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def statistics(release: folder.Release) -> list[bytes]:
    end = f"<{cube.GRAPH}> .\n".encode()
    return [line for line in release.data.read_bytes().splitlines(True) if line.endswith(end)]


def test_statistics_are_counted_from_the_votes_imported(out: Path, tmp_path: Path) -> None:
    """The lines are those that counting the release's own quads gives."""
    table = write_table(tmp_path / "ga.csv", "CHN=YYNA USA=NYNA RUS=YYYY PRK=XXYY")
    release = import_votes([table], out).release
    quads_of_it = ox.parse(path=str(release.data), format=ox.RdfFormat.N_QUADS)
    counted = "".join(deriving.derive(rolls.read(quads_of_it))).encode().splitlines(True)
    assert statistics(release) == counted
    start = iris.mint("statistics", "undl-ga/un-general-assembly/agreement-by-year/CHN-USA-2091")
    said = {
        line.split(b" ", 2)[1]: line for line in counted if line.startswith(f"<{start}>".encode())
    }
    votes, same = (said[f"<{iris.NS[term]}>".encode()] for term in ("jointVotes", "identicalVotes"))
    assert b'"4"' in votes and b'"3"' in same
    (graph,) = (one for one in release.manifest["graphs"] if one["graph"] == cube.GRAPH)
    assert (graph["triples"], graph["layer"]) == (len(counted), "derived")
    layer, descriptions = iris.VOCABULARY["layer/derived"], iris.GRAPH["derived/graphs"]
    described = f"<{cube.GRAPH}> <{iris.NS.onLayer}> <{layer}> <{descriptions}> ."
    assert described.encode() in release.data.read_bytes().splitlines()


def test_statistics_are_replaced_with_their_record(out: Path, tmp_path: Path) -> None:
    voeten = tmp_path / "voeten.csv"
    voeten.write_text(
        "rcid,state_id,vote\n" + "".join(f"{n},{s},Y\n" for n in range(4) for s in ("CHN", "USA"))
    )
    import_votes([voeten], out)
    other = statistics(folder.open_release(out / "release"))
    first = write_table(tmp_path / "first.csv", "CHN=YYYY USA=YYYY FRA=YYYY")
    import_votes([first], out)
    second = write_table(tmp_path / "second.csv", "CHN=YYYY USA=NNNN")
    after = import_votes([second], out).release
    assert set(other) < set(statistics(after))
    lines = b"".join(set(statistics(after)) - set(other))
    assert b"undl-ga/un-general-assembly" in lines and b"FRA" not in lines
    assert b"voeten/" not in lines
    assert import_votes([second], out).release.digest == after.digest


@pytest.mark.parametrize("form", FORMS)
def test_ballots_and_quads_give_the_same_roll(form: str) -> None:
    walk = crosswalk.read()
    sets = forms.read(files_of(form), walk, FaultLog())
    text = "".join(line for records in sets for line in quads.write(records, walk.states))
    expected = rolls.read(ox.parse(input=text, format=ox.RdfFormat.N_QUADS))
    assert [roll for records in sets for roll in counting.rolls(records, walk.states)] == expected


@pytest.mark.shared
@pytest.mark.skipif(not TABLES.is_dir(), reason=f"the tables are not at {TABLES}")
def test_ballots_and_quads_give_the_same_roll_at_full_size() -> None:
    walk = crosswalk.read()
    (records,) = forms.read(sorted(TABLES.glob("cc0/*.csv.gz")), walk, FaultLog())
    lines = "".join(quads.write(records, walk.states))
    expected = rolls.read(ox.parse(input=lines, format=ox.RdfFormat.N_QUADS))
    assert counting.rolls(records, walk.states) == expected


@pytest.mark.parametrize("form", FORMS)
def test_every_form_keeps_the_shapes(form: str) -> None:
    walk = crosswalk.read()
    for records in forms.read(files_of(form), walk, FaultLog()):
        assert checking.check(records, walk.states) == []


def test_what_breaks_a_shape_is_found(out: Path, tmp_path: Path) -> None:
    walk = crosswalk.read()
    (records,) = forms.read(LIBRARY, walk, FaultLog())
    key = next(key for key, call in records.roll_calls.items() if call.recorded)
    broken = replace(records.roll_calls[key], outcome="carried", reported=Totals(votes_for=-1))
    found = checking.check(replace(records, roll_calls={key: broken}), walk.states)
    shapes = {(one.severity, one.shape.removeprefix(str(iris.SHAPE))) for one in found}
    assert ("violation", "RollCall-hasOutcome") in shapes
    assert ("violation", "RollCall-reportedYes") in shapes
    assert {one.file for one in found} == {str(iris.GRAPH["records/undl-ga"])}


@pytest.mark.parametrize("day", ["", "1961", "1961-04", "1961-04-05"])
def test_a_date_is_as_precise_as_its_source(day: str) -> None:
    walk = crosswalk.read()
    records = forms.read(VOETEN, walk, FaultLog())[0]
    calls = {key: replace(call, date=day) for key, call in records.roll_calls.items()}
    assert checking.check(replace(records, roll_calls=calls), walk.states) == []


def test_each_shape_not_held_to_is_a_shape() -> None:
    shapes = validate.read_shapes(files.find("ontology") / "shapes", checking.SHAPES)
    assert {iris.SHAPE[name] for name in checking.TRUE_OF_SOURCES} <= set(shapes.subjects())


def test_totals_that_differ_are_warnings_with_a_count(out: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "ga.csv", "CHN=YYY USA=NYA RUS=YYN", reported="2")
    report = import_votes([table, *VOETEN], out)
    assert report.faults.counts["totals"] == 2
    assert len(report.findings) == 2
    assert {finding.severity for finding in report.findings} == {"warning"}
    manifest = report.release.manifest
    assert manifest["findings"] == {"violation": 0, "warning": 2, "info": 0}
    assert manifest["records"]["dataSets"]["undl-ga"]["findings"] == {
        "warning RollCall-reportedYes-roll": 2
    }
    written = json.loads((report.release.folder / "report.json").read_text(encoding="utf-8"))
    assert [one["value"] for one in written] == [
        '"2"^^<http://www.w3.org/2001/XMLSchema#integer>'
    ] * 2
    again = import_votes([*VOETEN], out).release.manifest
    assert again["findings"]["warning"] == 2, "those on another data set stay"
    whole = write_table(tmp_path / "ga.csv", "CHN=YYY USA=NYA RUS=YYN")
    assert import_votes([whole], out).release.manifest["findings"]["warning"] == 0


def test_the_vetoes_say_what_they_lack(out: Path) -> None:
    release = import_votes([SAMPLES / "vetoes.csv"], out).release
    graph = f"<{iris.GRAPH}records/unsc-vetoes> <{DCTERMS.description}>".encode()
    (line,) = (one for one in release.data.read_bytes().splitlines() if one.startswith(graph))
    assert b"before 1971" in line


def test_one_vote_in_two_records_is_linked() -> None:
    """The vote of 28 March 2024: the curated record names the key that the import gives it."""
    curated = turtle.read(files.find("triples") / "records" / "unsc-drafts.ttl")
    for kind in ("vote", "draft"):
        (match,) = curated.objects(iris.mint(kind, "S-PV-9591-panel-of-experts"), SKOS.closeMatch)
        assert match == iris.mint(kind, symbols.key("S/PV.9591"))


COUNCIL = [SAMPLES / "undl-sc.csv"]
SUPPORTED = "proposition/russia-votes-for-9718"
CLAIMED = {
    f"{iris.ID}claim/one": {
        "asserts": iris.ID[SUPPORTED],
        "hasClaimType": iris.VOCABULARY["claim-type/factual"],
        "hasFactuality": iris.VOCABULARY["factuality/certain-positive"],
        "hasStance": iris.VOCABULARY["stance/endorsed"],
    },
    f"{iris.ID}{SUPPORTED}": {
        "hasSubject": iris.ID["vote/own"],
        "hasRelation": iris.NS.votedFor,
        "hasObject": iris.ID["state/RUS"],
        "isTestedBy": iris.ID["query/votes/vote-as-stated"],
    },
}
"""A claim of a vote that a record of the release has, and the proposition tested by the record."""


@pytest.fixture
def claimed(tmp_path: Path) -> Path:
    """Make a folder with a release that tests a proposition, its verdict drawn as a build does."""
    store = ox.Store()

    def add(subject: str, term: str, value: str | ox.Literal, graph: str) -> None:
        object_ = value if isinstance(value, ox.Literal) else ox.NamedNode(value)
        name = ox.NamedNode(iris.GRAPH[graph])
        store.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode(term), object_, name))

    for layer, graph in {"records": "records/own", "ontology": "own", "things": "graphs"}.items():
        add(iris.GRAPH[graph], iris.NS.onLayer, str(iris.VOCABULARY[f"layer/{layer}"]), "graphs")
    for subject, said in CLAIMED.items():
        for term, value in said.items():
            add(subject, iris.NS[term], value, "claims/own")
    for term in ("Relation", "votedFor"):
        add(iris.NS[term], RDF.type, OWL.Class, "own")
    text = str(iris.ID["resolution/S-RES-9718-2091"])
    add(text, RDFS.label, ox.Literal("S/RES/9718 (2091)"), "records/own")
    add(iris.ID["vote/own"], iris.NS.isVoteOn, text, "records/own")
    day = ox.Literal("2091-10-14", datatype=ox.NamedNode(XSD.date))
    add(iris.ID["vote/own"], iris.NS.occursOn, day, "records/own")
    add(iris.ID["vote/own"], iris.NS.votedFor, iris.ID["state/RUS"], "records/own")
    draw_again(store)
    lines = sorted(ox.serialize(store, format=ox.RdfFormat.N_QUADS).splitlines(keepends=True))
    with folder.workplace(tmp_path / "claimed") as built:
        digest = folder.write(built, "data.nq", b"".join(lines))
        manifest = {"digest": digest, "files": {"data.nq": digest}, "graphs": [], "layers": {}}
        folder.write(built, "manifest.json", json.dumps(manifest).encode())
        folder.publish(built, tmp_path / "claimed", digest)
    return tmp_path / "claimed"


def draw_again(store: ox.Store) -> None:
    """Put in place of the verdicts, and of what follows from them, what a build would draw."""
    derived = [
        ox.NamedNode(iris.GRAPH[f"derived/{name}"]) for name in ("verdicts", "attested-facts")
    ]
    for graph in derived:
        store.remove_graph(graph)
        for quad in list(store.quads_for_pattern(graph, None, None)):
            store.remove(quad)
    verdicts.run(store, saved.read_all(files.find("queries")))
    (rule,) = (
        rule
        for rule in rules.read_all(files.find("ontology") / "rules")
        if rule.name == "attested-facts"
    )
    rules.run([rule], store, {str(iris.NS.Relation), str(iris.NS.votedFor)})


def read_release(out: Path) -> ox.Store:
    store = ox.Store()
    data = folder.open_release(out / "release").data
    store.bulk_load(path=str(data), format=ox.RdfFormat.N_QUADS)
    return store


def outcome(store: ox.Store) -> tuple[str, str, int]:
    """Return the one verdict's outcome and version, and the number of attested facts."""
    (verdict,) = store.quads_for_pattern(None, ox.NamedNode(iris.NS.hasVerdictOutcome), None)
    (version,) = store.quads_for_pattern(verdict.subject, ox.NamedNode(OWL.versionInfo), None)
    graph = ox.NamedNode(iris.GRAPH["derived/attested-facts"])
    facts = list(store.quads_for_pattern(None, None, None, graph))
    return verdict.object.value.rpartition("/")[2], version.object.value, len(facts)


@pytest.mark.parametrize(
    ("vote", "expected"), [("Y", ("supported", 1)), ("N", ("contradicted", 0))]
)
def test_propositions_are_tested_by_what_is_imported(
    claimed: Path, tmp_path: Path, vote: str, expected: tuple[str, int]
) -> None:
    supported, before, facts = outcome(read_release(claimed))
    assert (supported, facts) == ("supported", 1)
    table = tmp_path / "council.csv"
    text = COUNCIL[0].read_text(encoding="utf-8")
    table.write_text(text.replace("FEDERATION,True,Y", f"FEDERATION,True,{vote}"), encoding="utf-8")
    import_votes([table], claimed)
    after = read_release(claimed)
    found, version, facts = outcome(after)
    assert (found, facts) == expected
    assert version != before
    once = set(after)
    draw_again(after)
    assert set(after) == once, "what a build would draw over the same records"
    import_votes([table], claimed)
    assert set(read_release(claimed)) == once


def test_a_proposition_whose_query_is_not_there_is_named(claimed: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    before = folder.open_release(claimed / "release")
    with pytest.raises(RuleError, match=r"russia-votes-for-9718> is tested by .* no saved query"):
        import_votes(COUNCIL, claimed, queries=tmp_path / "none")
    assert folder.open_release(claimed / "release") == before
