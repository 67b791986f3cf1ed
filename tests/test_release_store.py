"""A release searched on disk answers as the same release in memory, and can be made again."""

import contextlib
import io
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pyoxigraph as ox
import pytest
from conftest import WEB
from test_faults import ENDLESS

from foedus import saved
from foedus.engine import Dataset, Limits, embedded, zygote
from foedus.engine.embedded import United
from foedus.engine.guarded import GuardedEngine
from foedus.errors import FolderError, LimitError, ReleaseError
from foedus.release import folder, storing
from foedus.results import BY_NAME, ROWS, TRIPLES
from foedus.web.app import Config, create_app

CSV = BY_NAME["csv"]
STATE = "SELECT * { <https://w3id.org/foedus/id/state/RUR> ?p ?o }"
COUNTS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
)


@pytest.fixture
def release(small_release: Path, tmp_path: Path) -> folder.Release:
    """Copy the small release to a place of its own."""
    shutil.copytree(small_release, tmp_path / "out" / "release-000000000000")
    return folder.open_release(tmp_path / "out" / "release-000000000000")


def ask(engine: GuardedEngine, query: str) -> bytes:
    written = engine.answer(query, rows=ROWS[0], triples=TRIPLES[0])
    with written.body:
        return written.body.read()


@pytest.mark.parametrize("is_united", [False, True], ids=["on disk", "united in memory"])
def test_answers_are_those_of_the_release_in_memory(
    release: folder.Release, is_united: bool
) -> None:
    in_memory = embedded.load(release.data)
    store = storing.prepare(release)
    queries = [query.text for query in saved.read_all(WEB / "queries").values()]
    with contextlib.closing(
        GuardedEngine(United(store, release.data) if is_united else store)
    ) as engine:
        for query in (*COUNTS, *queries):
            written = in_memory.answer(query, rows=ROWS[0], triples=TRIPLES[0])
            assert ask(engine, query) == written.body.read()


GRAPH = "https://w3id.org/foedus/graph/registry"
ANY = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.mark.parametrize(
    ("query", "dataset", "is_in_memory"),
    [
        pytest.param(ANY, None, True, id="the union"),
        pytest.param(ANY + " # FROM here", None, True, id="a remark"),
        pytest.param(f"SELECT * {{ <{GRAPH}> ?p ?o }}", None, True, id="about a graph"),
        pytest.param(f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}> {{ ?s ?p ?o }}", None, False),
        pytest.param(f"SELECT (COUNT(*) AS ?n) {{GRAPH<{GRAPH}>{{?s?p?o}}}}", None, False),
        pytest.param(ANY, Dataset(default=(GRAPH,)), False, id="a graph of the protocol"),
    ],
)
def test_graphs_are_asked_on_disk_and_their_union_in_memory(
    release: folder.Release, query: str, dataset: Dataset | None, is_in_memory: bool
) -> None:
    store = storing.prepare(release)
    with release.data.open("rb") as data, io.BytesIO() as triples:
        embedded.write_triples(release.data, triples)
        triples.seek(0)
        engine = embedded.UnitedEngine(embedded.unite(triples, release.data), store)
        assert triples.getvalue().count(b"\n") == sum(1 for _ in data)
    expected = embedded.load(release.data).answer(query, rows=CSV, triples=None, dataset=dataset)
    found = engine.answer(query, rows=CSV, triples=None, dataset=dataset)
    assert found.body.read() == expected.body.read()
    assert (engine._graphs is None) == is_in_memory


def test_rows_of_look_ups_have_the_order_of_the_store_that_is_asked(
    release: folder.Release,
) -> None:
    """Else one query would have two answers under one tag."""
    folder_ = storing.prepare(release)
    prologue = "PREFIX graph: <https://w3id.org/foedus/graph/> "
    engine = GuardedEngine(United(folder_, release.data))
    with contextlib.closing(engine):
        assert engine.lookups.are_elsewhere
        for query in (prologue + "SELECT * { graph:registry ?p ?o }", STATE):
            assert engine.lookups.answer(query, rows=ROWS[0]) is None
    united = embedded.UnitedEngine(ox.Store(), folder_)
    assert united.fragments.answer(prologue + "SELECT * { graph:registry ?p ?o }") is None
    assert united.fragments.answer(STATE) is not None


def test_graphs_on_disk_take_nothing_from_the_memory_of_a_query(release: folder.Release) -> None:
    united = United(storing.prepare(release), release.data)
    with contextlib.closing(GuardedEngine(united, limits=Limits(memory=64 << 20))) as engine:
        assert b"bindings" in ask(engine, COUNTS[1])


def test_union_is_answered_where_the_store_on_disk_is_gone(release: folder.Release) -> None:
    united = United(storing.prepare(release), release.data)
    with contextlib.closing(GuardedEngine(united)) as engine:
        shutil.rmtree(united.folder)
        while engine._idle:
            engine._nursery.kill(engine._idle.pop())
        assert b"bindings" in ask(engine, COUNTS[0])
        with pytest.raises(ReleaseError, match="cannot be searched"):
            ask(engine, COUNTS[1])


def test_start_does_not_blame_quads_whose_reader_was_ended(
    release: folder.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(quads: Path, file: IO[bytes]) -> None:
        file.write(quads.read_bytes()[:50])
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(embedded, "write_triples", write)
    with pytest.raises(ReleaseError, match="was not read to its end: signal 9"):
        zygote._unite(release.data)


def test_start_names_quads_that_cannot_be_united(release: folder.Release) -> None:
    store = storing.prepare(release)
    lines = release.data.read_bytes().splitlines(keepends=True)
    release.data.write_bytes(b"".join([*lines[:2], b"<a:b> c <a:d> <a:g> .\n", *lines[2:]]))
    with pytest.raises(ReleaseError, match="not valid N-Quads") as caught:
        GuardedEngine(United(store, release.data))
    assert (caught.value.path, caught.value.line) == (str(release.data), 3)
    release.data.unlink()
    with pytest.raises(ReleaseError, match="cannot be read to its end"):
        GuardedEngine(United(store, release.data))


def test_store_is_made_once_and_told(release: folder.Release) -> None:
    told: list[str] = []
    path = storing.prepare(release, step=told.append)
    assert path == release.folder.parent / f"store-{release.digest[:12]}"
    assert storing.prepare(release, step=told.append) == path
    assert len(told) == 1
    shutil.rmtree(path)
    assert storing.prepare(release, step=told.append).is_dir()
    assert len(told) == 2
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_size_decides_where_nobody_does(
    release: folder.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not storing.is_large(release)
    create_app(Config(release=release.folder)).extensions["foedus"].workers.close()
    assert not storing.path_of(release).exists()
    monkeypatch.setattr(storing, "LARGE", 10)
    assert storing.is_large(release)
    for on_disk in (None, False):
        app = create_app(Config(release=release.folder, on_disk=on_disk))
        assert storing.path_of(release).is_dir()
        workers = app.extensions["foedus"].workers
        assert workers.lookups.are_elsewhere == (on_disk is False)
        for query in ("ASK{?s ?p ?o}", "ASK{GRAPH?g{?s ?p ?o}}"):
            found = app.test_client().get(f"/sparql?query={query}")
            assert found.get_json()["boolean"] is True
        workers.close()


def test_stores_of_releases_that_are_gone_are_cleared(
    small_release: Path, release: folder.Release
) -> None:
    out = release.folder.parent
    gone, kept = out / "store-aaaaaaaaaaaa", storing.prepare(release)
    gone.mkdir()
    publish(small_release, out, release.digest)
    assert kept.is_dir()
    assert not gone.exists()


def test_store_is_kept_while_a_server_searches_it(
    small_release: Path, release: folder.Release
) -> None:
    """A fresh worker opens the store's files, long after its release is gone."""
    out = release.folder.parent
    used = storing.prepare(release).rename(out / "store-aaaaaaaaaaaa")
    with contextlib.closing(GuardedEngine(used)) as engine:
        publish(small_release, out, release.digest)
        while engine._idle:
            engine._nursery.kill(engine._idle.pop())
        assert ask(engine, COUNTS[0])
    publish(small_release, out, release.digest)
    assert not used.exists()


def publish(whole: Path, out: Path, digest: str) -> None:
    """Make a copy of a release the current one of a folder."""
    with folder.workplace(out) as built:
        for path in whole.iterdir():
            shutil.copyfile(path, built / path.name)
        folder.publish(built, out, digest)


def test_place_that_is_taken(release: folder.Release) -> None:
    path = storing.path_of(release)
    path.write_text("a file, where a folder should be")
    with pytest.raises(FolderError, match="cannot be written"):
        storing.prepare(release)
    assert path.read_text().startswith("a file")
    assert sorted(p.name for p in path.parent.iterdir()) == [release.folder.name, path.name]


def lose_a_table(store: Path) -> None:
    next(iter(sorted(store.glob("*.sst")))).unlink()


def cut_a_table_short(store: Path) -> None:
    path = next(iter(sorted(store.glob("*.sst"))))
    path.write_bytes(path.read_bytes()[:-1])


def break_the_start(store: Path) -> None:
    (store / "CURRENT").write_text("nonsense\n")


def lose_the_start(store: Path) -> None:
    (store / "CURRENT").unlink()


@pytest.mark.parametrize(
    "damage", [lose_a_table, cut_a_table_short, break_the_start, lose_the_start, shutil.rmtree]
)
def test_store_that_is_damaged_is_not_served(
    release: folder.Release, damage: Callable[[Path], None]
) -> None:
    path = storing.prepare(release)
    damage(path)
    with pytest.raises(ReleaseError, match="delete it") as caught:
        GuardedEngine(path)
    assert caught.value.path == str(path)


def test_copied_release_is_searched_on_disk(small_release: Path, tmp_path: Path) -> None:
    """A release that was copied is a plain folder where a build would want its link."""
    shutil.copytree(small_release, tmp_path / "release")
    path = storing.prepare(folder.open_release(tmp_path / "release"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["release", path.name]
    with (
        pytest.raises(FolderError, match="is no link to a release"),
        folder.workplace(tmp_path) as built,
    ):
        raise AssertionError(f"{built} would become a release")


def test_limits_hold_over_a_store(release: folder.Release) -> None:
    limits = Limits(seconds=3)
    engine = GuardedEngine(storing.prepare(release), limits=limits)
    with contextlib.closing(engine):
        with pytest.raises(LimitError, match="after 3 seconds"):
            ask(engine, ENDLESS)
        assert ask(engine, COUNTS[0])
