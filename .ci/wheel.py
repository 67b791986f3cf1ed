"""Build the wheel, compare it with the repository, and use it from outside the checkout.

The wheel must hold the package and the three data folders, whole, and nothing that git does
not track. Installed alone in a bare environment it must build a release and answer a
saved query.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDERS = {
    "service/foedus/": "foedus/",
    "ontology/": "foedus/data/ontology/",
    "triples/": "foedus/data/triples/",
    "queries/": "foedus/data/queries/",
}
QUERY = "sources/documents"


def expected() -> set[str]:
    """Return the names the wheel must hold, from what git tracks."""
    tracked = subprocess.run(
        ["git", "ls-files", *FOLDERS], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {
        name.replace(folder, inside, 1)
        for name in tracked
        for folder, inside in FOLDERS.items()
        if name.startswith(folder)
    }


def main() -> None:
    """Run the three checks; exit with a message at the first that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", scratch, "."],
            check=True,
        )
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            held = {name for name in archive.namelist() if ".dist-info/" not in name}
        if held != expected():
            sys.exit(
                f"wheel lacks {sorted(expected() - held)[:5]}, "
                f"holds untracked {sorted(held - expected())[:5]}"
            )
        subprocess.run([sys.executable, "-m", "venv", f"{scratch}/bare"], check=True)
        subprocess.run(
            [f"{scratch}/bare/bin/pip", "install", "-q", "-c", ".ci/constraints.txt", wheel],
            check=True,
        )
        foedus = f"{scratch}/bare/bin/foedus"
        subprocess.run([foedus, "build"], cwd=scratch, check=True)
        answer = subprocess.run(
            [foedus, "query", QUERY, "--format", "csv"],
            cwd=scratch,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        if len(answer.splitlines()) < 2:
            sys.exit(f"the installed wheel gives no row for {QUERY}")
    print(f"wheel: {len(held)} files, as git tracks them; installed alone it builds and answers")


if __name__ == "__main__":
    main()
