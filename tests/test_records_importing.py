"""Adding votes to a release: what the new one holds, and that the old one survives a failure."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from foedus import iris
from foedus.cli import importing as command
from foedus.errors import RecordError, ReleaseError
from foedus.records.importing import import_votes
from foedus.release import folder

SAMPLES = Path(__file__).parent / "records"
LIBRARY = [SAMPLES / "undl-ga.csv"]
VOETEN = [SAMPLES / "voeten-votes.csv", SAMPLES / "voeten-calls.csv"]
OLD = (
    '<https://w3id.org/foedus/graph/things/a> <urn:title> "a" '
    "<https://w3id.org/foedus/graph/graphs> .\n"
    "<https://w3id.org/foedus/id/state/XYZ> <urn:p> <urn:o> "
    "<https://w3id.org/foedus/graph/things/a> .\n"
)


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


@pytest.mark.parametrize("at", ["Reading", "Opening the release", "Writing", "Checking"])
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
