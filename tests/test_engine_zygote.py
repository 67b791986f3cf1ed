"""What a worker holds does not depend on what its server has open."""

import contextlib
import os
from pathlib import Path

import pytest

from foedus.engine.embedded import Source
from foedus.engine.guarded import GuardedEngine
from foedus.results import ROWS


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell of files")
def test_worker_of_a_server_with_many_files_has_four(small_release: Path) -> None:
    """A busy server that starts the process with the data anew has hundreds of connections."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        engine = GuardedEngine([Source(str(small_release / "data.nq"))])
        stack.callback(engine.close)
        engine.answer("ASK {}", rows=ROWS[0], triples=None).body.close()
        parent = engine._nursery._process.pid
        workers = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        assert workers
        for worker in workers:
            names = sorted(path.name for path in Path(f"/proc/{worker}/fd").iterdir())
            assert names == ["0", "1", "2", "3"]
