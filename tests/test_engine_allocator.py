"""A faster allocator is used where the system has one, and nobody chose another."""

from pathlib import Path

import pytest

from foedus.engine import allocator
from foedus.engine.embedded import Source
from foedus.engine.guarded import GuardedEngine


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["libmimalloc.so.2", "libjemalloc.so.2"], "libmimalloc.so.2"),
        (["libjemalloc.so.2"], "libjemalloc.so.2"),
        (["libmimalloc.so"], None),
        ([], None),
    ],
)
def test_best_one_is_taken(tmp_path: Path, there: list[str], found: str | None) -> None:
    for name in there:
        (tmp_path / name).touch()
    missing = tmp_path / "no such folder"
    assert allocator.find([missing, tmp_path]) == (found and tmp_path / found)


def test_libraries_that_somebody_chose_stay() -> None:
    ours = Path("/lib/ours.so")
    assert allocator.added_to({"A": "b"}, ours) == {"A": "b", "LD_PRELOAD": "/lib/ours.so"}
    assert allocator.added_to({"LD_PRELOAD": "x"}, ours) == {"LD_PRELOAD": "x"}
    assert allocator.added_to({"A": "b"}, None) == {"A": "b"}


@pytest.mark.skipif(allocator.find() is None, reason="no such allocator on this machine")
def test_processes_that_evaluate_have_it(small_release: Path) -> None:
    engine = GuardedEngine([Source(str(small_release / "data.nq"))])
    try:
        maps = Path(f"/proc/{engine._nursery._process.pid}/maps").read_text()
        assert str(allocator.find()) in maps or Path(str(allocator.find())).resolve().name in maps
    finally:
        engine.close()
