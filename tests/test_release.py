"""Releases: whole and canonical, the same bytes each time, never half replaced.

``tests/release/`` is a small invented project: one document, one claim, one roll call. Each
test builds from a copy of it and from the real ontology.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef

from foedus import files, iris, turtle
from foedus.errors import FolderError, ReleaseError
from foedus.release import building, folder, reading

SMALL = Path(__file__).parent / "release"


def copy_small(place: Path) -> Path:
    """Copy the invented project; graphs.ttl gets the descriptions of the real ontology."""
    shutil.copytree(SMALL, place, dirs_exist_ok=True)
    catalogue = place / "triples" / "graphs.ttl"
    whole = turtle.read(catalogue)
    for triple in turtle.read(files.find("triples") / "graphs.ttl"):
        if triple[0].startswith(f"{iris.GRAPH}ontology/"):  # type: ignore[attr-defined]
            whole.add(triple)
    catalogue.write_text(turtle.write(whole), encoding="utf-8")
    return place


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_small(tmp_path / "project")


def build(project: Path, out: Path) -> building.Built:
    return building.build(out, triples=project / "triples", queries=project / "queries")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> folder.Release:
    """Build the unchanged project once, for tests that only look."""
    place = tmp_path_factory.mktemp("built")
    return build(copy_small(place / "project"), place / "out").release


@pytest.fixture
def out(built: folder.Release, tmp_path: Path) -> Path:
    """Copy the folder of that release, for tests that change it."""
    shutil.copytree(built.folder.parent, tmp_path / "out", symlinks=True)
    return tmp_path / "out"


def contents(out: Path) -> dict[str, str]:
    """Return what stands in a folder, links by their target, files by their digest."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def quads(one: folder.Release) -> list[ox.Quad]:
    return list(ox.parse(path=str(one.data), format=ox.RdfFormat.N_QUADS))


def test_digest_is_that_of_the_data(built: folder.Release) -> None:
    assert built.digest == hashlib.sha256(built.data.read_bytes()).hexdigest()
    assert built.folder.name == f"release-{built.digest[:12]}"


def test_data_are_in_canonical_form(built: folder.Release) -> None:
    dataset = ox.Dataset(quads(built))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = (ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b"").split(b"\n")[:-1]
    assert built.data.read_bytes() == b"".join(line + b"\n" for line in sorted(lines))
    assert b"_:" not in built.data.read_bytes()


def test_every_quad_of_the_files_is_there_as_written(built: folder.Release) -> None:
    text = built.data.read_text(encoding="utf-8")
    assert '"4.50"^^<http://www.w3.org/2001/XMLSchema#decimal>' in text
    graph = ox.NamedNode(iris.GRAPH["claims/merlin-2031"])
    held = {quad.triple for quad in quads(built) if quad.graph_name == graph}
    written = ox.parse(path=str(SMALL / "triples/claims/merlin-2031.ttl"))
    assert held == {ox.Triple(q.subject, q.predicate, q.object) for q in written}


def test_manifest_counts_what_the_data_hold(built: folder.Release) -> None:
    counts = Counter(getattr(quad.graph_name, "value", "") for quad in quads(built))
    graphs = {graph["graph"]: graph for graph in built.manifest["graphs"]}
    assert {name: graph["triples"] for name, graph in graphs.items()} == dict(counts)
    assert sum(built.manifest["layers"].values()) == len(quads(built))
    assert set(built.manifest["layers"]) == {
        *("claims", "derived", "documents", "ontology", "propositions", "records", "things")
    }
    claims = graphs[str(iris.GRAPH["claims/merlin-2031"])]
    assert claims["sources"] == [str(iris.ID["document/merlin-2031"])]
    assert claims["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert claims["issued"] == "2031-07-01"


def test_manifest_names_texts_and_their_coverage(built: folder.Release) -> None:
    document = str(iris.ID["document/merlin-2031"])
    (text,) = built.manifest["texts"]
    assert text["document"] == document
    assert re.fullmatch("[0-9a-f]{64}", text["sha256"])
    assert built.manifest["coverage"] == [
        {"document": "merlin-2031", "carrying": 1, "without": 1, "open": 0}
    ]


def test_rules_and_verdicts_are_drawn(built: folder.Release) -> None:
    derived = {
        (quad.subject.value, quad.predicate.value, quad.object.value)  # type: ignore[union-attr]
        for quad in quads(built)
        if quad.graph_name.value.startswith(f"{iris.GRAPH}derived/")  # type: ignore[union-attr]
    }
    attested = (str(iris.ID["state/AVA"]), str(iris.NS.supportsActor), str(iris.ID["state/LYO"]))
    assert attested in derived
    verdict = str(iris.ID["verdict/avalon-voted-for-rt-1/votes/avalon-on-rt-1"])
    outcome = str(iris.VOCABULARY["verdict/supported"])
    assert (verdict, str(iris.NS.hasVerdictOutcome), outcome) in derived


def test_two_processes_give_the_same_bytes(project: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from foedus.release import building\n"
        "project, out = map(Path, sys.argv[1:])\n"
        "building.build(out, triples=project / 'triples', queries=project / 'queries')"
    )
    outs = []
    for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Lima")):
        out = tmp_path / seed
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        command = [sys.executable, "-c", code, str(project), str(out)]
        subprocess.run(command, env=environment, check=True)
        outs.append(contents(out))
    assert outs[0] == outs[1]
    assert len(outs[0]) == 4


def test_same_data_keep_the_same_folder(project: Path, out: Path) -> None:
    inode = (out / "release").stat().st_ino
    assert build(project, out).release.folder.stat().st_ino == inode
    assert len(list(out.iterdir())) == 2


def change(project: Path, number: int) -> None:
    path = project / "triples" / "things" / "avalon.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub('"Merlin[^"]*"', f'"Merlin {number}"', text), encoding="utf-8")


def test_only_the_last_release_is_kept_beside_the_current(project: Path, out: Path) -> None:
    folders = [(out / "release").resolve().name]
    for number in range(2):
        change(project, number)
        folders.append(build(project, out).release.folder.name)
    assert len(set(folders)) == 3
    assert {path.name for path in out.iterdir()} == {"release", *folders[1:]}


class StopError(Exception):
    """Stands for whatever may cut a build off."""


@pytest.mark.parametrize("last", ["Reading", "Checking", "Writing"])
def test_a_build_cut_off_leaves_the_last_release(project: Path, out: Path, last: str) -> None:
    before = contents(out)
    change(project, 1)

    def stop(step: str) -> None:
        if step == last:
            raise StopError

    with pytest.raises(StopError):
        building.build(out, triples=project / "triples", queries=project / "queries", progress=stop)
    assert contents(out) == before
    assert {path.name for path in out.iterdir()} == {name.split("/")[0] for name in before}


def test_a_killed_build_leaves_the_last_release(project: Path, out: Path) -> None:
    before = folder.open_release(out / "release")
    change(project, 1)
    code = (
        "import os, signal, sys; from pathlib import Path; from foedus.release import building\n"
        "project, out = map(Path, sys.argv[1:])\n"
        "kill = lambda step: step == 'Writing' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "building.build(out, triples=project / 'triples', queries=project / 'queries',"
        " progress=kill)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(project), str(out)], check=False)
    assert run.returncode == -9
    assert folder.open_release(out / "release") == before


def test_warnings_do_not_stop_the_build(project: Path, tmp_path: Path) -> None:
    path = project / "triples" / "claims" / "merlin-2031.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("certain-positive", "probable-positive"), encoding="utf-8")
    built = build(project, tmp_path / "out")
    assert [finding.severity for finding in built.findings] == ["warning"]
    assert built.release.manifest["findings"] == {"violation": 0, "warning": 1, "info": 0}
    report = json.loads((built.release.folder / "report.json").read_text(encoding="utf-8"))
    assert [row["line"] for row in report] == [built.findings[0].line]


def test_graphs_read_from_texts_take_the_place_of_files(
    built: folder.Release, project: Path, tmp_path: Path
) -> None:
    path = project / "triples" / "documents" / "merlin-2031.ttl"
    graph = turtle.read(path)
    path.unlink()
    anew = building.build(
        tmp_path / "out",
        triples=project / "triples",
        queries=project / "queries",
        documents={"merlin-2031": graph},
    )
    assert anew.release.digest == built.digest


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


@pytest.mark.parametrize("name", ["data.nq", "report.json", "manifest.json"])
@pytest.mark.parametrize("damage", [Path.unlink, cut], ids=["missing", "cut short"])
def test_damage_is_found_and_the_file_named(
    out: Path, name: str, damage: Callable[[Path], None]
) -> None:
    link = out / "release"
    damage(link / name)
    with pytest.raises(ReleaseError, match=re.escape(str(link / name))):
        folder.open_release(link)


def test_a_build_mends_a_damaged_release(project: Path, out: Path) -> None:
    link = out / "release"
    cut(link / "data.nq")
    damaged = link.resolve().name
    assert build(project, out).release.folder.name == f"{damaged}-2"
    assert folder.open_release(link).digest.startswith(damaged.removeprefix("release-"))


def test_a_manifest_at_odds_with_itself_is_refused(out: Path) -> None:
    path = out / "release" / "manifest.json"
    digest = json.loads(path.read_text(encoding="utf-8"))["digest"]
    path.write_text(path.read_text().replace(f'"digest": "{digest}"', '"digest": "0"'))
    with pytest.raises(ReleaseError, match=r"manifest\.json: disagrees with itself on data\.nq"):
        folder.open_release(out / "release")
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"manifest\.json: no manifest: needs digest"):
        folder.open_release(out / "release")


def test_no_release_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="release: no release here; foedus build makes one"):
        folder.open_release(tmp_path / "release")


def test_a_folder_in_the_link_s_place_is_left_alone(project: Path, tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderError, match="is no link to a release; give another --out"):
        build(project, tmp_path)
    assert (tmp_path / "release" / "mine.txt").read_text(encoding="utf-8") == "mine"


BLANK = {
    "brackets": ("state:AVA foedus:m49Code [] .", "["),
    "label": ("_:b foedus:m49Code '1' .", "_:"),
    "list": ("state:AVA foedus:m49Code ( '1' ) .", "("),
    "after what only looks so": (
        '# [ not here\nstate:AVA foedus:m49Code "[", """(\n_:""", <urn:[>, \'[\' .\n[] a <urn:x> .',
        "[",
    ),
}


@pytest.mark.parametrize(("turtle_text", "mark"), BLANK.values(), ids=BLANK.keys())
def test_blank_nodes_are_found_by_line(project: Path, turtle_text: str, mark: str) -> None:
    path = project / "triples" / "things" / "avalon.ttl"
    path.write_text(path.read_text(encoding="utf-8") + turtle_text, encoding="utf-8")
    line = path.read_text(encoding="utf-8").count("\n") + 1
    with pytest.raises(
        Exception, match=rf"avalon\.ttl:{line}: a blank node, written {re.escape(mark)}"
    ):
        reading.read(project / "triples")


def undescribed() -> Iterator[str]:
    triples = files.find("triples")
    described = set(turtle.read(triples / "graphs.ttl").subjects())
    for path in [*triples.rglob("*.ttl")]:
        graph = iris.graph_of(path.relative_to(triples))
        if graph not in described:
            yield str(path.relative_to(triples.parent))


def test_every_file_of_the_project_is_described() -> None:
    assert sorted(undescribed()) == []


def test_every_file_of_the_project_may_be_released() -> None:
    """Counts, terms and blank nodes; the shapes have tests of their own."""
    sources = reading.read(files.find("triples"))
    assert {source.graph for source in sources} > {URIRef(iris.GRAPH["graphs"])}
    assert all(isinstance(source.triples, Graph) for source in sources)
