"""Create the project's virtual environment, also where Debian ships Python without pip.

Debian splits ``ensurepip`` off into ``python3-venv``. Where it is missing, the environment
is made without pip and pip's own wheel, fetched from the Python Package Index, installs
itself. Usage: ``python3 .ci/environment.py FOLDER``.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

INDEX = "https://pypi.org/pypi/pip/json"
OLDEST_PIP = "pip>=25.1"  # the first that installs a dependency group


def main(folder: Path) -> None:
    """Make ``folder`` a virtual environment with a pip that knows dependency groups."""
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        sys.exit(f"Foedus needs Python 3.11 to 3.13; this is {sys.version.split()[0]}")
    python = folder / "bin" / "python"
    if not python.exists():
        without = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        subprocess.run([sys.executable, "-m", "venv", *without, folder], check=True)
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode:
        fetch_pip(python)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", OLDEST_PIP], check=True)


def fetch_pip(python: Path) -> None:
    """Install pip into the environment from its wheel, checked against the index's digest."""
    try:
        with urllib.request.urlopen(INDEX, timeout=60) as answer:
            wheel = next(
                file for file in json.load(answer)["urls"] if file["packagetype"] == "bdist_wheel"
            )
        with urllib.request.urlopen(urljoin(INDEX, wheel["url"]), timeout=60) as answer:
            content = answer.read()
    except urllib.error.URLError as error:
        hint = "apt-get install ca-certificates python3-venv"
        sys.exit(f"cannot fetch pip ({error.reason}); '{hint}' helps")
    if hashlib.sha256(content).hexdigest() != wheel["digests"]["sha256"]:
        sys.exit(f"the wheel fetched from {wheel['url']} is not the one the index describes")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / wheel["filename"]
        path.write_bytes(content)
        subprocess.run(
            [python, path / "pip", "install", "--quiet", "--no-index", path],
            check=True,
            env=os.environ | {"PIP_FIND_LINKS": ""},
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
