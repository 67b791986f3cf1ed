"""Build the data to serve: the project's release, and the release with both voting data sets.

Both are built anew in a folder, by the commands a reader would type, so that the benchmark runs on
what the project gives today.

Errors: `subprocess.CalledProcessError` where a command fails.
Used by `__main__`.
"""

import shutil
import subprocess
import sys
from pathlib import Path

VOTES = (
    (
        "cc0/unga_votes_1946_2019.csv.gz",
        "cc0/unga_rollcalls_1946_2019.csv.gz",
        "cc0/issue_codes.csv",
    ),
    ("undl_nc/un_votes_1946_2025.csv.gz", "undl_nc/un_rollcalls_1946_2025.csv.gz"),
)


def foedus(*arguments: str) -> None:
    """Run a command of the project."""
    command = [str(Path(sys.executable).with_name("foedus")), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def project(scratch: Path) -> Path:
    """Build the project's release and return its N-Quads."""
    folder = scratch / "project"
    foedus("build", "--out", str(folder))
    return folder / "release" / "data.nq"


def votes(scratch: Path, data: Path) -> Path:
    """Build the release with both voting data sets and return its N-Quads."""
    folder = scratch / "votes"
    shutil.rmtree(folder, ignore_errors=True)
    foedus("build", "--out", str(folder))
    for tables in VOTES:
        foedus("import", "votes", *(str(data / table) for table in tables), "--out", str(folder))
    return folder / "release" / "data.nq"
